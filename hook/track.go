package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/policy"
)

// attributesFile is where new names of Git LFS are written down. What is nearer to a
// file counts more, and says nothing of these names.
const attributesFile = ".gitattributes"

// lfsAttributes are those that `git lfs track` gives.
const lfsAttributes = " filter=lfs diff=lfs merge=lfs -text\n"

// track prepares the change of attributesFile by which Git LFS stores what becomes of
// sources that it stores, if the policy wants that. Where the file is no plain one, or
// has changes that are not staged, nothing is prepared, and the note of applied stands.
func (r *Run) track(ctx context.Context) error {
	if r.Policy.LFS != policy.LFSTrack {
		return nil
	}
	var targets []*target
	var lines strings.Builder
	for _, it := range r.rewrites() {
		for i := range it.rewrite.targets {
			t := &it.rewrite.targets[i]
			attrs, err := r.attributes(ctx, t.path)
			if err != nil {
				return err
			}
			line := attributePattern(t.path) + lfsAttributes
			// Git reads no longer lines (attr.c, ATTR_MAX_LINE_LENGTH).
			if t.fromLFS && !t.lfs && !it.rewrite.followed && attrs[t.path].Filter == "" && len(line) < 2048 {
				targets = append(targets, t)
				lines.WriteString(line)
			}
		}
	}
	if len(targets) == 0 {
		return nil
	}
	it, old, err := r.attributesItem(ctx)
	if it == nil || err != nil {
		return err
	}
	if len(old) > 0 && old[len(old)-1] != '\n' {
		old = append(old, '\n')
	}
	if err := r.propose(it, append(old, lines.String()...)); err != nil {
		return err
	}
	for _, t := range targets {
		t.lfs = true
		r.tracked = append(r.tracked, t.path)
	}
	r.attributesEdit = it
	return nil
}

// attributesItem is attributesFile as it is now, nil if it cannot be changed here.
func (r *Run) attributesItem(ctx context.Context) (*item, []byte, error) {
	index, err := r.index(ctx)
	if err != nil {
		return nil, nil, err
	}
	file, err := r.repo.WorkTreeStat(attributesFile)
	if err != nil {
		return nil, nil, err
	}
	w := &rewrite{strip: true, same: true, file: file}
	e, there := index.at(attributesFile)
	other, taken := index.folded[fold(attributesFile)]
	switch {
	case taken && other != attributesFile, !there && file != nil, there && (e.Path != attributesFile || !e.Regular() || e.Stage != 0):
		return nil, nil, nil
	case !there:
		w.added = true
		w.targets = []target{{path: attributesFile}}
		return &item{entry: gitindex.Entry{Path: attributesFile, Mode: gitindex.ModeFile}, rewrite: w}, nil, nil
	}
	old, found, err := r.repo.ReadIndexFile(ctx, attributesFile)
	if err != nil || !found {
		return nil, nil, err
	}
	w.flags = index.flags[attributesFile]
	if w.source, w.same, err = r.holds(ctx, attributesFile, e.OID, nil); err != nil || !w.same && (file != nil || !r.inIndex()) {
		return nil, nil, err
	}
	t := target{path: attributesFile, expect: e.OID, mode: e.Mode, flags: w.flags, perm: w.perm(e.Mode)}
	if w.same {
		t.file = w.source
	}
	w.targets = []target{t}
	return &item{entry: e, rewrite: w}, old, nil
}

// propose gives an item new content.
func (r *Run) propose(it *item, content []byte) error {
	f, err := safeio.Create(r.repo.GitDir, it.rewrite.perm(it.entry.Mode))
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Discard())
	}
	it.rewrite.conv = &pipeline.Conversion{Candidates: []*pipeline.Candidate{{File: f, Size: int64(len(content))}}}
	return nil
}

// checkTracked asks git whether the new lines mean what they should.
func (r *Run) checkTracked(ctx context.Context) error {
	r.attrs = nil
	attrs, err := r.attributes(ctx, r.tracked...)
	if err != nil {
		return err
	}
	for _, path := range r.tracked {
		if attrs[path].Filter != "lfs" {
			return fmt.Errorf("%s: git does not take the new line of %s for it", path, attributesFile)
		}
	}
	return nil
}

// attributePattern is the pattern that stands for exactly one path (gitattributes(5),
// gitignore(5)): from the top, what has a meaning escaped, and quoted as in C.
func attributePattern(path string) string {
	var glob strings.Builder
	for _, c := range []byte("/" + path) {
		if strings.IndexByte(`\*?[`, c) >= 0 {
			glob.WriteByte('\\')
		}
		glob.WriteByte(c)
	}
	if !strings.ContainsFunc(glob.String(), func(c rune) bool { return c <= ' ' || c == 0x7f || c == '"' }) {
		return glob.String()
	}
	var quoted strings.Builder
	for _, c := range []byte(glob.String()) {
		switch {
		case c == '"' || c == '\\':
			quoted.WriteString(`\` + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&quoted, `\%03o`, c)
		default:
			quoted.WriteByte(c)
		}
	}
	return `"` + quoted.String() + `"`
}
