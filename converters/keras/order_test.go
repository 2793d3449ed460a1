package keras

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// stands is what a layer became: the classes of its list of layers, in brackets those inside of one.
func stands(t *testing.T, text string) string {
	t.Helper()
	type layer struct {
		Class  string `json:"class_name"`
		Config struct {
			Name   string
			Layers []json.RawMessage
		}
	}
	var items []json.RawMessage
	if err := json.Unmarshal([]byte("["+text+"]"), &items); err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, item := range items {
		var l layer
		if err := json.Unmarshal(item, &l); err != nil {
			t.Fatal(err)
		}
		word := l.Class
		for i, inner := range l.Config.Layers {
			if i == 0 {
				word += "("
			}
			word += stands(t, string(inner)) + " "
			if i == len(l.Config.Layers)-1 {
				word = strings.TrimSpace(word) + ")"
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// TestOrder: what takes a Lambda's place changes neither the depth of other layers nor the
// number of a model behind it, by which Keras finds weights.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		file string
		form Form
		want []string
	}{
		{"branches-3", Form{3, true}, []string{"Functional(InputLayer InputLayer Multiply Add)"}},
		{"branches-3", Form{3, false}, []string{"Functional(InputLayer InputLayer Multiply Add)"}},
		{"before-model-3", Form{3, true}, []string{"Sequential(InputLayer Functional(InputLayer Multiply Add))"}},
		{"before-model-3", Form{3, false}, []string{"Functional(InputLayer Multiply Add)"}},
		{"chain-3", Form{3, true}, []string{"Functional(InputLayer GetItem)", "Functional(InputLayer Multiply)"}},
		{"chain-2", Form{2, true}, []string{"Model(InputLayer SlicingOpLambda)", "Model(InputLayer TFOpLambda)"}},
	} {
		t.Run(fmt.Sprint(c.file, c.form), func(t *testing.T) {
			b, err := os.ReadFile("testdata/" + c.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			layers, err := Replace(b, c.form, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range layers {
				if got := stands(t, l.Text); got != c.want[i] {
					t.Errorf("%s became %s, not %s", l.Name, got, c.want[i])
				}
			}
			if len(layers) != len(c.want) {
				t.Errorf("%d layers, not %d", len(layers), len(c.want))
			}
		})
	}
}

// TestCalls: what uses a Lambda in whose place a model stands takes the result of call 1 in Keras 2.
func TestCalls(t *testing.T) {
	for _, name := range []string{"branches", "before-model"} {
		b, err := os.ReadFile("testdata/" + name + "-2.json")
		if err != nil {
			t.Fatal(err)
		}
		layers, err := Replace(b, Form{2, false}, Options{})
		if err != nil || len(layers) != 2 || layers[1].Of != Call {
			t.Fatalf("%s: %v, %v", name, layers, err)
		}
		if got := string(b[layers[1].Start-8:layers[1].Start]) + layers[1].Text; !strings.HasSuffix(got, `["lam", 1`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestDropTraining: losses and metrics that are code go when that is asked for, and others stay.
func TestDropTraining(t *testing.T) {
	b, err := os.ReadFile("testdata/compiled-3.json")
	if err != nil {
		t.Fatal(err)
	}
	var no *Refusal
	if _, err := Replace(b, Form{3, true}, Options{}); !errors.As(err, &no) || !strings.Contains(err.Error(), "compiled with a loss or metric") || !strings.Contains(err.Error(), "lambda y, p: p") {
		t.Errorf("%v", err)
	}
	layers, err := Replace(b, Form{3, true}, Options{DropTraining: true})
	if err != nil || len(layers) != 2 {
		t.Fatalf("%v, %v", layers, err)
	}
	text := string(b)
	for _, l := range []Layer{layers[1], layers[0]} {
		text = text[:l.Start] + l.Text + text[l.End:]
	}
	if !strings.Contains(text, `"loss": null`) || !strings.Contains(text, `"metrics": ["mae", null]`) {
		t.Error(text)
	}
}
