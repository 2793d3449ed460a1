package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
)

// prove fills the proof of every candidate, or returns a *ProofError. The bytes
// are compared while the source's digest is still being computed; when it stands
// in the headers, the candidates are scanned as strangers.
func prove(ctx context.Context, a *Audited, plan *converters.Planned, claims []proof.Claims, conv *Conversion, digest bool) error {
	second, err := "not applicable: too many tensors for the second decoder", error(nil)
	if !plan.Many() {
		second, err = secondDecoder(a.Model, plan.Tree)
	}
	if err != nil {
		return &ProofError{err}
	}
	for i, c := range conv.Candidates {
		if plan.Parts[i].Expect != nil {
			err = compareTree(ctx, a, &plan.Parts[i], c, plan.To)
		} else {
			err = compare(ctx, a, claims[i], c)
		}
		if err != nil {
			return cmpErr(ctx.Err(), err)
		}
		if c.Proof.SecondDecoder = second; c.lent != "" {
			c.Proof.SecondDecoder += "; " + c.lent + ": one decoder read the source twice"
		}
	}
	if err := fillDigest(plan, conv); err != nil {
		return cmpErr(ctx.Err(), err)
	}
	for _, c := range conv.Candidates {
		if err := finish(ctx, c, plan.To, digest); err != nil {
			return cmpErr(ctx.Err(), err)
		}
	}
	return nil
}

// rescan scans a candidate as a stranger.
func rescan(ctx context.Context, c *Candidate, to converters.Converter) (*scan.Result, error) {
	again := scan.Scan(ctx, c.File, c.Size, "candidate"+to.Ext, scan.Options{})
	c.Proof.Rescan = again.Artifact.Verdict
	if again.Artifact.Verdict != audit.VerdictClean || again.Skipped {
		return nil, &ProofError{fmt.Errorf("the result is not clean: %s", cmp.Or(firstFault(&again.Artifact), "it is not recognised as "+to.Target))}
	}
	return again, nil
}

// finish scans a candidate as a stranger, unless that was done, and puts it on
// disk meanwhile. Its digest is computed if asked for.
func finish(ctx context.Context, c *Candidate, to converters.Converter, digest bool) error {
	var wg sync.WaitGroup
	var sumErr, syncErr, err error
	wg.Go(func() { syncErr = c.File.Sync() })
	if digest {
		wg.Go(func() { c.SHA256, sumErr = sum(ctx, c.File, c.Size) })
	}
	if !c.reread {
		_, err = rescan(ctx, c, to)
	}
	c.reread = false
	wg.Wait()
	return cmpErr(err, c.early.err, syncErr, sumErr)
}

// cmpErr returns the first error that is one.
func cmpErr(errs ...error) error {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

// partClaims says where the source holds the tensors of a part.
type partClaims struct{ *converters.Part }

// Len implements proof.Claims.
func (p partClaims) Len() int { return p.Tensors.Len() }

// Name implements proof.Claims.
func (p partClaims) Name(i int) string { return p.Tensors.Name(i) }

// At implements proof.Claims.
func (p partClaims) At(i int) (proof.Claim, error) {
	t := p.Tensors.At(i)
	c, err := claim(&t)
	if p.Casts != nil {
		c.Cast = p.Casts[i]
	}
	return c, err
}

// A readying makes the claims of all parts ready to be compared.
type readying struct {
	wg sync.WaitGroup
	of []proof.Claims // by part; nil where that is compared as a tree
}

// ready begins with what a comparison needs while the parts are being written: the
// two do not need each other.
func (a *Audited) ready(ctx context.Context, plan *converters.Planned) *readying {
	r := &readying{of: make([]proof.Claims, len(plan.Parts))}
	r.wg.Go(func() {
		for i := range plan.Parts {
			if plan.Parts[i].Expect == nil {
				claims := partClaims{&plan.Parts[i]}
				a.again.opened.Ready(ctx, claims)
				r.of[i] = proof.Index(claims)
			}
		}
	})
	return r
}

// wait returns the claims when they are ready.
func (r *readying) wait() []proof.Claims {
	r.wg.Wait()
	return r.of
}

// compare compares every byte of a candidate's tensors with the source.
func compare(ctx context.Context, a *Audited, claims proof.Claims, c *Candidate) error {
	res, err := proof.CompareAll(ctx, a.Source.R, a.Source.Size, claims, c.File, c.Size, proof.Options{Casts: c.cast, Progress: c.compared, Limits: a.lim, Opened: a.again.opened})
	return c.compareDone(ctx, res, err)
}

// compareDone notes what a comparison of a candidate's tensors gave. A failed
// one is a ProofError, unless it was ctx that ended it.
func (c *Candidate) compareDone(ctx context.Context, res proof.Result, err error) error {
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &ProofError{err}
	}
	c.lent = res.Lent
	c.Proof.Tensors, c.Proof.BytesCompared, c.Proof.MaxDiff = res.Tensors, res.BytesCompared, res.MaxDiff
	return nil
}

func firstFault(a *audit.Artifact) string {
	for _, f := range a.Findings {
		return f.Message
	}
	for _, u := range a.Coverage.Unread {
		return u.Reason
	}
	return ""
}

// claim says where the source holds a tensor, for the proof's own reader.
func claim(t *tensor.Tensor) (proof.Claim, error) {
	if t.Storage.Chunks != nil {
		return claimChunks(t)
	}
	o := t.Storage.Origin
	if t.Storage.Decoder != "" {
		o = tensor.Origin{End: t.Storage.Size, Spelling: tensor.SpelledRaw}
	}
	c := proof.Claim{Name: t.Name, Key: o.Record, DType: t.DType, BigEndian: t.Storage.BigEndian,
		Offset: t.Offset, Layers: o.Layers, Shape: t.Shape, Strides: t.Strides, Conj: t.Conj, Neg: t.Neg}
	if t.Storage.Decoder != "" {
		c.Lent, c.Lender = t.Storage.Data, t.Storage.Decoder
	}
	switch o.Spelling {
	case tensor.SpelledRaw, tensor.SpelledLatin1, tensor.SpelledEscaped, tensor.SpelledQuoted:
	default:
		if t.Bytes() > 0 {
			return c, fmt.Errorf("tensor %q: its bytes have no place of their own in the source", t.Name)
		}
	}
	if o.Record == "" || o.End > 0 {
		c.Region = &proof.Region{Off: o.Start, Len: o.End - o.Start, Latin1: o.Spelling == tensor.SpelledLatin1, Escaped: o.Spelling == tensor.SpelledEscaped, Quoted: o.Spelling == tensor.SpelledQuoted}
	}
	return c, nil
}
