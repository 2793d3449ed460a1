package scan

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/hdf5"
)

// PyTables pickles the values of attributes and of arrays of objects
// (testdata/pytables/make.py), and unpickles whatever stands there.
func TestPyTables(t *testing.T) {
	if r := scanFile(t, "testdata/pytables/objects.h5"); !slices.Equal(found(r), []string{"MA110 string.Template", "MA110 string.Template"}) || len(r.Artifact.Coverage.Unread) > 0 {
		t.Errorf("%q %v", found(r), r.Artifact.Coverage.Unread)
	}
	if r := scanFile(t, "testdata/pytables/text.h5"); len(found(r)) != 1 || !strings.HasSuffix(found(r)[0], " string.Template") {
		t.Errorf("%q", found(r))
	}
	if r := scanFile(t, "testdata/pytables/plain.h5"); len(found(r)) > 0 || len(r.Artifact.Coverage.Unread) > 0 {
		t.Errorf("%q %v", found(r), r.Artifact.Coverage.Unread)
	}
}

func TestPicklesInHDF5(t *testing.T) {
	const call = "(S'true'\nios\nsystem\n."
	for _, tt := range []struct {
		name      string
		attribute string
		data      string
		want      []string
	}{
		{"an attribute", call, "", []string{"MA101 os.system"}},
		{"behind much text", "V" + string(bytes.Repeat([]byte("x"), 9000)) + "\n0" + call, "", []string{"MA101 os.system"}},
		{"an attribute that PyTables takes for text", call + "x", "", nil},
		{"prose", "Some layers are frozen.", "", nil},
		{"lines", "camera\nlens\nand what else was used.", "", nil},
		{"a pickle of plain values", "(lp0\nI1\na.", "", nil},
		{"a dataset", "", call + "\x00\x00", []string{"MA101 os.system"}},
		{"numbers", "", "\x80\x02\x03\x04", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := &hdf5.Node{}
			if tt.attribute != "" {
				typ := &hdf5.Type{Class: hdf5.String, Size: int64(len(tt.attribute)), Padding: 1}
				root.Attributes = []hdf5.NewAttribute{{Name: "title", Type: typ, Texts: []string{tt.attribute}}}
			}
			if tt.data != "" {
				root.Children = []*hdf5.Node{{Name: "d", Data: &hdf5.NewData{Type: &hdf5.Type{Class: hdf5.Integer, Size: 1, Precision: 8}, Dims: []int64{int64(len(tt.data))},
					Write: func(w io.Writer) error { _, err := io.WriteString(w, tt.data); return err }}}}
			}
			plan, err := hdf5.PlanFile(root)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := plan.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			if r := scanBytes(t, "m.h5", b.Bytes()); !slices.Equal(found(r), tt.want) || len(r.Artifact.Coverage.Unread) > 0 {
				t.Errorf("%q %v", found(r), r.Artifact.Coverage.Unread)
			}
		})
	}
}
