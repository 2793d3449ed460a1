package proof

import (
	"errors"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// The escaped texts are what Python 3.11's text.encode("raw-unicode-escape")
// and pickle protocol 0 write, and what decode("raw-unicode-escape") makes of them.
func TestSpelledAsText(t *testing.T) {
	latin, esc, quoted := Region{Latin1: true}, Region{Escaped: true}, Region{Quoted: true}
	tests := []struct {
		name, text string
		region     Region
		want       string // "" for a refusal
	}{
		{"latin-1", "\u00e9a\u00ff", latin, "\xe9a\xff"},
		{"code point above 255", "a\u0100b", latin, ""},
		{"too short", "\u00e9\u00e9", latin, ""},
		{"escapes", "\xe9\\u005c\\u000a\\U000000ff", esc, "\xe9\\\n\xff"},
		{"backslashes that escape nothing", `a\\u0041\n\`, esc, `a\\u0041\n\`},
		{"escape above 255", `a\u0100b`, esc, ""},
		{"escape of other digits", `ab\u00zz`, esc, ""},
		{"escape cut off", `ab\u00`, esc, ""},
		{"str of Python 2", `a\'\"\\\a\b\t\n\v\f\r\x00\xff\7\1012\400\q'`, quoted, "a'\"\\\a\b\t\n\v\f\r\x00\xff\aA2\x00\\q'"},
		{"str that ends in an escape", `ab\`, quoted, ""},
		{"str whose escape is cut off", `ab\x6`, quoted, ""},
		{"str whose escape has other digits", `ab\x6g`, quoted, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = "abc"
			}
			n := []int64{int64(len(want))}
			tt.region.Len = int64(len(tt.text))
			c := Claim{Name: "x", DType: tensor.U8, Shape: n, Strides: []int64{1}, Region: &tt.region}
			_, err := compare([]byte(tt.text), []Claim{c}, safetensorsFile(stTensor{"x", "U8", n, []byte(want)}))
			if tt.want != "" && err != nil || tt.want == "" && (err == nil || errors.As(err, new(*Difference))) {
				t.Error(err)
			}
		})
	}
}
