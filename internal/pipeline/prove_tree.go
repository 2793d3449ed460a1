package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/tree"
)

// compareTree proves a candidate that holds a tree of its own: a stranger who
// reads it must find the tree that was planned, value by value, and in each of
// its tensors the bytes that the source has.
func compareTree(ctx context.Context, a *Audited, p *converters.Part, c *Candidate, to converters.Converter) error {
	again, err := rescan(ctx, c, to)
	if err != nil {
		return err
	}
	c.reread = true
	if again.Model == nil || string(again.Model.Format) == "" {
		return &ProofError{fmt.Errorf("the result holds nothing that can be read back")}
	}
	got, err := again.Model.Tree()
	if err != nil {
		return &ProofError{fmt.Errorf("the result cannot be read back: %w", err)}
	}
	if len(got.Refused) > 0 {
		return &ProofError{fmt.Errorf("%q of the result cannot be read back: %s", got.Refused[0].Path, got.Refused[0].Reason)}
	}
	if _, err := secondDecoder(again.Model, got); err != nil {
		return &ProofError{fmt.Errorf("the result: %w", err)}
	}
	if err := sameTree(p.Expect, got); err != nil {
		return &ProofError{err}
	}
	claims, held, err := pairTensors(p, got)
	if err != nil {
		return &ProofError{err}
	}
	check := proof.CompareTorch
	if len(held) > 0 && held[0].Key == "" {
		check = proof.CompareRegions
	}
	res, err := check(ctx, a.Source.R, a.Source.Size, claims, c.File, c.Size, held, proof.Options{Casts: c.cast, Progress: c.compared, Limits: a.lim, Opened: a.again.opened})
	return c.compareDone(ctx, res, err)
}

// sameTree compares the text of two trees.
func sameTree(want, got *tree.Tree) error {
	tree.Canonical(want.Root)
	tree.Canonical(got.Root)
	a, err := json.Marshal(want.Root)
	if err != nil {
		return err
	}
	b, err := json.Marshal(got.Root)
	if err != nil {
		return err
	}
	if string(a) == string(b) {
		return nil
	}
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	around := func(s []byte) []byte { return s[max(0, at-80):min(len(s), at+80)] }
	return fmt.Errorf("the values of the result are not those that were planned: %q, expected %q", around(b), around(a))
}

// pairTensors claims for each tensor where the source and where the result holds it.
func pairTensors(p *converters.Part, got *tree.Tree) (claims, held []proof.Claim, err error) {
	want := p.Expect
	there := make(map[string]*tree.Named, len(got.Tensors))
	for i := range got.Tensors {
		there[pathKey(got.Tensors[i].Path)] = &got.Tensors[i]
	}
	if len(there) != len(want.Tensors) || len(got.Tensors) != len(want.Tensors) {
		return nil, nil, fmt.Errorf("the result has %d tensors, planned were %d", len(got.Tensors), len(want.Tensors))
	}
	names := map[string]bool{}
	for i := range want.Tensors {
		w := &want.Tensors[i]
		g := there[pathKey(w.Path)]
		if g == nil || g.Numpy {
			return nil, nil, fmt.Errorf("the result has no tensor %q", w.Name)
		}
		name := w.Name
		if names[name] { // another path of the same text
			name += " #" + strconv.Itoa(i)
		}
		names[name] = true
		from, err := claim(&w.Tensor)
		if err != nil {
			return nil, nil, err
		}
		if p.Casts != nil {
			from.Cast = p.Casts[i]
		}
		to, err := claim(&g.Tensor)
		if err != nil {
			return nil, nil, err
		}
		if from.Name, to.Name = name, name; to.Region != nil && to.Key != "" {
			to.Region = nil
		}
		claims, held = append(claims, from), append(held, to)
	}
	return claims, held, nil
}
