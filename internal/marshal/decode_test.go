package marshal

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The inputs are what marshal.dumps of CPython 3.11 (version 4) and 3.14 (slices)
// writes, or damage to it.
func TestDecode(t *testing.T) {
	huge, _ := new(big.Int).SetString("-1000000000000000000000000", 10)
	for name, test := range map[string]struct {
		in   string
		want Value
	}{
		"none":           {"N", nil},
		"true":           {"T", true},
		"ellipsis":       {".", Ellipsis},
		"int":            {"i\xfe\xff\xff\xff", big.NewInt(-2)},
		"long":           {"\xec\x03\x00\x00\x00\x00\x00\x00\x00\x00\x04", big.NewInt(1 << 40)},
		"huge":           {"\xec\xfa\xff\xff\xff\x00\x00\x00B\xb63v^!<\x1a\x00", huge},
		"float":          {"g\x00\x00\x00\x00\x00\xe0\x6f\x40", 255.0},
		"float as text":  {"f\x031.5", 1.5},
		"complex":        {"y\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x3f", complex(0, 1.5)},
		"bytes":          {"s\x02\x00\x00\x00\x00\xff", Bytes("\x00\xff")},
		"short ascii":    {"\xda\x03abc", "abc"},
		"unicode":        {"u\x02\x00\x00\x00\xc3\xa9", "é"},
		"tuple":          {")\x02i\x01\x00\x00\x00N", Tuple{big.NewInt(1), nil}},
		"shared":         {")\x02\xfa\x01ar\x00\x00\x00\x00", Tuple{"a", "a"}},
		"list":           {"[\x01\x00\x00\x00T", List{true}},
		"dict":           {"{z\x01kF0", Dict{{"k", false}}},
		"frozenset":      {">\x01\x00\x00\x00z\x01k", &Set{true, []Value{"k"}}},
		"slice of 3.14":  {":i\x01\x00\x00\x00NN", &Slice{big.NewInt(1), nil, nil}},
		"negative zero":  {"g\x00\x00\x00\x00\x00\x00\x00\x80", math.Copysign(0, -1)},
		"lone surrogate": {"u\x03\x00\x00\x00\xed\xa0\x80", "\xed\xa0\x80"},
	} {
		t.Run(name, func(t *testing.T) {
			v, size, err := Decode([]byte(test.in), Layout311)
			if err != nil {
				t.Fatal(err)
			}
			if size != len(test.in) {
				t.Errorf("%d of %d bytes", size, len(test.in))
			}
			equal := cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
			if diff := cmp.Diff(test.want, v, equal); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ in, reason string }{
		"empty":                   {"", "1 bytes wanted"},
		"unknown type":            {"?", "no object begins with"},
		"null in a tuple":         {")\x010", "NULL"},
		"length beyond the input": {"s\xff\xff\xff\x7fab", "bytes wanted"},
		"negative length":         {"s\xff\xff\xff\xff", "bytes wanted"},
		"items beyond the input":  {"(\xff\xff\xff\x7fN", "items in"},
		"digits beyond the input": {"l\xff\xff\xff\x7f\x01\x00", "digits"},
		"leading zero digit":      {"l\x01\x00\x00\x00\x00\x00", "digit"},
		"digit of 16 bits":        {"l\x01\x00\x00\x00\x00\x80", "digit"},
		"unknown reference":       {"r\x00\x00\x00\x00", "reference 0 of 0"},
		"itself":                  {"\xa9\x01r\x00\x00\x00\x00", "not complete"},
		"not ASCII":               {"z\x01\xe9", "beyond ASCII"},
		"too deep":                {strings.Repeat(")\x01", 3000) + "N", "nested deeper"},
		"too many":                {"(\x80\x84\x1e\x00" + strings.Repeat("N", 2_000_000), "more than 1000000 values"},
		"code without a tuple":    {"c" + strings.Repeat("\x00\x00\x00\x00", 5) + "s\x00\x00\x00\x00N", "no tuple"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Decode([]byte(test.in), Layout311)
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %v, want %q", err, test.reason)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xa9\x02\xda\x01ar\x01\x00\x00\x00"))
	f.Add([]byte("{z\x01kF0"))
	f.Add([]byte(">\x01\x00\x00\x00l\xfe\xff\xff\xff\x01\x00\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, layout := range Layouts() {
			_, size, err := Decode(b, layout)
			if err != nil {
				continue
			}
			if size <= 0 || size > len(b) {
				t.Errorf("took %d of %d bytes", size, len(b))
			}
			if _, again, err := Decode(b[:size], layout); err != nil || again != size {
				t.Errorf("the same bytes alone: %d, %v", again, err)
			}
			if _, _, err := Decode(b[:size-1], layout); err == nil {
				t.Error("one byte less makes sense, too")
			}
		}
	})
}
