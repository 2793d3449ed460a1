package gitindex

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// maxHeld is the size up to which a blob is held in memory.
const maxHeld = 1 << 20

// A Blob gives random access to the content of one object, whose digest was
// verified before the Blob was returned. Close it.
type Blob struct {
	io.ReaderAt
	Size int64

	file  *os.File     // nil if the content is in memory or in spool
	spool *safeio.File // nil unless the content was unpacked to it
	watch *watched     // set if somebody else may write to file
}

// Close releases the content. Nothing is left on disk.
func (b *Blob) Close() error {
	switch {
	case b.spool != nil:
		return b.spool.Discard()
	case b.file != nil:
		return b.file.Close()
	}
	return nil
}

// Verify reports, after the content was used, whether all of it was what the
// digest stands for. It can fail, with an error wrapping ErrChanged, only for
// a Blob that reads a file of the work tree or of Git LFS.
func (b *Blob) Verify(ctx context.Context) error {
	if b.watch == nil {
		return nil
	}
	return b.watch.verify(ctx, b.file)
}

// OpenBlob returns the content of the blob oid. Errors: one wrapping
// ErrMissing, ErrDigest or safeio.ErrLimit, a *GitError, or that of the file
// system.
func (r *Repo) OpenBlob(ctx context.Context, oid string) (*Blob, error) {
	if err := r.checkOID(oid); err != nil {
		return nil, err
	}
	if b, err := r.openStored(ctx, oid); err != errElsewhere {
		return b, err
	}
	return r.cat.open(ctx, r, oid)
}

// OpenBlobOrFile is OpenBlob, but reads the file at path in the work tree
// instead of unpacking the object if the file's digest equals oid and the file
// stays as it is; call Verify after use.
func (r *Repo) OpenBlobOrFile(ctx context.Context, oid, path string) (*Blob, error) {
	if err := r.checkOID(oid); err != nil {
		return nil, err
	}
	b, err := r.openWorkTree(ctx, path, oid, r.blobHash)
	if err != nil || b != nil {
		return b, err
	}
	return r.OpenBlob(ctx, oid)
}

// fill reads size bytes of the blob oid from src to memory or to a spool file
// and verifies the digest.
func (r *Repo) fill(ctx context.Context, oid string, size int64, src io.Reader) (*Blob, error) {
	if limit := r.MaxBlobSize; size > limit && limit > 0 {
		return nil, fmt.Errorf("blob %s: %d bytes are more than %d: %w", oid, size, limit, safeio.ErrLimit)
	}
	h := r.blobHash(size)
	src = io.LimitReader(safeio.WithContext(ctx, src), size)
	b := &Blob{Size: size}
	var n int64
	var err error
	if size <= maxHeld {
		buf := make([]byte, size)
		var m int
		m, err = io.ReadFull(io.TeeReader(src, h), buf)
		n, b.ReaderAt = int64(m), bytes.NewReader(buf)
	} else {
		if b.spool, err = r.spool(); err != nil {
			return nil, err
		}
		b.ReaderAt = b.spool
		n, err = io.CopyBuffer(onlyWriter{io.MultiWriter(b.spool, h)}, src, make([]byte, 256<<10))
	}
	switch sum := hex.EncodeToString(h.Sum(nil)); {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == io.ErrUnexpectedEOF, err == io.EOF, err == nil && n < size:
		err = fmt.Errorf("blob %s ends after %d of %d bytes: %w", oid, n, size, ErrDigest)
	case err != nil:
		err = fmt.Errorf("blob %s, byte %d: %w", oid, n, err)
	case sum != oid:
		err = fmt.Errorf("blob %s has the digest %s: %w", oid, sum, ErrDigest)
	default:
		return b, nil
	}
	return nil, errors.Join(err, b.Close())
}

// spool opens a new file in the git directory, or in the temporary directory
// if that cannot be written.
func (r *Repo) spool() (*safeio.File, error) {
	if f, err := safeio.Create(r.GitDir, 0o600); err == nil {
		return f, nil
	}
	return safeio.Create(os.TempDir(), 0o600)
}

// blobHash returns the repository's hash, fed with the header of a blob of the
// given size (gitformat-loose(5)).
func (r *Repo) blobHash(size int64) hash.Hash {
	h := sha1.New()
	if r.ObjectFormat == "sha256" {
		h = sha256.New()
	}
	io.WriteString(h, blobHeader(size))
	return h
}

func blobHeader(size int64) string { return "blob " + strconv.FormatInt(size, 10) + "\x00" }

func (r *Repo) checkOID(oid string) error {
	if len(oid) != 2*r.blobHash(0).Size() || strings.Trim(oid, "0123456789abcdef") != "" {
		return fmt.Errorf("%q is no %s object id", oid, r.ObjectFormat)
	}
	return nil
}

// ReadIndexFile returns the content of the index entry at path. False: there
// is none. A link, a submodule, an unmerged entry or more than 1 MiB is an error.
func (r *Repo) ReadIndexFile(ctx context.Context, path string) ([]byte, bool, error) {
	entries, err := r.Entries(ctx, []string{path})
	if err != nil {
		return nil, false, err
	}
	for _, e := range entries {
		if e.Path == path {
			return r.small(ctx, e)
		}
	}
	return nil, false, nil
}

// HeadFile returns the content of the file at path in the revision rev.
// False: that revision has none. A link, a submodule or more than 1 MiB is an
// error, and so is a revision that does not exist.
func (r *Repo) HeadFile(ctx context.Context, rev, path string) ([]byte, bool, error) {
	if rev == "" || strings.HasPrefix(rev, "-") {
		return nil, false, fmt.Errorf("%q is no revision", rev)
	}
	var found *Entry
	err := r.git.records(ctx, nil, func(rec string) error {
		head, name, _ := strings.Cut(rec, "\t")
		f := strings.Split(head, " ")
		if len(f) != 3 {
			return fmt.Errorf("git ls-tree: malformed record %q", rec)
		}
		mode, err := parseMode(f[0])
		if name == path {
			found = &Entry{Mode: mode, OID: f[2], Path: name}
		}
		return err
	}, "ls-tree", "--full-tree", "-z", rev, "--", path)
	if err != nil || found == nil {
		return nil, false, err
	}
	return r.small(ctx, *found)
}

func (r *Repo) small(ctx context.Context, e Entry) ([]byte, bool, error) {
	if !e.Regular() || e.Stage != 0 {
		return nil, false, fmt.Errorf("%s: not a regular file", escape(e.Path))
	}
	b, err := r.OpenBlob(ctx, e.OID)
	if err != nil {
		return nil, false, err
	}
	defer b.Close()
	data, err := safeio.ReadRange(b, b.Size, 0, b.Size, maxHeld)
	return data, err == nil, err
}

// An onlyWriter hides ReadFrom, so that a copy uses its own buffer.
type onlyWriter struct{ io.Writer }

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
