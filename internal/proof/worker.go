package proof

import (
	"bytes"
	"io"
	"math"
	"slices"
)

// A worker compares blocks with buffers of its own.
type worker struct {
	c              *comparison
	want, got, run []byte
	job            *job // whose bytes source reads
	source         io.ReaderAt
	from           *source // of the record that is open, or nil
	key            string  // of the record
	record         io.ReaderAt
}

// compare reads one block from both sides and records how they differ.
func (w *worker) compare(p *place) error {
	j := p.job
	if w.job != j {
		w.job, w.source = j, w.open(j)
		w.room(j)
	}
	lo, ext := j.at(p.block)
	n := product(ext) * j.info.Size
	want, got := w.want[:n], w.got[:product(ext)*j.item]
	from := box{base: j.view.Offset + dot(lo, j.from), ext: ext, strides: j.from, item: j.info.Size}
	if err := from.gather(w.source, want, w.run); err != nil {
		return err
	}
	to := box{base: j.first + dot(lo, j.to), ext: ext, strides: j.to, item: j.item}
	if err := to.gather(io.NewSectionReader(w.c.dst, j.start, math.MaxInt64-j.start), got, w.run); err != nil {
		return err
	}
	resolve(want, j.info, j.view)
	var first *found
	var most float64
	switch {
	case j.claim.Cast != "":
		var sum Cast
		first, sum = differCast(want, got, j, ext)
		most = sum.MaxAbs
		w.c.recordCast(j, sum)
	case !bytes.Equal(want, got):
		first, most = differ(want, got, j, ext)
	}
	if first != nil {
		first.job, first.element = p.number, first.element+j.first+dot(lo, j.to)
		first.claim = j.claim
	}
	w.c.record(int64(len(got)), first, most)
	return nil
}

// room makes the buffers as large as the blocks of a job. A contiguous view of a
// whole tensor has one dimension and is read in place, without run.
func (w *worker) room(j *job) {
	if n := product(j.ext) * j.info.Size; int64(len(w.want)) < n {
		w.want, w.got = make([]byte, n), make([]byte, n)
	}
	if w.run == nil && (len(j.to) > 1 || !slices.Equal(j.from, j.to)) {
		w.run = make([]byte, blockBytes)
	}
}

// open returns the claim's bytes. The record stays open for the next claim, so
// that a compressed one is not inflated anew for every tensor in it.
func (w *worker) open(j *job) io.ReaderAt {
	c := j.view
	if c.Key == "" {
		return c.Region.of(j.source.r)
	}
	if w.from != j.source || w.key != c.Key {
		w.from, w.key, w.record = j.source, c.Key, j.source.open(j.source.records.get(c.Key))
	}
	return c.Region.of(w.record)
}

// found is an unequal element, numbered in C order of its tensor.
type found struct {
	job       int
	element   int64
	claim     *Claim
	want, got []byte
}

// differ returns the first unequal element of a block, numbered as if the
// block began the tensor, and the largest difference.
func differ(want, got []byte, j *job, ext []int64) (*found, float64) {
	var first *found
	most, item := 0.0, int(j.info.Size)
	index, all := make([]int64, len(ext)), make([]int, len(ext))
	for i := range all {
		all[i] = i
	}
	for at := 0; at < len(want); at += item {
		a, b := want[at:at+item], got[at:at+item]
		if !bytes.Equal(a, b) {
			if first == nil {
				first = &found{element: dot(index, j.to), want: slices.Clone(a), got: slices.Clone(b)}
			}
			most = max(most, distance(a, b, j.info.DType))
		}
		advance(index, ext, all)
	}
	return first, most
}

func (c *comparison) record(n int64, f *found, most float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += n
	if c.progress != nil {
		c.progress(n)
	}
	c.maxDiff = max(c.maxDiff, most)
	if f == nil {
		return
	}
	if c.first == nil || f.job < c.first.job || f.job == c.first.job && f.element < c.first.element {
		c.first = f
	}
}

// difference turns the element's number into its index.
func (f *found) difference() *Difference {
	index := make([]int64, len(f.claim.Shape))
	n := f.element
	for i := len(index) - 1; i >= 0; i-- {
		index[i] = n % f.claim.Shape[i]
		n /= f.claim.Shape[i]
	}
	return &Difference{Name: f.claim.Name, Index: index, Want: f.want, Got: f.got}
}
