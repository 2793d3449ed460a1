package bytecode

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

// sample is a line of testdata, which make.py wrote.
type sample struct {
	Source string
	Code   []byte
	Dis    [][3]any
}

func samples(t testing.TB, v Version) (list []sample) {
	t.Helper()
	file, err := os.Open(fmt.Sprintf("testdata/python-%s.jsonl", v))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s struct {
			Source, Code string
			Dis          [][3]any
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		code, err := base64.StdEncoding.DecodeString(s.Code)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, sample{s.Source, code, s.Dis})
	}
	if len(list) < 60 {
		t.Fatalf("%d samples of Python %s", len(list), v)
	}
	return list
}

// TestInstructions compares with what each Python's own dis says.
func TestInstructions(t *testing.T) {
	for v := Oldest; v <= Newest; v++ {
		t.Run(v.String(), func(t *testing.T) {
			for _, s := range samples(t, v) {
				code, err := Read(s.Code)
				if err != nil {
					t.Errorf("%s: %v", s.Source, err)
					continue
				}
				i := slices.IndexFunc(code.Readings, func(r Reading) bool { return slices.Contains(r.Versions, v) })
				if i < 0 {
					t.Errorf("%s: read as %v only", s.Source, code.Readings[0].Versions)
					continue
				}
				var want, got []string
				for _, in := range s.Dis {
					want = append(want, fmt.Sprintf("%v %v %v", in[0], in[1], in[2]))
				}
				list, err := Instructions(code.Readings[i].Function.Code, v)
				if err != nil {
					t.Errorf("%s: %v", s.Source, err)
				}
				for _, in := range list {
					got = append(got, fmt.Sprintf("%d %s %d", in.Offset, in.Name, in.Arg))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-dis +ours):\n%s", s.Source, diff)
				}
			}
		})
	}
}

// TestText compares what each function is said to do with a page that a person
// has read, and that each Python compiled again to the same instructions, where
// the control flow is straight.
func TestText(t *testing.T) {
	var page strings.Builder
	versions := map[string][]string{}
	for v := Oldest; v <= Newest; v++ {
		for _, s := range samples(t, v) {
			code, err := Read(s.Code)
			if err != nil {
				t.Fatal(v, s.Source, err)
			}
			text := code.Readings[0].Text
			if r := code.Readings[0]; r.Function.Body != nil && !slices.Contains(r.Versions, v) {
				t.Errorf("%s: looks most like %v, is %s", s.Source, r.Versions, v)
			}
			if code.Readings[0].Function.Body == nil {
				text, _, _ = strings.Cut(text, "\n       ")
			}
			key := s.Source + "\x00" + text
			versions[key] = append(versions[key], v.String())
		}
	}
	for _, key := range slices.Sorted(maps.Keys(versions)) {
		source, text, _ := strings.Cut(key, "\x00")
		fmt.Fprintf(&page, "== %s\n%s\n-> %s\n", strings.Join(versions[key], " "), source, text)
	}
	const golden = "testdata/texts.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAmbiguous: of every sample, the Python that wrote it is known to be likelier
// than any that would take it for something else.
func TestAmbiguous(t *testing.T) {
	several := 0
	for v := Oldest; v <= Newest; v++ {
		for _, s := range samples(t, v) {
			code, err := Read(s.Code)
			if err != nil {
				t.Fatal(err)
			}
			if code.Ambiguous() && code.Readings[0].Function.Body != nil {
				t.Errorf("%s of %s is taken for ambiguous: %v", s.Source, v, code.Readings)
			}
			if len(code.Readings) > 1 {
				several++
			}
		}
	}
	if several == 0 {
		t.Error("no sample has two readings")
	}
}

func FuzzRead(f *testing.F) {
	for v := Oldest; v <= Newest; v++ {
		for i, s := range samples(f, v) {
			if i%8 == int(v)%8 { // other sources for every Python, and few: all are run before anything is tried
				f.Add(s.Code)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		code, err := Read(b)
		if err != nil {
			return
		}
		for _, r := range code.Readings {
			if len(r.Text) > maxText+3 {
				t.Errorf("%d bytes of text", len(r.Text))
			}
			if (r.Function.Body == nil) == (r.Function.Unfollowed == "") {
				t.Errorf("a function with neither a body nor a reason, or both")
			}
		}
		if again, err := Read(b); err != nil || again.Readings[0].Text != code.Readings[0].Text {
			t.Errorf("read again: %v", err)
		}
		cut := b[:len(b)-code.Trailing]
		if without, err := Read(cut); err != nil || without.Trailing != 0 || without.Readings[0].Text != code.Readings[0].Text {
			t.Errorf("what lies behind the code changes its meaning: %v", err)
		}
	})
}
