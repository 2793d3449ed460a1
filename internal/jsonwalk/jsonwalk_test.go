package jsonwalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

func walk(text string) (out []string, err error) {
	err = Walk(strings.NewReader(text), int64(len(text)), func(v *Value) {
		out = append(out, fmt.Sprintf("%s=%s", strings.Join(v.Path, "/"), v.Text))
		if v.Kind != String && text[v.Start:v.End] != v.Text {
			panic(text[v.Start:v.End])
		}
	})
	return out, err
}

func TestWalk(t *testing.T) {
	got, err := walk(` {"a": [1, -2.5e+3, {"b": "x\u00e9\ud83d\ude00\n"}], "c": {"d": true, "e": null}, "f": [], "g": {}, "h": NaN} `)
	want := []string{"a/[]=1", "a/[]=-2.5e+3", "a/[]/b=xé😀\n", "c/d=true", "c/e=null", "h=NaN"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWalkRefuses(t *testing.T) {
	for _, text := range []string{``, `{`, `[1,]`, `[1 2]`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a"}`, `{1:2}`, `[1]x`, `"a`, "\"\n\"", `"\x"`, `"\u12"`, `+1`, `01`, `1.`, `tru`, "\"\xff\""} {
		if _, err := walk(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	for name, text := range map[string]string{"depth": strings.Repeat("[", 100_000), "text": `"` + strings.Repeat("a", 2<<20) + `"`} {
		if _, err := walk(text); !errors.Is(err, safeio.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Walk accepts, encoding/json accepts, and it holds the same strings.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a": [1, "b\u0041", {"c": null}]}`))
	f.Add([]byte(`[[],{},"\ud83d\ude00",-0.5E-3]`))
	f.Add([]byte(`["a",9E000007007]`))
	f.Add([]byte("[\"\\ud0\x160\"]"))
	f.Add([]byte(`["\ud800\ud83d\ude00\uD83D\uDE00"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []string
		err := Walk(bytes.NewReader(text), int64(len(text)), func(v *Value) {
			if v.Kind == String {
				got = append(got, v.Text)
			}
		})
		if err != nil || bytes.Contains(text, []byte("NaN")) || bytes.Contains(text, []byte("Infinity")) {
			return
		}
		var tree any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber() // JSON has no largest number, a float64 has
		if err := dec.Decode(&tree); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		slices.Sort(got)
		if want := texts(tree, nil); !slices.Equal(want, got) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	})
}

// texts lists the strings of a tree that are no keys, sorted.
func texts(tree any, list []string) []string {
	switch v := tree.(type) {
	case string:
		list = append(list, v)
	case []any:
		for _, e := range v {
			list = texts(e, list)
		}
	case map[string]any:
		for _, e := range v {
			list = texts(e, list)
		}
	}
	slices.Sort(list)
	return list
}
