package scan

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/hdf5"
)

// TestKerasLarge: of the weights of an archive no more is read than where they are, and
// they are not summed up; what is compressed is.
func TestKerasLarge(t *testing.T) {
	const size = 8 << 20
	plan, err := hdf5.PlanFile(&hdf5.Node{Children: []*hdf5.Node{{Name: "layers", Children: []*hdf5.Node{{Name: "0", Data: &hdf5.NewData{Type: hdf5.Number("u1"), Dims: []int64{size}, Write: func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte{7}, size))
		return err
	}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var weights bytes.Buffer
	if _, err := plan.WriteTo(&weights); err != nil {
		t.Fatal(err)
	}
	members := map[string]string{"config.json": `{"class_name": "Sequential", "config": {"layers": []}}`, "metadata.json": `{"keras_version": "3.9.0"}`, "model.weights.h5": weights.String()}
	data := kerasArchive(t, members)
	r := &counted{r: bytes.NewReader(data)}
	if res := Scan(t.Context(), r, int64(len(data)), "m.keras", Options{}); res.Artifact.Verdict != audit.VerdictClean || r.n.Load() > size/4 {
		t.Errorf("%s, %d bytes of %d read", res.Artifact.Verdict, r.n.Load(), len(data))
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range members {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(weights.Bytes()))
	wrong := bytes.ReplaceAll(b.Bytes(), sum, []byte{1, 2, 3, 4})
	if a := scanned(t, "m.keras", wrong, Options{}); !slices.Contains(rulesOf(a), "MA203") {
		t.Errorf("compressed weights with a wrong checksum: %v %v", rulesOf(a), a.Coverage.Unread)
	}
}
