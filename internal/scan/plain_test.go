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

func critical(a audit.Artifact) bool {
	for _, f := range a.Findings {
		if f.Severity == audit.Critical {
			return true
		}
	}
	return false
}
