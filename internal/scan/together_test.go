package scan

import (
	"bytes"
	"strings"
	"testing"
)

// TestPicklesTogether: what is kept of the pickles of one file, one behind the other or
// one inside the other, does not take more memory the more there are.
func TestPicklesTogether(t *testing.T) {
	const n = 220_000 // imports, some 100 MiB
	one := []byte("\x80\x02](" + strings.Repeat("ctorch\nint8\n", n) + "e.")
	inner := bytes.Join([][]byte{[]byte("\x80\x02ctorch.storage\n_load_from_bytes\nB"), u32(len(one)), one, []byte("\x85R0]("), one[4:]}, nil)
	for name, data := range map[string][]byte{"one behind the other": bytes.Repeat(one, 3), "one inside the other": inner} {
		if a := scanned(t, "m.pkl", data, Options{}); len(a.Coverage.Unread) == 0 {
			t.Errorf("%s: no limit was reached", name)
		}
	}
	if a := scanned(t, "m.pkl", one, Options{}); len(a.Coverage.Unread) > 0 {
		t.Error("one alone is too much", a.Coverage.Unread)
	}
}

func u32(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)} }
