package scan

import (
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
)

// promised reports whether a part's name, or somebody who named it, promises a model.
func (w *walk) promised(p part) bool {
	return p.strict || detect.ModelName(p.name) || w.opt.Named && p.member == ""
}

// unknown handles content that no format claims.
func (w *walk) unknown(p part) {
	top := p.member == ""
	switch {
	case strings.HasPrefix(p.member, decompressed) && strings.HasSuffix(p.name, ".npy") && slices.Contains(w.out.Artifact.Formats, audit.FormatZFile):
		w.opaque += p.size // elements of an array, which another file says the type of (joblib before 0.10)
	case top && w.opt.Folder && !detect.ModelName(p.name) && w.text(p):
		w.out.Skipped = true
	case p.size == 0 && top && w.promised(p):
		w.unread(p.member, 0, 0, "the file is empty")
	case p.size > 0 && w.promised(p):
		w.shown = true
		w.unread(p.member, 0, p.size, w.nothing(p))
		w.searchAll(p)
	case top:
		w.harmless(p)
	default:
		w.opaque += p.size // plain data beside a model
		w.searchPlain(p, false)
	}
}

// harmless skips a file that neither its name nor its beginning shows to be a model, unless
// a pickle a little further on does harm.
func (w *walk) harmless(p part) {
	w.searchPlain(p, true)
	if len(w.out.Artifact.Findings) == 0 && len(w.out.Artifact.Coverage.Unread) == 0 {
		w.out.Skipped = true
		return
	}
	w.shown = true
	w.unread(p.member, 0, p.size, w.nothing(p))
}
