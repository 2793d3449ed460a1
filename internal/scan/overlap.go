package scan

import (
	"path"
	"strings"

	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/zipfile"
)

// slack is how many bytes more than an archive has its members may claim.
const slack = 64 << 10

// places notes where the members of one archive lie. Any number of directory
// entries can name the same bytes; the overlap is an anomaly of the archive.
type places struct {
	seen map[place]bool
	left int64 // bytes that further members may claim
}

// A place is all of an entry that decides what an audit of its bytes says.
type place struct {
	offset, compressed, size int64
	method                   uint16
	model, inert             bool
	extension                string // of a format that an extension decides
}

// known reports whether the same was audited before, and else notes it.
func (s *places) known(e zipfile.Entry) bool {
	at := place{e.DataOffset, e.CompressedSize, e.Size, e.Method, detect.ModelName(e.Name), detect.CannotExecute(e.Name), ""}
	if at.inert {
		at.extension = strings.ToLower(path.Ext(e.Name))
	}
	if e.DataOffset < 0 {
		return false
	}
	if s.seen[at] {
		return true
	}
	if s.seen == nil {
		s.seen = map[place]bool{}
	}
	s.seen[at] = true
	s.left -= e.CompressedSize
	return false
}
