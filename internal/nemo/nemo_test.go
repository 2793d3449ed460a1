package nemo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"plain", "target: nemo.a.B\nmodel:\n  encoder:\n    _target_: os.system\n    command: 'true'\n", []string{"nemo.a.B", "os.system"}},
		{"flow", `{"a": [{"_target_": "x.y"}]}`, []string{"x.y"}},
		{"escaped", `"\x5ftarget_": "os.\x73ystem"`, []string{"os.system"}},
		{"alias", "a: &k _target_\nb: &v os.system\nc: {*k : *v}\n", []string{"os.system"}},
		{"second document", "a: 1\n---\n_target_: x.y\n", []string{"x.y"}},
		{"interpolated", "_target_: ${name}\n", []string{"${name}"}},
		{"a tag", "a: !!python/object/apply:os.system ['true']\n", []string{"!!python/object/apply:os.system"}},
		{"a tag in full", "a: !<tag:yaml.org,2002:python/name:os.system> ''\n", []string{"!!python/name:os.system"}},
		{"a tag by a handle", "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!name:os.system ''\n", []string{"!!python/name:os.system"}},
		{"a tag of a key", "!x a: 1\n", []string{"!x"}},
		{"plain tags", "a: !!str 1\nb: ! 2\nc: 1.5\nd: 2020-01-01\ne: &x {f: ~}\ng: [*x]\nh: {<<: *x}\ni: !!binary YQ==\n", nil},
		{"older keys", "a: {cls: x.y}\nb: {class: os.system, params: {}}\nc: {target: '${b.class}'}\n", []string{"x.y", "os.system", "${b.class}"}},
		{"no classes", "class: 5\ncls: dog\na: {class: 0.5, cls: 1e-5}\n", nil},
		{"another target", "target: 5\nloss:\n  target: labels\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := Targets([]byte(c.text))
			var got []string
			for _, x := range list {
				got = append(got, x.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
	if _, err := Targets([]byte("a: [")); err == nil {
		t.Error("no error")
	}
	if list, _ := Targets([]byte("a: 1\n_target_: x.y\n")); len(list) != 1 || list[0].Start != 5 || list[0].End != 19 {
		t.Errorf("%v", list)
	}
}

// Whatever it is, it is read or refused, and places lie inside.
func FuzzTargets(f *testing.F) {
	f.Add([]byte("target: nemo.a.B\n_target_: os.system\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, _ := Targets(text)
		for _, x := range list {
			if x.Start < 0 || x.Start > x.End || x.End > int64(len(text)) {
				t.Fatalf("%v of %d", x, len(text))
			}
		}
	})
}
