package hook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/safeio"
)

// A set whose files are all staged is converted as one model: the files go and
// those of the result come, in the one update of the index. The item that was asked
// first holds the result, the others only go.

// convertSet is convert for the set that an item belongs to. A set is tried once.
func (r *Run) convertSet(ctx context.Context, it *item) error {
	s := it.set
	if s.tried {
		if it.rewrite != nil {
			return nil
		}
		return cmp.Or(s.failed, s.refusal())
	}
	s.tried = true
	members, err := r.whole(s)
	if err == nil {
		err = r.rewriteSet(ctx, it, members)
	}
	s.failed = err
	return err
}

// whole lists the items of a set in the order in which they are one source. A set
// of which not every file is staged, or one may not go, is refused.
func (r *Run) whole(s *set) (list []*item, err error) {
	if s.broken || s.shards > 0 && len(s.members) != s.shards+1 {
		return nil, s.refusal()
	}
	for _, name := range s.members {
		i := slices.IndexFunc(r.fresh, func(it *item) bool { return it.entry.Path == name })
		if i < 0 || r.fresh[i].rewrite != nil || r.fresh[i].entry.Stage != 0 || !r.fresh[i].entry.Regular() {
			return nil, s.refusal()
		}
		it := r.fresh[i]
		switch {
		case it.refusal != "":
			return nil, refusal("%s, a part of it: %s", name, it.refusal)
		case !it.audited.Skipped && !it.passes() && !slices.Contains(it.audited.Outcome.Actions, audit.ActionConvert):
			return nil, refusal("the policy blocks %s, a part of it", name)
		}
		list = append(list, it)
	}
	slices.SortFunc(list, func(a, b *item) int {
		return 2*(s.rank(a.entry.Path)-s.rank(b.entry.Path)) + strings.Compare(a.entry.Path, b.entry.Path)
	})
	return list, nil
}

// rank orders the files of a set: what says what the others are comes first.
func (s *set) rank(name string) int {
	metadata, _, extra := pipeline.CheckpointFile(path.Base(name))
	switch {
	case name == s.source, s.shards == 0 && metadata:
		return 0
	case s.shards == 0 && extra:
		return 2
	}
	return 1
}

// output is the name of the weights of a whole set, were they one file.
func (s *set) output() string {
	switch {
	case s.shards > 0:
		return pipeline.OutputName(s.source, "weights")
	case s.source == ".":
		return "checkpoint.safetensors"
	}
	return s.source + ".safetensors"
}

// rewriteSet makes and proves what a set becomes, and finds its places.
func (r *Run) rewriteSet(ctx context.Context, first *item, members []*item) (err error) {
	var blobs []*gitindex.Blob
	defer func() {
		for _, b := range blobs {
			err = errors.Join(err, b.Close())
		}
	}()
	var pieces []pipeline.Piece
	for _, m := range members {
		blob, err := r.open(ctx, m.entry)
		if err != nil {
			return err
		}
		blobs = append(blobs, blob)
		pieces = append(pieces, pipeline.Piece{Name: path.Base(m.entry.Path), R: blob, Size: blob.Size})
	}
	auditor := *r.auditor
	audited, err := auditor.Audit(ctx, pipeline.Joined(first.set.source, pieces))
	if err != nil {
		return err
	}
	defer audited.Close()
	first.set.formats = audited.Artifact.Formats
	w, err := r.newRewrite(ctx, first)
	if err != nil {
		return err
	}
	opt := pipeline.ConvertOptions{Dir: r.repo.GitDir, Perm: w.perm(first.entry.Mode), Digest: r.opt.Digest}
	opt.File = path.Base(first.set.output())
	if w.conv, err = pipeline.Convert(ctx, audited, opt); err != nil {
		return err
	}
	w.whole, first.rewrite = first, w
	if err := r.settleSet(ctx, first, members, blobs); err != nil {
		for _, m := range members {
			m.rewrite = nil
		}
		for _, t := range w.targets {
			delete(r.taken, fold(t.path))
		}
		return errors.Join(err, w.conv.Discard())
	}
	return nil
}

// open is the content of an entry, of a pointer what it stands for.
func (r *Run) open(ctx context.Context, e gitindex.Entry) (*gitindex.Blob, error) {
	it := &item{entry: e}
	var err error
	if it.blob, err = r.repo.OpenBlobOrFile(ctx, e.OID, e.Path); err == nil {
		err = r.followItem(ctx, it)
	}
	if err != nil {
		it.close()
		return nil, err
	}
	return it.blob, nil
}

// settleSet finds the places of a set's result, and lets its files go.
func (r *Run) settleSet(ctx context.Context, first *item, members []*item, blobs []*gitindex.Blob) error {
	w, out := first.rewrite, first.set.output()
	if err := r.addIndexes(w); err != nil {
		return err
	}
	for _, c := range w.conv.Candidates {
		if c.TreeJSON != nil {
			return refusal("its plain values do not fit into the header of the new file")
		}
		name := pipeline.PartName(out, c.Role, c.Shard, c.Shards)
		role, index := strings.CutPrefix(c.Role, indexOf)
		if index {
			name = pipeline.IndexName(out, role)
		}
		if slices.Contains(first.set.members, name) {
			return refusal("the new file would have the name of an old one, %s", name)
		}
		t, err := r.target(ctx, first, name)
		if err != nil {
			return err
		}
		t.fromLFS = !index && slices.ContainsFunc(members, func(m *item) bool { return m.pointer != nil })
		w.targets = append(w.targets, t)
	}
	for i, m := range members {
		if m != first {
			gone, err := r.newRewrite(ctx, m)
			if err != nil {
				return err
			}
			gone.conv, gone.whole, m.rewrite = &pipeline.Conversion{}, first, gone
		}
		var err error
		if m.rewrite.source, m.rewrite.same, err = r.holds(ctx, m.entry.Path, m.entry.OID, m.pointer); err != nil {
			return fmt.Errorf("%s in the work tree: %w", m.entry.Path, err)
		}
		if err := blobs[i].Verify(ctx); err != nil {
			return refusal("%s", err)
		}
	}
	for _, m := range members {
		r.going(m, first)
	}
	return nil
}

// indexOf begins the role of a candidate that is the index of the shards of a role.
const indexOf = "index of "

// addIndexes makes candidates of the indexes beside shards, which are files as
// the shards are.
func (r *Run) addIndexes(w *rewrite) error {
	for _, c := range slices.Clone(w.conv.Candidates) {
		if c.IndexJSON == nil {
			continue
		}
		f, err := safeio.Create(r.repo.GitDir, 0o644)
		if err != nil {
			return err
		}
		index := &pipeline.Candidate{Role: indexOf + c.Role, File: f, Size: int64(len(c.IndexJSON)), Proof: audit.Proof{SecondDecoder: c.Proof.SecondDecoder}}
		w.conv.Candidates = append(w.conv.Candidates, index)
		if r.opt.Digest {
			sum := sha256.Sum256(c.IndexJSON)
			index.SHA256 = hex.EncodeToString(sum[:])
		}
		if _, err := f.Write(c.IndexJSON); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// going notes that an item goes with its set, one too that is no model by itself.
func (r *Run) going(m, first *item) {
	m.set = first.set
	a := &m.audited.Artifact
	if m.audited.Skipped && !slices.Contains(r.items, m) {
		r.items = append(r.items, m)
		r.Report.Summary.Skipped--
		// It says where the tensors are, and was read as that.
		a.Formats, a.Coverage, a.Verdict = first.set.formats, audit.Coverage{Understood: a.Size}, audit.VerdictClean
	}
	if a.Decision == nil {
		a.Decision = &audit.Decision{}
	}
	a.Decision.Action, a.Decision.Clauses, a.Refusal = audit.ActionConvert, first.audited.Artifact.Decision.Clauses, ""
}

// giveUpWhole drops the conversion of a set of which a file has changed since.
func (r *Run) giveUpWhole(s *set) {
	for _, it := range r.items {
		if it.set != s || it.rewrite == nil {
			continue
		}
		for _, t := range it.rewrite.targets {
			delete(r.taken, fold(t.path))
		}
		it.drop()
		it.audited.Artifact.Refusal = "another process staged a file of its set while the hook ran; commit again"
		it.audited.Artifact.Decision.Action = audit.ActionBlock
	}
}
