package pipeline

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tree"
)

// ConvertOptions says how a source is converted.
type ConvertOptions struct {
	converters.Options
	// Dir is where candidates are written: the directory of the output, or
	// another on the same file system.
	Dir  string
	Perm fs.FileMode // permission bits of the new files
	// Progress is called with bytes done and bytes in all; nil means never.
	Progress func(done, total int64)
}

// A Candidate is a converted file that was proven and has no name yet.
type Candidate struct {
	Role   string
	File   *safeio.File
	Size   int64
	SHA256 string
	Proof  audit.Proof
	// TreeJSON is the tree where it was too large for the header, else nil.
	TreeJSON []byte
}

// A Conversion is the outcome of converting one source.
type Conversion struct {
	Candidates   []*Candidate
	SourceSHA256 string
	Tensors      int
	TensorBytes  int64
	Omitted      []tree.Missing // plain values that were left out
	Refused      []tree.Missing // with Partial: tensors that were left out
}

// Discard removes every candidate that was not placed.
func (c *Conversion) Discard() error {
	var errs []error
	for _, k := range c.Candidates {
		errs = append(errs, k.File.Discard())
	}
	return errors.Join(errs...)
}

// Proof sums the proofs of the candidates up.
func (c *Conversion) Proof() audit.Proof {
	p := audit.Proof{Rescan: audit.VerdictClean}
	for _, k := range c.Candidates {
		p.Tensors += k.Proof.Tensors
		p.BytesCompared += k.Proof.BytesCompared
		p.MaxDiff = max(p.MaxDiff, k.Proof.MaxDiff)
		p.SecondDecoder = k.Proof.SecondDecoder
	}
	return p
}

// A ProofError says that a candidate was made and is not what it should be.
// Nothing may be replaced by it, whatever a policy says.
type ProofError struct{ Err error }

func (e *ProofError) Error() string { return "the proof failed: " + e.Err.Error() }
func (e *ProofError) Unwrap() error { return e.Err }

// digestPlace holds the place of the source's digest while it is computed.
var digestPlace = strings.Repeat("0", 2*sha256.Size)

// Convert writes and proves the candidates for an audited artifact. An error
// that is a *converters.Refusal says why there can be none; one that is a
// *ProofError that there is one, and it is wrong. On error nothing is left.
func Convert(ctx context.Context, a *Audited, opt ConvertOptions) (conv *Conversion, err error) {
	if a.Model == nil {
		return nil, &converters.Refusal{Msg: notConvertible(a)}
	}
	opt.SourceFormat, opt.SourceSHA256 = string(a.Model.Format), digestPlace
	plan, err := converters.Plan(a.Model, opt.Options)
	if err != nil {
		return nil, err
	}
	conv = &Conversion{Omitted: plan.Tree.Omitted, Refused: plan.Tree.Refused}
	defer func() {
		if err != nil {
			err = errors.Join(err, conv.Discard())
			conv = nil
		}
	}()
	if err := write(ctx, a.Source, plan, conv, opt); err != nil {
		return conv, err
	}
	opt.SourceSHA256 = conv.SourceSHA256
	if err := rewriteHeaders(a, conv, opt.Options); err != nil {
		return conv, err
	}
	return conv, prove(ctx, a, plan, conv)
}

func notConvertible(a *Audited) string {
	if len(a.Artifact.Formats) == 0 {
		return "the content is of no format that is known"
	}
	for _, u := range a.Artifact.Coverage.Unread {
		return fmt.Sprintf("%s: %s", a.Artifact.Formats[0], u.Reason)
	}
	return fmt.Sprintf("%s is not a format that can be converted", a.Artifact.Formats[0])
}

// write streams every part into a file of its own while the source's digest
// is computed beside it.
func write(ctx context.Context, src Source, plan *converters.Planned, conv *Conversion, opt ConvertOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var sumErr error
	wg.Add(1)
	go func() {
		defer wg.Done()
		if conv.SourceSHA256 = src.SHA256; conv.SourceSHA256 == "" {
			conv.SourceSHA256, sumErr = digest(ctx, src)
		}
	}()
	err := writeParts(ctx, plan, conv, opt)
	if err != nil {
		cancel()
	}
	wg.Wait()
	if err == nil {
		err = sumErr
	}
	return err
}

func writeParts(ctx context.Context, plan *converters.Planned, conv *Conversion, opt ConvertOptions) error {
	var total, done int64
	for i := range plan.Parts {
		total += plan.Parts[i].Plan.Size()
	}
	for i := range plan.Parts {
		p := &plan.Parts[i]
		f, err := safeio.Create(opt.Dir, opt.Perm)
		if err != nil {
			return err
		}
		c := &Candidate{Role: p.Role, File: f, Size: p.Plan.Size(), TreeJSON: p.TreeJSON}
		conv.Candidates = append(conv.Candidates, c)
		w := bufio.NewWriterSize(&ctxWriter{ctx: ctx, w: f, done: func(n int) {
			if done += int64(n); opt.Progress != nil {
				opt.Progress(done, total)
			}
		}}, 1<<20)
		if _, err := p.WriteTo(w); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
		conv.Tensors += len(p.Tensors)
		for j := range p.Tensors {
			conv.TensorBytes += p.Tensors[j].Bytes()
		}
	}
	return nil
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

// rewriteHeaders puts the source's digest into the headers. It is as long as
// its placeholder, so that nothing moves.
func rewriteHeaders(a *Audited, conv *Conversion, opt converters.Options) error {
	final, err := converters.Plan(a.Model, opt)
	if err != nil {
		return err
	}
	for i, c := range conv.Candidates {
		if final.Parts[i].Plan.Size() != c.Size {
			return errors.New("internal error: the header changed its size")
		}
		if _, err := c.File.WriteAt(final.Parts[i].Plan.Header(), 0); err != nil {
			return err
		}
	}
	return nil
}

// sum is the hex SHA-256 of a candidate.
func sum(ctx context.Context, c *Candidate) (string, error) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, &ctxReader{ctx, io.NewSectionReader(c.File, 0, c.Size)}, make([]byte, 1<<20))
	return hex.EncodeToString(h.Sum(nil)), err
}
