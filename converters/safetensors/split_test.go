package safetensors

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/tree"
)

// A sketch is a checkpoint: a mapping's keys in order, each with a sketch, "T"
// for a tensor, "R" for one that is refused, or a plain value. A first key
// "ordered" makes the mapping an OrderedDict.
type sketch []any

type drawer struct{ out *tree.Tree }

func draw(s sketch) *tree.Tree {
	d := drawer{out: &tree.Tree{}}
	d.out.Root = d.value(s, nil)
	return d.out
}

func (d *drawer) value(v any, path []tensor.Key) *tree.Value {
	switch v := v.(type) {
	case sketch:
		out := &tree.Value{Tag: tree.TagDict}
		if len(v) > 0 && v[0] == "ordered" {
			out.Tag, v = tree.TagOrdered, v[1:]
		}
		for i := 0; i < len(v); i += 2 {
			key, plain := tensor.Key{}, v[i]
			switch k := plain.(type) {
			case string:
				key.Text = k
			case int:
				key, plain = tensor.Key{Text: strconv.Itoa(k), Int: true}, int64(k)
			}
			below := append(slices.Clone(path), key)
			out.Pairs = append(out.Pairs, [2]*tree.Value{{Plain: plain}, d.value(v[i+1], below)})
		}
		return out
	case string:
		name := tree.Name(path)
		switch v {
		case "T":
			t := tensor.Tensor{Name: name, Path: path, DType: tensor.U8, Shape: []int64{1}, Strides: []int64{1},
				Storage: &tensor.Storage{Key: "k", Data: strings.NewReader("x"), Size: 1}}
			v := &tree.Value{Tag: tree.TagTensor, Text: name}
			d.out.Tensors = append(d.out.Tensors, tree.Named{View: torch.View{Tensor: t, Class: "Tensor"}, Dict: true, Value: v})
			return v
		case "R":
			d.out.Refused = append(d.out.Refused, tree.Missing{Path: name, Reason: "made by acme.f", Pos: 16})
			return &tree.Value{Tag: tree.TagOmitted}
		}
	}
	return &tree.Value{Plain: v}
}

func tensorNames(p *Part) (out []string) {
	for i := range p.Tensors.Len() {
		out = append(out, p.Tensors.At(i).Name)
	}
	return out
}

func TestSplit(t *testing.T) {
	model := sketch{"ordered", "fc.weight", "T", "fc.bias", "T"}
	optimizer := sketch{"state", sketch{0, sketch{"exp_avg", "T", "step", int64(3)}}, "param_groups", "x"}
	moments := []string{"optimizer.state.0.exp_avg"}
	for _, c := range []struct {
		name           string
		from           sketch
		opt            Options
		weights, state []string
	}{
		{"a state dict", model, Options{}, []string{"fc.weight", "fc.bias"}, nil},
		{"a plain dict", sketch{"w", "T", "b", "T"}, Options{}, []string{"w", "b"}, nil},
		{"a training checkpoint", sketch{"model", model, "optimizer", optimizer, "epoch", int64(3)}, Options{}, []string{"fc.weight", "fc.bias"}, moments},
		{"without the state", sketch{"model", model, "optimizer", optimizer}, Options{WeightsOnly: true}, []string{"fc.weight", "fc.bias"}, nil},
		{"all in one file", sketch{"model", model, "optimizer", optimizer}, Options{SingleFile: true}, []string{"model.fc.weight", "model.fc.bias", "optimizer.state.0.exp_avg"}, nil},
		{"lightning", sketch{"epoch", int64(1), "state_dict", model, "optimizer", optimizer}, Options{}, []string{"fc.weight", "fc.bias"}, moments},
		{"a plain dict under a known key", sketch{"state_dict", sketch{"w", "T"}, "optimizer", optimizer}, Options{}, []string{"w"}, moments},
		{"an ordered dict under any key", sketch{"my_net", model, "optimizer", optimizer}, Options{}, []string{"fc.weight", "fc.bias"}, moments},
		{"a plain dict under any key", sketch{"stuff", sketch{"w", "T"}}, Options{}, []string{"stuff.w"}, nil},
		{"a model and its average", sketch{"model", model, "ema", sketch{"fc.weight", "T"}}, Options{}, []string{"model.fc.weight", "model.fc.bias", "ema.fc.weight"}, nil},
		{"two networks", sketch{"netG", model, "netD", model, "optimizer", optimizer}, Options{}, []string{"netG.fc.weight", "netG.fc.bias", "netD.fc.weight", "netD.fc.bias"}, moments},
		{"a tensor beside the model", sketch{"model", model, "mean", "T"}, Options{}, []string{"fc.weight", "fc.bias"}, []string{"mean"}},
		{"no weights at all", sketch{"optimizer", optimizer}, Options{}, moments, nil},
		{"refused and partial", sketch{"ordered", "a", "R", "b", "T"}, Options{Partial: true}, []string{"b"}, nil},
		{"renamed", sketch{"w", "T"}, Options{Renames: []Rename{{Old: "w", New: "v"}}}, []string{"v"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts, err := Plan(draw(c.from), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			var weights, state []string
			for i := range parts {
				if parts[i].Role == RoleWeights {
					weights = tensorNames(&parts[i])
				} else {
					state = tensorNames(&parts[i])
				}
			}
			if diff := cmp.Diff([][]string{c.weights, c.state}, [][]string{weights, state}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name string
		from sketch
		opt  Options
		want string
	}{
		{"a tensor that may not be trusted", sketch{"w", "R", "b", "T"}, Options{}, "w: made by acme.f (offset 0x10)"},
		{"several", sketch{"w", "R", "v", "R", "b", "T"}, Options{}, "and 1 more"},
		{"nothing is left", sketch{"w", "R"}, Options{Partial: true}, "no tensor can be converted"},
		{"no tensor", sketch{"epoch", int64(1)}, Options{}, "no tensor in it"},
		{"one name for two", sketch{"a", sketch{"b", "T"}, "a.b", "T"}, Options{}, "a.b"},
		{"a name that the format keeps", sketch{"__metadata__", "T"}, Options{}, "__metadata__"},
		{"a name that is no text", sketch{"a\xed\xa0\x80", "T"}, Options{}, "UTF-8"},
		{"a rename of nothing", sketch{"w", "T"}, Options{Renames: []Rename{{Old: "x", New: "y"}}}, `no tensor "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Plan(draw(c.from), c.opt)
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	from := draw(sketch{"model", sketch{"ordered", "w", "T"}, "epoch", int64(3), "lr", 0.5, "name", "run", "none", nil})
	parts, err := Plan(from, Options{SourceFormat: "pytorch-zip", SourceSHA256: "ab"})
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	if _, err := parts[0].WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"format":"pt"`, `"modelaudit.schema":"1"`, `"modelaudit.source.format":"pytorch-zip"`, `"modelaudit.source.sha256":"ab"`, `"modelaudit.part":"weights"`,
		`"modelaudit.value.epoch":"3"`, `"modelaudit.value.lr":"0.5"`, `"modelaudit.value.name":"run"`, `"modelaudit.tree":"{\"dict\":[[\"model\",{\"ordered\":[[\"w\",{\"tensor\":\"w\"}]]}]`} {
		if !strings.Contains(file.String(), want) {
			t.Errorf("the file lacks %s:\n%s", want, file.String())
		}
	}
	if strings.Contains(file.String(), "value.none") || strings.Contains(file.String(), "value.model") {
		t.Errorf("values that are none:\n%s", file.String())
	}
}

// Tied tensors are written in full, or once with the others' names beside it.
func TestTied(t *testing.T) {
	for tied, want := range map[bool]string{false: "a b", true: "a"} {
		parts, err := Plan(draw(sketch{"ordered", "a", "T", "b", "T"}), Options{TiedAlias: tied})
		if err != nil {
			t.Fatal(err)
		}
		// The sketch's tensors have storages of one key: they are one view.
		if got := strings.Join(tensorNames(&parts[0]), " "); got != want {
			t.Errorf("alias %v: %q, want %q", tied, got, want)
		}
		var file strings.Builder
		if _, err := parts[0].WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file.String(), `"b":"a"`) != tied {
			t.Errorf("alias %v: %s", tied, file.String())
		}
	}
}
