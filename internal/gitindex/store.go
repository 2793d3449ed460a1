package gitindex

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// errElsewhere: go-git's storage has not got the object, or not in a form that
// it streams; git itself is to be asked.
var errElsewhere = errors.New("object is not stored plainly")

// openStored reads a loose object, or one that is whole in a pack, through
// go-git. SHA-256 and a relocated store are left to git.
func (r *Repo) openStored(ctx context.Context, oid string) (*Blob, error) {
	if r.ObjectFormat != "sha1" || r.ObjectsDir != filepath.Join(r.CommonDir, "objects") {
		return nil, errElsewhere
	}
	b, err := r.openLoose(ctx, oid)
	if !isNotExist(err) {
		return b, err
	}
	return r.openPacked(ctx, oid)
}

// openLoose reads objects/aa/bb... The header is looked at first, because
// go-git reads it without bound; the threshold of one byte makes go-git stream
// every object instead of holding it.
func (r *Repo) openLoose(ctx context.Context, oid string) (*Blob, error) {
	size, err := looseSize(filepath.Join(r.ObjectsDir, oid[:2], oid[2:]))
	if err != nil {
		return nil, err
	}
	if size <= 1 {
		return nil, errElsewhere
	}
	store := filesystem.NewObjectStorageWithOptions(dotgit.New(osfs.New(r.CommonDir)), cache.NewObjectLRU(cache.KiByte),
		filesystem.Options{LargeObjectThreshold: 1})
	obj, err := store.EncodedObject(plumbing.BlobObject, plumbing.NewHash(oid))
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", oid, err)
	}
	src, err := obj.Reader()
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", oid, err)
	}
	defer src.Close()
	return r.fill(ctx, oid, obj.Size(), src)
}

// looseSize returns the size that a loose blob claims in its header, "blob N\0"
// (gitformat-loose(5)).
func looseSize(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	z, err := zlib.NewReader(io.LimitReader(f, 4096))
	if err != nil {
		return 0, fmt.Errorf("loose object %s: %w: %v", filepath.Base(name), ErrDigest, err)
	}
	head := make([]byte, 32)
	n, _ := io.ReadFull(z, head)
	text, _, ok := bytes.Cut(head[:n], []byte{0})
	digits, isBlob := strings.CutPrefix(string(text), "blob ")
	size, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !isBlob || err != nil || size < 0 {
		return 0, fmt.Errorf("loose object %s: header %q is not that of a blob: %w", filepath.Base(name), head[:n], ErrDigest)
	}
	return size, nil
}

// openPacked reads a blob that a pack holds whole. Git never stores one above
// core.bigFileThreshold otherwise, so large models are read here. Deltas need
// their bases in memory and are left to git.
func (r *Repo) openPacked(ctx context.Context, oid string) (*Blob, error) {
	id, err := hex.DecodeString(oid)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(r.ObjectsDir, "pack")
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, errElsewhere
	}
	for _, e := range files {
		base, ok := strings.CutSuffix(e.Name(), ".idx")
		if !ok {
			continue
		}
		idx, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // repacked meanwhile
		}
		off, ok := findInIndex(idx, id)
		if idx.Close(); ok {
			return r.openPackedAt(ctx, oid, filepath.Join(dir, base+".pack"), off)
		}
	}
	return nil, errElsewhere
}

func (r *Repo) openPackedAt(ctx context.Context, oid, pack string, off int64) (*Blob, error) {
	f, err := os.Open(pack)
	if err != nil {
		return nil, errElsewhere // repacked meanwhile
	}
	defer f.Close()
	scan := packfile.NewScanner(f)
	h, err := scan.SeekObjectHeader(off)
	if err != nil || h.Type != plumbing.BlobObject {
		return nil, errElsewhere
	}
	src, err := scan.ReadObject()
	if err != nil {
		return nil, errElsewhere
	}
	defer src.Close()
	return r.fill(ctx, oid, h.Length, src)
}

// findInIndex looks an object up in a pack index of version 2 by binary search
// on the file (gitformat-pack(5)): magic, version, 256 cumulative counts, the
// sorted ids, their CRCs, 4-byte offsets, 8-byte offsets. Nothing is loaded,
// so the claims in a damaged index cost nothing; it finds nothing.
func findInIndex(f io.ReaderAt, id []byte) (int64, bool) {
	const fan, ids = 8, 8 + 4*256
	x := packIndex{f: f}
	if x.uint(0, 4) != 0xff744f63 || x.uint(4, 4) != 2 {
		return 0, false
	}
	lo, hi, total := int64(0), x.uint(fan+4*int64(id[0]), 4), x.uint(fan+4*255, 4)
	if id[0] > 0 {
		lo = x.uint(fan+4*int64(id[0]-1), 4)
	}
	size := int64(len(id))
	for lo >= 0 && lo < hi {
		mid := lo + (hi-lo)/2
		got := x.at(ids+mid*size, len(id))
		if got == nil {
			return 0, false
		}
		switch c := bytes.Compare(got, id); {
		case c < 0:
			lo = mid + 1
		case c > 0:
			hi = mid
		default:
			offsets := ids + total*(size+4)
			off := x.uint(offsets+4*mid, 4)
			if off&(1<<31) != 0 && off > 0 { // an index into the 8-byte offsets
				off = x.uint(offsets+4*total+8*(off&^(1<<31)), 8)
			}
			return off, off > 0
		}
	}
	return 0, false
}

// packIndex reads the numbers of an index of a pack.
type packIndex struct {
	f   io.ReaderAt
	buf [32]byte
}

// at is what stands in n bytes at off, at most 32, until the next call; nil where it cannot be read.
func (x *packIndex) at(off int64, n int) []byte {
	if _, err := x.f.ReadAt(x.buf[:n], off); err != nil {
		return nil
	}
	return x.buf[:n]
}

// uint is the number of 4 or 8 bytes at off, -1 where it cannot be read.
func (x *packIndex) uint(off int64, n int) int64 {
	switch b := x.at(off, n); len(b) {
	case 4:
		return int64(binary.BigEndian.Uint32(b))
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	}
	return -1
}
