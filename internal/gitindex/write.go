package gitindex

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/modelaudit/action/internal/safeio"
)

// WriteBlob stores the size bytes of src as a loose object and returns its id.
// The object is written to a file without a name, or a temporary one, and synced
// before it gets its name, so that it is there whole or not at all. Memory does
// not depend on size. A src that holds more or less is an error.
//
// The content is the zlib stream that gitformat-loose(5) asks for; pieces that
// hardly compress are stored, since git's deflate is slow on them.
func (r *Repo) WriteBlob(ctx context.Context, src io.Reader, size int64) (oid string, err error) {
	if size < 0 {
		return "", fmt.Errorf("blob size %d is negative", size)
	}
	store, err := os.Stat(r.ObjectsDir)
	if err != nil {
		return "", err
	}
	// Who may enter the store may read the object, as git has it.
	f, err := safeio.Create(r.ObjectsDir, 0o444&store.Mode().Perm())
	if err != nil {
		return "", err
	}
	defer f.Discard()
	h := r.blobHash(size)
	content := io.LimitReader(safeio.WithContext(ctx, src), size)
	body := io.MultiReader(bytes.NewReader([]byte(blobHeader(size))), io.TeeReader(content, h))
	n, err := deflate(f, body)
	if err != nil {
		return "", err
	}
	if n -= int64(len(blobHeader(size))); n != size {
		return "", fmt.Errorf("blob ends after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
	}
	if m, _ := io.ReadFull(src, make([]byte, 1)); m != 0 {
		return "", fmt.Errorf("blob is longer than %d bytes", size)
	}
	oid = hex.EncodeToString(h.Sum(nil))
	return oid, r.place(f, oid, store.Mode())
}

// place gives a finished file the object's name. An object that exists is
// replaced by its equal, which also mends a damaged one.
func (r *Repo) place(f *safeio.File, oid string, store fs.FileMode) error {
	dir := filepath.Join(r.ObjectsDir, oid[:2])
	if err := os.Mkdir(dir, 0o777); err == nil && store&0o020 != 0 {
		// A store that a group shares (core.sharedRepository).
		if err := os.Chmod(dir, store&(os.ModePerm|os.ModeSetgid)); err != nil {
			return err
		}
	} else if err != nil && !os.IsExist(err) {
		return err
	}
	final := filepath.Join(dir, oid[2:])
	if !exists(final) {
		if err := f.Place(final); !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil // another process was faster, with the same bytes
	}
	if runtime.GOOS == "windows" {
		return nil // a read-only file is not replaced there
	}
	return f.Replace(final)
}

const (
	pieceSize  = 1 << 20
	sampleSize = 4 << 10
)

// deflate writes src to dst as one zlib stream (RFC 1950) and returns the
// number of bytes read. Pieces of 1 MiB are compressed side by side; each ends
// on a byte boundary, so that their concatenation is one deflate stream.
func deflate(dst io.Writer, src io.Reader) (int64, error) {
	pieces := make([]piece, min(runtime.GOMAXPROCS(0), 4))
	if _, err := dst.Write([]byte{0x78, 0x01}); err != nil {
		return 0, err
	}
	sum := adler32.New()
	var total int64
	for more := true; more; {
		var wg sync.WaitGroup
		n := 0
		for ; n < len(pieces) && more; n++ {
			p := &pieces[n]
			err := p.read(src)
			if err != nil && err != io.EOF {
				wg.Wait()
				return total, err
			}
			more = err == nil
			total += int64(len(p.in))
			wg.Go(p.compress)
			sum.Write(p.in)
		}
		wg.Wait()
		for i := range pieces[:n] {
			if err := pieces[i].err; err != nil {
				return total, err
			}
			if _, err := dst.Write(pieces[i].out.Bytes()); err != nil {
				return total, err
			}
		}
	}
	end := binary.BigEndian.AppendUint32([]byte{1, 0, 0, 0xff, 0xff}, sum.Sum32()) // an empty last block
	_, err := dst.Write(end)
	return total, err
}

// A piece is a part of the content on its way through one goroutine.
type piece struct {
	buf []byte // backs in
	in  []byte
	out bytes.Buffer
	fw  *flate.Writer
	err error
}

// read fills the piece. io.EOF: src has ended, and in holds what was left.
func (p *piece) read(src io.Reader) error {
	if p.buf == nil {
		p.buf = make([]byte, pieceSize)
	}
	n, err := io.ReadFull(src, p.buf)
	p.in = p.buf[:n]
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

func (p *piece) compress() {
	p.out.Reset()
	if p.fw == nil {
		if p.fw, p.err = flate.NewWriter(&p.out, flate.BestSpeed); p.err != nil {
			return
		}
	}
	if p.compresses() {
		p.out.Reset()
		p.err = p.deflate(p.in)
		return
	}
	p.out.Reset()
	for in := p.in; len(in) > 0; {
		n := min(len(in), 0xffff)
		p.out.Write([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) // RFC 1951, 3.2.4
		p.out.Write(in[:n])
		in = in[n:]
	}
}

// compresses judges by samples from the beginning, the middle and the end
// whether deflate would save a tenth.
func (p *piece) compresses() bool {
	n := len(p.in)
	if n <= 3*sampleSize {
		return true
	}
	mid := n / 2
	p.err = p.deflate(p.in[:sampleSize], p.in[mid:mid+sampleSize], p.in[n-sampleSize:])
	return p.out.Len() < 3*sampleSize*9/10
}

// deflate appends the parts as blocks that end on a byte boundary.
func (p *piece) deflate(parts ...[]byte) error {
	p.fw.Reset(&p.out)
	for _, part := range parts {
		if _, err := p.fw.Write(part); err != nil {
			return err
		}
	}
	return p.fw.Flush()
}
