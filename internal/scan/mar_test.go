package scan

import (
	"archive/zip"
	"slices"
	"testing"
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
			data := archive(t, zip.Deflate, member{"MAR-INF/MANIFEST.json", []byte(tt.manifest)}, member{tt.file, []byte("text")})
			if r := scanBytes(t, "m.mar", data); !slices.Equal(found(r), tt.want) {
				t.Errorf("%q", found(r))
			}
		})
	}
	workflow := archive(t, zip.Deflate, member{"WAR-INF/MANIFEST.json", []byte(`{"workflow": {"handler": "w.py"}}`)}, member{"w.py", []byte("x = 1\n")})
	if r := scanBytes(t, "m.war", workflow); !slices.Equal(found(r), []string{"MA403"}) {
		t.Errorf("a workflow: %q", found(r))
	}
}
