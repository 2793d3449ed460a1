package safetensors

import (
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// A cast is of floating-point weights alone, and the file and the tree say so.
func TestCastPlan(t *testing.T) {
	from := draw(sketch{"model", sketch{"ordered", "w", "T", "n", "T"}, "optimizer", sketch{"state", sketch{0, sketch{"exp_avg", "T"}}}})
	for i := range from.Tensors {
		n := &from.Tensors[i]
		if n.Name != "model.n" {
			n.DType = tensor.F32
			n.Storage = &tensor.Storage{Key: n.Name, Data: strings.NewReader("\x00\x00\x80\x3f"), Size: 4}
		}
	}
	parts, err := Plan(from, Options{DType: tensor.BF16})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if _, err := parts[0].WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"modelaudit.changes":"{\"dtype\":\"bfloat16\"}"`, `{\"tensor\":\"w\",\"cast\":\"float32\"}`, `"w":{"dtype":"BF16","shape":[1],`, `"n":{"dtype":"U8"`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in %s", want, text.String())
		}
	}
	if !strings.Contains(text.String(), "\x80\x3f") || strings.Contains(text.String(), "\x00\x00\x80\x3f") {
		t.Errorf("%q", text.String())
	}
	var state strings.Builder
	if _, err := parts[1].WriteTo(&state); err != nil || !strings.Contains(state.String(), `"dtype":"F32"`) {
		t.Errorf("the state was cast: %q, %v", state.String(), err)
	}
}
