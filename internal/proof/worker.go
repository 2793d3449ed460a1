package proof

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// A worker compares tensors with buffers of its own.
type worker struct {
	c               *comparison
	want, got, tile []byte
	lo, ext         []int64
	claim           Claim // of the tensor at hand, with its jobs
	list            []job
	finder
	dst    *safeio.Pager
	job    *job // whose bytes source reads
	source io.ReaderAt
	from   *source // of the record that is open, or nil
	key    string  // of the record
	record io.ReaderAt
	using  *decoding // that the worker keeps, or nil

	// what was found since the last flush
	bytes   int64
	maxDiff float64
	first   *found
}

func newWorker(c *comparison) *worker {
	return &worker{c: c, finder: finder{matching: c.matching}, dst: &safeio.Pager{R: c.dst}}
}

// do compares what a task says. The place is that of the error.
func (w *worker) do(ctx context.Context, t task) (place, error) {
	if t.job != nil {
		return t.place, w.block(ctx, t.job, t.place)
	}
	for at := t.place; at.tensor < t.end; at.tensor++ {
		var err error
		if w.list, err = w.jobs(ctx, w.list[:0], &w.claim, at.tensor); err != nil {
			return at, err
		}
		w.job = nil // one before may have lain there
		for at.number = range w.list {
			for at.block = range w.list[at.number].blocks {
				if err := w.block(ctx, &w.list[at.number], at); err != nil {
					return at, err
				}
			}
		}
		at.number, at.block = 0, 0
	}
	return place{}, nil
}

// block compares one block.
func (w *worker) block(ctx context.Context, j *job, at place) error {
	err := ctx.Err()
	if err == nil {
		err = w.compare(ctx, j, at)
	}
	if err != nil {
		return unreadable(j.claim.Name, err)
	}
	return nil
}

// compare reads one block from both sides and notes how they differ.
func (w *worker) compare(ctx context.Context, j *job, at place) error {
	if w.job != j {
		source, err := w.open(ctx, j)
		if err != nil {
			return err
		}
		w.job, w.source = j, source
		w.room(j)
	}
	w.lo, w.ext = j.at(at.block, w.lo, w.ext)
	got := w.got[:product(w.ext)*j.item]
	to := box{base: j.first + dot(w.lo, j.to), ext: w.ext, strides: j.to, item: j.item}
	if err := to.gather(&shifted{w.dst, j.start}, got, w.tile); err != nil {
		return err
	}
	first, most, err := w.against(j, got)
	if err != nil {
		return err
	}
	w.bytes += int64(len(got))
	w.maxDiff = max(w.maxDiff, most)
	if first != nil {
		first.at, first.element = at, first.element+j.first+dot(w.lo, j.to)
		first.name, first.shape = j.claim.Name, slices.Clone(j.claim.Shape)
		w.first = earlier(w.first, first)
	}
	return nil
}

// against compares the candidate's elements of a block with those of the source.
func (w *worker) against(j *job, got []byte) (first *found, most float64, err error) {
	from := box{base: j.view.Offset + dot(w.lo, j.grid.from), ext: w.ext, strides: j.grid.from, item: j.info.Size}
	if j.claim.Cast == "" && resolved(j.info, j.view) {
		if same, err := from.equal(w.source, got, w.tile); same || err != nil {
			return nil, 0, err
		}
	}
	w.want = slices.Grow(w.want[:0], int(product(w.ext)*j.info.Size))[:product(w.ext)*j.info.Size]
	if err := from.gather(w.source, w.want, w.tile); err != nil {
		return nil, 0, err
	}
	resolve(w.want, j.info, j.view)
	switch {
	case j.claim.Cast != "":
		var sum Cast
		first, sum = differCast(w.want, got, j, w.ext)
		most = sum.MaxAbs
		w.c.recordCast(j, sum)
	case !bytes.Equal(w.want, got):
		first, most = differ(w.want, got, j, w.ext)
	}
	return first, most, nil
}

// shifted is a reader from an offset on.
type shifted struct {
	r    io.ReaderAt
	from int64
}

// ReadAt implements io.ReaderAt.
func (s *shifted) ReadAt(p []byte, off int64) (int, error) { return s.r.ReadAt(p, s.from+off) }

// room makes the buffer as large as the blocks of a job. A contiguous view of a
// whole tensor has one dimension and is read in place, without tile.
func (w *worker) room(j *job) {
	if n := product(j.ext) * j.item; int64(len(w.got)) < n {
		w.got = make([]byte, n)
	}
	if w.tile == nil && (len(j.to) > 1 || !slices.Equal(j.grid.from, j.to)) {
		w.tile = make([]byte, tileBytes)
	}
}

// open returns the claim's bytes.
func (w *worker) open(ctx context.Context, j *job) (io.ReaderAt, error) {
	if j.jumps() {
		return w.decoded(ctx, j)
	}
	return w.forwards(j), nil
}

// forwards returns the claim's bytes, which are best read in their order. The record stays open for
// the next claim, so that a compressed one is not inflated anew for every tensor in it.
func (w *worker) forwards(j *job) io.ReaderAt {
	c := j.view
	if c.Key == "" {
		return c.Region.of(w.read(j.spot.source))
	}
	if w.from != j.spot.source || w.key != c.Key {
		w.from, w.key, w.record = j.spot.source, c.Key, j.rec.open(w.read(j.spot.source))
	}
	return c.Region.of(w.record)
}

// found is an unequal element, numbered in C order of its tensor.
type found struct {
	at        place
	name      string
	shape     []int64
	element   int64
	want, got []byte
}

// earlier returns the one of two that comes first, either of which may be nil.
func earlier(a, b *found) *found {
	if a == nil || b != nil && (b.at.tensor < a.at.tensor || b.at.tensor == a.at.tensor && (b.at.number < a.at.number || b.at.number == a.at.number && b.element < a.element)) {
		return b
	}
	return a
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

// flush adds what a worker found to what others did.
func (w *worker) flush() {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.c.bytes += w.bytes
	if w.c.progress != nil {
		w.c.progress(w.bytes)
	}
	w.c.maxDiff = max(w.c.maxDiff, w.maxDiff)
	w.c.first = earlier(w.c.first, w.first)
	w.bytes, w.maxDiff, w.first = 0, 0, nil
}

// difference turns the element's number into its index.
func (f *found) difference() *Difference {
	index := make([]int64, len(f.shape))
	n := f.element
	for i := len(index) - 1; i >= 0; i-- {
		index[i] = n % f.shape[i]
		n /= f.shape[i]
	}
	return &Difference{Name: f.name, Index: index, Want: f.want, Got: f.got}
}
