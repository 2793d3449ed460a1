//go:build interop

package lambda

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestKeras has real Kerases open, in safe mode, what takes each function's place,
// and compare what it computes with the function itself.
func TestKeras(t *testing.T) {
	for _, variable := range []string{"MODELAUDIT_PYTHON_KERAS", "MODELAUDIT_PYTHON_KERAS_OLD"} {
		t.Run(variable, func(t *testing.T) {
			python := os.Getenv(variable)
			if python == "" {
				t.Fatalf("%s does not name a Python with Keras", variable)
			}
			command := exec.Command(python, "testdata/check.py", steps(t))
			command.Stderr = os.Stderr
			out, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			var compared int
			if _, err := fmt.Sscanf(string(out), "compared %d", &compared); err != nil || compared < 90 {
				t.Errorf("%d compared:\n%s", compared, out)
			}
		})
	}
}

// steps writes every sample's steps for check.py.
func steps(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "steps.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, s := range samples(t) {
		call := s.call(t)
		g, err := Understand(call)
		if err != nil {
			continue
		}
		keras3, err3 := g.Keras3()
		tensorflow, err2 := g.TensorFlow()
		layers, errL := g.Layers(call.Shapes)
		record := map[string]any{
			"source": s.Source, "shapes": s.Shapes, "arguments": s.Arguments,
			"keras3": entries(keras3, err3, Step.Keras3Entry), "keras2": entries(tensorflow, err2, Step.Keras2Entry),
			"layers3": entries(layers, errL, Step.Keras3Entry), "layers2": entries(layers, errL, Step.Keras2Entry),
		}
		if err := json.NewEncoder(file).Encode(record); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func entries(steps []Step, err error, entry func(Step, Common, func(Ref) Tensor) map[string]any) any {
	if err != nil {
		return err.Error()
	}
	list := []any{}
	for i, s := range steps {
		list = append(list, entry(s, Common{Name: fmt.Sprintf("op%d", i)}, func(r Ref) Tensor {
			name := fmt.Sprintf("op%d", r.Node)
			if r.Node < 0 {
				name = fmt.Sprintf("in%d", r.Input)
			}
			return Tensor{Layer: name, Shape: []any{nil}, Dtype: "float32"}
		}))
	}
	return list
}
