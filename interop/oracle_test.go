package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An oracle is the JSON beside a file of testdata: what the library that wrote
// the file finds in it (testdata/README.md).
type oracle struct {
	File    string
	Weights [][]string
	Tensors []struct {
		Path     []any
		DType    string
		Shape    []int64
		ItemSize int64
		SHA256   string // "" where there are no strided elements
	}
}

func readOracle(t *testing.T, path string) oracle {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var o oracle
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return o
}

// A stored tensor is what a safetensors file holds under a name.
type stored struct {
	DType  string
	Shape  []int64
	SHA256 string
}

// expected returns the tensors of x.safetensors and of x.state.safetensors.
func (o *oracle) expected() (weights, state map[string]stored) {
	weights, state = map[string]stored{}, map[string]stored{}
	for _, x := range o.Tensors {
		path := make([]string, len(x.Path))
		for i, k := range x.Path {
			path[i] = fmt.Sprint(k)
		}
		into := weights
		if part := o.part(path); len(o.Weights) > 0 && part < 0 {
			into = state
		} else if len(o.Weights) == 1 {
			path = path[part:]
		}
		s := stored{dtypes[strings.TrimLeft(x.DType, "<>|")], x.Shape, x.SHA256}
		if s.DType == "" {
			size := x.ItemSize
			if size == 0 {
				size = map[string]int64{"complex128": 16, "complex32": 4, "bcomplex32": 4}[x.DType]
			}
			s.DType, s.Shape = "U8", append(x.Shape[:len(x.Shape):len(x.Shape)], size)
		}
		into[strings.Join(path, ".")] = s
	}
	return weights, state
}

// part returns the length of the key path of the part that path lies in, or -1.
func (o *oracle) part(path []string) int {
	for _, w := range o.Weights {
		if len(path) > len(w) && strings.Join(path[:len(w)], "\x00") == strings.Join(w, "\x00") {
			return len(w)
		}
	}
	return -1
}

// dtypes maps the names of torch, and those of numpy without byte order, to
// the names of safetensors.
var dtypes = map[string]string{
	"bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32", "uint64": "U64",
	"int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64", "complex64": "C64", "float8_e5m2": "F8_E5M2",
	"float8_e4m3fn": "F8_E4M3", "float8_e8m0fnu": "F8_E8M0", "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ", "float4_e2m1fn_x2": "F4",
	"b1": "BOOL", "u1": "U8", "i1": "I8", "u2": "U16", "i2": "I16", "u4": "U32", "i4": "I32", "u8": "U64", "i8": "I64",
	"f2": "F16", "f4": "F32", "f8": "F64", "c8": "C64",
}

// readSafetensors reads a file by the plainest means: eight bytes of length,
// a JSON header, and bytes.
func readSafetensors(t *testing.T, path string) (tensors map[string]stored, metadata map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := data[8 : 8+binary.LittleEndian.Uint64(data)]
	data = data[8+len(head):]
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(head, &entries); err != nil {
		t.Fatalf("%s: header: %v", filepath.Base(path), err)
	}
	tensors = map[string]stored{}
	for name, raw := range entries {
		if name == "__metadata__" {
			if err := json.Unmarshal(raw, &metadata); err != nil {
				t.Fatalf("%s: metadata: %v", filepath.Base(path), err)
			}
			continue
		}
		var e struct {
			DType   string  `json:"dtype"`
			Shape   []int64 `json:"shape"`
			Offsets [2]int  `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatalf("%s: %q: %v", filepath.Base(path), name, err)
		}
		sum := sha256.Sum256(data[e.Offsets[0]:e.Offsets[1]])
		shape := e.Shape
		if e.DType == "F4" { // torch counts pairs, safetensors values
			shape[len(shape)-1] /= 2
		}
		tensors[name] = stored{e.DType, shape, hex.EncodeToString(sum[:])}
	}
	return tensors, metadata
}

func digest(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
