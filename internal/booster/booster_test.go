package booster

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read checks a model as the reader that its name begins with.
func read(name string, b []byte) error {
	if strings.HasPrefix(filepath.Base(name), "lgb") {
		return LightGBM(bytes.NewReader(b), int64(len(b)))
	}
	return XGBoost(bytes.NewReader(b), int64(len(b)))
}

func models(t testing.TB) []string {
	list, err := filepath.Glob("testdata/*gb-*")
	if err != nil || len(list) < 12 {
		t.Fatal(list, err)
	}
	return list
}

func TestReal(t *testing.T) {
	for _, name := range models(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := read(name, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What made the libraries' own readers crash, or read outside of their memory.
func TestAltered(t *testing.T) {
	for _, c := range []struct{ name, model, from, to, want string }{
		{"child outside", "xgb-1.5.2-cat2", `"left_children":[1,`, `"left_children":[99,`, "has the child 99"},
		{"child above", "xgb-1.5.2-cat2", `"right_children":[2,`, `"right_children":[0,`, "has the child 0"},
		{"number of nodes", "xgb-1.5.2-cat2", `"num_nodes":"7"`, `"num_nodes":"9"`, "for 9 nodes"},
		{"tree in another place", "xgb-1.5.2-cat2", `"id":2,`, `"id":4,`, "calls itself 4"},
		{"output that is none", "xgb-1.5.2-cat2", `"tree_info":[0,`, `"tree_info":[1,`, "tree_info"},
		{"fewer features", "xgb-1.5.2-cat2", `"num_feature":"5"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}}`,
			`"num_feature":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}}`, "num_feature is 5 and 1"},
		{"no types", "xgb-1.5.2-cat2", `"split_type":[0,0,0,0,0,0,0]`, `"split_type":[]`, "split_type"},
		{"keys out of order", "xgb-1.5.2-cat2", `"Config"`, `"Nonfig"`, "not in its place"},
		{"length of a list", "xgb-3.2.0-cat", "\x0dleft_children[$l#L\x00", "\x0dleft_children[$l#L\x7f", ""},
		{"type of a list", "xgb-3.2.0-cat", "\x0dleft_children[$l#L", "\x0dleft_children[$x#L", "a list of 'x'"},
		{"trees that are not there", "xgb-0.90-dart", "dart\x03", "dart\x04", ""},
		{"two roots", "xgb-1.2.1-prune", "gbtree\x03\x00\x00\x00\x01", "gbtree\x03\x00\x00\x00\x02", "2 roots"},
		{"cut", "lgb-4.7-lightcat", "end of trees", "", "where the trees should end"},
		{"child outside of the tree", "lgb-2.3.1-multiclass", "left_child=1 ", "left_child=7 ", "left_child holds 7"},
		{"a loop", "lgb-2.3.1-multiclass", "left_child=1 ", "left_child=0 ", "left_child holds 0"},
		{"too few thresholds", "lgb-2.3.1-multiclass", "threshold=", "threshold=1 ", ""},
		{"size of a tree", "lgb-3.3.5-rf", "tree_sizes=", "tree_sizes=1", ""},
		{"feature outside", "lgb-4.7-linear", "split_feature=0", "split_feature=9", "split_feature holds 9"},
		{"set of categories", "lgb-4.7-lightcat", "cat_boundaries=0 ", "cat_boundaries=1 ", "cat_boundaries holds 1"},
		{"classes of the objective", "lgb-2.3.1-multiclass", "multiclass num_class:3", "multiclass num_class:9", "9 classes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := os.ReadFile("testdata/" + c.model)
			if err != nil {
				t.Fatal(err)
			}
			altered := bytes.Replace(b, []byte(c.from), []byte(c.to), 1)
			if bytes.Equal(b, altered) {
				t.Fatalf("%q is not in the model", c.from)
			}
			if err := read(c.model, altered); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What is well formed and no model is refused.
func TestNoModel(t *testing.T) {
	for _, text := range []string{"{}", `{"a":"b"}`, `{"Model":{"learner":{}}}`, "{L\x00\x00\x00\x00\x00\x00\x00\x01aT}", "", "[]", "x"} {
		if read("xgb", []byte(text)) == nil {
			t.Errorf("%q is a model", text)
		}
		if read("lgb", []byte(text)) == nil {
			t.Errorf("%q is a model of lightgbm", text)
		}
	}
}

// A model that is cut anywhere is refused.
func TestCut(t *testing.T) {
	for _, name := range models(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		end := len(b)
		if i := bytes.Index(b, []byte("end of trees\n")); i > 0 {
			end = i
		}
		for n := 0; n < end; n += 1 + n/50 {
			if read(name, b[:n]) == nil {
				t.Fatalf("%s: the first %d bytes are a model", name, n)
			}
		}
	}
}

// Whatever it is, it is taken or refused, and what is behind it is refused too.
func FuzzModel(f *testing.F) {
	for _, name := range models(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.HasPrefix(filepath.Base(name), "lgb"), b)
	}
	f.Fuzz(func(t *testing.T, light bool, b []byte) {
		if light {
			_ = read("lgb", b)
			return
		}
		if read("xgb", b) == nil && read("xgb", append(b, '{')) == nil {
			t.Error("a model with something behind it")
		}
	})
}
