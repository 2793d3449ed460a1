package hook

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/policy"
)

// patchPolicy converts, or else strips, whatever it is asked about; with
// Options.keep the other way round where a conversion keeps the arrays alone.
const patchPolicy = "version: 1\nrules:\n  - paths: [\"*\"]\n    action: [convert, strip]\n    to: safetensors\n    when: always\nafter_rewrite: continue\n"

// Patch makes and proves remedies for files of a commit, and writes what they
// change as a patch that `git apply --index` takes. files are those of a report
// on the commit; of them, what has other content there, or is stored by Git LFS
// before or after, is left out, and so is what cannot be mended. The work tree,
// the index and the references stay as they are; new objects remain. It returns
// the paths that the patch mends; if there are none, nothing is written.
func Patch(ctx context.Context, repo *gitindex.Repo, opt Options, commit string, files []audit.Artifact, w io.Writer) (mended []string, err error) {
	if opt.Policy, err = policy.Parse("remedies", []byte(patchPolicy)); err != nil {
		return nil, err
	}
	tree, err := repo.Apart(ctx, commit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	left, err := patchable(ctx, tree, files)
	opt.Dir, opt.Digest, opt.keep = tree.Top, false, true
	// One that cannot be mended keeps the others from being: go on without it.
	for len(left) > 0 && err == nil {
		opt.Paths = left
		var r *Run
		if r, err = Hook(ctx, tree, opt); err != nil {
			break
		}
		var possible []string
		for i := range r.Report.Artifacts {
			a := &r.Report.Artifacts[i]
			if a.Remedy != nil {
				mended = append(mended, a.Path)
			}
			if a.Decision != nil && (a.Decision.Action == audit.ActionConvert || a.Decision.Action == audit.ActionStrip) {
				possible = append(possible, a.Path)
			}
		}
		if len(mended) > 0 {
			return mended, tree.Patch(ctx, w)
		}
		if len(possible) == len(left) {
			break
		}
		left = possible
	}
	return nil, err
}

// patchable lists the files that a patch could mend.
func patchable(ctx context.Context, tree *gitindex.Repo, files []audit.Artifact) (out []string, err error) {
	blobs := map[string]string{}
	var names []string
	for _, a := range files {
		if !a.Passes() {
			blobs[a.Path] = a.GitBlob
			names = append(names, a.Path, pipeline.OutputName(a.Path, "weights"), pipeline.OutputName(a.Path, "state"))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	entries, err := tree.Entries(ctx, names)
	if err != nil {
		return nil, err
	}
	attrs, err := tree.CheckAttrs(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		results := []string{e.Path, pipeline.OutputName(e.Path, "weights"), pipeline.OutputName(e.Path, "state")}
		stored := slices.ContainsFunc(results, func(name string) bool { return attrs[name].Filter == "lfs" })
		if blobs[e.Path] == e.OID && e.Regular() && !stored {
			out = append(out, e.Path)
		}
	}
	return out, nil
}
