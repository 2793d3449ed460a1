package gitindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// An Edit is a change to one index entry.
type Edit struct {
	Path string
	Mode uint32 // ModeFile, ModeExec or ModeSymlink; 0 removes the entry
	OID  string // the new blob; ignored for a removal
	// Expect is the blob that the entry must hold now; "" if there must be none.
	Expect string
}

// Apply makes all edits or none, in one update of the index by git. It fails
// with an error wrapping ErrStale if an entry is not as an edit expects, and
// with one wrapping ErrLocked if the index stays locked for about a second.
//
// In a Partial commit the edits are made to the real index too, which git has
// written to index.lock before the hook ran, wherever the entry there is as
// expected; otherwise the next commit would bring the old content back.
func (r *Repo) Apply(ctx context.Context, edits []Edit) error {
	if len(edits) == 0 {
		return nil
	}
	if err := r.checkEdits(edits); err != nil {
		return err
	}
	second := ""
	if r.CommitMode() == Partial {
		if second = r.partialIndex(); !exists(second) {
			return fmt.Errorf("partial commit without %s: the index is not changed", filepath.Base(second))
		}
	}
	undo, err := r.change(ctx, r.IndexFile, edits, false)
	if err != nil || second == "" {
		return err
	}
	if _, err := r.change(ctx, second, edits, true); err != nil {
		return errors.Join(err, r.update(ctx, r.IndexFile, undo))
	}
	return nil
}

// change makes edits in one index file, or none of them, and returns the edits
// that would take them back. An edit whose entry is not as expected is left
// out if skip is set, and an error otherwise.
func (r *Repo) change(ctx context.Context, file string, edits []Edit, skip bool) (undo []Edit, err error) {
	old, problems, err := r.current(ctx, file, edits)
	if err != nil {
		return nil, err
	}
	var fit []Edit
	for i, e := range edits {
		if problems[i] == "" {
			fit = append(fit, e)
			undo = append(undo, Edit{Path: e.Path, Mode: old[i].Mode, OID: old[i].OID})
		} else if !skip {
			return nil, fmt.Errorf("%s: %s: %w", escape(e.Path), problems[i], ErrStale)
		}
	}
	if len(fit) == 0 {
		return nil, nil
	}
	if err := r.update(ctx, file, fit); err != nil {
		return nil, err
	}
	if err := r.confirm(ctx, file, fit); err != nil {
		return nil, errors.Join(err, r.update(ctx, file, undo))
	}
	return undo, nil
}

func (r *Repo) checkEdits(edits []Edit) error {
	seen := map[string]bool{}
	for _, e := range edits {
		switch {
		case e.Path == "" || strings.ContainsRune(e.Path, 0) || strings.HasPrefix(e.Path, "/") || strings.HasSuffix(e.Path, "/"):
			return fmt.Errorf("%q is no path of an index entry", e.Path)
		case seen[e.Path]:
			return fmt.Errorf("%s: two edits of one entry", escape(e.Path))
		case e.Mode != 0 && e.Mode != ModeFile && e.Mode != ModeExec && e.Mode != ModeSymlink:
			return fmt.Errorf("%s: mode %o is none that may be staged", escape(e.Path), e.Mode)
		case e.Mode == 0 && e.Expect == "":
			return fmt.Errorf("%s: an entry that must not exist cannot be removed", escape(e.Path))
		}
		seen[e.Path] = true
		if e.Mode != 0 {
			if err := r.checkOID(e.OID); err != nil {
				return fmt.Errorf("%s: %w", escape(e.Path), err)
			}
		}
	}
	return nil
}

// current compares the index in file with what edits expect. old[i] is the
// entry of edits[i], and problems[i] says why it is not as expected. Every
// entry is looked at, because git lets a new entry replace a directory, or a
// file that is now to be one.
func (r *Repo) current(ctx context.Context, file string, edits []Edit) (old []Entry, problems []string, err error) {
	entries, err := r.entriesOf(ctx, r.git.withIndex(file), nil)
	if err != nil {
		return nil, nil, err
	}
	old, problems = make([]Entry, len(edits)), make([]string, len(edits))
	edited, above := map[string]int{}, map[string][]int{}
	for i, e := range edits {
		edited[e.Path] = i
		if e.Mode != 0 {
			for dir := range parents(e.Path) {
				above[dir] = append(above[dir], i)
			}
		}
	}
	for _, e := range entries {
		if i, ok := edited[e.Path]; ok {
			old[i] = e
			if e.Stage != 0 {
				problems[i] = "unmerged"
			}
		}
		for _, i := range above[e.Path] {
			problems[i] = "a file is in the place of its directory"
		}
		for dir := range parents(e.Path) {
			if i, ok := edited[dir]; ok && edits[i].Mode != 0 {
				problems[i] = "a directory is in its place"
			}
		}
	}
	for i, e := range edits {
		if old[i].OID != e.Expect && problems[i] == "" {
			problems[i] = fmt.Sprintf("holds %s, expected %s", orNothing(old[i].OID), orNothing(e.Expect))
		}
	}
	return old, problems, nil
}

// parents yields the directories above a path.
func parents(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
			if !yield(path[:i]) {
				return
			}
		}
	}
}

func orNothing(oid string) string {
	if oid == "" {
		return "nothing"
	}
	return oid
}

// update runs git update-index --index-info (git-update-index(1)) on file and
// waits a little for a lock that another process holds. Cancellation does not
// reach that one process: killed, it would leave its own lock behind.
func (r *Repo) update(ctx context.Context, file string, edits []Edit) error {
	var in bytes.Buffer
	// Removals first: a new entry may need the place of a removed one.
	order := slices.Clone(edits)
	slices.SortStableFunc(order, func(a, b Edit) int { return min(int(a.Mode), 1) - min(int(b.Mode), 1) })
	for _, e := range order {
		oid := e.OID
		if e.Mode == 0 {
			oid = strings.Repeat("0", 2*r.blobHash(0).Size())
		}
		fmt.Fprintf(&in, "%o %s\t%s\x00", e.Mode, oid, e.Path)
	}
	args, err := r.withoutFilters(ctx)
	if err != nil {
		return err
	}
	args = append(args, "update-index", "-z", "--index-info")
	git := r.git.withIndex(file)
	for _, wait := range append(slices.Clone(r.lockWait), 0) {
		var out prefix
		err := git.run(context.WithoutCancel(ctx), bytes.NewReader(in.Bytes()), &out, args...)
		if err == nil {
			return nil
		}
		var ge *GitError
		if !errors.As(err, &ge) || !strings.Contains(ge.Stderr, ".lock': File exists") {
			return err
		}
		if wait == 0 {
			return fmt.Errorf("%s.lock: %w", escape(filepath.Base(file)), ErrLocked)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil
}

// withoutFilters returns git options that switch every configured filter off.
// Git compares entries that are as young as the index with their files when it
// writes the index, through the filters; without them the worst is that it
// compares once more later.
func (r *Repo) withoutFilters(ctx context.Context) ([]string, error) {
	var args []string
	err := r.git.records(context.WithoutCancel(ctx), nil, func(key string) error {
		name := key[:strings.LastIndexByte(key, '.')]
		if strings.Contains(name, "=") {
			return fmt.Errorf("the filter %q cannot be switched off", name)
		}
		args = append(args, "-c", name+".clean=", "-c", name+".process=", "-c", name+".required=false")
		return nil
	}, "config", "-z", "--name-only", "--get-regexp", `^filter\..*\.(clean|process)$`)
	var ge *GitError
	if errors.As(err, &ge) && ge.Code == 1 { // none is configured
		return nil, nil
	}
	return args, err
}

// confirm looks whether the entries are there: git skips a path that it does
// not like with no more than a warning.
func (r *Repo) confirm(ctx context.Context, file string, edits []Edit) error {
	want := make([]Edit, 0, len(edits))
	for _, e := range edits {
		want = append(want, Edit{Path: e.Path, Expect: e.OID})
		if e.Mode == 0 {
			want[len(want)-1].Expect = ""
		}
	}
	_, problems, err := r.current(ctx, file, want)
	if err != nil {
		return err
	}
	for i, p := range problems {
		if p != "" {
			return fmt.Errorf("%s: git did not take the change: %s", escape(want[i].Path), p)
		}
	}
	return nil
}

// withIndex returns a runner for another index file.
func (g runner) withIndex(file string) runner {
	g.env = append(g.env[:len(g.env):len(g.env)], "GIT_INDEX_FILE="+file)
	return g
}
