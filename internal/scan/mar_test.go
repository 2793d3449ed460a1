package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"slices"
	"testing"

	"github.com/modelaudit/action/audit"
)

// What a server imports for an archive is said, wherever the name stands.
func TestServedHandlers(t *testing.T) {
	for _, tt := range []struct {
		name, manifest string
		file           string // that stands beside the manifest
		want           []string
	}{
		{"torch's own", `{"model": {"handler": "image_classifier"}}`, "notes.txt", nil},
		{"a file", `{"model": {"handler": "h.txt"}}`, "h.txt", []string{"MA403"}},
		{"a function in a file", `{"model": {"handler": "h.py:run"}}`, "h.py", []string{"MA403"}},
		{"a compiled module", `{"model": {"handler": "h.py"}}`, "h.pyc", []string{"MA403"}},
		{"elsewhere", `{"model": {"handler": "acme.serving:run"}}`, "notes.txt", []string{"MA403"}},
		{"machine code", `{"model": {"handler": "h"}}`, "h.cpython-311-x86_64-linux-gnu.so", []string{"MA401"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			members := []member{{"MAR-INF/MANIFEST.json", []byte(tt.manifest)}, {tt.file, []byte("text")}}
			if r := scanBytes(t, "m.mar", archive(t, zip.Deflate, members...)); !slices.Equal(found(r), tt.want) {
				t.Errorf("%q", found(r))
			}
			// With --archive-format tgz all is in a folder of the model's name.
			packed := served(t, "m/", members)
			for _, name := range []string{"m.tar.gz", "m.mar"} {
				r := scanBytes(t, name, gzipped(t, packed))
				if !slices.Equal(found(r), tt.want) || r.Artifact.Coverage.Unread != nil || r.Skipped {
					t.Errorf("%s: %q, unread %v, skipped %v", name, found(r), r.Artifact.Coverage.Unread, r.Skipped)
				}
			}
			if r := scanBytes(t, "m.tar", served(t, "./", members)); !slices.Equal(found(r), tt.want) || r.Artifact.Formats[0] != audit.FormatTorchServe {
				t.Errorf("as a tar: %q, %v", found(r), r.Artifact.Formats)
			}
		})
	}
	workflow := archive(t, zip.Deflate, member{"WAR-INF/MANIFEST.json", []byte(`{"workflow": {"handler": "w.py"}}`)}, member{"w.py", []byte("x = 1\n")})
	if r := scanBytes(t, "m.war", workflow); !slices.Equal(found(r), []string{"MA403"}) {
		t.Errorf("a workflow: %q", found(r))
	}
}

// served is a tar archive of the members, below a folder.
func served(t *testing.T, folder string, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: folder + m.name, Size: int64(len(m.data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(m.data)
	}
	_ = w.Close()
	return b.Bytes()
}
