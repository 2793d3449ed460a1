package safetensors

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tensor"
)

// FuzzRead gives Read any bytes. See checkFile for what holds.
func FuzzRead(f *testing.F) {
	for name := range samples(f) {
		f.Add(readSample(f, name))
	}
	f.Fuzz(checkFile)
}

// FuzzHeader gives Read files whose header length is right.
func FuzzHeader(f *testing.F) {
	for name := range samples(f) {
		b := readSample(f, name)
		x, err := read(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b[8:x.DataOffset]), string(b[x.DataOffset:]))
	}
	f.Add(`{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}`, "abc")
	f.Add(`{"__metadata__":{"\ud83d\udc0d":"\n"} ,"\u0061":{"shape":[0,9223372036854775806],"dtype":"F4","data_offsets":[0,0]}}`, "")
	f.Fuzz(func(t *testing.T, header, data string) { checkFile(t, file(header, data)) })
}

// checkFile checks that Read does not panic, gives a FormatError inside the
// file for what is no valid file, and that what it accepts is written again
// with the same tensors and metadata, to a file that writes itself.
func checkFile(t *testing.T, b []byte) {
	first, err := read(b)
	if err != nil {
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Offset < 0 || fe.Offset > int64(len(b)) {
			t.Fatalf("%v", err)
		}
		return
	}
	again, err := rewrite(first, b)
	if err != nil {
		t.Fatal(err)
	}
	second, err := read(again)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(content(first, b), content(second, again)); d != "" {
		t.Fatalf("(-file +rewritten):\n%s", d)
	}
	third, err := rewrite(second, again)
	if err != nil || !bytes.Equal(again, third) {
		t.Fatalf("not stable: %v", err)
	}
}

type value struct {
	DType tensor.DType
	Shape []int64
	Data  []byte
}

// content is what the file b means: nothing of order and place but the
// metadata's order.
func content(f *File, b []byte) any {
	tensors := map[string]value{}
	for _, e := range f.Entries {
		tensors[e.Name] = value{e.DType, e.Shape, b[f.DataOffset+e.Begin : f.DataOffset+e.End]}
	}
	return []any{tensors, f.Metadata, f.MetadataKeys}
}
