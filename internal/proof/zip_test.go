package proof

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// A member is what buildZip writes.
type member struct {
	name, data string
	method     uint16
}

func buildZip(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// patch overwrites the bytes at an offset from the first occurrence of after.
func patch(zip []byte, after string, offset int, with ...byte) []byte {
	copy(zip[bytes.Index(zip, []byte(after))+offset:], with)
	return zip
}

func TestZipSource(t *testing.T) {
	const central, end = "PK\x01\x02", "PK\x05\x06"
	le := binary.LittleEndian
	ordinary := func(more ...member) []byte {
		return buildZip(t, append([]member{{"a/data.pkl", "N.", 0}, {"a/data/0", "12345678", 0}}, more...)...)
	}
	// long is the archive with all its directory's numbers in zip64 fields.
	long := func(wrong uint64) []byte {
		z := ordinary()
		at := bytes.Index(z, []byte(end))
		e := z[at:]
		members, size, off := uint64(le.Uint16(e[10:])), uint64(le.Uint32(e[12:])), uint64(le.Uint32(e[16:]))
		e64 := append([]byte("PK\x06\x06"), make([]byte, 52)...)
		le.PutUint64(e64[4:], 44)
		le.PutUint64(e64[32:], members)
		le.PutUint64(e64[40:], size)
		le.PutUint64(e64[48:], off+wrong)
		locator := append([]byte("PK\x06\x07"), make([]byte, 16)...)
		le.PutUint64(locator[8:], uint64(at))
		for i := 10; i < 20; i++ {
			e[i] = 0xff
		}
		return slices.Concat(z[:at], e64, locator, e)
	}
	tests := []struct {
		name   string
		src    []byte
		refuse string
	}{
		{"ordinary", ordinary(), ""},
		{"deflated", buildZip(t, member{"a/data/0", "12345678", zip.Deflate}), ""},
		{"names in other case", buildZip(t, member{"A/x", "", 0}, member{"a/DATA/0", "12345678", 0}), ""},
		{"bytes behind", append(ordinary(), "behind"...), ""},
		{"zip64", long(0), ""},
		{"duplicate member", ordinary(member{"a/data/0", "12345678", 0}), "2 members"},
		{"duplicate without case", ordinary(member{"a/Data/0", "12345678", 0}), "2 members"},
		{"record in another root", buildZip(t, member{"a/data.pkl", "", 0}, member{"b/data/0", "12345678", 0}), "no record"},
		{"first member in no root", buildZip(t, member{"x", "", 0}, member{"a/data/0", "12345678", 0}), "no directory"},
		{"empty archive", buildZip(t), "does not begin"},
		{"no archive", []byte("PK\x03\x04" + strings.Repeat("x", 100)), "no end record"},
		{"bytes before", append([]byte("before"), ordinary()...), "does not begin"},
		{"another archive before", append(ordinary(), ordinary()...), "does not end at"},
		{"encrypted", patch(ordinary(), central, 8, 1), "encrypted"},
		{"unknown method", patch(buildZip(t, member{"a/data/0", "12345678", 0}), central, 10, 12), "method 12"},
		{"stored but not of that size", patch(buildZip(t, member{"a/data/0", "12345678", 0}), central, 24, 9), "stored, but"},
		{"longer than the archive", patch(buildZip(t, member{"a/data/0", "12345678", 0}), central, 20, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0), "do not end before"},
		{"local header elsewhere", patch(buildZip(t, member{"a/data/0", "12345678", 0}), central, 42, 1), "no local header"},
		{"shorter directory", patch(ordinary(), end, 12, 1), "does not end at"},
		{"fewer members", patch(ordinary(), end, 8, 1, 0, 1, 0), "behind the last member"},
		{"more members", patch(ordinary(), end, 8, 9, 0, 9, 0), "member 2"},
		{"two disks", patch(ordinary(), end, 4, 1), "does not end at"},
		{"zip64 disagrees", patch(long(0), end, 16, 1, 0, 0, 0), "disagree"},
		{"zip64 elsewhere", long(1), "does not end at"},
		{"big-endian", ordinary(member{"a/byteorder", "big", 0}), "big-endian is claimed false"},
		{"odd byte order", ordinary(member{"a/byteorder", "Big", 0}), `is "Big"`},
		{"byte order in other case", ordinary(member{"a/BYTEORDER", "big", 0}), "big-endian is claimed false"},
		{"deflated, but longer than it says", patch(buildZip(t, member{"a/data/0", "12345678abc", zip.Deflate}), central, 24, 8), "more than the 8 bytes"},
		{"deflated, but shorter than it says", patch(buildZip(t, member{"a/data/0", "1234567", zip.Deflate}), central, 24, 8), "unexpected EOF"},
		{"not deflated", patch(buildZip(t, member{"a/data/0", "\xff\xff\xff\xff5678", 0}), central, 10, 8), "corrupt"},
		{"bomb", buildZip(t, member{"a/data/0", strings.Repeat("0", 9<<20), zip.Deflate}), "limit exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Claim{Name: "x", Key: "data/0", DType: tensor.I16, Shape: []int64{4}, Strides: []int64{1}}
			dst := safetensorsFile(stTensor{"x", "I16", []int64{4}, []byte("12345678")})
			opt := Options{Limits: safeio.Limits{MaxRatio: 500}}
			_, err := Compare(t.Context(), bytes.NewReader(tt.src), int64(len(tt.src)), []Claim{c}, bytes.NewReader(dst), int64(len(dst)), opt)
			switch {
			case tt.refuse == "" && err != nil:
				t.Error(err)
			case tt.refuse != "" && (err == nil || !strings.Contains(err.Error(), tt.refuse)):
				t.Errorf("got %v, want %q", err, tt.refuse)
			}
		})
	}
}

// TestWrongDuplicate has the right bytes in one of two members: whichever a
// reader takes, the file is ambiguous.
func TestWrongDuplicate(t *testing.T) {
	for _, right := range []int{0, 1} {
		data := []string{"wrong678", "wrong678"}
		data[right] = "12345678"
		src := buildZip(t, member{"a/data/0", data[0], 0}, member{"a/DATA/0", data[1], 0})
		c := Claim{Name: "x", Key: "data/0", DType: tensor.U8, Shape: []int64{8}, Strides: []int64{1}}
		if _, err := compare(src, []Claim{c}, safetensorsFile(stTensor{"x", "U8", []int64{8}, []byte("12345678")})); err == nil {
			t.Errorf("accepted with the right bytes in member %d", right)
		}
	}
}

// TestLargeDeflatedRecord reads a record that is not held in memory, also out of order.
func TestLargeDeflatedRecord(t *testing.T) {
	const n = 1200
	data := make([]byte, n*n*2)
	for i := range n * n {
		binary.LittleEndian.PutUint16(data[2*i:], uint16(i*i>>5))
	}
	src := buildZip(t, member{"a/data/0", string(data), zip.Deflate})
	claims := []Claim{
		{Name: "t", Key: "data/0", DType: tensor.F16, Shape: []int64{n, n}, Strides: []int64{1, n}},
		{Name: "w", Key: "data/0", DType: tensor.F16, Shape: []int64{n, n}, Strides: []int64{n, 1}},
		{Name: "inside", Key: "data/0", Region: &Region{Off: 1 << 20, Len: 8}, DType: tensor.F64},
	}
	dst := safetensorsFile(
		stTensor{"t", "F16", []int64{n, n}, naive(data, claims[0], 2)},
		stTensor{"w", "F16", []int64{n, n}, data},
		stTensor{"inside", "F64", nil, data[1<<20:][:8]})
	res, err := compare(src, claims, dst)
	if err != nil || !cmp.Equal(res, Result{Tensors: 3, BytesCompared: 4*n*n + 8}) {
		t.Fatalf("%+v, %v", res, err)
	}
	dst[len(dst)-9] ^= 1
	if _, err := compare(src, claims, dst); !errors.As(err, new(*Difference)) {
		t.Errorf("last bit of w: %v", err)
	}
}
