package hook

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
)

// concluding reports whether the commit concludes a merge, cherry-pick or revert.
func (r *Run) concluding() bool { return len(r.conclusion) > 0 }

// mergeBack brings back by what git knows what it is concluding: a file for a
// merge, which may be of several commits, and a reference for the others.
func (r *Run) mergeBack(ctx context.Context) (lines []string) {
	text, err := os.ReadFile(filepath.Join(r.repo.GitDir, "MERGE_HEAD"))
	if oids := strings.Fields(string(text)); err == nil && len(oids) > 0 && strings.Trim(strings.Join(oids, ""), "0123456789abcdef") == "" {
		lines = append(lines, `printf '%s\n' `+strings.Join(oids, " ")+` > "$(git rev-parse --git-path MERGE_HEAD)"`)
	}
	for _, name := range []string{"CHERRY_PICK_HEAD", "REVERT_HEAD"} {
		if oid, err := r.repo.Resolve(ctx, name); err == nil {
			lines = append(lines, "git update-ref "+name+" "+oid)
		}
	}
	return lines
}

// messagesBack brings back the other files with which git keeps what it is
// concluding: the message that an editor would begin with, and the like. A commit
// removes them.
func (r *Run) messagesBack(ctx context.Context) (lines []string) {
	for _, name := range []string{"MERGE_MODE", "MERGE_MSG", "SQUASH_MSG", "AUTO_MERGE"} {
		text, err := os.ReadFile(filepath.Join(r.repo.GitDir, name))
		if err != nil {
			continue
		}
		if oid, err := r.repo.WriteBlob(ctx, bytes.NewReader(text), int64(len(text))); err == nil {
			lines = append(lines, "git cat-file blob "+oid+` > "$(git rev-parse --git-path `+name+`)"`)
		}
	}
	return lines
}
