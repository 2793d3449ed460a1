package pipeline

import "testing"

func TestIsBackup(t *testing.T) {
	for below, want := range map[string]bool{
		"a.pt.backup": true, "d/a.pt.backup.1": true, "ck.backup/.metadata": true, "d/ck.backup.12/x": true,
		"": false, "a.pt": false, "a.backup.pt": false, ".backup": false, "a.pt.backup.0": false, "a.pt.backups": false, "d/.backup/x": false,
	} {
		if got := IsBackup(File{Path: "x.pt.backup", Below: below}); got != want {
			t.Errorf("%q: %v", below, got)
		}
	}
}
