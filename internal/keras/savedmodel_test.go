package keras

import (
	"bytes"
	"strings"
	"testing"
)

// counted is a field of protobuf with that content.
func counted(number byte, content string) string {
	return string([]byte{number<<3 | 2, byte(len(content))}) + content
}

func TestSavedModelConfigs(t *testing.T) {
	text := `{"class_name": "Lambda"}`
	node := counted(3, "root") + "\x10\x05" + counted(5, text) + "\x31\x00\x00\x00\x00\x00\x00\x00\x00"
	list, err := MetadataConfigs(strings.NewReader(counted(1, node)), int64(len(node)+2))
	if err != nil || len(list) != 1 || counted(1, node)[list[0].Start:list[0].Start+list[0].Size] != text {
		t.Errorf("%v, %v", list, err)
	}
	model := "\x08\x01" + counted(2, counted(1, "x")+counted(7, counted(1, counted(4, counted(1, "_tf_keras_layer")+counted(3, text)))))
	list, err = SavedModelConfigs(strings.NewReader(model), int64(len(model)))
	if err != nil || len(list) != 1 || model[list[0].Start:list[0].Start+list[0].Size] != text {
		t.Errorf("%v, %v", list, err)
	}
}

// FuzzConfigs checks that every config lies inside the file, and that one that is cut off is an error.
func FuzzConfigs(f *testing.F) {
	f.Add([]byte(counted(1, counted(5, "{}"))))
	f.Add([]byte(counted(2, counted(7, counted(1, counted(4, counted(3, "{}")))))))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, fields := range [][]uint64{metadataFields, savedModelFields} {
			list, err := configs(bytes.NewReader(b), int64(len(b)), fields)
			if err != nil {
				continue
			}
			end := int64(0)
			for _, c := range list {
				if c.Start < end || c.Size < 0 || c.Start+c.Size > int64(len(b)) {
					t.Fatalf("%v of %d bytes", list, len(b))
				}
				end = c.Start + c.Size
			}
		}
	})
}
