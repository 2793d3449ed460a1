package verdicts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Build returns the SHA-256 of the running program, in hexadecimal. To read it
// all takes longer than a small commit, so its digest is kept in dir too, under
// its path, size and time of change; with readOnly nothing is kept.
func Build(dir string, readOnly bool) (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return "", err
	}
	programs := &Store{dir: filepath.Join(dir, "programs"), shards: map[byte]*shard{}}
	key := MakeKey(path, fmt.Sprint(fi.Size(), " ", fi.ModTime().UnixNano()))
	if sum, ok := programs.Get(key); ok && len(sum) == 2*sha256.Size {
		return sum, nil
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, f, make([]byte, 1<<20)); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if !readOnly {
		programs.Put(key, sum)
		_ = programs.Save() // if it fails the next run reads the program again
	}
	return sum, nil
}
