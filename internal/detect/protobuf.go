package detect

import (
	"encoding/binary"
	"strings"
)

// A field is one field of a protobuf message.
type field struct {
	number int
	wire   byte   // 0 varint, 1 eight bytes, 2 counted bytes, 5 four bytes
	value  uint64 // a varint
	at     int64  // of counted bytes
	size   int64
}

// maxFields bounds how many fields of a message are looked at.
const maxFields = 200

// message walks the fields of the message at [at, end) until visit says no, or
// too many were seen. It reports whether all that it saw is well formed and,
// unless it stopped, ends exactly at end.
func (f *file) message(at, end int64, visit func(field) bool) bool {
	for n := 0; at < end; n++ {
		if n == maxFields {
			return true
		}
		buf := make([]byte, min(20, end-at))
		if m, _ := f.r.ReadAt(buf, at); m < len(buf) {
			return false
		}
		tag, k := binary.Uvarint(buf)
		if k <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return false
		}
		fd := field{number: int(tag >> 3), wire: byte(tag & 7)}
		at += int64(k)
		switch fd.wire {
		case 0, 2:
			v, m := binary.Uvarint(buf[k:])
			if m <= 0 {
				return false
			}
			at += int64(m)
			if fd.value = v; fd.wire == 2 {
				if v > uint64(end-at) {
					return false
				}
				fd.at, fd.size = at, int64(v)
				at += fd.size
			}
		case 1:
			at += 8
		case 5:
			at += 4
		default:
			return false
		}
		if at > end || !visit(fd) {
			return false
		}
	}
	return true
}

// word reads a short text of a field, "" if it is none.
func (f *file) word(fd field) string {
	if fd.wire != 2 || fd.size == 0 || fd.size > 512 {
		return ""
	}
	b := make([]byte, fd.size)
	if n, _ := f.r.ReadAt(b, fd.at); n < len(b) {
		return ""
	}
	for _, c := range b {
		if c < 0x20 || c >= 0x7f {
			return ""
		}
	}
	return string(b)
}

// isONNX: a ModelProto: its version, its operator sets, a graph
// (onnx/onnx.proto).
func isONNX(f *file) bool {
	if len(f.head) < 16 || f.head[0] != 0x08 || f.head[1] == 0 || f.head[1] > 64 {
		return false
	}
	wires := map[int]byte{1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
	graph, known := false, true
	whole := f.message(0, f.size, func(fd field) bool {
		want, ok := wires[fd.number]
		known = known && ok && want == fd.wire
		graph = graph || fd.number == 7 && fd.size > 4
		return known
	})
	return whole && known && graph
}

// isSavedModel: the version 1, then graphs that begin with their tags
// (tensorflow/core/protobuf/saved_model.proto).
func isSavedModel(f *file) bool {
	if len(f.head) < 8 || f.head[0] != 0x08 || f.head[1] != 1 || f.head[2] != 0x12 {
		return false
	}
	graphs := 0
	whole := f.message(0, f.size, func(fd field) bool {
		if fd.number == 1 {
			return fd.wire == 0
		}
		meta := false
		if fd.number != 2 || fd.wire != 2 || !f.message(fd.at, fd.at+fd.size, func(in field) bool {
			meta = meta || in.number <= 2
			return in.number <= 7 && in.wire == 2
		}) {
			return false
		}
		graphs++
		return meta
	})
	return whole && graphs > 0
}

// isKerasMetadata: nodes with the path root, what they are to Keras and their config, as
// keras_metadata.pb has them beside a saved_model.pb (keras/protobuf/saved_metadata.proto).
func isKerasMetadata(f *file) bool {
	if len(f.head) < 8 || f.head[0] != 0x0a {
		return false
	}
	found := false
	f.message(0, f.size, func(node field) bool {
		if node.number != 1 || node.wire != 2 {
			return false
		}
		f.message(node.at, node.at+node.size, func(fd field) bool {
			found = found || fd.number == 4 && strings.HasPrefix(f.word(fd), "_tf_keras_")
			return !found
		})
		return !found
	})
	return found
}

// isGraphDef: nodes with a name and an operation
// (tensorflow/core/framework/graph.proto, node_def.proto).
func isGraphDef(f *file) bool {
	if len(f.head) < 8 || f.head[0] != 0x0a {
		return false
	}
	nodes := 0
	whole := f.message(0, f.size, func(fd field) bool {
		if fd.number == 1 && fd.wire == 2 {
			nodes++
			return f.isNode(fd)
		}
		return fd.number <= 5 && fd.number != 1 && (fd.wire == 2) == (fd.number != 3)
	})
	return whole && nodes > 0
}

func (f *file) isNode(fd field) bool {
	name, op, attributes := "", "", 0
	whole := f.message(fd.at, fd.at+fd.size, func(in field) bool {
		switch in.number {
		case 1:
			name = f.word(in)
		case 2:
			op = f.word(in)
		case 5:
			attributes++
		}
		return in.number <= 7 && in.wire == 2
	})
	return whole && name != "" && len(op) > 1 && (op[0] >= 'A' && op[0] <= 'Z' || op[0] == '_')
}

// isCoreML: a version, a description and one of the kinds of model, which have
// numbers from 200 on (coremltools, mlmodel/format/Model.proto).
func isCoreML(f *file) bool {
	if len(f.head) < 8 || f.head[0] != 0x08 || f.head[1] == 0 || f.head[1] > 32 {
		return false
	}
	model, known := false, true
	whole := f.message(0, f.size, func(fd field) bool {
		switch {
		case fd.number == 1 || fd.number == 10:
			known = known && fd.wire == 0
		case fd.number == 2:
			known = known && fd.wire == 2
		default:
			known = known && fd.wire == 2 && fd.number >= 200 && fd.number <= 3000
			model = true
		}
		return known
	})
	return whole && known && model
}
