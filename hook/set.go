package hook

import (
	"context"
	"path"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// A set is several entries that are one model: shards with their index, or the
// files of a distributed checkpoint. It is converted whole or not at all, because
// what is left of a part would open no more.
type set struct {
	source  string         // the index, or the directory
	named   string         // what `modelaudit convert` takes for it
	members []string       // its entries
	shards  int            // of an index, 0 for a distributed checkpoint
	broken  bool           // the index cannot be read
	formats []audit.Format // of what is converted as a whole
	way     pipeline.Way
	tried   bool  // to convert it as a whole
	failed  error // why that could not be done
}

// refusal says why a member is not converted alone.
func (s *set) refusal() error {
	switch {
	case s.broken:
		return refusal("it is a shard, and %s beside it, which may be its index, cannot be read", s.source)
	case s.shards > 0:
		return refusal("it is a shard of %s, with which it is converted as a whole", s.source)
	}
	if s.source == "." {
		return refusal("it is one file of a distributed checkpoint, which is converted as a whole")
	}
	return refusal("it is one file of a distributed checkpoint, the directory %s, which is converted as a whole", s.source)
}

// findSets notes which items belong to a set of the index's entries. One whose
// remedy is prepared already, before the rest of its set came, gives it up.
func (r *Run) findSets(ctx context.Context, fresh []*item) error {
	dirs := map[string][]*item{}
	for _, it := range append(slices.Clone(fresh), r.rewrites()...) {
		if a := it.audited; !a.Skipped && (a.Rewrites() || len(a.Artifact.Findings) > 0) {
			dir := path.Dir(it.entry.Path)
			dirs[dir] = append(dirs[dir], it)
		}
	}
	if len(dirs) == 0 {
		return nil
	}
	entries, err := r.repo.Entries(ctx, nil)
	if err != nil {
		return err
	}
	files := map[string][]gitindex.Entry{}
	for _, e := range entries {
		if dir := path.Dir(e.Path); dirs[dir] != nil {
			files[dir] = append(files[dir], e)
		}
	}
	for dir, items := range dirs {
		join(items, checkpointOf(dir, files[dir]))
		for _, e := range files[dir] {
			if pipeline.IsShardIndex(path.Base(e.Path)) {
				join(items, r.shardsOf(ctx, e, files[dir]))
			}
		}
		for _, it := range items {
			r.giveUp(it)
		}
	}
	return ctx.Err()
}

// join gives items the set that they are members of.
func join(items []*item, s *set) {
	for _, it := range items {
		if s != nil && it.set == nil && (slices.Contains(s.members, it.entry.Path) || s.broken && pipeline.IsShard(path.Base(it.entry.Path))) {
			it.set = s
		}
	}
}

// giveUp drops the prepared conversion of an item that turned out to be part of a set.
func (r *Run) giveUp(it *item) {
	if it.rewrite == nil || it.rewrite.strip || it.rewrite.whole != nil || it.set == nil || r.indexEdited {
		return
	}
	for _, t := range it.rewrite.targets {
		delete(r.taken, fold(t.path))
	}
	it.drop()
	it.audited.Artifact.Refusal = it.set.refusal().Error()
	it.audited.Artifact.Decision.Action = audit.ActionBlock
}

// distributed is the file that stands for a distributed checkpoint alone.
const distributed = ".metadata"

// checkpointOf is the distributed checkpoint that the entries of a directory
// are, nil if they are none.
func checkpointOf(dir string, entries []gitindex.Entry) *set {
	s := &set{source: dir, named: dir}
	chunks, described := false, false
	for _, e := range entries {
		metadata, chunk, extra := pipeline.CheckpointFile(path.Base(e.Path))
		described, chunks = described || metadata, chunks || chunk
		switch {
		case metadata, chunk, extra:
			s.members = append(s.members, e.Path)
		default: // the directory stands for what else is in it, too
			s.named = path.Join(dir, distributed)
		}
	}
	if dir == "." {
		s.named = distributed
	}
	if !chunks || !described {
		return nil
	}
	s.members = slices.Compact(s.members) // an unmerged entry has several stages
	return s
}

// shardsOf is the set that an index of shards names.
func (r *Run) shardsOf(ctx context.Context, index gitindex.Entry, entries []gitindex.Entry) *set {
	s := &set{source: index.Path, named: index.Path, broken: true}
	blob, err := r.repo.OpenBlob(ctx, index.OID)
	if err != nil {
		return s
	}
	defer blob.Close()
	names, err := pipeline.ShardFiles(blob, blob.Size)
	if err != nil || blob.Verify(ctx) != nil {
		return s
	}
	s.broken, s.shards = false, len(names)
	for _, e := range entries {
		if e.Path == index.Path || slices.Contains(names, path.Base(e.Path)) {
			s.members = append(s.members, e.Path)
		}
	}
	s.members = slices.Compact(s.members)
	return s
}

// setCommands are the commands that convert a whole set: for its first item,
// so that they stand once on the screen.
func (r *Run) setCommands(it *item) []string {
	s := it.set
	first := slices.IndexFunc(r.items, func(other *item) bool { return other.set != nil && other.set.source == s.source })
	if s.broken || r.items[first] != it || len(s.way.Outputs) == 0 {
		return nil
	}
	add := gitAdd(s.way.Outputs)
	if s.shards == 0 || pipeline.Uncut(s.source) { // nobody has looked whether it has a state beside its weights
		add = gitAdd(s.way.Outputs[:1]) + " && { [ ! -e " + render.ShellQuote(s.way.Outputs[1]) + " ] || " + gitAdd(s.way.Outputs[1:]) + "; }"
	}
	words := append(append([]string{"modelaudit", "convert", "--to", "safetensors"}, s.way.Flags...), "--", s.named)
	return []string{r.inTop(quoted(render.ShellQuote, words...) + " && " + literally(s.members...) + " rm -q --cached -- " +
		quoted(render.ShellQuote, s.members...) + " && " + add)}
}
