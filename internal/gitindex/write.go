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
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/modelaudit/action/internal/safeio"
)

// WriteBlob stores the size bytes of src as a loose object and returns its id.
// The object is written to a temporary file that git's own clean-up knows,
// synced, and renamed, so that it is there whole or not at all. Memory does not
// depend on size. A src that holds more or less is an error.
//
// The content is the zlib stream that gitformat-loose(5) asks for; pieces that
// hardly compress are stored, since git's deflate is slow on them.
func (r *Repo) WriteBlob(ctx context.Context, src io.Reader, size int64) (oid string, err error) {
	if size < 0 {
		return "", fmt.Errorf("blob size %d is negative", size)
	}
	f, err := os.CreateTemp(r.ObjectsDir, "tmp_obj_modelaudit_*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			err = errors.Join(err, removeIfThere(f.Name()))
		}
	}()
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
	return oid, r.place(f, oid)
}

// place renames a finished temporary file to the object's name. An object that
// exists is replaced by its equal, which also mends a damaged one.
func (r *Repo) place(f *os.File, oid string) error {
	store, err := os.Stat(r.ObjectsDir)
	if err != nil {
		return err
	}
	dir := filepath.Join(r.ObjectsDir, oid[:2])
	if err := os.Mkdir(dir, 0o777); err == nil && store.Mode()&0o020 != 0 {
		// A store that a group shares (core.sharedRepository).
		if err := os.Chmod(dir, store.Mode()&(os.ModePerm|os.ModeSetgid)); err != nil {
			return err
		}
	} else if err != nil && !os.IsExist(err) {
		return err
	}
	final := filepath.Join(dir, oid[2:])
	// Who may enter the store may read the object, as git has it.
	err = errors.Join(f.Chmod(0o444&store.Mode().Perm()), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), final)
	}
	if err != nil && runtime.GOOS == "windows" && exists(final) {
		return removeIfThere(f.Name()) // a read-only file is not replaced there
	}
	if err == nil {
		syncDir(dir)
	}
	return err
}

// syncDir makes a rename durable where the system can; where it cannot, the
// rename has happened all the same.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !isNotExist(err) {
		return err
	}
	return nil
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
