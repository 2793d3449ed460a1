package proof

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// maxHeader is safetensors' own limit for its header (safetensors/src/tensor.rs).
const maxHeader = 100_000_000

// A header is a safetensors file's directory.
type header struct {
	data   int64         // where the tensor bytes begin in the file
	list   []packedEntry // in the order of their bytes
	names  strings.Builder
	dtypes []string // that there are
	dims   []int64  // shapes, one behind the other
	bytes  int64    // of all tensors; one that is under two names counts twice
	native bool     // every type stands for itself, as in a torch zip
}

// An entry is one tensor of a header; begin and end count from header.data.
type entry struct {
	name       string
	dtype      string
	shape      []int64
	begin, end int64
}

// A packedEntry is an entry in few bytes: there may be a million.
type packedEntry struct {
	begin, end    int64
	name, nameEnd uint32 // in names
	shape         uint32 // in dims
	rank, dtype   uint16
}

func (h *header) append(e *entry) {
	p := packedEntry{begin: e.begin, end: e.end, name: uint32(h.names.Len()), shape: uint32(len(h.dims)), rank: uint16(len(e.shape))}
	h.names.WriteString(e.name)
	p.nameEnd = uint32(h.names.Len())
	kind := slices.Index(h.dtypes, e.dtype)
	if kind < 0 {
		kind, h.dtypes = len(h.dtypes), append(h.dtypes, e.dtype)
	}
	p.dtype = uint16(kind)
	if n := len(h.list); n > 0 && slices.Equal(h.at(n-1).shape, e.shape) {
		p.shape = h.list[n-1].shape
	} else {
		h.dims = append(h.dims, e.shape...)
	}
	h.list = append(h.list, p)
}

// at is the entry of that number. Nothing of it may be written to.
func (h *header) at(i int) entry {
	p := &h.list[i]
	end := p.shape + uint32(p.rank)
	return entry{h.names.String()[p.name:p.nameEnd], h.dtypes[p.dtype], h.dims[p.shape:end:end], p.begin, p.end}
}

// sort puts the entries in the order of their bytes.
func (h *header) sort() {
	slices.SortStableFunc(h.list, func(a, b packedEntry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
}

// readHeader reads the directory of a safetensors file and checks that its
// tensors cover the rest of the file exactly, without hole or overlap. Names that
// stand there twice are found where they are matched with their claims.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	prefix, err := safeio.ReadRange(r, size, 0, 8, 8)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	n := binary.LittleEndian.Uint64(prefix)
	if n > maxHeader {
		return nil, fmt.Errorf("safetensors header of %d bytes is more than %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		return nil, fmt.Errorf("safetensors header of %d bytes in a file of %d", n, size)
	}
	h := &header{data: 8 + int64(n), bytes: size - 8 - int64(n)}
	in := headerReader{in: bufio.NewReaderSize(io.NewSectionReader(r, 8, int64(n)), 64<<10)}
	if err := in.entries(h); err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	h.sort()
	at := int64(0)
	for i := range h.list {
		e := h.at(i)
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
