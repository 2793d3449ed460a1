package conversion

import (
	"strings"
	"testing"
)

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		glob, yes, no string // names, separated by spaces
	}{
		{"*", "a a.b a/b", ""},
		{"fc.*", "fc.weight fc.x.y", "fc xfc.weight fcweight"},
		{"*.bias", "fc.bias a.b.bias", "fc.biases bias"},
		{"layers.[0-3].*", "layers.0.w layers.3.w", "layers.4.w layers.10.w"},
		{"layers.[!0].w", "layers.1.w", "layers.0.w"},
		{"layers.?.w", "layers.7.w", "layers.17.w layers..w"},
		{"{q,k}_proj*", "q_proj.w k_proj", "v_proj.w"},
		{`a\*`, "a*", "ab"},
		{"a.b", "a.b", "axb"},
		{"x+(y)", "x+(y)", "xx(y)"},
	} {
		if err := (Names{c.glob}).Check(); err != nil {
			t.Fatal(err)
		}
		match := Names{c.glob}.matcher()
		for _, n := range strings.Fields(c.yes) {
			if !match(n) {
				t.Errorf("%s does not match %s", c.glob, n)
			}
		}
		for _, n := range strings.Fields(c.no) {
			if match(n) {
				t.Errorf("%s matches %s", c.glob, n)
			}
		}
	}
	for _, bad := range []string{"", "[a", "{a", "[z-a]", strings.Repeat("a", 1001)} {
		if (Names{bad}).Check() == nil {
			t.Errorf("%.20q is a glob", bad)
		}
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("a{b,[c-d]}*", "abx")
	f.Fuzz(func(t *testing.T, glob, name string) {
		match := Names{glob}.matcher() // no panic, whatever it is
		if match(name) && (Names{glob}).Check() != nil {
			t.Errorf("%q matches and is no glob", glob)
		}
	})
}
