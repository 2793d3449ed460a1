package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
)

// equalRanges compares two runs of bytes.
func equalRanges(a io.ReaderAt, from, to int64, b io.ReaderAt, start, end int64) error {
	if to-from != end-start {
		return fmt.Errorf("%d bytes became %d", to-from, end-start)
	}
	p, q := make([]byte, 256<<10), make([]byte, 256<<10)
	for from < to {
		n := min(int64(len(p)), to-from)
		if _, err := a.ReadAt(p[:n], from); err != nil && err != io.EOF {
			return err
		}
		if _, err := b.ReadAt(q[:n], start); err != nil && err != io.EOF {
			return err
		}
		if !bytes.Equal(p[:n], q[:n]) {
			return fmt.Errorf("its bytes differ behind %#x", from)
		}
		from, start = from+n, start+n
	}
	return nil
}

// sameTensors compares the tensors of source and candidate by name and bytes,
// and has the candidate decoded a second time.
func sameTensors(ctx context.Context, a *Audited, again *scan.Result, out *Stripped) error {
	if a.Model == nil || again.Model == nil {
		if (a.Model == nil) != (again.Model == nil) {
			return &ProofError{fmt.Errorf("only one of source and result is a checkpoint")}
		}
		out.Proof.SecondDecoder = "not applicable: no checkpoint that is read as tensors"
		return nil
	}
	was, err := a.Model.Tree()
	if err != nil { // whatever it is, the pickles were compared value by value
		out.Proof.SecondDecoder = "not applicable: " + err.Error()
		return nil
	}
	now, err := again.Model.Tree()
	if err != nil {
		return &ProofError{err}
	}
	if len(was.Tensors) != len(now.Tensors) {
		return &ProofError{fmt.Errorf("%d tensors became %d", len(was.Tensors), len(now.Tensors))}
	}
	for i := range was.Tensors {
		p, q := &was.Tensors[i].Tensor, &now.Tensors[i].Tensor
		if err := sameTensor(ctx, p, q); err != nil {
			return &ProofError{fmt.Errorf("tensor %q: %w", p.Name, err)}
		}
		out.Proof.Tensors++
		out.Proof.BytesCompared += p.Bytes()
	}
	second, err := secondDecoder(again.Model, now)
	if err != nil {
		return &ProofError{err}
	}
	out.Proof.SecondDecoder = second
	return nil
}

func sameTensor(ctx context.Context, p, q *tensor.Tensor) error {
	if p.Name != q.Name || p.DType != q.DType || fmt.Sprint(p.Shape, p.Strides, p.Offset, p.Conj, p.Neg) != fmt.Sprint(q.Shape, q.Strides, q.Offset, q.Conj, q.Neg) {
		return fmt.Errorf("it has another name, type or place")
	}
	var sums [2][]byte
	for i, t := range []*tensor.Tensor{p, q} {
		h := sha256.New()
		if _, err := t.WriteTo(&ctxWriter{ctx: ctx, w: h, done: func(int) {}}); err != nil {
			return err
		}
		sums[i] = h.Sum(nil)
	}
	if !bytes.Equal(sums[0], sums[1]) {
		return fmt.Errorf("its bytes differ")
	}
	return nil
}
