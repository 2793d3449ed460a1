package scan

import (
	"slices"
	"strings"
	"testing"
)

// A .npz file is the dict that numpy.load makes of it, whatever else is in the
// archive; what numpy finds under another name is refused.
func TestNpzNames(t *testing.T) {
	one, two := npyFile("'|u1'", "(1,)", []byte("1")), npyFile("'|u1'", "(2,)", []byte("12"))
	for _, c := range []struct {
		name    string
		members []member
		tensors []string
		refused string
		omitted []string
	}{
		{"an array and a text", []member{{"a.npy", one}, {"b.txt", []byte("hello")}}, []string{"a"}, "", []string{"b.txt"}},
		{"another spelling", []member{{"a.NPY", one}}, []string{"a.NPY"}, "", nil},
		{"two arrays", []member{{"a.npy", one}, {"d/b.npy", two}}, []string{"a", "d/b"}, "", nil},
		{"a name that is another's key", []member{{"a.npy.npy", one}, {"a.npy", two}}, nil, `under the name "a.npy"`, nil},
		{"a key twice", []member{{"a", one}, {"a.npy", two}}, nil, `under the name "a"`, nil},
		{"a text under an array's key", []member{{"a.npy", one}, {"a", []byte("hello")}}, nil, "under one name", nil},
		{"two arrays in a member", []member{{"a.npy", slices.Concat(one, two)}}, nil, "holds 2 arrays", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := scanBytes(t, "m.npz", archive(t, 0, c.members...)).Model
			if m == nil {
				t.Fatal("no model")
			}
			tr, err := m.Build()
			if err != nil || c.refused != "" {
				if err == nil || c.refused == "" || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("%v, want %q", err, c.refused)
				}
				return
			}
			var tensors, omitted []string
			for _, n := range tr.Tensors {
				tensors = append(tensors, n.Name)
			}
			for _, o := range tr.Omitted {
				omitted = append(omitted, o.Path)
			}
			if !slices.Equal(tensors, c.tensors) || !slices.Equal(omitted, c.omitted) {
				t.Errorf("tensors %q, omitted %q", tensors, omitted)
			}
		})
	}
}
