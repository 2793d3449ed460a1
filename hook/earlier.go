package hook

import (
	"context"
	"errors"
	"slices"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
)

// replaced says of the places of a conversion which held one of other content. Of
// what it was made, only the digest is known: it may be the same file's of before.
func (w *rewrite) replaced() (notes []string) {
	if w.conv == nil {
		return nil
	}
	for _, t := range w.targets {
		if t.made != "" && t.made != w.conv.SourceSHA256 {
			notes = append(notes, t.path+" was there, made from other content: an earlier version of this file, or another file")
		}
	}
	if w.stale != "" { // few are shown
		notes = append([]string{w.stale + " stays from an earlier conversion: this file has no such part"}, notes...)
	}
	return notes
}

// stale names the state file of the index that an earlier conversion made where one
// has no state, "" if there is none.
func (r *Run) stale(ctx context.Context, source string, w *rewrite) (string, error) {
	name := pipeline.OutputName(source, "state")
	if slices.ContainsFunc(w.targets, func(t target) bool { return t.path == name }) {
		return "", nil
	}
	index, err := r.index(ctx)
	if err != nil {
		return "", err
	}
	e, ok := index.at(name)
	if !ok {
		return "", nil
	}
	var refused *converters.Refusal
	if _, _, err := r.replaceable(ctx, e, name); errors.As(err, &refused) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return name, nil
}
