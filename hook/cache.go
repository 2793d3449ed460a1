package hook

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"

	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/verdicts"
)

// cacheDir is where facts about blobs are kept, in the git directory that all
// work trees share. It may be removed at any time.
const cacheDir = "modelaudit-cache"

// openCache opens the store of facts, where that is wanted. Without one
// everything is read, and nothing else differs.
func (r *Run) openCache() {
	if !r.opt.Cache {
		return
	}
	dir := filepath.Join(r.repo.CommonDir, cacheDir)
	if _, err := os.Stat(dir); err != nil && r.opt.Check {
		return // there is nothing to read, and nothing will be written
	}
	if build, err := verdicts.Build(dir, r.opt.Check); err == nil {
		r.cache = verdicts.Open(dir, build)
	}
}

// recall is an item about whose content the facts are known; false if it has to
// be read.
func (r *Run) recall(it *item) bool {
	e := it.entry
	if r.cache == nil || e.Mode == gitindex.ModeSymlink || e.Stage != 0 {
		return false
	}
	text, ok := r.cache.Get(r.factKey(e))
	var facts pipeline.Facts
	if !ok || json.Unmarshal([]byte(text), &facts) != nil {
		return false
	}
	it.audited, ok = r.auditor.Recall(e.Path, e.OID, facts)
	return ok
}

// remember keeps the facts about an item's content, unless they depend on
// more than the blob: a Git LFS pointer stands for bytes that may be absent, the
// metadata of a distributed checkpoint for other files.
func (r *Run) remember(it *item) {
	besides := it.pointer != nil || pipeline.IsMetadata(path.Base(it.entry.Path)) || it.entry.Mode == gitindex.ModeSymlink
	if r.cache == nil || besides {
		return
	}
	if facts, ok := it.audited.Facts(); ok {
		if text, err := json.Marshal(facts); err == nil {
			r.cache.Put(r.factKey(it.entry), string(text))
		}
	}
}

func (r *Run) factKey(e gitindex.Entry) verdicts.Key {
	return verdicts.MakeKey(e.OID, r.auditor.Conditions(e.Path))
}

// saveCache keeps what was learned for the next run. A run that only checks
// writes nothing, and a store that cannot be written is none.
func (r *Run) saveCache() {
	if !r.opt.Check {
		_ = r.cache.Save()
	}
}
