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
	"github.com/modelaudit/action/internal/archive"
)

// headSize is how much of the beginning is looked at: an HDF5 file may begin
// behind a user block of a power of two, a tar header ends at 512.
const headSize = 4096

// tailSize is how much of the end is looked at: the end record of a zip, behind
// which a comment of 65,535 bytes may stand.
const tailSize = 22 + 65535

// extensions lists the endings of model files.
var extensions = []string{
	".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib", ".dill", ".cloudpickle", ".safetensors", ".npy", ".npz",
	".h5", ".hdf5", ".onnx", ".pb", ".tflite", ".gguf", ".pt2", ".ptl", ".mar", ".nemo", ".distcp", ".msgpack", ".pth.tar",
	".keras", ".pte", ".mlmodel", ".pmml", ".rds", ".rda", ".rdata", ".skops", ".cbm", ".t7", ".pdparams", ".pdopt", ".pdmodel",
	".pdiparams", ".ubj", ".ggml", ".llamafile",
}

// ModelName reports whether a file's extension promises a model, if need be
// below that of a compressed file.
func ModelName(name string) bool {
	lower := Inner(strings.ToLower(path.Base(name)))
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
	if n, err := r.ReadAt(head, 0); n < len(head) && err != nil && err != io.EOF {
		return nil, err
	}
	tail := make([]byte, min(tailSize, size))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) && err != nil && err != io.EOF {
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
	f := &file{head: head, tail: tail, r: r, size: size}
	for _, l := range table() {
		if l.shows(f) {
			add(l.format)
		}
	}
	if len(found) == 0 || found[0] != audit.FormatLFSPointer {
		// The first byte of a map of two to four names is an opcode that looks up an extension
		// code, which executes nothing if nothing goes on behind it.
		tar, model := archive.IsTar(head), ModelName(name) && !slices.Contains(found, audit.FormatFlax)
		if isPickle(r, head, size, probe{lenient: model || tar, plain: model && !tar, tar: tar}) {
			add(audit.FormatPickle)
		}
	}
	if hasEndRecord(tail, size) {
		add(audit.FormatZip)
	}
	if archive.IsTar(head) {
		add(audit.FormatTar)
	}
	if f := compression(r, size, len(found) == 0 && ModelName(name)); f != "" {
		add(f)
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

// hasEndRecord looks for a zip's end record in the tail, where zipfile and
// torch look: a zip may stand behind anything.
func hasEndRecord(tail []byte, size int64) bool {
	if !bytes.Contains(tail, []byte("PK\x05\x06")) {
		return false // the search from the beginning is by far the faster one
	}
	for at := len(tail) - 22; at >= 0; at-- {
		at = bytes.LastIndex(tail[:at+4], []byte("PK\x05\x06"))
		if at < 0 {
			return false
		}
		comment := int(binary.LittleEndian.Uint16(tail[at+20:]))
		entries := binary.LittleEndian.Uint16(tail[at+10:])
		dirSize := int64(binary.LittleEndian.Uint32(tail[at+12:]))
		if at+22+comment <= len(tail) && entries > 0 && (dirSize == 0xffffffff || dirSize < size) {
			return true
		}
	}
	return false
}
