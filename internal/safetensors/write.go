package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/tensor"
)

// Size is the size of the whole file in bytes.
func (p *Plan) Size() int64 { return p.size }

// Entries returns the file's entries in data order, as Read would return them.
func (p *Plan) Entries() []Entry {
	out := make([]Entry, len(p.order))
	end := int64(0)
	for i := range out {
		out[i] = p.entry(i, end)
		out[i].Shape = append([]int64{}, out[i].Shape...)
		end = out[i].End
	}
	return out
}

// Header returns what stands before the data section: the 8-byte length, the
// JSON text and its padding.
func (p *Plan) Header() []byte {
	var b bytes.Buffer
	_, _ = p.writeHeader(&b) // a buffer has no errors
	return b.Bytes()
}

// Find returns where in the file a text of the metadata begins, -1 if it has none.
func (p *Plan) Find(text string) int64 { return int64(bytes.Index(p.prefix, []byte(text))) }

// headerPiece is how many bytes of a header are written at once.
const headerPiece = 64 << 10

// writeHeader writes what stands before the data section.
func (p *Plan) writeHeader(w io.Writer) (int64, error) {
	written := int64(0)
	flush := func(b []byte) error {
		n, err := w.Write(b)
		written += int64(n)
		return err
	}
	if err := flush(p.prefix); err != nil {
		return written, err
	}
	b, end := make([]byte, 0, headerPiece+1<<10), int64(0)
	for i := range p.order {
		e := p.entry(i, end)
		if i > 0 {
			b = append(b, ',')
		}
		if b, end = appendEntry(b, &e), e.End; len(b) < headerPiece {
			continue
		}
		if err := flush(b); err != nil {
			return written, err
		}
		b = b[:0]
	}
	b = append(b, '}')
	for written+int64(len(b)) < p.begin {
		b = append(b, ' ')
	}
	err := flush(b)
	return written, err
}

// WriteTo writes the file to w: the header, then each tensor's bytes as its
// Data hands them over. It holds no tensor. A tensor that writes more or fewer
// bytes than its shape says is an error, and so is one without Data; w never
// gets a byte too many.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	written, err := p.writeHeader(w)
	if err != nil {
		return written, err
	}
	var memory tensor.Scratch
	for i := range p.order {
		e := p.entry(i, written-p.begin)
		n, err := writeExactly(w, p.list.Data(int(p.order[i])), e.End-e.Begin, &memory)
		written += n
		if err != nil {
			return written, fmt.Errorf("tensor %s: %w", quoted(e.Name), err)
		}
	}
	return written, nil
}

// writeExactly lets data write size bytes to w, with the memory of the tensors before.
func writeExactly(w io.Writer, data io.WriterTo, size int64, memory *tensor.Scratch) (int64, error) {
	if data == nil {
		return 0, errors.New("no data")
	}
	x := &exactWriter{w: w, left: size}
	var err error
	if t, ok := data.(interface {
		WriteWith(io.Writer, *tensor.Scratch) (int64, error)
	}); ok {
		_, err = t.WriteWith(x, memory)
	} else {
		_, err = data.WriteTo(x)
	}
	if x.err != nil {
		err = x.err // also when data dropped it
	}
	if err == nil && x.left > 0 {
		err = fmt.Errorf("%d of %d bytes were not written", x.left, size)
	}
	return size - x.left, err
}

// An exactWriter passes on left bytes and refuses more. Its first error stays.
type exactWriter struct {
	w    io.Writer
	left int64
	err  error
}

func (x *exactWriter) Write(b []byte) (int, error) {
	if x.err == nil && int64(len(b)) > x.left {
		x.err = fmt.Errorf("%d bytes more than the shape says", int64(len(b))-x.left)
	}
	if x.err != nil {
		return 0, x.err
	}
	n, err := x.w.Write(b)
	x.left -= int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	x.err = err
	return n, err
}
