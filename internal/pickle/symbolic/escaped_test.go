package symbolic

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestLinePosition(t *testing.T) {
	const none = -1
	for _, test := range []struct {
		name, line string
		quoted     bool
		off, want  int64
	}{
		{"start", `ab`, false, 0, 0},
		{"plain", `ab`, false, 1, 1},
		{"end", `ab`, false, 2, 2},
		{"beyond the end", `ab`, false, 3, none},
		{"high byte", "\xff\xfeb", false, 2, 2},
		{"behind \\u", `\u005cb`, false, 1, 6},
		{"behind \\U", `\U0000005cb`, false, 1, 10},
		{"truncated escape", `\u00`, false, 1, none},
		{"no byte", `\u0100`, false, 1, none},
		{"behind a backslash pair", `\\u0041b`, false, 2, 2},
		{"inside a backslash pair", `\\u0041`, false, 1, none},
		{"behind a backslash that escapes nothing", `\xb`, false, 2, 2},
		{"backslash at the end", `a\`, false, 2, 2},
		{"quoted", `\x41\'\\\1012\q`, true, 4, 12},
		{"quoted, behind a backslash that escapes nothing", `\q`, true, 1, 1},
		{"quoted, truncated escape", `\x4`, true, 1, none},
		{"quoted, backslash at the end", `a\`, true, 1, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := readLine(io.NewSectionReader(strings.NewReader(test.line), 0, int64(len(test.line))), test.quoted)
			got, ok := int64(none), false
			if err == nil {
				got, ok = l.position(test.off)
			}
			if !ok {
				got = none
			}
			if got != test.want {
				t.Errorf("character %d of %q is at %d, want %d: %v", test.off, test.line, got, test.want, err)
			}
		})
	}
}

// The bytes of a line that is longer than what is held are read where they stand, in any
// order, and what is shown of it is what it means.
func TestLongLines(t *testing.T) {
	raw := make([]byte, 1<<20)
	for i := range raw {
		raw[i] = byte(i * i >> 3)
	}
	escapes := strings.NewReplacer("\n", `\n`, "\\", `\\`, "'", `\'`, "a", `\141`, "b", `\x62`)
	var latin, quoted strings.Builder
	for _, c := range raw {
		switch c {
		case '\n':
			latin.WriteString(`\u000a`)
		case '\\':
			latin.WriteString(`\U0000005c`)
		default:
			latin.WriteByte(c)
		}
	}
	_, _ = escapes.WriteString(&quoted, string(raw))
	for name, program := range map[string]string{
		"raw-unicode-escape": "c_codecs\nencode\n(V" + latin.String() + "\nVlatin1\ntR.",
		"str of Python 2":    "S'" + quoted.String() + "'\n.",
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(program)
			tr := Run(bytes.NewReader(data), 0, int64(len(data)), Options{})
			if tr.Failure != nil {
				t.Fatal(tr.Failure)
			}
			p, ok := PayloadOf(bytes.NewReader(data), tr.Root)
			if !ok || p.Size != int64(len(raw)) {
				t.Fatalf("found: %v", ok)
			}
			for _, off := range []int64{700_001, 0, 65_535, 1<<20 - 10} {
				got := make([]byte, 10)
				if n, err := p.Data.ReadAt(got, off); n != 10 || !bytes.Equal(got, raw[off:off+10]) {
					t.Errorf("at %d: %q, %v", off, got, err)
				}
				start, end, _ := p.Place(off, 10)
				if end-start < 10 || !strings.Contains(program, string(data[start:end])) {
					t.Errorf("bytes from %d stand at %d to %d", off, start, end)
				}
			}
			if small := Run(bytes.NewReader(data), 0, int64(len(data)), Options{MaxLine: 1 << 20}); small.Failure == nil || !small.Failure.Limit {
				t.Errorf("a bound is no bound: %v", small.Failure)
			}
		})
	}
	text := `Vimp\u006frt os` + strings.Repeat("x", 1<<20) + "\n."
	tr := Run(strings.NewReader(text), 0, int64(len(text)), Options{})
	if got := Beginning(strings.NewReader(text), tr.Root, 9); got != "import os" {
		t.Errorf("a text begins with %q", got)
	}
	if n := tr.Root.Least(); n < 1<<16 || n > 1<<20 {
		t.Errorf("at least %d characters", n)
	}
}
