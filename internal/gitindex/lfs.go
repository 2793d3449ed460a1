package gitindex

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A Pointer is what Git LFS commits in the place of a file.
type Pointer struct {
	OID  string // SHA-256 of the content, 64 hex digits
	Size int64  // bytes of the content
	// Plain is set if the text is exactly what Encode gives: the current
	// version, no extensions, no stray white space. Only such a pointer may be
	// replaced by another.
	Plain bool
}

// Encode returns the pointer's text (git-lfs docs/spec.md).
func (p Pointer) Encode() []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", p.OID, p.Size)
}

// MaxPointer is how many bytes of a blob git-lfs looks at. Where they are a
// pointer it takes the blob for one, whatever comes after them.
const MaxPointer = 1024

var lfsVersions = []string{
	"https://git-lfs.github.com/spec/v1",
	"https://hawser.github.com/spec/v1",
	"http://git-media.io/v/2",
}

// ParsePointer reads a pointer. It accepts what git-lfs would check out as a
// pointer (lfs/pointer.go, DecodePointer: white space around the text, empty
// lines, CRLF, old versions), because bytes that become a model at checkout
// must not pass for text; anything else is no pointer.
func ParsePointer(data []byte) (Pointer, bool) {
	if len(data) > MaxPointer {
		return Pointer{}, false
	}
	var p Pointer
	keys := []string{"version", "oid", "size"}
	for line := range strings.SplitSeq(string(bytes.TrimSpace(data)), "\n") {
		line = strings.TrimSuffix(line, "\r")
		key, value, ok := strings.Cut(line, " ")
		switch {
		case line == "":
			continue
		case !ok || len(keys) == 0:
			return Pointer{}, false
		case key != keys[0]:
			// Extensions stand between the version and the oid.
			if len(keys) != 2 || !lfsExtension.MatchString(key) {
				return Pointer{}, false
			}
			continue
		}
		if !p.set(key, value) {
			return Pointer{}, false
		}
		keys = keys[1:]
	}
	if len(keys) != 0 {
		return Pointer{}, false
	}
	p.Plain = bytes.Equal(data, p.Encode())
	return p, true
}

var (
	lfsExtension = regexp.MustCompile(`^ext-[0-9]-`)
	lfsOID       = regexp.MustCompile(`^sha256:([0-9a-fA-F]{64})$`)
)

func (p *Pointer) set(key, value string) bool {
	switch key {
	case "version":
		for _, v := range lfsVersions {
			if v == value {
				return true
			}
		}
	case "oid":
		if m := lfsOID.FindStringSubmatch(value); m != nil {
			p.OID = strings.ToLower(m[1])
			return true
		}
	case "size":
		n, err := strconv.ParseInt(value, 10, 64)
		p.Size = n
		return err == nil && n >= 0
	}
	return false
}

// OpenLFS opens the content of a pointer in the local LFS store, which may be that
// of a server: GitLab and Gitea have no directory "objects" in it, and leave the names of
// the other two out of the file's (GitLab app/uploaders/lfs_object_uploader.rb, Gitea modules/lfs/pointer.go).
// Its SHA-256 was verified; call Verify after use. An object that is not there is an
// error wrapping ErrMissing: nothing is fetched.
func (r *Repo) OpenLFS(ctx context.Context, p Pointer) (*Blob, error) {
	dir, err := r.lfsDir(ctx)
	if err != nil {
		return nil, err
	}
	if len(p.OID) != 64 {
		return nil, fmt.Errorf("%q is no LFS object id", p.OID)
	}
	name := lfsName(dir, p)
	fi, err := os.Stat(name)
	if isNotExist(err) {
		name = filepath.Join(dir, p.OID[:2], p.OID[2:4], p.OID[4:])
		fi, err = os.Stat(name)
	}
	if isNotExist(err) {
		return nil, fmt.Errorf("LFS object %s: %w", p.OID, ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() != p.Size {
		return nil, fmt.Errorf("LFS object %s: not a file of %d bytes: %w", p.OID, p.Size, ErrDigest)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := watch(ctx, f, func(int64) hash.Hash { return sha256.New() }, p.OID)
	if err == nil && b == nil {
		err = fmt.Errorf("LFS object %s: %w", p.OID, ErrDigest)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return b, nil
}

// LFSInstalled reports whether git is told of git-lfs here, by `git lfs install` for one:
// without it git takes pointers for files and pushes no content.
func (r *Repo) LFSInstalled(ctx context.Context) (bool, error) {
	err := r.git.run(ctx, nil, io.Discard, "config", "--get-regexp", `^filter\.lfs\.(process|smudge)$`)
	var ge *GitError
	if errors.As(err, &ge) && ge.Code == 1 {
		return false, nil
	}
	return err == nil, err
}

// lfsDir returns the LFS store: lfs.storage, taken from the common git
// directory if relative, else "lfs" there (git-lfs-config(5)).
func (r *Repo) lfsDir(ctx context.Context) (string, error) {
	var out bytes.Buffer
	err := r.git.run(ctx, nil, &out, "config", "--type=path", "--get", "lfs.storage")
	var ge *GitError
	if errors.As(err, &ge) && ge.Code == 1 { // not set
		return filepath.Join(r.CommonDir, "lfs"), nil
	}
	if err != nil {
		return "", err
	}
	dir := filepath.FromSlash(strings.TrimSuffix(out.String(), "\n"))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.CommonDir, dir)
	}
	return dir, nil
}
