package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
)

// Every option that changes what a result holds passes the proof, on every kind
// of file, and what is placed is what was announced.
func TestOptions(t *testing.T) {
	for name, opt := range map[string]converters.Options{
		"float16":  {DType: tensor.F16},
		"bfloat16": {DType: tensor.BF16, SingleFile: true},
		"shards":   {MaxShardSize: 60, File: "x.safetensors"},
		"both":     {MaxShardSize: 60, DType: tensor.F16, TiedAlias: true, File: "x.safetensors"},
		"exclude":  {Exclude: converters.Names{"*bias*", "*1*"}},
		"strip":    {StripPrefixes: []string{"fc.", "embed."}, Exclude: converters.Names{"weight"}},
	} {
		for _, file := range realFiles {
			t.Run(name+"/"+file, func(t *testing.T) {
				dir, a := t.TempDir(), clean(t, file)
				conv, err := Convert(t.Context(), a, ConvertOptions{Options: opt, Dir: dir, Perm: 0o644})
				if err != nil {
					t.Fatal(err)
				}
				defer conv.Discard()
				plan, err := Plan(a, opt)
				if err != nil {
					t.Fatal(err)
				}
				out := filepath.Join(dir, "x.safetensors")
				outputs, err := conv.Place(out, false)
				if err != nil {
					t.Fatal(err)
				}
				if len(outputs) != len(conv.Names(out)) || len(outputs) != len(Targets(out, plan)) {
					t.Errorf("%d outputs, %d names, %d targets", len(outputs), len(conv.Names(out)), len(Targets(out, plan)))
				}
				entries, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, e := range entries {
					got = append(got, filepath.Join(dir, e.Name()))
				}
				want := Targets(out, plan)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}
