// Package detect names the formats of an artifact by its content. The name of
// the file is a hint: it can make content suspicious, never harmless.
//
// # Security
//
// Input is hostile. Detection reads a bounded head and tail of the artifact,
// decodes a bounded number of opcodes and executes nothing. A file can be of
// several formats at once; all are named, so that each reader's view is audited.
package detect

import (
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// headSize is how much of the beginning is looked at: an HDF5 file may begin
// behind a user block of a power of two, a tar header ends at 512.
const headSize = 4096

// A signature is a run of bytes at a fixed place.
type signature struct {
	format audit.Format
	offset int
	magic  string
}

// signatures lists the formats that a few bytes give away.
func signatures() []signature {
	return []signature{
		{audit.FormatZip, 0, "PK\x03\x04"},
		{audit.FormatZip, 0, "PK\x05\x06"},
		{audit.FormatNumpy, 0, "\x93NUMPY"},
		{audit.FormatHDF5, 0, "\x89HDF\r\n\x1a\n"},
		{audit.FormatHDF5, 512, "\x89HDF\r\n\x1a\n"},
		{audit.FormatHDF5, 1024, "\x89HDF\r\n\x1a\n"},
		{audit.FormatHDF5, 2048, "\x89HDF\r\n\x1a\n"},
		{audit.FormatGGUF, 0, "GGUF"},
		{audit.FormatTar, 257, "ustar"},
		{audit.FormatGzip, 0, "\x1f\x8b\x08"},
		{audit.FormatBzip2, 0, "BZh"},
		{audit.FormatXz, 0, "\xfd7zXZ\x00"},
		{audit.FormatZstd, 0, "\x28\xb5\x2f\xfd"},
		{audit.FormatLZ4, 0, "\x04\x22\x4d\x18"},
		{audit.Format7z, 0, "7z\xbc\xaf\x27\x1c"},
		{audit.FormatLFSPointer, 0, "version https://git-lfs.github.com/spec/v1\n"},
		{audit.FormatLFSPointer, 0, "version https://hawser.github.com/spec/v1\n"},
		{audit.FormatLFSPointer, 0, "version http://git-media.io/v/2\n"},
	}
}

// extensions lists the endings of model files.
var extensions = []string{
	".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib", ".dill", ".cloudpickle", ".safetensors", ".npy", ".npz",
	".h5", ".hdf5", ".keras", ".onnx", ".pb", ".tflite", ".gguf", ".pt2", ".ptl", ".mar", ".nemo", ".distcp", ".msgpack", ".pth.tar",
}

// ModelName reports whether a file's extension promises a model.
func ModelName(name string) bool {
	lower := strings.ToLower(path.Base(name))
	if lower == ".metadata" {
		return true
	}
	return slices.ContainsFunc(extensions, func(e string) bool { return strings.HasSuffix(lower, e) })
}

// CannotExecute reports whether a file's extension promises a format that
// cannot hold code.
func CannotExecute(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".safetensors", ".gguf":
		return true
	}
	return false
}

// Formats names every format that the content shows, most specific first. It
// returns none for content that is not understood. Errors are those of r.
func Formats(r io.ReaderAt, size int64, name string) ([]audit.Format, error) {
	head := make([]byte, min(headSize, size))
	if n, err := r.ReadAt(head, 0); int64(n) < int64(len(head)) && err != nil && err != io.EOF {
		return nil, err
	}
	var found []audit.Format
	add := func(f audit.Format) {
		if !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	if isSafetensors(head, size, name) {
		add(audit.FormatSafetensors)
	}
	for _, s := range signatures() {
		if len(head) >= s.offset+len(s.magic) && string(head[s.offset:s.offset+len(s.magic)]) == s.magic {
			add(s.format)
		}
	}
	if len(found) == 0 || found[0] != audit.FormatLFSPointer {
		if isPickle(r, head, size, name) {
			add(audit.FormatPickle)
		}
	}
	zip, err := hasEndRecord(r, size)
	if err != nil {
		return nil, err
	}
	if zip {
		add(audit.FormatZip)
	}
	if len(found) == 0 && isZlib(head) && ModelName(name) {
		add(audit.FormatZlib)
	}
	return found, nil
}

// isSafetensors: a header length that fits, then a JSON object. A file that
// carries the extension is one, well formed or not, unless its content is
// plainly something else.
func isSafetensors(head []byte, size int64, name string) bool {
	if len(head) < 9 {
		return false
	}
	n := binary.LittleEndian.Uint64(head)
	if head[8] == '{' && n <= 100_000_000 && int64(n) <= size-8 {
		return true
	}
	return strings.EqualFold(path.Ext(name), ".safetensors") && head[8] == '{'
}

// isZlib: a two-byte header whose check bits fit (RFC 1950).
func isZlib(head []byte) bool {
	return len(head) > 2 && head[0] == 0x78 && binary.BigEndian.Uint16(head)%31 == 0
}

// hasEndRecord looks for a zip's end record in the tail, where zipfile and
// torch look: a zip may stand behind anything.
func hasEndRecord(r io.ReaderAt, size int64) (bool, error) {
	n := min(size, 22+65535)
	if n < 22 {
		return false, nil
	}
	tail := make([]byte, n)
	if m, err := r.ReadAt(tail, size-n); int64(m) < n && err != nil && err != io.EOF {
		return false, err
	}
	for at := len(tail) - 22; at >= 0; at-- {
		at = bytes.LastIndex(tail[:at+4], []byte("PK\x05\x06"))
		if at < 0 {
			return false, nil
		}
		comment := int(binary.LittleEndian.Uint16(tail[at+20:]))
		entries := binary.LittleEndian.Uint16(tail[at+10:])
		dirSize := int64(binary.LittleEndian.Uint32(tail[at+12:]))
		if at+22+comment <= len(tail) && entries > 0 && (dirSize == 0xffffffff || dirSize < size) {
			return true, nil
		}
	}
	return false, nil
}

// probeOps is how many opcodes are decoded to recognise a pickle that has no magic.
const probeOps = 2000

// isPickle: a PROTO opcode of a known protocol, or opcodes that import or call
// before they stop making sense. A pickle of plain values without PROTO counts
// only under a model's name: any text that begins with "N." is one.
func isPickle(r io.ReaderAt, head []byte, size int64, name string) bool {
	if len(head) >= 2 && head[0] == 0x80 && head[1] <= 5 {
		if len(head) == 2 {
			return ModelName(name)
		}
		_, known := pickle.Opcode(head[2]).Info()
		return known
	}
	if len(head) == 0 {
		return false
	}
	if _, known := pickle.Opcode(head[0]).Info(); !known {
		return false
	}
	return probe(r, size, ModelName(name))
}

// probe decodes opcodes from the beginning until it is sure.
func probe(r io.ReaderAt, size int64, lenient bool) bool {
	d := pickle.NewDecoder(r, 0, size, pickle.Options{MaxInline: 4096, MaxOps: probeOps})
	imports, calls, marks, depth := 0, 0, 0, 0
	for {
		op, err := d.Next()
		if err != nil {
			return calls > 0 || lenient && imports > 0
		}
		switch op.Code {
		case pickle.OpGlobal:
			if !identifier(op.Text) || !identifier(op.Name) {
				return calls > 0
			}
			imports++
		case pickle.OpInst:
			if marks == 0 || !identifier(op.Text) || !identifier(op.Name) {
				return calls > 0
			}
			imports, calls = imports+1, calls+1
		case pickle.OpMark:
			marks++
		case pickle.OpStackGlobal, pickle.OpExt1, pickle.OpExt2, pickle.OpExt4:
			imports++
		case pickle.OpReduce, pickle.OpObj, pickle.OpNewObj, pickle.OpNewObjEx, pickle.OpBuild:
			if imports > 0 {
				calls++
			}
		case pickle.OpStop:
			return imports > 0 || lenient && depth > 0
		}
		depth++
		if calls > 0 && depth > 3 {
			return true
		}
	}
}

// identifier reports whether s could be a dotted Python name.
func identifier(s string) bool {
	if s == "" || len(s) > 512 {
		return false
	}
	for _, c := range s {
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c < 0x80 {
			return false
		}
	}
	return true
}
