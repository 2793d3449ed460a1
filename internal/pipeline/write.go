package pipeline

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// write streams every part into a file of its own. The source's digest is
// begun too; it takes longer, and conv.beside waits for it.
func write(ctx context.Context, src Source, plan *converters.Planned, conv *Conversion, opt ConvertOptions) error {
	conv.beside.Go(func() {
		if conv.SourceSHA256 = src.SHA256; conv.SourceSHA256 == "" {
			conv.SourceSHA256, conv.digestErr = digest(ctx, src)
		}
	})
	var total, done int64
	for i := range plan.Parts {
		total += 2 * plan.Parts[i].Size
	}
	advance := func(n int64) {
		if done += n; opt.Progress != nil {
			opt.Progress(done, total)
		}
	}
	for i := range plan.Parts {
		p := &plan.Parts[i]
		f, err := safeio.Create(opt.Dir, opt.Perm)
		if err != nil {
			return err
		}
		c := &Candidate{Role: p.Role, Shard: p.Shard, Shards: p.Shards, File: f, Size: p.Size, TreeJSON: p.TreeJSON, IndexJSON: p.IndexJSON, early: newEarlySync(f, &conv.beside), compared: advance}
		conv.Candidates = append(conv.Candidates, c)
		err = writePart(ctx, p, c, func(n int) { advance(int64(n)) })
		if err != nil {
			return err
		}
		conv.Tensors += p.Tensors.Len()
		for j := range p.Tensors.Len() {
			dtype, shape := p.Tensors.Type(j)
			conv.TensorBytes += (&tensor.Tensor{DType: dtype, Shape: shape}).Bytes()
		}
	}
	return nil
}

// writePart streams one part into its file.
func writePart(ctx context.Context, p *converters.Part, c *Candidate, done func(int)) error {
	w := bufio.NewWriterSize(&ctxWriter{ctx: ctx, w: c.File, done: func(n int) {
		done(n)
		c.early.wrote(n)
	}}, 64<<10)
	if _, err := p.WriteTo(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if c.early.unsynced >= syncLast {
		c.early.begin()
	}
	return nil
}

// syncEvery is how many bytes are written between two early syncs, syncLast how many
// are worth one when all are written: one sync more costs as much as writing so many.
const (
	syncEvery = 64 << 20
	syncLast  = 8 << 20
)

// An earlySync puts a file on disk while more of it is being written, so that
// the last sync finds little to do.
type earlySync struct {
	f        *safeio.File
	wg       *sync.WaitGroup
	unsynced int
	busy     chan struct{} // held by the one sync that is under way
	err      error         // of any sync: the system reports a lost write only once
}

func newEarlySync(f *safeio.File, wg *sync.WaitGroup) *earlySync {
	return &earlySync{f: f, wg: wg, busy: make(chan struct{}, 1)}
}

// wrote counts n bytes more, and begins a sync if it is time for one.
func (e *earlySync) wrote(n int) {
	if e.unsynced += n; e.unsynced >= syncEvery {
		e.begin()
	}
}

// begin begins a sync, unless one is under way.
func (e *earlySync) begin() {
	select {
	case e.busy <- struct{}{}:
		e.unsynced = 0
		e.wg.Go(func() {
			e.err = cmpErr(e.err, e.f.Sync())
			<-e.busy
		})
	default:
	}
}

// A ctxWriter stops writing when its context ends, and counts.
type ctxWriter struct {
	ctx  context.Context
	w    io.Writer
	done func(int)
}

func (c *ctxWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(p)
	c.done(n)
	return n, err
}

// fillDigest puts the source's digest where the files have a place for it. It is
// as long as its placeholder, so that nothing moves.
func fillDigest(plan *converters.Planned, conv *Conversion) error {
	conv.beside.Wait()
	if conv.digestErr != nil {
		return conv.digestErr
	}
	for i, c := range conv.Candidates {
		at := plan.Parts[i].DigestAt
		if at == 0 {
			continue
		}
		if _, err := c.File.WriteAt([]byte(conv.SourceSHA256), at); err != nil {
			return err
		}
	}
	return nil
}

// sum is the hex SHA-256 of the first size bytes of r, or of all if there are fewer.
func sum(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, safeio.WithContext(ctx, io.NewSectionReader(r, 0, size)), make([]byte, min(max(size, 512), 1<<20)))
	return hex.EncodeToString(h.Sum(nil)), err
}
