package safetensors

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStrip(t *testing.T) {
	_, err := Plan(draw(sketch{"ordered", "module.w", "T", "w", "T"}), Options{StripPrefixes: []string{"module."}})
	var refused *Refusal
	if !errors.As(err, &refused) || refused.Name == nil || *refused.Name != "w" {
		t.Errorf("two names that became one: %v", err)
	}
}

// What was left out by name is in no file, is listed, and the tree says so.
func TestChoose(t *testing.T) {
	model := sketch{"ordered", "fc.weight", "T", "fc.bias", "T", "head.weight", "T"}
	from := func() sketch {
		return sketch{"model", model, "optimizer", sketch{"state", sketch{0, sketch{"exp_avg", "T"}}}}
	}
	for _, c := range []struct {
		name        string
		opt         Options
		weights     []string
		left, parts int
	}{
		{"include", Options{Include: Names{"fc.*"}}, []string{"fc.weight", "fc.bias"}, 2, 1},
		{"exclude", Options{Exclude: Names{"*.bias"}}, []string{"fc.weight", "head.weight"}, 1, 2},
		{"both", Options{Include: Names{"fc.*", "optimizer.*"}, Exclude: Names{"*.bias"}}, []string{"fc.weight"}, 2, 2},
		{"by its path", Options{Exclude: Names{"model.fc.*"}}, []string{"head.weight"}, 2, 2},
		{"by the stripped name", Options{StripPrefixes: []string{"fc."}, Exclude: Names{"bias"}}, []string{"weight", "head.weight"}, 1, 2},
	} {
		parts, err := Plan(draw(from()), c.opt)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if diff := cmp.Diff(c.weights, tensorNames(&parts[0])); diff != "" || len(parts[0].Left) != c.left || len(parts) != c.parts {
			t.Errorf("%s: left %v, %d parts %s", c.name, parts[0].Left, len(parts), diff)
		}
		var text strings.Builder
		if _, err := parts[0].WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Count(text.String(), "left out by its name") != c.left {
			t.Errorf("%s: the tree does not say what was left out: %s", c.name, text.String())
		}
		var again Options
		meta := changes(c.opt)
		if err := ReadChanges(meta, &again); err != nil || changes(again) != meta {
			t.Errorf("%s: %v, %s", c.name, err, meta)
		}
	}
	if _, err := Plan(draw(from()), Options{Include: Names{"nothing"}}); err == nil || !strings.Contains(err.Error(), "every one was left out") {
		t.Errorf("nothing is left: %v", err)
	}
}
