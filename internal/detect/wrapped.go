package detect

import (
	"io"
	"path"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
)

// Wrapper reports whether a format is a general container that many files
// have which are no models: that one is compressed or an archive says nothing.
func Wrapper(f audit.Format) bool { return wrappers()[f] }

var wrappers = sync.OnceValue(func() map[audit.Format]bool {
	set := map[audit.Format]bool{}
	for _, i := range audit.Formats() {
		set[i.Name] = i.Wrapper
	}
	return set
})

// Inner is the name that a compressed file promises for its content: without
// the endings of compressed files.
func Inner(name string) string {
	for {
		switch strings.ToLower(path.Ext(name)) {
		case ".gz", ".gzip", ".bz2", ".xz", ".lzma", ".zst", ".zstd", ".lz4", ".z":
			name = strings.TrimSuffix(name, path.Ext(name))
		default:
			return name
		}
	}
}

// compression names the compression that the content shows, "" if none. What
// has no magic number counts only if it can be decompressed, at least at its
// beginning; promised says that the name lets no other reading be.
func compression(r io.ReaderAt, size int64, promised bool) audit.Format {
	m := archive.Sniff(r, size)
	if m == "" || m != archive.Zlib && m != archive.LZMA {
		return audit.Format(m)
	}
	if n, err := archive.NewReader(m, r, size).Read(make([]byte, 512)); n == 0 && err != io.EOF && !(m == archive.Zlib && promised) {
		return ""
	}
	return audit.Format(m)
}
