package detect

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// Recognisers of formats that have no magic of their own. Each asks for so
// much structure that no ordinary file shows it.

// element is an XML document whose first element has that name.
func element(name string) func(*file) bool {
	return func(f *file) bool {
		rest := bytes.TrimPrefix(f.head, []byte("\xef\xbb\xbf"))
		for {
			rest = bytes.TrimLeft(rest, " \t\r\n")
			closing := ""
			switch {
			case bytes.HasPrefix(rest, []byte("<?")):
				closing = "?>"
			case bytes.HasPrefix(rest, []byte("<!--")):
				closing = "-->"
			case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
				closing = ">"
			default:
				after, ok := bytes.CutPrefix(rest, []byte("<"+name))
				return ok && len(after) > 0 && strings.IndexByte(" \t\r\n>", after[0]) >= 0
			}
			at := bytes.Index(rest, []byte(closing))
			if at < 0 {
				return false
			}
			rest = rest[at+len(closing):]
		}
	}
}

// isR: what R's serialize writes (R Internals, 1.8), with or without the line
// that saveRDS's sibling save writes before it.
func isR(f *file) bool {
	rest := f.head
	if len(rest) > 5 && (string(rest[:5]) == "RDX2\n" || string(rest[:5]) == "RDX3\n" || string(rest[:5]) == "RDA2\n" || string(rest[:5]) == "RDA3\n" || string(rest[:5]) == "RDB2\n" || string(rest[:5]) == "RDB3\n") {
		return true
	}
	if len(rest) < 14 {
		return false
	}
	switch string(rest[:2]) {
	case "X\n":
		v, writer := binary.BigEndian.Uint32(rest[2:]), binary.BigEndian.Uint32(rest[6:])
		return (v == 2 || v == 3) && writer>>16 >= 1 && writer>>16 < 16
	case "B\n":
		v, writer := binary.LittleEndian.Uint32(rest[2:]), binary.LittleEndian.Uint32(rest[6:])
		return (v == 2 || v == 3) && writer>>16 >= 1 && writer>>16 < 16
	case "A\n":
		lines := strings.SplitN(string(rest[2:min(len(rest), 40)]), "\n", 3)
		return len(lines) == 3 && (lines[0] == "2" || lines[0] == "3") && len(lines[1]) >= 6 && len(lines[1]) <= 7 && strings.Trim(lines[1], "0123456789") == ""
	}
	return false
}

// isTorch7: a Lua object of a class, binary or text (torch7/File.lua).
func isTorch7(f *file) bool {
	h := f.head
	if bytes.HasPrefix(h, []byte("4\n1\n3\nV 1\n")) {
		return true
	}
	return len(h) > 15 && string(h[:15]) == "\x04\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00V 1"
}

// isXGBoostUBJ: UBJSON of an object whose first key is learner
// (xgboost, doc/model.schema).
func isXGBoostUBJ(f *file) bool {
	h := f.head
	if len(h) < 20 || h[0] != '{' {
		return false
	}
	for _, k := range []struct {
		mark byte
		size int
	}{{'i', 1}, {'U', 1}, {'I', 2}, {'l', 4}, {'L', 8}} {
		if h[1] == k.mark && string(h[2+k.size:2+k.size+7]) == "learner" && h[1+k.size] == 7 {
			return true
		}
	}
	return false
}

// isMXNetSymbol: the JSON of a symbol names its argument nodes and heads.
func isMXNetSymbol(f *file) bool {
	return prefix(`{"nodes":[{"op":`)(f) && contains(`"null"`)(f) && contains(`"name"`)(f) && contains(`"inputs"`)(f)
}

// isPaddleProgram: a ProgramDesc begins with its block 0, whose parent is -1
// (paddle/fluid/framework/framework.proto).
func isPaddleProgram(f *file) bool {
	h := f.head
	if len(h) < 24 || h[0] != 0x0a {
		return false
	}
	_, n := binary.Uvarint(h[1:])
	return n > 0 && bytes.HasPrefix(h[1+n:], []byte("\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
}

// isPaddleParameters: a tensor with version, level of detail and TensorDesc
// (paddle/fluid/framework/tensor_util.cc, TensorToStream).
func isPaddleParameters(f *file) bool {
	h := f.head
	if len(h) < 28 || !zero(h[:16]) {
		return false
	}
	n := binary.LittleEndian.Uint32(h[16:])
	return n >= 2 && n < 256 && h[20] == 0x08 && h[21] < 32 && (n == 2 || h[22] == 0x10)
}

func zero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// isBundleIndex: the table that a TensorFlow checkpoint has for an index: its
// first key is empty, its value names shards and a version
// (tensorflow/core/util/tensor_bundle).
func isBundleIndex(f *file) bool {
	h := f.head
	return len(h) > 16 && bytes.HasSuffix(f.tail, []byte("\x57\xfb\x80\x8b\x24\x75\x47\xdb")) && h[0] == 0 && h[1] == 0 && h[2] < 64 && h[3] == 0x08
}

// isFlax: a msgpack map of names, in it an extension of type 1 that holds
// shape, dtype and bytes (flax/serialization.py).
func isFlax(f *file) bool {
	h := f.head
	if len(h) < 8 || !(h[0] > 0x80 && h[0] <= 0x8f || h[0] == 0xde) {
		return false
	}
	key := 1
	if h[0] == 0xde {
		key = 3
	}
	if h[key] < 0xa1 || h[key] > 0xbf && h[key] != 0xd9 {
		return false // keys are short texts
	}
	for i := key; i+8 < len(h); i++ {
		size := map[byte]int{0xc7: 1, 0xc8: 2, 0xc9: 4}[h[i]]
		if size == 0 || i+size+4 >= len(h) || h[i+1+size] != 1 || h[i+2+size] != 0x93 {
			continue
		}
		rest := h[i+3+size:]
		for _, dtype := range []string{"\xa7float32", "\xa8bfloat16", "\xa7float16", "\xa7float64", "\xa5int32", "\xa6uint32", "\xa5int64", "\xa4bool"} {
			if at := bytes.Index(rest[:min(len(rest), 96)], []byte(dtype)); at > 0 && (rest[0]&0xf0 == 0x90) {
				return true
			}
		}
	}
	return false
}

// maxConfig is how much of a JSON text is searched for what shows a config of Keras.
const maxConfig = 8 << 20

// isKerasConfig: the JSON of an object with a class_name and a config, and Keras or layers
// named in it (keras/src/saving/serialization_lib.py, Model.to_json of Keras 2 and 3),
// wherever in its first 8 MiB and with whatever escapes these stand.
func isKerasConfig(f *file) bool {
	if !begins(string(f.head)) && strings.Trim(string(f.head), " \t\r\n") != "" {
		return false
	}
	b := make([]byte, min(f.size, maxConfig))
	n, _ := f.r.ReadAt(b, 0)
	text := string(b[:n])
	if !begins(text) {
		return false
	}
	if strings.Contains(text, `\u00`) {
		text = unescaped(text)
	}
	return strings.Contains(text, `"class_name"`) && strings.Contains(text, `"config"`) &&
		slices.ContainsFunc([]string{`"keras`, `"layers"`, `"module"`, `"Sequential"`, `"Functional"`, `"Model"`, `"Lambda"`, `"function_type"`},
			func(word string) bool { return strings.Contains(text, word) })
}

// begins reports a text that begins as a JSON object does, a byte order mark before it or not.
func begins(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n"), "{")
}

// unescaped writes the ASCII characters that a JSON text has as \u00XX.
func unescaped(text string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, `\u00`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if c, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8); err == nil && len(after) >= 2 {
			b.WriteByte(byte(c))
			after = after[2:]
		}
		text = after
	}
}
