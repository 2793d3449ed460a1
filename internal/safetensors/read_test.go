package safetensors

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

func TestReadRefuses(t *testing.T) {
	entry := func(fields string) []byte { return file(`{"t":{`+fields+`}}`, "abcd") }
	const good = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`
	tests := []struct {
		name   string
		file   []byte
		offset int64
		msg    string
	}{
		{"nothing", nil, 0, "cannot hold the header's length"},
		{"length cut", []byte("\x02\x00\x00\x00\x00\x00\x00"), 0, "cannot hold the header's length"},
		{"length above file", []byte("\x03\x00\x00\x00\x00\x00\x00\x00{}"), 0, "does not fit"},
		{"length above limit", []byte("\x01\xe1\xf5\x05\x00\x00\x00\x00{}"), 0, "above 100000000"},
		{"length with the top bit", []byte("\x02\x00\x00\x00\x00\x00\x00\x80{}"), 0, "above 100000000"},
		{"length zero", make([]byte, 8), 8, "does not begin with a brace"},
		{"space before the brace", file(" {}", ""), 8, "does not begin with a brace"},
		{"byte order mark", file("\ufeff{}", ""), 8, "does not begin with a brace"},
		{"array", file("[]", ""), 8, "does not begin with a brace"},
		{"not UTF-8", file("{\"\xff\":1}", ""), 10, "not UTF-8"},
		{"surrogate as UTF-8", file("{\"é\xed\xa0\x80\":1}", ""), 12, "not UTF-8"},
		{"ends in object", file("{", ""), 9, "header ends"},
		{"ends in name", file(`{"a`, ""), 11, "ends inside a string"},
		{"ends in escape", file(`{"\`, ""), 10, "ends inside a string"},
		{"ends in shape", file(`{"t":{"shape":[1`, ""), 22, "no end"},
		{"trailing newline", file("{}\n", ""), 10, "other than spaces"},
		{"trailing NUL", file("{} \x00", ""), 11, "other than spaces"},
		{"second object", file("{}{}", ""), 10, "other than spaces"},
		{"trailing comma", file(`{"t":{`+good+`},}`, "abcd"), 62, `'}' stands where '"'`},
		{"unquoted name", file(`{t:1}`, ""), 9, "'t' stands where"},
		{"control character in name", file("{\"a\nb\":1}", ""), 11, "control character"},
		{"unknown escape", file(`{"\x41":1}`, ""), 10, "unknown escape"},
		{"short \\u", file(`{"\u12":1}`, ""), 10, "four hexadecimal"},
		{"signed \\u", file(`{"\u+123":1}`, ""), 10, "four hexadecimal"},
		{"lone high surrogate", file(`{"\ud800":1}`, ""), 10, "half a surrogate pair"},
		{"lone low surrogate", file(`{"\udc00":1}`, ""), 10, "half a surrogate pair"},
		{"surrogates the wrong way", file(`{"\udc00\ud800":1}`, ""), 10, "half a surrogate pair"},
		{"high surrogate and letter", file(`{"\ud800\u0041":1}`, ""), 10, "half a surrogate pair"},

		{"metadata null", file(`{"__metadata__":null}`, ""), 24, `'n' stands where '{'`},
		{"metadata number", file(`{"__metadata__":{"a":1}}`, ""), 29, `'1' stands where '"'`},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, ""), 27, "stands twice"},
		{"metadata key twice", file(`{"__metadata__":{"a":"","\u0061":""}}`, ""), 32, "stands twice"},
		{"name twice", file(`{"t":{`+good+`},"\u0074":{`+good+`}}`, "abcd"), 62, `"t" stands twice`},

		{"entry null", file(`{"t":null}`, ""), 13, `'n' stands where '{'`},
		{"entry array", file(`{"t":["F32",[1],[0,4]]}`, "abcd"), 13, `'[' stands where '{'`},
		{"dtype missing", entry(`"shape":[1],"data_offsets":[0,4]`), 9, "needs dtype"},
		{"shape missing", entry(`"dtype":"F32","data_offsets":[0,4]`), 9, "needs dtype, shape"},
		{"offsets missing", entry(`"dtype":"F32","shape":[1]`), 9, "two data_offsets"},
		{"one offset", entry(`"dtype":"F32","shape":[1],"data_offsets":[4]`), 9, "two data_offsets"},
		{"three offsets", entry(`"dtype":"F32","shape":[1],"data_offsets":[0,4,4]`), 9, "two data_offsets"},
		{"field twice", entry(good + `,"dtype":"F32"`), 61, `"dtype" twice`},
		{"unknown field", entry(good + `,"x":1`), 61, `unknown key "x"`},
		{"dtype of torch", entry(`"dtype":"float32","shape":[1],"data_offsets":[0,4]`), 9, `unknown dtype "float32"`},
		{"dtype lower case", entry(`"dtype":"f32","shape":[1],"data_offsets":[0,4]`), 9, `unknown dtype "f32"`},
		{"dtype as variant", entry(`"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]`), 22, `'{' stands where '"'`},
		{"shape no array", entry(`"dtype":"F32","shape":1,"data_offsets":[0,4]`), 36, `'1' stands where '['`},
		{"shape of text", entry(`"dtype":"F32","shape":["1"],"data_offsets":[0,4]`), 37, "integer belongs"},
		{"float", entry(`"dtype":"F32","shape":[1.0],"data_offsets":[0,4]`), 37, `"1.0" is not a plain`},
		{"exponent", entry(`"dtype":"F32","shape":[1e0],"data_offsets":[0,4]`), 37, `"1e0" is not a plain`},
		{"negative", entry(`"dtype":"F32","shape":[-1],"data_offsets":[0,4]`), 37, `"-1" is not a plain`},
		{"minus zero", entry(`"dtype":"F32","shape":[1],"data_offsets":[-0,4]`), 56, `"-0" is not a plain`},
		{"leading zero", entry(`"dtype":"F32","shape":[01],"data_offsets":[0,4]`), 37, `"01" is not a plain`},
		{"size 2^63", entry(`"dtype":"F32","shape":[0,9223372036854775808],"data_offsets":[0,0]`), 39, "above 2^63-1"},
		{"elements overflow", entry(`"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]`), 9, "elements overflows"},
		{"elements overflow before 0", entry(`"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]`), 9, "elements overflows"},
		{"bits overflow", entry(`"dtype":"U8","shape":[2305843009213693952],"data_offsets":[0,0]`), 9, "bits overflows"},
		{"half a byte", entry(`"dtype":"F4","shape":[1],"data_offsets":[0,1]`), 9, "4 bits are no whole"},
		{"scalar F4", entry(`"dtype":"F4","shape":[],"data_offsets":[0,1]`), 9, "4 bits are no whole"},
		{"odd rows of F4", entry(`"dtype":"F4","shape":[2,3],"data_offsets":[0,3]`), 9, "F4 is odd"},
		{"range too long", entry(`"dtype":"F32","shape":[],"data_offsets":[0,5]`), 9, "4 bytes but"},
		{"range backwards", entry(`"dtype":"F32","shape":[0],"data_offsets":[4,0]`), 9, "0 bytes but"},

		{"hole at start", entry(`"dtype":"U8","shape":[3],"data_offsets":[1,4]`), 61, "begins at 1"},
		{"hole at end", file(`{"t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}`, "abcd"), 64, "3 bytes, the file holds 4"},
		{"file cut", file(`{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, "abc"), 64, "4 bytes, the file holds 3"},
		{"no tensor for the bytes", file(`{}`, "a"), 10, "0 bytes, the file holds 1"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, "abcd"),
			116, `"b" begins at 2`},
		{"alias", file(`{"a":{`+good+`},"b":{`+good+`}}`, "abcd"), 119, `"b" begins at 0`},
		{"empty inside another", file(`{"a":{`+good+`},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}`, "abcd"), 118, `"b" begins at 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.file)
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("err = %v, want a FormatError", err)
			}
			if fe.Offset != tt.offset || !strings.Contains(fe.Msg, tt.msg) {
				t.Errorf("at %d: %s\nwant at %d: ...%s...", fe.Offset, fe.Msg, tt.offset, tt.msg)
			}
		})
	}
}

func TestReadAccepts(t *testing.T) {
	tests := []struct {
		name   string
		header string
		data   string
		want   []Entry
	}{
		{"no tensors", "{}", "", []Entry{}},
		{"padding", "{}      ", "", []Entry{}},
		{"white space between tokens", "{ \"t\"\t:\r\n{ \"shape\" : [ 1 , 2 ] ,\"data_offsets\":[ 0,2 ],\"dtype\":\"U8\" } }", "ab",
			[]Entry{{"t", tensor.U8, []int64{1, 2}, 0, 2}}},
		{"escaped keys", `{"\u0074\ud83d\udc0d\/":{"\u0064type":"\u00558","shape":[],"data_offsets":[0,1]}}`, "a",
			[]Entry{{"t🐍/", tensor.U8, []int64{}, 0, 1}}},
		{"any order in the header",
			`{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"b":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}`, "abc",
			[]Entry{{"b", tensor.I16, []int64{1}, 0, 2}, {"a", tensor.U8, []int64{1}, 2, 3}}},
		{"empty tensors between others, in the header's order",
			`{"z":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},` +
				`"x":{"dtype":"F64","shape":[2,0],"data_offsets":[1,1]},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, "a",
			[]Entry{{"w", tensor.U8, []int64{0}, 0, 0}, {"z", tensor.U8, []int64{1}, 0, 1},
				{"y", tensor.U8, []int64{0}, 1, 1}, {"x", tensor.F64, []int64{2, 0}, 1, 1}}},
		{"not aligned",
			`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F64","shape":[],"data_offsets":[1,9]}}`, "abcdefghi",
			[]Entry{{"a", tensor.U8, []int64{1}, 0, 1}, {"b", tensor.F64, []int64{}, 1, 9}}},
		{"six bits", `{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}`, "abc",
			[]Entry{{"a", F6E2M3, []int64{4}, 0, 3}}},
		{"huge sizes beside 0", `{"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}`, "",
			[]Entry{{"a", tensor.F32, []int64{0, 1<<63 - 1, 1<<63 - 1}, 0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := file(tt.header, tt.data)
			f, err := read(b)
			if err != nil {
				t.Fatal(err)
			}
			want := &File{Entries: tt.want, HeaderSize: int64(len(tt.header)), DataOffset: 8 + int64(len(tt.header))}
			if d := cmp.Diff(want, f); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for _, x := range f.Source(bytes.NewReader(b)) {
				if err := x.Check(); (err == nil) != (x.DType != F6E2M3) {
					t.Errorf("Check of %q: %v", x.Name, err)
				}
			}
		})
	}
}

func TestMetadataKeepsTheFilesOrder(t *testing.T) {
	f, err := read(file(`{"__metadata__":{"z":"1","a":"2","m":"\u0000"}}`, ""))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"z", "a", "m"}, f.MetadataKeys); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"z": "1", "a": "2", "m": "\x00"}, f.Metadata); d != "" {
		t.Error(d)
	}
}

func TestReadLimits(t *testing.T) {
	empty := func(name string) string { return `"` + name + `":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}` }
	tests := []struct{ name, header string }{
		{"tensors", `{` + empty("a") + `,` + empty("b") + `,` + empty("c") + `}`},
		{"metadata keys", `{"__metadata__":{"a":"","b":"","c":""}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := file(tt.header, "")
			if _, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxMembers: 3}); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			if _, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxMembers: 2}); !errors.Is(err, safeio.ErrLimit) {
				t.Errorf("above the limit: %v", err)
			}
		})
	}
}

// A readerAt that has only the header and fails beyond it.
type headerOnly []byte

func (h headerOnly) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > int64(len(h)) {
		return 0, io.ErrClosedPipe
	}
	return copy(b, h[off:]), nil
}

func TestReadTouchesNoTensor(t *testing.T) {
	b := file(`{"t":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}`, "")
	f, err := Read(headerOnly(b), int64(len(b))+1<<40, safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Source(headerOnly(b))[0].Bytes(); got != 1<<40 {
		t.Errorf("%d bytes", got)
	}
}

func TestReadPassesOnTheReadersError(t *testing.T) {
	b := file(`{}`, "")
	for n := range len(b) {
		if _, err := Read(headerOnly(b[:n]), int64(len(b)), safeio.Limits{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestMessagesEscapeNames(t *testing.T) {
	_, err := read(file(`{"\u001b[2J`+strings.Repeat("x", 1000)+`":{}}`, ""))
	if err == nil || strings.ContainsRune(err.Error(), 0x1b) || len(err.Error()) > 200 {
		t.Errorf("%v", err)
	}
}
