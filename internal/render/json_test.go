package render

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
)

// testdata/contract.json is the report that the documentation shows, with values
// in place of the dots. Its keys and their order are a promise.
func TestJSONContract(t *testing.T) {
	want, err := os.ReadFile("testdata/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadJSON(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(renderJSON(t, r))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadJSONRestoresTheReport(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			got, err := ReadJSON(bytes.NewReader(renderJSON(t, s.report)))
			if err != nil {
				t.Fatal(err)
			}
			// Lists come back empty instead of nil; nothing else may differ.
			if diff := cmp.Diff(mapStrings(s.report, strings.Clone), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, o := range outputs() {
				var a, b bytes.Buffer
				if err := o.render(&a, s.report); err != nil {
					t.Fatal(err)
				}
				if err := o.render(&b, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(a.Bytes(), b.Bytes()) {
					t.Errorf("%s differs between the report and the saved report", o.ext)
				}
			}
		})
	}
}

func TestReadJSONErrors(t *testing.T) {
	good := string(renderJSON(t, closed(0, findingsArtifact("x.pt"))))
	tests := []struct{ name, in, want string }{
		{"empty", "", "EOF"},
		{"cut off", good[:len(good)/2], "unexpected EOF"},
		{"not a report", `[]`, "cannot unmarshal array"},
		{"other schema", strings.Replace(good, `"schema": 1`, `"schema": 2`, 1), "schema 2, want 1"},
		{"no schema", `{"artifacts": []}`, "schema 0, want 1"},
		{"unknown key", strings.Replace(good, `"findings": [`, `"findngs": [`, 1), `unknown field "findngs"`},
		{"unknown verdict", strings.Replace(good, `"verdict": "findings"`, `"verdict": "fine"`, 1), `artifacts[0]: unknown verdict "fine"`},
		{"second report", good + good, "data after the report"},
		{"junk behind", good + "x", "data after the report"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := ReadJSON(strings.NewReader(test.in))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got report %v, error %v; want error with %q", r != nil, err, test.want)
			}
		})
	}
	endless := &repeatReader{head: `{"schema": 1, "notes": ["`}
	if _, err := readJSON(endless, 1<<20); err == nil || !strings.Contains(err.Error(), "longer than 1.0 MiB") {
		t.Errorf("endless report: got error %v", err)
	}
}

// A repeatReader yields head and then white space without end.
type repeatReader struct{ head string }

func (r *repeatReader) Read(p []byte) (int, error) {
	if r.head != "" {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Two names that differ in one byte that is not UTF-8 stay two names.
func TestJSONKeepsNamesApart(t *testing.T) {
	names := []string{"\xff", "\xfe", "\ufffd", `\xff`, `\xFF`, `\x5cxff`, `\\xff`, "\xc3", "\xc3\xa9", `\`, `\x`}
	seen := map[string]string{}
	for _, n := range names {
		text := string(renderJSON(t, closed(0, cleanArtifact(n))))
		if other, ok := seen[text]; ok {
			t.Errorf("%q and %q give one report", other, n)
		}
		seen[text] = n
	}
}

// Every string of a report, also one in a field that is added later, is made
// valid UTF-8 on the way out.
func TestJSONEscapesEveryString(t *testing.T) {
	var r audit.Report
	fill(reflect.ValueOf(&r).Elem())
	r.Schema = audit.SchemaVersion
	out := renderJSON(t, &r)
	if !utf8.Valid(out) || bytes.ContainsRune(out, utf8.RuneError) || bytes.Contains(out, []byte(`\ufffd`)) {
		t.Errorf("a byte that is not UTF-8 was lost:\n%s", out)
	}
}

// fill sets every string below v to a byte that is not UTF-8 and every list to one element.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("\xff")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Map, reflect.Interface, reflect.Array:
		panic("mapStrings does not know " + v.Kind().String())
	}
}

// A report that nobody closed still has no null where the schema has a list.
func TestJSONWithoutNulls(t *testing.T) {
	r := &audit.Report{Artifacts: []audit.Artifact{{
		Findings: []audit.Finding{{}}, Decision: &audit.Decision{}, Remedy: &audit.AppliedRemedy{},
	}}}
	if out := renderJSON(t, r); bytes.Contains(out, []byte("null")) {
		t.Errorf("null in\n%s", out)
	}
	if r.Artifacts[0].Findings[0].Remedies != nil {
		t.Error("JSON changed its argument")
	}
}

func renderJSON(t testing.TB, r *audit.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b.Bytes()) {
		t.Fatalf("not JSON:\n%s", b.Bytes())
	}
	return b.Bytes()
}

// What ReadJSON takes, JSON writes so that ReadJSON takes it again and finds the same.
func FuzzReadJSON(f *testing.F) {
	for _, s := range samples() {
		f.Add(renderJSON(f, s.report))
	}
	f.Add([]byte(`{"schema":1,"artifacts":[{"path":"\\xff\\x5cxff","verdict":"clean"}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		first, err := ReadJSON(bytes.NewReader(in))
		if err != nil {
			return
		}
		out := renderJSON(t, first)
		second, err := ReadJSON(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("(-first +second):\n%s", diff)
		}
		for _, o := range outputs() {
			if err := o.render(new(bytes.Buffer), first); err != nil {
				t.Fatalf("%s: %v", o.ext, err)
			}
		}
	})
}
