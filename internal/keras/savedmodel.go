package keras

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Config is a JSON text in another file, which stands Start bytes from its beginning.
type Config struct {
	Start int64
	Size  int64
}

// Which fields lead to the configs of a SavedModel, each the text of an object that Keras
// saved: the metadata of the nodes of keras_metadata.pb (keras/protobuf/saved_metadata.proto), and
// in saved_model.pb, where TensorFlow before 2.5 had them, that of the user objects of
// the object graphs (tensorflow/core/protobuf/saved_model.proto, saved_object_graph.proto).
var (
	metadataFields   = []uint64{1, 5}
	savedModelFields = []uint64{2, 7, 1, 4, 3}
)

// MetadataConfigs finds the configs in a keras_metadata.pb.
func MetadataConfigs(r io.ReaderAt, size int64) ([]Config, error) {
	return configs(r, size, metadataFields)
}

// SavedModelConfigs finds the configs in a saved_model.pb.
func SavedModelConfigs(r io.ReaderAt, size int64) ([]Config, error) {
	return configs(r, size, savedModelFields)
}

func configs(r io.ReaderAt, size int64, fields []uint64) (list []Config, err error) {
	m := messages{r: r}
	err = m.walk(0, size, fields, func(at, n int64) error {
		if len(list) == MaxItems {
			return fmt.Errorf("protobuf at byte %d: more than %d configs", at, MaxItems)
		}
		list = append(list, Config{at, n})
		return nil
	})
	return list, err
}

// messages reads messages of protobuf, field by field.
type messages struct{ r io.ReaderAt }

// walk visits what path leads to in the message at [at, end). Fields of other numbers are passed over.
func (m messages) walk(at, end int64, path []uint64, visit func(at, n int64) error) error {
	for at < end {
		number, body, next, err := m.field(at, end)
		switch {
		case err != nil:
			return err
		case number != path[0] || body < 0:
		case len(path) == 1:
			err = visit(body, next-body)
		default:
			err = m.walk(body, next, path[1:], visit)
		}
		if err != nil {
			return err
		}
		at = next
	}
	return nil
}

// field reads the field at at: its number, where its content begins, or -1 if it is no
// message or text, and where the next one is.
func (m messages) field(at, end int64) (number uint64, body, next int64, err error) {
	bad := func() (uint64, int64, int64, error) {
		return 0, 0, 0, fmt.Errorf("protobuf at byte %d: there is no field", at)
	}
	head := make([]byte, min(2*binary.MaxVarintLen64, end-at))
	if n, err := m.r.ReadAt(head, at); n < len(head) {
		return 0, 0, 0, fmt.Errorf("protobuf at byte %d: %w", at, err)
	}
	tag, k := binary.Uvarint(head)
	if k <= 0 || tag>>3 == 0 {
		return bad()
	}
	value, n := binary.Uvarint(head[k:])
	body, next = -1, at+int64(k)
	switch tag & 7 {
	case 0:
		next += int64(n)
	case 1:
		n, next = 1, next+8
	case 2:
		if body = next + int64(n); n > 0 && value <= uint64(end-body) {
			next = body + int64(value)
		} else {
			n = 0
		}
	case 5:
		n, next = 1, next+4
	default:
		n = 0
	}
	if n <= 0 || next > end {
		return bad()
	}
	return tag >> 3, body, next, nil
}
