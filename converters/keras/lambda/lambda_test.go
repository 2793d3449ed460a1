package lambda

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/bytecode"
)

// sample is a line of testdata/python-3.*.jsonl, which make.py wrote.
type sample struct {
	Source     string
	Code       string
	Understood bool
	Shapes     [][]int
	Arguments  map[string]any
	Defaults   []any
}

func samples(t testing.TB) []sample { return compiled(t, "3.11") }

// compiled are the samples as a version of Python compiles them.
func compiled(t testing.TB, version string) (list []sample) {
	t.Helper()
	data, err := os.ReadFile("testdata/python-" + version + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	for lines.Scan() {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func (s sample) call(t testing.TB) *Call {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s.Code)
	if err != nil {
		t.Fatal(err)
	}
	code, err := bytecode.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	var shapes [][]int
	for _, shape := range s.Shapes {
		shapes = append(shapes, append([]int{-1}, shape...))
	}
	return &Call{Code: code, Defaults: s.Defaults, Arguments: s.Arguments, Inputs: len(shapes), Shapes: shapes}
}

// TestUnderstand: what is in the table is understood, what is not has a reason.
// What a graph computes is compared with Keras itself in the interop test.
func TestUnderstand(t *testing.T) {
	understood, refused := 0, 0
	for _, s := range samples(t) {
		g, err := Understand(s.call(t))
		if reason := (*Reason)(nil); err != nil && (!errors.As(err, &reason) || reason.Text == "") {
			t.Errorf("%s: %v is no reason", s.Source, err)
		}
		if (err == nil) != s.Understood {
			t.Errorf("%s: %v", s.Source, err)
			continue
		}
		if err != nil {
			refused++
			continue
		}
		understood++
		for i, n := range g.Nodes {
			n.refs(func(r Ref) {
				if r.Node >= i {
					t.Errorf("%s: node %d uses %d", s.Source, i, r.Node)
				}
			})
		}
		if steps, err := g.Keras3(); err != nil || len(steps) == 0 {
			t.Errorf("%s in Keras 3: %v", s.Source, err)
		}
	}
	if understood < 70 || refused < 15 {
		t.Errorf("%d understood, %d refused", understood, refused)
	}
}

// TestVersions: a function is the same whichever Python compiled it.
func TestVersions(t *testing.T) {
	meaning := func(s sample) string {
		g, err := Understand(s.call(t))
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%+v %v", g.Nodes, g.Output)
	}
	want := samples(t)
	for _, version := range []string{"3.8", "3.10", "3.12", "3.13"} {
		list := compiled(t, version)
		if len(list) != len(want) {
			t.Fatalf("%s: %d functions, %d by 3.11", version, len(list), len(want))
		}
		for i, s := range list {
			if got, expect := meaning(s), meaning(want[i]); s.Source != want[i].Source || got != expect {
				t.Errorf("%s by %s: %s, by 3.11 %s", s.Source, version, got, expect)
			}
		}
	}
}

func TestLayers(t *testing.T) {
	want := map[string]string{
		"lambda x: x":                          `Activation {"activation":"linear"}`,
		"lambda x: x / 255.0":                  `Rescaling {"offset":0.0,"scale":0.00392156862745098}`,
		"lambda x: (x - 127.5) / 127.5":        `Rescaling {"offset":-1.0,"scale":0.00784313725490196}`,
		"lambda x: 1.0 - x * 2 + 3":            `Rescaling {"offset":4.0,"scale":-2.0}`,
		"lambda x: tf.nn.relu(x)":              `Activation {"activation":"relu"}`,
		"lambda x: K.l2_normalize(x, axis=1)":  `UnitNormalization {"axis":1}`,
		"lambda x: tf.reshape(x, [-1, 12])":    `Reshape {"target_shape":[12]}`,
		"lambda x: tf.transpose(x, [0, 2, 1])": `Permute {"dims":[2,1]}`,
		"lambda x: tf.image.resize(x, (6, 8))": `Resizing {"crop_to_aspect_ratio":false,"height":6,"interpolation":"bilinear","width":8}`,
		"lambda t: tf.concat(t, -1)":           `Concatenate {"axis":-1}`,
		"lambda t: t[0] * t[1]":                `Multiply {}`,
		"lambda x: x[:, 0]":                    "no standard layer computes getitem so",
		"lambda t: K.abs(t[0] - t[1])":         "no standard layer computes absolute so",
		"lambda x: x * tf.sigmoid(x)":          "its result is no chain of standard layers",
	}
	for _, s := range samples(t) {
		expect, ok := want[s.Source]
		if !ok {
			continue
		}
		delete(want, s.Source)
		call := s.call(t)
		g, err := Understand(call)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		steps, err := g.Layers(call.Shapes)
		if err != nil {
			got = append(got, err.Error())
		}
		for _, step := range steps {
			config, err := json.Marshal(step.Config)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, step.Class+" "+string(config))
		}
		if strings.Join(got, "; ") != expect {
			t.Errorf("%s: %s, want %s", s.Source, strings.Join(got, "; "), expect)
		}
	}
	for source := range want {
		t.Errorf("%s is no sample", source)
	}
}

// TestTables: every function of the table names an operation, and its parameters exist.
func TestTables(t *testing.T) {
	for _, f := range Functions() {
		params := composed[f.Op].params
		if op := operation(f.Op); op != nil {
			for _, p := range op.Params {
				name, _, _ := cutDefault(p)
				params = append(params, name)
			}
		}
		if params == nil {
			t.Errorf("%s is %q, which is no operation", f.Name, f.Op)
		}
		for _, p := range f.Params {
			if p.For != "_" && !strings.Contains(" "+strings.Join(params, " ")+" ", " "+p.For+" ") {
				t.Errorf("%s: %s has no parameter %s", f.Name, f.Op, p.For)
			}
		}
		if canonical(f.Name) != symbol(f.Name) {
			t.Errorf("%s is looked up as %s", f.Name, canonical(f.Name))
		}
	}
}
