package pipeline

import (
	"bytes"
	"io"
	"math"

	"github.com/modelaudit/action/internal/tensor"
)

// bytes compares two tensors of one shape and dtype, in pieces.
func (m *measure) bytes(name string, a, b *tensor.Tensor) error {
	ra, rb := stream(a), stream(b)
	defer ra.Close()
	defer rb.Close()
	info, _ := a.DType.Info()
	bufA, bufB := make([]byte, 256<<10), make([]byte, 256<<10)
	equal, worst := true, 0.0
	every := m.stride(a)
	for left := a.Bytes(); left > 0; {
		n := min(left, int64(len(bufA)))
		if _, err := io.ReadFull(ra, bufA[:n]); err != nil {
			return err
		}
		if _, err := io.ReadFull(rb, bufB[:n]); err != nil {
			return err
		}
		if !bytes.Equal(bufA[:n], bufB[:n]) {
			equal = false
			worst = max(worst, m.elements(a.DType, info.Size, bufA[:n], bufB[:n], every))
		}
		left -= n
	}
	if equal {
		m.out.Equal++
		return nil
	}
	if worst > m.out.MaxDiff {
		m.out.MaxDiff, m.out.Worst = worst, name
	}
	if worst > m.opt.Tolerance {
		m.problem("%q differs by %g, more than %g", name, worst, m.opt.Tolerance)
	}
	return nil
}

// stride is the mean distance of the elements that are measured.
func (m *measure) stride(t *tensor.Tensor) int64 {
	n, _ := t.Elements()
	if m.opt.Samples <= 0 || n <= int64(m.opt.Samples) {
		return 1
	}
	return n / int64(m.opt.Samples)
}

// elements measures the differences in one piece. Elements whose bytes differ
// are measured all; equal ones count into the mean by sample. It returns the
// largest difference, +Inf where one has no number.
func (m *measure) elements(d tensor.DType, size int64, a, b []byte, every int64) (worst float64) {
	for at := int64(0); at < int64(len(a)); at += size {
		same := bytes.Equal(a[at:at+size], b[at:at+size])
		if same && m.rng.Int64N(every) != 0 {
			continue
		}
		m.measured++
		if same {
			continue
		}
		diff := math.Inf(1)
		if x, ok := value(d, a[at:]); ok {
			y, _ := value(d, b[at:])
			diff = math.Abs(x - y)
			if math.IsNaN(diff) {
				diff = math.Inf(1)
			}
		}
		m.sum += diff
		worst = max(worst, diff)
	}
	return worst
}

// stream reads a tensor's elements in C order.
func stream(t *tensor.Tensor) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		_, err := t.WriteTo(w)
		w.CloseWithError(err)
	}()
	return r
}
