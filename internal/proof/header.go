package proof

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
)

// maxHeader is safetensors' own limit for its header (safetensors/src/tensor.rs).
const maxHeader = 100_000_000

// A header is a safetensors file's directory.
type header struct {
	data    int64   // where the tensor bytes begin in the file
	tensors []entry // in the order of their bytes
	bytes   int64   // of all tensors; one that is under two names counts twice
	native  bool    // every type stands for itself, as in a torch zip
}

// An entry is one tensor of a header; begin and end count from header.data.
type entry struct {
	name       string
	dtype      string
	shape      []int64
	begin, end int64
}

// readHeader reads the directory of a safetensors file and checks that its
// tensors cover the rest of the file exactly, without hole or overlap.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	prefix, err := safeio.ReadRange(r, size, 0, 8, 8)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	n := binary.LittleEndian.Uint64(prefix)
	if n > maxHeader {
		return nil, fmt.Errorf("safetensors header of %d bytes is more than %d", n, maxHeader)
	}
	text, err := safeio.ReadRange(r, size, 8, int64(n), maxHeader)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	h := &header{data: 8 + int64(n), bytes: size - 8 - int64(n)}
	if h.tensors, err = parseEntries(text); err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	slices.SortStableFunc(h.tensors, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := int64(0)
	for _, e := range h.tensors {
		if e.begin != at || e.end < e.begin {
			return nil, fmt.Errorf("safetensors header: bytes [%d,%d) of tensor %q do not follow those before, which end at %d", e.begin, e.end, e.name, at)
		}
		at = e.end
	}
	if at != size-h.data {
		return nil, fmt.Errorf("safetensors file has %d bytes of tensor data, its header %d", size-h.data, at)
	}
	return h, nil
}

// parseEntries reads the JSON object of a header, without __metadata__.
func parseEntries(text []byte) ([]entry, error) {
	if len(text) == 0 || text[0] != '{' || !utf8.Valid(text) {
		return nil, fmt.Errorf("no JSON object in UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var out []entry
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok || seen[name] {
			return nil, fmt.Errorf("the name %q stands there twice", name)
		}
		seen[name] = true
		var fields map[string]json.RawMessage
		if err := dec.Decode(&fields); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if name == "__metadata__" {
			continue
		}
		e, err := parseEntry(name, fields)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		out = append(out, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if rest := bytes.TrimRight(text[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes behind the JSON object", len(rest))
	}
	return out, nil
}

func parseEntry(name string, fields map[string]json.RawMessage) (entry, error) {
	e := entry{name: name}
	var offsets []int64
	want := []struct {
		key  string
		into any
	}{{"dtype", &e.dtype}, {"shape", &e.shape}, {"data_offsets", &offsets}}
	for _, w := range want {
		if err := json.Unmarshal(fields[w.key], w.into); err != nil {
			return e, fmt.Errorf("%s: %w", w.key, err)
		}
	}
	if len(fields) != 3 || len(offsets) != 2 || e.shape == nil {
		return e, fmt.Errorf("want dtype, shape and two data_offsets, and nothing else")
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, nil
}
