package keras

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPlaces(t *testing.T) {
	const text = ` {"a": [1, {"b": "x\u0079"}], "c": -Infinity} `
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b := v.Get("a").Items[1].Get("b")
	if got := text[b.Start:b.End]; got != `"x\u0079"` || b.Text != "xy" {
		t.Errorf("%q is %q", got, b.Text)
	}
	if got := text[v.Start:v.End]; got != strings.TrimSpace(text) {
		t.Errorf("the whole is %q", got)
	}
	if c := v.Get("c"); c.Kind != Number || c.Text != "-Infinity" {
		t.Errorf("%v", c)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"class_name": "Lambda", "config": {"function": ["AA==", null, null], "function_type": "lambda"}}`, `[1, "\u00e9", NaN]`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		Uses(v)
		inside(t, v, 0, len(text))
		if plain := !strings.Contains(string(text), "NaN") && !strings.Contains(string(text), "Infinity"); plain && !json.Valid(text) {
			t.Errorf("%q was read and is no JSON", text)
		}
	})
}

// inside checks that every value lies in what holds it.
func inside(t *testing.T, v *Value, start, end int) {
	t.Helper()
	if v.Start < start || v.End > end || v.Start >= v.End {
		t.Fatalf("a value at [%d,%d) in [%d,%d)", v.Start, v.End, start, end)
	}
	for _, item := range v.Items {
		inside(t, item, v.Start, v.End)
	}
}
