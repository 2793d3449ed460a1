package hook

import (
	"context"
	"errors"
	"fmt"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
)

// strip makes and proves the candidate that takes an item's own place.
func (r *Run) strip(ctx context.Context, it *item) error {
	w, err := r.newRewrite(ctx, it)
	if err != nil {
		return err
	}
	done, err := pipeline.Strip(ctx, it.audited, pipeline.StripOptions{Dir: r.repo.GitDir, Perm: w.perm(it.entry.Mode), Digest: r.opt.Digest})
	if err != nil {
		return err
	}
	if done == nil {
		return &converters.Refusal{Msg: "there is nothing in it that can be taken out"}
	}
	w.strip, w.conv = true, &pipeline.Conversion{Candidates: []*pipeline.Candidate{done.Candidate}, SourceSHA256: it.audited.Artifact.SHA256}
	for _, gone := range done.Removed {
		w.removed = append(w.removed, gone.Report())
	}
	if err := r.settleStrip(ctx, it, w); err != nil {
		return errors.Join(err, w.conv.Discard())
	}
	it.rewrite = w
	return nil
}

// settleStrip finds out what the work tree has where the candidate goes, and
// confirms at last that the source was what its id stands for until the end.
func (r *Run) settleStrip(ctx context.Context, it *item, w *rewrite) error {
	path := it.entry.Path
	attrs, err := r.attributes(ctx, path)
	if err != nil {
		return err
	}
	if changesBytes(attrs[path]) {
		return refusal("the attributes of %s would make git check out other bytes", path)
	}
	if w.source, w.same, err = r.holds(ctx, path, it.entry.OID, it.pointer); err != nil {
		return fmt.Errorf("%s in the work tree: %w", path, err)
	}
	if err := it.blob.Verify(ctx); err != nil {
		return &converters.Refusal{Msg: err.Error()}
	}
	t := target{path: path, lfs: attrs[path].Filter == "lfs", expect: it.entry.OID, mode: it.entry.Mode, flags: w.flags, perm: w.perm(it.entry.Mode)}
	if w.same {
		t.file = w.source
	}
	w.targets = []target{t}
	r.taken[fold(path)] = path
	return nil
}
