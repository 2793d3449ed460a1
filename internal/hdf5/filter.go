package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Filters that are read (src/H5Zpublic.h, and h5py's lzf).
const (
	filterDeflate  = 1
	filterShuffle  = 2
	filterFletcher = 3
	filterLZF      = 32000
)

// filterNames are the names of others, for messages.
var filterNames = map[int]string{
	4: "szip", 5: "nbit", 6: "scaleoffset", 305: "LZO", 307: "bzip2", 32001: "Blosc", 32004: "LZ4",
	32008: "bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32026: "Blosc2",
}

// known reports the first filter that cannot be undone.
func (l *Layout) known() error {
	for _, x := range l.Filters {
		switch x.ID {
		case filterDeflate, filterShuffle, filterFletcher, filterLZF:
		default:
			name := filterNames[x.ID]
			if name == "" {
				name = x.Name
			}
			return fmt.Errorf("the filter %d (%q) is not read", x.ID, name)
		}
	}
	return nil
}

// decode undoes the filters of a chunk, the last one first, but those that mask
// says were left out. The result has want bytes.
func (l *Layout) decode(b []byte, mask uint32, want int64) ([]byte, error) {
	for i := len(l.Filters) - 1; i >= 0; i-- {
		if mask&(1<<i) != 0 {
			continue
		}
		var err error
		// A checksum may yet have to come off.
		limit := want + 4*int64(len(l.Filters))
		switch x := l.Filters[i]; x.ID {
		case filterDeflate:
			b, err = inflate(b, limit)
		case filterShuffle:
			size := int64(0)
			if len(x.Values) > 0 {
				size = int64(x.Values[0])
			}
			b = unshuffle(b, size)
		case filterFletcher:
			b, err = uncheck(b)
		case filterLZF:
			b, err = unLZF(b, limit)
		default:
			err = l.known()
		}
		if err != nil {
			return nil, err
		}
	}
	if int64(len(b)) != want {
		return nil, fmt.Errorf("a chunk has %d bytes, not %d", len(b), want)
	}
	return b, nil
}

func inflate(b []byte, limit int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("a chunk is no zlib stream")
	}
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, errors.New("a chunk's zlib stream is damaged")
	case int64(len(out)) > limit:
		return nil, fmt.Errorf("a chunk decompresses to more than its %d bytes", limit)
	}
	return out, nil
}

// unshuffle puts the bytes of elements together again: the first bytes of all
// elements stand first. What is no whole element stands at the end as it was.
func unshuffle(b []byte, size int64) []byte {
	if size <= 1 || int64(len(b)) < size {
		return b
	}
	n := int64(len(b)) / size
	out := make([]byte, len(b))
	for j := range size {
		column := b[j*n : (j+1)*n]
		for i, v := range column {
			out[int64(i)*size+j] = v
		}
	}
	copy(out[n*size:], b[n*size:])
	return out
}

func uncheck(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, errors.New("a chunk is too short for its checksum")
	}
	data := b[:len(b)-4]
	if binary.LittleEndian.Uint32(b[len(b)-4:]) != fletcher32(data) {
		return nil, errors.New("the checksum of a chunk is wrong")
	}
	return data, nil
}

// unLZF decompresses LZF: a byte below 32 precedes as many literal bytes and
// one; another has the length of a copy in its upper three bits (7: one more
// byte of it follows) and, with the byte after, how far back it begins.
func unLZF(b []byte, limit int64) ([]byte, error) {
	damaged := errors.New("a chunk's LZF stream is damaged")
	var out []byte
	for i := 0; i < len(b); {
		ctrl := int(b[i])
		i++
		if ctrl < 32 {
			if ctrl+1 > len(b)-i {
				return nil, damaged
			}
			out = append(out, b[i:i+ctrl+1]...)
			i += ctrl + 1
		} else {
			n := ctrl >> 5
			if n == 7 && i < len(b) {
				n += int(b[i])
				i++
			}
			if i >= len(b) {
				return nil, damaged
			}
			back := (ctrl&31)<<8 + int(b[i]) + 1
			i++
			if back > len(out) {
				return nil, damaged
			}
			for range n + 2 {
				out = append(out, out[len(out)-back])
			}
		}
		if int64(len(out)) > limit {
			return nil, fmt.Errorf("a chunk decompresses to more than its %d bytes", limit)
		}
	}
	return out, nil
}
