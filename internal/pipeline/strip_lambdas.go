package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/converters/strip"
)

// lambdas finds the Lambda layers of a Keras model, and what is to stand in their
// place; nil if there are none.
func (a *Audited) lambdas(opt StripOptions) (*keras.Result, error) {
	formats := a.Artifact.Formats
	if !slices.Contains(formats, audit.FormatKeras) && !slices.Contains(formats, audit.FormatHDF5) || len(a.Artifact.Findings) == 0 {
		return nil, nil
	}
	among := func(list []audit.Finding) func(start, end int) bool {
		return func(start, end int) bool {
			return slices.ContainsFunc(list, func(f audit.Finding) bool {
				return inConfig(f) && int64(start) <= f.Location.Start && f.Location.End <= int64(end)
			})
		}
	}
	result, err := keras.Open(a.Source.R, a.Source.Size, a.lim, keras.Options{Identity: opt.LambdaIdentity, DropTraining: opt.DropTraining,
		Found: among(a.Artifact.Findings), Leave: among(opt.Leave)})
	var no *keras.Refusal
	if errors.As(err, &no) {
		return nil, &converters.Refusal{Msg: no.Error()}
	}
	return result, err
}

// inConfig reports whether a finding is about the config of a Keras model.
func inConfig(f audit.Finding) bool {
	return f.Location.Member == "" || f.Location.Member == keras.Member
}

// IsLambda reports whether a finding is about what a Keras model computes with code.
func IsLambda(f audit.Finding) bool {
	return slices.Contains([]string{"MA301", "MA302"}, f.Rule)
}

// instead is the result as the plan of a strip takes it.
func instead(r *keras.Result) []strip.Instead {
	if r == nil {
		return nil
	}
	out := strip.Instead{Member: r.Member, Content: r}
	for _, t := range r.Texts {
		for _, l := range t.Layers {
			if l.Of == keras.Call {
				continue // it belongs to the layer of the name
			}
			what := fmt.Sprintf("the Lambda layer %q", l.Name)
			switch {
			case keras.Untrained(l.Of), keras.Activates(l.Of):
				what = fmt.Sprintf("the %s of the layer %q", l.Of, l.Name)
			case l.Of != "":
				what = fmt.Sprintf("%q of the %s that the model is compiled with", l.Name, l.Of)
			}
			if l.Code != "" {
				what += ": " + strings.Join(strings.Fields(l.Code), " ")
			}
			out.Removals = append(out.Removals, strip.Removal{Member: r.Member, Start: t.Base + int64(l.Start), End: t.Base + int64(l.End),
				How: strip.Replaced, What: what, Became: l.Became})
		}
	}
	return []strip.Instead{out}
}

// Uncompiled reports whether losses or metrics are gone with which the model was
// compiled.
func (s *Stripped) Uncompiled() bool {
	return s.lambdas != nil && slices.ContainsFunc(s.lambdas.Texts, func(t keras.Text) bool {
		return slices.ContainsFunc(t.Layers, func(l keras.Layer) bool { return l.Compiled() })
	})
}

// Passed counts the Lambda layers whose input is passed on: the model computes
// something else now.
func (s *Stripped) Passed() (n int) {
	if s.lambdas == nil {
		return 0
	}
	for _, t := range s.lambdas.Texts {
		for _, l := range t.Layers {
			if l.Identity {
				n++
			}
		}
	}
	return n
}
