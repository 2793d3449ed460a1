package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// equalRanges compares two runs of bytes, half of each in a goroutine of its own.
func equalRanges(ctx context.Context, a io.ReaderAt, from, to int64, b io.ReaderAt, start, end int64) error {
	if to-from != end-start {
		return fmt.Errorf("%d bytes became %d", to-from, end-start)
	}
	half := (to - from) / 2
	if half < 1<<20 {
		half = 0
	}
	var wg sync.WaitGroup
	var first, second error
	wg.Go(func() { first = equalRun(ctx, a, from, b, start, half) })
	second = equalRun(ctx, a, from+half, b, start+half, to-from-half)
	wg.Wait()
	return cmpErr(first, second)
}

func equalRun(ctx context.Context, a io.ReaderAt, from int64, b io.ReaderAt, start, size int64) error {
	p, q := make([]byte, min(size, 256<<10)), make([]byte, min(size, 256<<10))
	for to := from + size; from < to; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(int64(len(p)), to-from)
		if m, err := a.ReadAt(p[:n], from); int64(m) < n {
			return cmpErr(err, io.ErrUnexpectedEOF)
		}
		if m, err := b.ReadAt(q[:n], start); int64(m) < n {
			return cmpErr(err, io.ErrUnexpectedEOF)
		}
		if !bytes.Equal(p[:n], q[:n]) {
			return fmt.Errorf("its bytes differ behind %#x", from)
		}
		from, start = from+n, start+n
	}
	return nil
}

// sameTensors compares the tensors of source and candidate by name, type and the
// place in their storages, whose bytes were compared before, and has the
// candidate decoded a second time.
func sameTensors(a *Audited, again *scan.Result, out *Stripped) error {
	if again.Model == nil {
		if a.Model != nil && len(again.Several) == 0 {
			return &ProofError{fmt.Errorf("the result is no checkpoint")}
		}
		out.Proof.SecondDecoder = "not applicable: no checkpoint that is read as tensors"
		return nil
	}
	now, err := again.Model.Outline()
	if err != nil {
		return &ProofError{err}
	}
	was := now // it is a checkpoint now that it can be read: its pickles and members were compared
	if a.Model != nil && !out.otherModel() {
		was, err = a.Model.Outline()
	}
	if err != nil { // whatever it is, the pickles were compared value by value
		out.Proof.SecondDecoder = "not applicable: " + err.Error()
		return nil
	}
	if slices.ContainsFunc(out.Removed, func(r Removed) bool { return r.plainly() || r.How == strip.Unwrapped }) {
		was.Tensors = now.Tensors // those of an object, and of an argument of a call, have other names
	}
	pairs, err := storagePairs(was, now, out.shortened())
	if err != nil {
		return &ProofError{err}
	}
	for _, p := range pairs {
		out.Proof.BytesCompared += p[0].Size // in their members, their pickles, or behind these
	}
	out.Proof.Tensors = len(now.Tensors)
	second, err := secondDecoder(again.Model, now)
	if err != nil {
		return &ProofError{err}
	}
	out.Proof.SecondDecoder = second
	return nil
}

// otherModel reports whether the source was no checkpoint, or another one, as long as
// something was there that is gone: a value in the place of the object, or a member
// with the name of another one.
func (s *Stripped) otherModel() bool {
	return slices.ContainsFunc(s.Removed, func(r Removed) bool { return r.How == strip.Given || r.Shadow })
}

// shortened reports whether a list has lost an item, so that those behind it moved up.
func (s *Stripped) shortened() bool {
	return slices.ContainsFunc(s.Removed, func(r Removed) bool { return r.How == strip.Dropped && r.Key == "" })
}

// movedUp reports whether a name is another's whose place in some list, or places in
// several, may be nearer to its beginning.
func movedUp(was, now string) bool {
	a, b := strings.Split(was, "."), strings.Split(now, ".")
	return slices.EqualFunc(a, b, func(x, y string) bool {
		from, err := strconv.Atoi(x)
		to, failed := strconv.Atoi(y)
		return x == y || err == nil && failed == nil && 0 <= to && to < from
	})
}

// storagePairs pairs the storages of two trees whose tensors are the same views
// of them, each pair once. In a list that is shortened they may have moved up.
func storagePairs(was, now *tree.Tree, shortened bool) (pairs [][2]*tensor.Storage, err error) {
	if len(was.Refused) > 0 { // what was dangerous stood between; their bytes were compared where they lie
		return nil, nil
	}
	if len(was.Tensors) != len(now.Tensors) {
		return nil, fmt.Errorf("%d tensors became %d", len(was.Tensors), len(now.Tensors))
	}
	seen, became := map[[2]*tensor.Storage]bool{}, map[*tensor.Storage]*tensor.Storage{}
	for i := range was.Tensors {
		p, q := &was.Tensors[i].Tensor, &now.Tensors[i].Tensor
		same := p.Name == q.Name || shortened && movedUp(p.Name, q.Name)
		if !same || p.DType != q.DType || p.Offset != q.Offset || !slices.Equal(p.Shape, q.Shape) || !slices.Equal(p.Strides, q.Strides) ||
			p.Conj != q.Conj || p.Neg != q.Neg || (p.Storage == nil) != (q.Storage == nil) {
			return nil, fmt.Errorf("tensor %q has another name, type or place", p.Name)
		}
		pair := [2]*tensor.Storage{p.Storage, q.Storage}
		if p.Storage == nil || seen[pair] {
			continue
		}
		if other := became[p.Storage]; other != nil || p.Storage.BigEndian != q.Storage.BigEndian {
			return nil, fmt.Errorf("tensor %q is in another storage", p.Name)
		}
		became[p.Storage] = q.Storage
		seen[pair] = true
		pairs = append(pairs, pair)
	}
	return pairs, nil
}
