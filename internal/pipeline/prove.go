package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pickle/witness"
	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// prove fills the proof of every candidate, or returns a *ProofError.
func prove(ctx context.Context, a *Audited, plan *converters.Planned, conv *Conversion) error {
	second, err := secondDecoder(a, plan.Tree)
	if err != nil {
		return &ProofError{err}
	}
	for i, c := range conv.Candidates {
		if err := proveOne(ctx, a, plan.Parts[i].Tensors, c); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		c.Proof.SecondDecoder = second
	}
	return nil
}

// proveOne scans a candidate as a stranger and compares every byte of it. Its
// digest is computed, and its bytes are put on disk, at the same time.
func proveOne(ctx context.Context, a *Audited, tensors []tensor.Tensor, c *Candidate) error {
	var wg sync.WaitGroup
	var sumErr, syncErr error
	wg.Add(2)
	go func() { defer wg.Done(); c.SHA256, sumErr = sum(ctx, c) }()
	go func() { defer wg.Done(); syncErr = c.File.Sync() }()
	err := compare(ctx, a, tensors, c)
	wg.Wait()
	return cmpErr(err, sumErr, syncErr)
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

func compare(ctx context.Context, a *Audited, tensors []tensor.Tensor, c *Candidate) error {
	again := scan.Scan(ctx, c.File, c.Size, "candidate.safetensors", scan.Options{})
	c.Proof.Rescan = again.Artifact.Verdict
	if again.Artifact.Verdict != audit.VerdictClean || again.Skipped {
		return &ProofError{fmt.Errorf("the result is not clean: %s", firstFault(&again.Artifact))}
	}
	claims := make([]proof.Claim, len(tensors))
	for i := range tensors {
		var err error
		if claims[i], err = claim(&tensors[i]); err != nil {
			return &ProofError{err}
		}
	}
	res, err := proof.Compare(ctx, a.Source.R, a.Source.Size, claims, c.File, c.Size, proof.Options{})
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &ProofError{err}
	}
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
	return "it is not recognised as safetensors"
}

// claim says where the source holds a tensor, for the proof's own reader.
func claim(t *tensor.Tensor) (proof.Claim, error) {
	o := t.Storage.Origin
	c := proof.Claim{Name: t.Name, Key: o.Record, DType: t.DType, BigEndian: t.Storage.BigEndian,
		Offset: t.Offset, Shape: t.Shape, Strides: t.Strides, Conj: t.Conj, Neg: t.Neg}
	switch o.Spelling {
	case tensor.SpelledRaw, tensor.SpelledLatin1, tensor.SpelledEscaped:
	default:
		if t.Bytes() > 0 {
			return c, fmt.Errorf("tensor %q: its bytes have no place of their own in the source", t.Name)
		}
	}
	if o.Record == "" || o.End > 0 {
		c.Region = &proof.Region{Off: o.Start, Len: o.End - o.Start, Latin1: o.Spelling == tensor.SpelledLatin1, Escaped: o.Spelling == tensor.SpelledEscaped}
	}
	return c, nil
}

// secondDecoder lets an independent decoder read the pickle, and compares its
// list of tensors with ours. The text is the report's second_decoder.
func secondDecoder(a *Audited, t *tree.Tree) (string, error) {
	m := a.Model
	res := witness.Decode(m.Stream, m.Trace.Start, m.Trace.End, safeio.Limits{})
	if res.NotApplicable != "" {
		return "not applicable: " + res.NotApplicable, nil
	}
	left := map[string]bool{}
	for _, r := range t.Refused {
		left[r.Path] = true
	}
	var theirs, ours []string
	for i := range res.Tensors {
		w := &res.Tensors[i]
		if !within(left, strings.Join(w.Path, ".")) {
			theirs = append(theirs, fmt.Sprint(w.Path, w.Key, w.Offset, w.Size, w.Stride, w.Conj, w.Neg))
		}
	}
	for i := range t.Tensors {
		ours = append(ours, identity(&t.Tensors[i]))
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if slices.Equal(ours, theirs) {
		return "agrees", nil
	}
	return "", errors.New(disagreement(ours, theirs))
}

// within reports whether path is one of the places left out, or below one.
func within(left map[string]bool, path string) bool {
	for p := range left {
		if path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}

func identity(t *tree.Named) string {
	path := make([]string, len(t.Path))
	for i, k := range t.Path {
		path[i] = k.Text
	}
	key := ""
	if !t.Numpy && !strings.HasPrefix(t.Storage.Key, "bytes at ") {
		key = strings.TrimPrefix(t.Storage.Key, "data/")
	}
	return fmt.Sprint(path, key, t.Offset, t.Shape, t.Strides, t.Conj, t.Neg)
}

func disagreement(ours, theirs []string) string {
	for _, o := range ours {
		if !slices.Contains(theirs, o) {
			return fmt.Sprintf("the second decoder does not see %.200s", o)
		}
	}
	for _, o := range theirs {
		if !slices.Contains(ours, o) {
			return fmt.Sprintf("the second decoder sees %.200s, which we do not", o)
		}
	}
	return "the second decoder sees another number of tensors"
}
