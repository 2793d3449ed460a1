package hook

import (
	"context"
	"path"

	"github.com/modelaudit/action/internal/gitindex"
)

// A lookup is the whole index as it was read once, so that what stands at one
// path of many costs no process.
type lookup struct {
	entries map[string]gitindex.Entry // any stage of an unmerged one
	below   map[string]string         // directory -> an entry in it
	folded  map[string]string         // folded path -> path
	flags   map[string]gitindex.Flags // of the entries that have any
}

// index reads the index, if that was not done since entries were audited last.
func (r *Run) index(ctx context.Context) (*lookup, error) {
	if r.known != nil {
		return r.known, nil
	}
	entries, err := r.repo.Entries(ctx, nil)
	if err != nil {
		return nil, err
	}
	l := &lookup{entries: make(map[string]gitindex.Entry, len(entries)), below: map[string]string{}, folded: make(map[string]string, len(entries))}
	for _, e := range entries {
		l.entries[e.Path] = e
		l.folded[fold(e.Path)] = e.Path
		for dir := path.Dir(e.Path); dir != "." && l.below[dir] == ""; dir = path.Dir(dir) {
			l.below[dir] = e.Path
		}
	}
	if l.flags, err = r.repo.Flags(ctx, nil); err != nil {
		return nil, err
	}
	r.known = l
	return l, nil
}

// at is what stands at a path: its entry, or one below it.
func (l *lookup) at(name string) (gitindex.Entry, bool) {
	if e, ok := l.entries[name]; ok {
		return e, true
	}
	e, ok := l.entries[l.below[name]]
	return e, ok
}

// attributes returns those of paths, and asks git for those alone that it was
// not asked for since entries were audited last.
func (r *Run) attributes(ctx context.Context, paths ...string) (map[string]gitindex.Attrs, error) {
	var missing []string
	for _, p := range paths {
		if _, ok := r.attrs[p]; !ok {
			missing = append(missing, p)
		}
	}
	more, err := r.repo.CheckAttrs(ctx, missing)
	if err != nil {
		return nil, err
	}
	if r.attrs == nil {
		r.attrs = map[string]gitindex.Attrs{}
	}
	for p, a := range more {
		r.attrs[p] = a
	}
	return r.attrs, nil
}
