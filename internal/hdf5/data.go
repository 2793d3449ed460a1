package hdf5

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/modelaudit/action/internal/safeio"
)

// maxSlab is how many bytes of a chunked dataset are held at once: the chunks
// that begin at the same place of the first dimension.
const maxSlab = 64 << 20

// maxChunks bounds the memory for the places of chunks.
const maxChunks = 2 << 20

// Bytes is the number of bytes that the elements of a dataset have, and false
// if they are 2^63 or more, or o is no dataset or could not be read.
func (o *Object) Bytes() (int64, bool) {
	if !o.sound {
		return 0, false
	}
	n, ok := o.Space.Elements()
	size, fits := product([]int64{n, o.Type.Size})
	return size, ok && fits
}

// Data returns the elements of a dataset in C order, as they are spelled in
// the file: the reader has as many bytes as o.Bytes says. What is not stored
// has the fill value. Elements that lie in other files cannot be read, nor
// those that went through filters that are not known; the error names why.
// Where the elements lie in one range the reader is a section of the file;
// else chunks are decoded when they are asked for, at most 64 MiB at a time.
func (f *File) Data(o *Object) (io.ReaderAt, error) {
	size, ok := o.Bytes()
	l := &o.Layout
	switch {
	case !o.sound:
		return nil, &FormatError{max(o.Addr, 0), "there is no dataset, or none that could be read"}
	case !ok:
		return nil, &FormatError{o.Addr, fmt.Sprintf("the shape %d is too large", o.Space.Dims)}
	case len(l.External) > 0:
		return nil, &FormatError{o.Addr, "the elements lie in another file"}
	case l.Kind == Virtual:
		return nil, &FormatError{o.Addr, "the elements lie in other datasets"}
	case size > 64<<20 && (l.Stored == 0 || size/l.Stored > f.lim.MaxRatio) || len(l.Filters) > 0 && size > f.lim.MaxExpand:
		return nil, fmt.Errorf("hdf5 at %#x: %d bytes are stored for %d: %w", o.Addr, l.Stored, size, safeio.ErrLimit)
	case l.Kind != Chunked && l.End > 0:
		return io.NewSectionReader(f.r, l.Start, size), nil
	}
	fill := make([]byte, 0)
	if l.FillEnd > 0 {
		var err error
		if fill, err = safeio.ReadRange(f.r, f.end, l.FillStart, l.FillEnd-l.FillStart, f.lim.MaxAlloc); err != nil {
			return nil, err
		}
	}
	r := &chunkReader{f: f, o: o, fill: fill, size: size, slab: -1}
	if l.Kind == Chunked {
		return r, r.open()
	}
	return r, nil
}

// A chunkReader reads a dataset of which some part is not stored, or is stored
// in chunks.
type chunkReader struct {
	f      *File
	o      *Object
	fill   []byte // one element; none if it is zeros
	size   int64
	chunks []chunk // in their order

	mu   sync.Mutex
	slab int64  // which one buf holds, or -1
	buf  []byte // all elements of a slab
}

// open reads where the chunks are.
func (r *chunkReader) open() error {
	l := &r.o.Layout
	if err := l.known(); err != nil {
		return &FormatError{r.o.Addr, err.Error()}
	}
	if size, ok := r.slabSize(); !ok || l.index.size > r.f.lim.MaxAlloc*4 || size > maxSlab {
		return &FormatError{r.o.Addr, fmt.Sprintf("chunks of the shape %d are too large", l.Chunk)}
	}
	err := r.f.fork().eachChunk(r.o, func(c chunk) error {
		if len(r.chunks) >= maxChunks {
			return &FormatError{r.o.Addr, "there are too many chunks"}
		}
		r.chunks = append(r.chunks, c)
		return nil
	})
	slices.SortFunc(r.chunks, func(a, b chunk) int { return cmp.Compare(a.number, b.number) })
	for i := 1; i < len(r.chunks) && err == nil; i++ {
		if r.chunks[i].number == r.chunks[i-1].number {
			err = &FormatError{r.chunks[i].addr, "two chunks are for the same elements"}
		}
	}
	return err
}

// row is the size in bytes of what one index of the first dimension has.
func (r *chunkReader) row() int64 {
	dims := r.o.Space.Dims
	if len(dims) == 0 {
		return r.size
	}
	n, _ := product(append([]int64{r.o.Type.Size}, dims[1:]...))
	return n
}

// slabRows is how many indexes of the first dimension a slab has.
func (r *chunkReader) slabRows() int64 {
	if len(r.o.Layout.Chunk) == 0 {
		return 1
	}
	return r.o.Layout.Chunk[0]
}

func (r *chunkReader) slabSize() (int64, bool) {
	if len(r.o.Space.Dims) == 0 {
		return r.size, true
	}
	return product([]int64{r.row(), min(r.slabRows(), r.o.Space.Dims[0])})
}

// ReadAt implements io.ReaderAt.
func (r *chunkReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	done := 0
	for done < len(p) && off < r.size {
		var n int
		var err error
		if r.o.Layout.Kind != Chunked {
			n = r.filled(p[done:min(int64(len(p)), int64(done)+r.size-off)], off)
		} else if n, err = r.fromSlab(p[done:], off); err != nil {
			return done, err
		}
		done += n
		off += int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// filled writes fill values, as from the byte off of a dataset.
func (r *chunkReader) filled(p []byte, off int64) int {
	if len(r.fill) == 0 {
		clear(p)
		return len(p)
	}
	for i := range p {
		p[i] = r.fill[(off+int64(i))%int64(len(r.fill))]
	}
	return len(p)
}

func (r *chunkReader) fromSlab(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	full := r.row() * r.slabRows()
	if len(r.o.Space.Dims) == 0 || full > r.size {
		full = r.size
	}
	if n := off / full; n != r.slab {
		r.slab = -1
		size := min(full, r.size-n*full)
		r.buf = slices.Grow(r.buf[:0], int(size))[:size]
		r.filled(r.buf, n*full)
		if err := r.load(n); err != nil {
			return 0, err
		}
		r.slab = n
	}
	return copy(p, r.buf[off-r.slab*full:]), nil
}
