package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// load reads a file of testdata/make.py, its claims, and the safetensors file
// that the safetensors library made of it.
func load(t testing.TB, dir, name, converted string) (src []byte, claims []Claim, dst []byte) {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var described []struct {
		Claim
		Torch string
	}
	if err := json.Unmarshal(read(name+".json"), &described); err != nil {
		t.Fatal(err)
	}
	for _, d := range described {
		info, ok := tensor.FromTorch(d.Torch)
		if !ok {
			t.Fatalf("type %q", d.Torch)
		}
		d.Claim.DType = info.DType
		claims = append(claims, d.Claim)
	}
	return read(name), claims, read(converted)
}

// checkTorchFiles compares every file of dir with what the safetensors library made of it.
func checkTorchFiles(t *testing.T, dir string) {
	for name, converted := range map[string]string{
		"model.pt": "model.safetensors", "deflated.pt": "model.safetensors", "big.pt": "model.safetensors", "legacy.pt": "legacy.safetensors",
	} {
		t.Run(name, func(t *testing.T) {
			src, claims, dst := load(t, dir, name, converted)
			res, err := compare(src, claims, dst)
			if err != nil || res.Tensors != len(claims) || res.BytesCompared == 0 {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
}

func TestCompareTorchFiles(t *testing.T) { checkTorchFiles(t, filepath.Join("testdata", "torch")) }

// TestSabotage spoils one thing at a time; the proof must fail each time.
func TestSabotage(t *testing.T) {
	type file struct {
		src, dst []byte
		claims   []Claim
	}
	claim := func(f *file, name string) *Claim {
		return &f.claims[slices.IndexFunc(f.claims, func(c Claim) bool { return c.Name == name })]
	}
	different, mismatch := func(err error) bool { return errors.As(err, new(*Difference)) }, func(err error) bool { return errors.As(err, new(*MismatchError)) }
	unread := func(err error) bool { return !different(err) && !mismatch(err) }
	tests := []struct {
		name  string
		spoil func(f *file)
		want  func(error) bool
	}{
		{"wrong stride", func(f *file) { claim(f, "t").Strides = []int64{6, 1} }, different},
		{"wrong offset", func(f *file) { claim(f, "slice").Offset++ }, different},
		{"tensor of another storage", func(f *file) { claim(f, "t").Key = claim(f, "same").Key }, different},
		{"swapped tensors", func(f *file) { claim(f, "view0").Name, claim(f, "i64").Name = "i64", "view0" }, mismatch},
		{"swapped tensors of one type and shape", func(f *file) { claim(f, "same").Name, claim(f, "w").Name = "w", "same" }, different},
		{"wrong byte order", func(f *file) { claim(f, "w").BigEndian = true }, mismatch},
		{"wrong byte order of a region", func(f *file) {
			c := claim(f, "i64")
			c.Region = &Region{Off: int64(bytes.Index(f.src, i64bytes)), Len: 40}
			c.Key, c.BigEndian = "", true
		}, different},
		{"dropped conjugation", func(f *file) { claim(f, "conj").Conj = false }, different},
		{"dropped negation", func(f *file) { claim(f, "neg").Neg = false }, different},
		{"conjugated reals", func(f *file) { claim(f, "w").Conj = true }, mismatch},
		{"other type of one size", func(f *file) { claim(f, "half").DType = tensor.BF16 }, mismatch},
		{"other shape of one size", func(f *file) { claim(f, "w").Shape = []int64{10, 6} }, mismatch},
		{"view beyond its storage", func(f *file) { claim(f, "w").Offset = 1 }, mismatch},
		{"negative stride", func(f *file) { claim(f, "w").Strides = []int64{10, -1} }, mismatch},
		{"overflowing stride", func(f *file) { claim(f, "w").Strides = []int64{1 << 62, 1} }, mismatch},
		{"record that is not there", func(f *file) { claim(f, "w").Key = "data/99" }, mismatch},
		{"claim without a place", func(f *file) { claim(f, "w").Key = "" }, mismatch},
		{"region beyond the file", func(f *file) { claim(f, "w").Region = &Region{Off: 1, Len: 240} }, mismatch},
		{"missing tensor", func(f *file) { f.claims = append(f.claims, Claim{Name: "more", Region: &Region{}}) }, mismatch},
		{"extra tensor", func(f *file) { f.claims = f.claims[1:] }, mismatch},
		{"renamed tensor", func(f *file) { claim(f, "w").Name = "v" }, mismatch},
		{"tensor claimed twice", func(f *file) { f.claims = append(f.claims, f.claims[0]) }, mismatch},
		{"last bit of the result", func(f *file) { f.dst[len(f.dst)-1] ^= 0x80 }, different},
		{"one bit of the source", func(f *file) { f.src[bytes.Index(f.src, i64bytes)] ^= 1 }, different},
		{"truncated result", func(f *file) { f.dst = f.dst[:len(f.dst)-1] }, unread},
		{"bytes behind the result", func(f *file) { f.dst = append(f.dst, 0) }, unread},
		{"truncated source", func(f *file) { f.src = f.src[:len(f.src)/2] }, unread},
		{"empty result", func(f *file) { f.dst = nil }, unread},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f file
			f.src, f.claims, f.dst = load(t, filepath.Join("testdata", "torch"), "model.pt", "model.safetensors")
			tt.spoil(&f)
			if res, err := compare(f.src, f.claims, f.dst); err == nil || !tt.want(err) {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
}

// i64bytes are those of the tensor i64: -2 to 2.
var i64bytes = []byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00")
