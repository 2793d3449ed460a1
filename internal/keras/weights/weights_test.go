package weights

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tree"
)

const folder = "../../../testdata/keras/"

// read makes the tree of a file that a library wrote.
func read(t *testing.T, name string) *tree.Tree {
	t.Helper()
	data, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	texts := Texts{}
	if strings.HasSuffix(name, ".keras") {
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		texts["config"] = string(member(t, archive, "config.json"))
		data = member(t, archive, "model.weights.h5")
	}
	return made(t, data, texts)
}

func member(t *testing.T, archive *zip.Reader, name string) []byte {
	t.Helper()
	r, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func made(t *testing.T, data []byte, texts Texts) *tree.Tree {
	t.Helper()
	f, err := hdf5.Open(bytes.NewReader(data), int64(len(data)), safeio.Limits{}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	out, err := Tree(f, texts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func names(t *tree.Tree) (list []string) {
	for i := range t.Tensors {
		list = append(list, t.Tensors[i].Name)
	}
	return list
}

// TestEveryDataset: each dataset that h5py finds in a file is a tensor with the
// bytes that h5py reads, and there is no other.
func TestEveryDataset(t *testing.T) {
	for _, version := range []string{"2.15", "3.15"} {
		text, err := os.ReadFile(folder + "weights-" + version + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var oracle map[string]map[string]string
		if err := json.Unmarshal(text, &oracle); err != nil || len(oracle) < 10 {
			t.Fatal(len(oracle), err)
		}
		for name, want := range oracle {
			tr := read(t, "keras-"+version+"/"+name)
			if len(tr.Refused) > 0 {
				t.Errorf("%s: refused: %v", name, tr.Refused)
			}
			got := map[string]bool{}
			for i := range tr.Tensors {
				n := &tr.Tensors[i]
				sum := sha256.New()
				if _, err := n.WriteTo(sum); err != nil {
					t.Errorf("%s: %s: %v", name, n.Name, err)
				}
				if hex.EncodeToString(sum.Sum(nil)) != want[n.Storage.Key] {
					t.Errorf("%s: %s has other bytes than h5py reads", name, n.Name)
				}
				got[n.Storage.Key] = true
			}
			if len(got) != len(want) || len(tr.Tensors) != len(want) {
				t.Errorf("%s: %d tensors, h5py sees %d", name, len(tr.Tensors), len(want))
			}
		}
	}
}

// TestNames: in order, by layers; the optimizer's are its own. Two layers with a
// weight of one name are told apart.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"keras-2.15/nested.h5": "weights.inner/dense/kernel:0 weights.inner/dense/bias:0 weights.inner/norm/gamma:0 weights.inner/norm/beta:0 " +
			"weights.inner/norm/moving_mean:0 weights.inner/norm/moving_variance:0 weights.dense/kernel:0 weights.dense/bias:0",
		"keras-3.15/nested.h5": "weights.inner/dense/kernel weights.inner/dense/bias weights.inner/norm/gamma weights.inner/norm/beta " +
			"weights.inner/norm/moving_mean weights.inner/norm/moving_variance weights.dense/kernel weights.dense/bias",
		"keras-3.15/half.keras":       "weights.layers.dense.vars.0 weights.layers.dense.vars.1",
		"keras-2.15/dense.weights.h5": "weights.layers.dense.vars.0 weights.layers.dense.vars.1",
	} {
		if got := strings.Join(names(read(t, name)), " "); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	for _, name := range []string{"keras-2.15/trained.keras", "keras-2.15/trained.h5", "keras-3.15/trained.keras", "keras-3.15/trained.h5"} {
		if got := names(read(t, name)); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "optimizer.") }) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestConfig: what the file says of the model is in the tree, all but its code.
func TestConfig(t *testing.T) {
	for _, file := range []string{"keras-2.15/lambda.h5", "keras-2.15/lambda.keras", "keras-3.15/lambda.h5", "keras-3.15/lambda.keras"} {
		tr := read(t, file)
		text, err := json.Marshal(tr.Root)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`["class_name","Lambda"]`, `["units",2]`, codeLeftOut} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: the tree lacks %s", file, want)
			}
		}
		if strings.Contains(string(text), "4wEA") { // marshalled code in base64
			t.Errorf("%s: the tree has the code", file)
		}
		if !slices.ContainsFunc(tr.Omitted, func(m tree.Missing) bool { return m.Reason == codeLeftOut }) {
			t.Errorf("%s: omitted %v", file, tr.Omitted)
		}
	}
	text, err := json.Marshal(read(t, "keras-3.15/half.keras").Root)
	if want := `["names",{"dict":[["layers.dense","low"]`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%s lacks %s (%v)", text, want, err)
	}
	for text, want := range map[string]string{
		`{"a": [1, 1.5, 123456789012345678901234567890, true, null, "x"]}`: `{"dict":[["a",{"list":[1,1.5,123456789012345678901234567890,true,null,"x"]}]]}`,
		`[NaN, Infinity, -Infinity, 1e999]`:                                `{"list":[{"float":"nan:7ff8000000000000"},{"float":"inf"},{"float":"-inf"},{"float":"inf"}]}`,
		`{"a": `:                                                           "omitted",
		strings.Repeat("[", 300) + strings.Repeat("]", 300):                "nested too deep",
		"[" + strings.Repeat("0,", maxValues) + "0]":                       "more values than a tree keeps",
		strings.Repeat("1", maxDigits+1):                                   "a number of 1001 digits",
	} {
		got, err := json.Marshal(config(text).Root)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%.60s: %.200s, want %s (%v)", text, got, want, err)
		}
	}
}
