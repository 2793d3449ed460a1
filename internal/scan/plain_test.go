package scan

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestPickleBehindPlainData: an extra record that is junk and then a pickle which runs
// something is a finding in every archive; the same text in Python is none.
func TestPickleBehindPlainData(t *testing.T) {
	evil := string(assemble(t, `PROTO 4; UNICODE "os"; UNICODE "system"; STACK_GLOBAL; UNICODE "true"; TUPLE1; REDUCE; STOP`))
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 3\n"
	for name, junk := range map[string]string{"a brace": "{", "zeros": strings.Repeat("\x00", 300), "text": strings.Repeat("words ", 900), "a pointer": pointer} {
		for file, members := range map[string]map[string]string{
			"m.zip": {"a/notes": junk + evil},
			"n.zip": {"data": junk + evil},
			"o.zip": {"a/notes": junk + evil, "schema.json": `{"__loader__": "ListNode"}`},
		} {
			if a := scanned(t, file, kerasArchive(t, members), Options{}); !critical(a) {
				t.Errorf("%s in %s: %s %v", name, file, a.Verdict, rulesOf(a))
			}
		}
	}
	for file, data := range map[string]string{"m.gguf": "GGUF\x03\x00\x00\x00" + strings.Repeat("\x00", 100) + evil, "m.pt": pointer + evil} {
		if a := scanned(t, file, []byte(data), Options{}); !critical(a) {
			t.Errorf("%s: %s %v", file, a.Verdict, rulesOf(a))
		}
	}
	talk := map[string]string{"data": "0", "a/notes": "the bytes\n\ncos\nsystem\n(S'true'\ntR.\nand more\n"}
	if a := scanned(t, "m.zip", kerasArchive(t, talk), Options{}); len(a.Findings) > 0 {
		t.Errorf("a text about pickles: %v", a.Findings)
	}
}

// TestOldPickleInPlainData: so is one that does not begin with PROTO, in the middle of a
// record that is no text, however it gets at its operands.
func TestOldPickleInPlainData(t *testing.T) {
	for name, text := range map[string]string{
		"protocol 0":              `GLOBAL "os" "system"; MARK; UNICODE "true"; TUPLE; REDUCE; STOP`,
		"INST":                    `MARK; STRING "'true'"; INST "os" "system"; STOP`,
		"OBJ":                     `MARK; GLOBAL "os" "system"; UNICODE "true"; OBJ; STOP`,
		"protocol 4":              `SHORT_BINUNICODE "os"; SHORT_BINUNICODE "system"; STACK_GLOBAL; SHORT_BINUNICODE "true"; TUPLE1; REDUCE; STOP`,
		"names of the memo":       `SHORT_BINUNICODE "os"; MEMOIZE; SHORT_BINUNICODE "system"; MEMOIZE; POP; BINGET 0; BINGET 1; STACK_GLOBAL; SHORT_BINUNICODE "true"; TUPLE1; REDUCE; STOP`,
		"an argument of the memo": `INT 5; PUT 0; POP; GLOBAL "os" "system"; MARK; GET 0; TUPLE; REDUCE; STOP`,
		"nothing behind":          `GLOBAL "os" "system"; MARK; UNICODE "true"; TUPLE; REDUCE`,
	} {
		evil := string(assemble(t, text))
		for junk, around := range map[string]string{"zeros": strings.Repeat("\x00", 300), "numbers": strings.Repeat("\x93\x9a\x19\xbfc\x8c", 200)} {
			for file, data := range map[string][]byte{
				"m.zip": kerasArchive(t, map[string]string{"a/notes": around + evil + around, "a/data.pkl": "N."}),
				"m.pkl": []byte("N." + around + evil + around),
			} {
				if a := scanned(t, file, data, Options{}); !critical(a) {
					t.Errorf("%s among %s in %s: %s %v", name, junk, file, a.Verdict, rulesOf(a))
				}
			}
		}
	}
	quiet := map[string]string{"a/data.pkl": "N.", "a/words": "\x00cat\ndog\n.\ncow\nox\n(", "a/more": "\x01os\nsystem\n" + strings.Repeat("é", 40_000)}
	if a := scanned(t, "m.zip", kerasArchive(t, quiet), Options{}); a.Verdict != audit.VerdictClean {
		t.Errorf("words: %s %v", a.Verdict, a.Findings)
	}
}

// TestPickleInUnknownFile: a file of any name that is some junk and then a pickle which does harm
// is a finding; one whose pickle makes objects, and a text about pickles, are skipped.
func TestPickleInUnknownFile(t *testing.T) {
	junk := strings.Repeat("\x00\xff\x13", 100)
	evil, mild := string(assemble(t, "PROTO 2; "+payload+"STOP")), string(assemble(t, `PROTO 2; GLOBAL "acme" "Net"; EMPTY_TUPLE; NEWOBJ; STOP`))
	for _, file := range []string{"m.dat", "m", "-"} {
		for _, data := range []string{junk + evil, junk + evil + junk, junk + evil[2:] + junk} {
			if r := scanBytes(t, file, []byte(data)); r.Skipped || !critical(r.Artifact) || len(r.Artifact.Findings) != 1 {
				t.Errorf("%s: %v %v", file, r.Skipped, rulesOf(r.Artifact))
			}
		}
		for _, data := range []string{junk + mild, junk, "a text\n\ncos\nsystem\n(Vtrue\ntR.\n"} {
			if r := scanBytes(t, file, []byte(data)); !r.Skipped {
				t.Errorf("%s: %q is not skipped: %v", file, data, rulesOf(r.Artifact))
			}
		}
	}
}

func critical(a audit.Artifact) bool {
	for _, f := range a.Findings {
		if f.Severity == audit.Critical {
			return true
		}
	}
	return false
}
