package detect

import (
	"bytes"
	"encoding/hex"
	"io"
	"slices"
	"sync"

	"github.com/modelaudit/action/audit"
)

// A file is what a line of the table looks at.
type file struct {
	head []byte // the first headSize bytes, or all of them
	tail []byte // the last tailSize bytes, or all of them
	r    io.ReaderAt
	size int64
}

// A line says how a format is recognised by content.
type line struct {
	format audit.Format
	shows  func(*file) bool
}

// table lists the formats that content gives away, one or more lines each. A
// file can show several. What takes more than this, or is only told among the
// members of an archive, is elsewhere: isPickle, hasEndRecord, and in internal/archive IsTar and Sniff;
// internal/scan/bundle.go.
//
// Sources: the specifications and headers of each project, as they stand in
// docs/formats/recognised.md.
var table = sync.OnceValue(func() []line {
	return []line{
		{audit.FormatZip, magic(0, "PK\x03\x04")},
		{audit.FormatZip, magic(0, "PK\x05\x06")},
		{audit.FormatNumpy, magic(0, "\x93NUMPY")},
		{audit.FormatHDF5, isHDF5},
		{audit.FormatKerasConfig, anyOf(isKerasConfig, isKerasMetadata)},
		{audit.FormatGGUF, magic(0, "GGUF")},
		{audit.FormatGGML, anyOf(magic(0, "lmgg"), magic(0, "fmgg"), magic(0, "tjgg"), magic(0, "algg"))},
		{audit.Format7z, magic(0, "7z\xbc\xaf\x27\x1c")},

		{audit.FormatTFLite, magic(4, "TFL3")},
		{audit.FormatExecuTorch, magic(4, "ET12")},
		{audit.FormatTorchMobile, magic(4, "PTMF")},
		{audit.FormatSavedModel, anyOf(isSavedModel, prefix("saved_model_schema_version:"))},
		{audit.FormatGraphDef, anyOf(isGraphDef, allOf(prefix(`node{name:"`), contains(`op: "`)))},
		{audit.FormatTFCheckpoint, isBundleIndex},
		{audit.FormatONNX, isONNX},
		{audit.FormatCoreML, isCoreML},
		{audit.FormatPaddle, anyOf(isPaddleProgram, isPaddleParameters, prefix(`{"base_code":{"magic":"pir"`))},
		{audit.FormatPMML, element("PMML")},
		{audit.FormatOpenVINO, allOf(element("net"), contains("<layers>"))},
		{audit.FormatMLflow, allOf(row("flavors:"), anyOf(contains("\n    loader_module: "), row("mlflow_version: ")))},
		{audit.FormatXGBoost, anyOf(magic(0, "binf"), prefix(`{"learner":`), isXGBoostUBJ)},
		{audit.FormatLightGBM, prefix("tree\nversion=v")},
		{audit.FormatCatBoost, magic(0, "CBM1")},
		{audit.FormatR, isR},
		{audit.FormatTensorRT, anyOf(magic(0, "ptrt"), magic(0, "ftrt"))},
		{audit.FormatMXNet, anyOf(magic(0, "\x12\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), isMXNetSymbol)},
		{audit.FormatTorch7, isTorch7},
		{audit.FormatFlax, isFlax},

		{audit.FormatLFSPointer, isLFSPointer},
		{audit.FormatPointer, anyOf(magic(0, "# xet version 0\nfilesize = "), magic(0, "/annex/objects/"), isHubPointer)},
	}
})

// isLFSPointer: a line that names a version, which git-lfs finds behind white space
// too in the 1024 bytes that it looks at.
func isLFSPointer(f *file) bool {
	text := bytes.TrimSpace(f.head[:min(len(f.head), 1024)])
	for _, v := range []string{"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2"} {
		rest, ok := bytes.CutPrefix(text, []byte("version "+v))
		if ok && len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r') {
			return true
		}
	}
	return false
}

// isHubPointer: where a symbolic link of the cache of the Hugging Face Hub leads to, which is the
// content of the link where git or a copy wrote it as a file (huggingface_hub/file_download.py).
func isHubPointer(f *file) bool {
	text := bytes.TrimSpace(f.head)
	if f.size > 256 || !bytes.HasPrefix(text, []byte("../")) {
		return false
	}
	for bytes.HasPrefix(text, []byte("../")) {
		text = text[3:]
	}
	name, ok := bytes.CutPrefix(text, []byte("blobs/"))
	_, err := hex.DecodeString(string(name))
	return ok && err == nil && (len(name) == 40 || len(name) == 64)
}

// magic is a run of bytes at a fixed place.
func magic(offset int, bytes string) func(*file) bool {
	return func(f *file) bool {
		return len(f.head) >= offset+len(bytes) && string(f.head[offset:offset+len(bytes)]) == bytes
	}
}

// prefix is text at the beginning, where white space between tokens and a byte
// order mark do not count.
func prefix(text string) func(*file) bool {
	return func(f *file) bool {
		rest := bytes.TrimPrefix(f.head[:min(len(f.head), 512)], []byte("\xef\xbb\xbf"))
		for _, c := range []byte(text) {
			if c != '\n' {
				rest = bytes.TrimLeft(rest, " \t\r\n")
			}
			if len(rest) == 0 || rest[0] != c && !(c == '\n' && rest[0] == '\r') {
				return false
			}
			rest = rest[1:]
		}
		return true
	}
}

// contains is text anywhere in the head.
func contains(text string) func(*file) bool {
	return func(f *file) bool { return bytes.Contains(f.head, []byte(text)) }
}

// row is a line of the head that begins with text.
func row(text string) func(*file) bool {
	return anyOf(magic(0, text), contains("\n"+text))
}

func anyOf(shows ...func(*file) bool) func(*file) bool {
	return func(f *file) bool {
		for _, s := range shows {
			if s(f) {
				return true
			}
		}
		return false
	}
}

func allOf(shows ...func(*file) bool) func(*file) bool {
	return func(f *file) bool {
		for _, s := range shows {
			if !s(f) {
				return false
			}
		}
		return true
	}
}

// isHDF5: the signature at 0 or behind a user block of a power of two, however
// long that is: HDF5 itself looks up to the end of the file.
func isHDF5(f *file) bool {
	const signature = "\x89HDF\r\n\x1a\n"
	b := make([]byte, len(signature))
	for at := int64(0); at+int64(len(b)) <= f.size; at = max(512, 2*at) {
		if n, _ := f.r.ReadAt(b, at); n == len(b) && string(b) == signature {
			return true
		}
	}
	return false
}

// Known lists the formats that [Formats] can name.
func Known() []audit.Format {
	list := []audit.Format{audit.FormatSafetensors, audit.FormatPickle, audit.FormatZip, audit.FormatTar, audit.FormatGzip, audit.FormatBzip2,
		audit.FormatXz, audit.FormatLzma, audit.FormatZstd, audit.FormatLZ4, audit.FormatZlib, audit.FormatZFile}
	for _, l := range table() {
		list = append(list, l.format)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
