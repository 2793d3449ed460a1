package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/safeio"
)

// TestReadLimitsDimensions: an array in the header costs eight bytes a digit,
// so that its length is looked at before it is held.
func TestReadLimitsDimensions(t *testing.T) {
	for _, tt := range []struct {
		dimensions int
		limited    bool
	}{{64, false}, {65, true}, {1_000_000, true}} {
		header := `{"a":{"dtype":"U8","shape":[` + strings.Repeat("1,", tt.dimensions-1) + `1],"data_offsets":[0,1]}}`
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		b = append(append(b, header...), 0)
		_, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
		if tt.limited != errors.Is(err, safeio.ErrLimit) || !tt.limited && err != nil {
			t.Errorf("%d dimensions: %v", tt.dimensions, err)
		}
	}
}

// A file of more tensors than are listed is checked to its end all the same.
func TestCheckOfMoreTensorsThanAreListed(t *testing.T) {
	entry := func(name string, begin, end int) string {
		return fmt.Sprintf(`"%s":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`, name, end-begin, begin, end)
	}
	for _, tt := range []struct {
		name, header, want string
	}{
		{"good", entry("a", 0, 1) + "," + entry("b", 1, 2) + "," + entry("c", 2, 3), ""},
		{"in another order", entry("a", 2, 3) + "," + entry("b", 0, 2) + "," + entry("c", 3, 3), ""},
		{"a hole", entry("a", 0, 1) + "," + entry("b", 2, 3) + "," + entry("c", 3, 3), "begins at 2 of the data section, not at 1"},
		{"short", entry("a", 0, 1) + "," + entry("b", 1, 2) + "," + entry("c", 2, 2), "the tensors have 2 bytes, the file holds 3"},
		{"a name twice", entry("a", 0, 1) + "," + entry("b", 1, 3) + "," + entry(`\u0061`, 3, 3), `the name "a" stands twice`},
		{"another fault", entry("a", 0, 1) + "," + entry("b", 1, 2) + `,"c":{}`, "needs dtype, shape and two data_offsets"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := file("{"+tt.header+"}", "xyz")
			f, n, err := Check(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxTensors: 1})
			switch {
			case tt.want == "" && (err != nil || n != 3 || len(f.Entries) != 0):
				t.Errorf("%d tensors, %v", n, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxTensors: 1}); tt.want == "" && !errors.Is(err, safeio.ErrLimit) {
				t.Errorf("they are listed: %v", err)
			}
		})
	}
	b := file("{"+entry("a", 0, 1)+","+entry("b", 1, 2)+","+entry("c", 2, 3)+"}", "xyz")
	if _, _, err := Check(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxTensors: 1, MaxZipped: 2}); !errors.Is(err, safeio.ErrLimit) {
		t.Errorf("more than may be: %v", err)
	}
}
