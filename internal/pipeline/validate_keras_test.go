package pipeline

import (
	"os"
	"strings"
	"testing"
)

// TestValidateKeras: the file of one model in the form of Keras 1 and 2 and in that of Keras 3
// has the same weights under other names; those of another model do not pass for them.
func TestValidateKeras(t *testing.T) {
	read := func(name string) *Audited {
		data, err := os.ReadFile("../../testdata/keras/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return audited(t, name, data)
	}
	for _, folder := range []string{"keras-2.15/", "keras-3.15/"} {
		for _, name := range []string{"trained", "network", "lambda"} {
			for _, pair := range [][2]string{{".keras", ".h5"}, {".h5", ".keras"}} {
				v, err := Validate(t.Context(), read(folder+name+pair[0]), read(folder+name+pair[1]), ValidateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if len(v.Missing)+len(v.Extra) > 0 || v.Tensors < 2 || v.Equal != v.Tensors {
					t.Errorf("%s%s against %s: %+v", folder, name, pair[1], v)
				}
			}
		}
	}
	v, err := Validate(t.Context(), read("keras-3.15/trained.h5"), read("keras-2.15/trained.keras"), ValidateOptions{})
	if err != nil || v.Valid || !strings.Contains(strings.Join(v.Problems, "\n"), "differs by") {
		t.Errorf("another model: %+v, %v", v, err)
	}
}
