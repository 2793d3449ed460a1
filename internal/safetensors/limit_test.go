package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
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
