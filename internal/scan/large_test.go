package scan

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// A long header or directory asks for its memory before it is read, so that
// several at a time wait for one another.
func TestLargeDirectories(t *testing.T) {
	header := func(n int) []byte {
		text := `{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}` + strings.Repeat(" ", n) + "}"
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	}
	var many bytes.Buffer
	z := zip.NewWriter(&many)
	for i := range 60_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("a/%040d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"a.safetensors", header(100), false},
		{"b.safetensors", header(5 << 20), true},
		{"c.pt", checkpoint(t, goodCheckpoint), false},
		{"d.pt", many.Bytes(), true},
	} {
		asked := false
		Scan(t.Context(), bytes.NewReader(c.data), int64(len(c.data)), c.name, Options{Large: func() { asked = true }})
		if asked != c.want {
			t.Errorf("%s: asked %v", c.name, asked)
		}
	}
}
