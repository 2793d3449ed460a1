package keras

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// codeOf is the marshalled code of a source in the test files of package lambda.
func codeOf(t *testing.T, source string) string {
	t.Helper()
	f, err := os.Open("lambda/testdata/python-3.11.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct{ Source, Code string }
		if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Source == source {
			return line.Code
		}
	}
	t.Fatalf("no code of %q", source)
	return ""
}

// TestActivation: code that is an activation becomes one of Keras' own that computes the
// same, in both forms that a config may have it in, or is refused with the code.
func TestActivation(t *testing.T) {
	for _, c := range []struct {
		source   string
		identity bool
		want     string
	}{
		{"lambda x: tf.nn.relu(x)", false, `"relu"`},
		{"lambda x: x", false, `"linear"`},
		{"lambda x: x / 255.0", false, ""},
		{"lambda x: x / 255.0", true, `"linear"`},
	} {
		for _, form := range []string{`{"value": [%q, null, null]}`, `{"class_name": "__lambda__", "config": {"value": [%q, null, null]}}`} {
			t.Run(c.source+form, func(t *testing.T) {
				was := fmt.Sprintf(form, codeOf(t, c.source))
				text := `{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": ` + was + `}}]}}`
				got, err := Replace([]byte(text), Form{3, true}, Options{Identity: c.identity})
				var no *Refusal
				if c.want == "" {
					if !errors.As(err, &no) || !strings.Contains(err.Error(), `layer "d"`) || !strings.Contains(no.Code, "255.0") {
						t.Errorf("%v, %v", got, err)
					}
					return
				}
				if err != nil || len(got) != 1 || got[0].Text != c.want || text[got[0].Start:got[0].End] != was || got[0].Identity != c.identity {
					t.Errorf("%+v, %v, want %s", got, err, c.want)
				}
				left, err := Replace([]byte(text), Form{3, true}, Options{Leave: func(int, int) bool { return true }})
				if err != nil || len(left) > 0 {
					t.Errorf("what is to stay: %v, %v", left, err)
				}
			})
		}
	}
}
