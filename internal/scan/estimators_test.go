package scan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEstimators reads what scikit-learn, pandas and numpy pickle beyond plain
// arrays: all of it is clean, and every array has the name that its place gives.
func TestEstimators(t *testing.T) {
	for name, want := range map[string]string{
		"tree.pickle": `classes_ I64[2] tree_.n_classes I64[1] tree_.nodes U8[15 64] tree_.values F64[15 1 2]`,
		"pipeline.joblib": `steps.0.1.mean_ F64[2] steps.0.1.var_ F64[2] steps.0.1.scale_ F64[2]
			steps.1.1.classes_ I64[2] steps.1.1.n_iter_ I32[1] steps.1.1.coef_ F64[1 2] steps.1.1.intercept_ F64[1]`,
		"boosting.joblib": `classes_ I64[2] init_.classes_ F64[2] init_.class_prior_ F64[2] estimators_.0.0.random_state.args.0.state.key U32[624] estimators_.0.0.random_state.state.key U32[624]
			estimators_.0.0.tree_.n_classes I64[1] estimators_.0.0.tree_.nodes U8[7 64] estimators_.0.0.tree_.values F64[7 1 1] estimators_.1.0.random_state.args.0.state.key U32[624]
			estimators_.1.0.random_state.state.key U32[624] estimators_.1.0.tree_.n_classes I64[1] estimators_.1.0.tree_.nodes U8[7 64] estimators_.1.0.tree_.values F64[7 1 1]
			train_score_ F64[2] _rng.args.0.state.key U32[624] _rng.state.key U32[624]`,
		"frame.pickle":   `a I64[2] b F64[2] d I64[2] index_ I8[2] index U8[2 8]`,
		"frame.joblib":   `a I64[2] b F64[2] d I64[2] index_ I8[2] index U8[2 8]`,
		"series.pickle":  `values F64[2]`,
		"masked.pickle":  `m.data F64[2] m.mask BOOL[2] m.fill_value F64[] r.data U8[1 12] r.mask U8[1 2] r.fill_value U8[12]`,
		"older.pickle":   `nodes.nodes U8[3 52] nodes.binned_left_cat_bitsets U32[0 8] nodes.raw_left_cat_bitsets U32[0 8] nca.random_state_.state.key U32[624] nca.components_ F64[1 2]`,
		"objects.pickle": `o.0.1 I64[2] o.1.0 F64[3] k.3 F64[1] k.z F64[2] t U8[1 4]`,
	} {
		t.Run(name, func(t *testing.T) {
			r := scanFile(t, filepath.Join("../../testdata/estimators", name))
			defer r.Close()
			expect(t, r, "clean")
			got, err := r.Model.Tree()
			if err != nil || len(got.Refused) > 0 {
				t.Fatal(err, got.Refused)
			}
			var list []string
			for i := range got.Tensors {
				n := &got.Tensors[i]
				var elements bytes.Buffer
				if _, err := n.WriteTo(&elements); err != nil {
					t.Fatal(err)
				}
				list = append(list, fmt.Sprintf("%s %s%v", n.Name, n.DType, n.Shape))
			}
			if diff := cmp.Diff(strings.Fields(want), strings.Fields(strings.Join(list, " "))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			text, err := json.Marshal(got.Root)
			if err != nil || !json.Valid(text) {
				t.Error(err)
			}
		})
	}
}
