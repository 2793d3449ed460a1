package archive

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
)

// Coders by their ids (7-Zip, DOC/Methods.txt).
const (
	coderCopy    = "\x00"
	coderDelta   = "\x03"
	coderLZMA2   = "\x21"
	coderLZMA    = "\x03\x01\x01"
	coderDeflate = "\x04\x01\x08"
	coderBzip2   = "\x04\x02\x02"
	coderZstd    = "\x04\xf7\x11\x01"
	coderLZ4     = "\x04\xf7\x11\x04"
	coderAES     = "\x06\xf1\x07\x01"
)

func unsupported(id string) error {
	known := map[string]string{"\x03\x04\x01": "PPMd", "\x04\x01\x09": "Deflate64", "\x03\x03\x01\x1b": "BCJ2", "\x02\x03\x02": "Swap2", "\x02\x03\x04": "Swap4"}
	msg := fmt.Sprintf("it is packed with %s, which is not supported", cmp.Or(known[id], fmt.Sprintf("the coder %x", id)))
	if id == coderAES {
		msg = "it is encrypted"
	}
	return &FormatError{Msg: msg, Err: ErrUnsupported}
}

// decoder opens a coder that reads a packed stream; size is what it gives.
func decoder(k *coder, in *input, size int64) (io.Reader, error) {
	switch k.id {
	case coderLZMA:
		if len(k.props) != 5 {
			return nil, &FormatError{Msg: "LZMA properties of another length"}
		}
		return newLZMA(in, k.props[0], binary.LittleEndian.Uint32(k.props[1:]), size)
	case coderLZMA2:
		if len(k.props) != 1 {
			return nil, &FormatError{Msg: "LZMA2 properties of another length"}
		}
		dict, ok := dictionaryOf(k.props[0])
		if !ok {
			return nil, &FormatError{Msg: "a dictionary size that is none"}
		}
		return newLZMA2(in, dict), nil
	case coderDeflate:
		return in.inflated(), nil
	case coderBzip2:
		return &Reader{method: Bzip2, in: in}, nil
	case coderZstd:
		return &Reader{method: Zstd, in: in}, nil
	case coderLZ4:
		return &Reader{method: LZ4, in: in}, nil
	}
	return filter(k, in)
}

// filter opens a coder that changes bytes in place.
func filter(k *coder, r io.Reader) (io.Reader, error) {
	switch k.id {
	case coderCopy:
		return r, nil
	case coderDelta:
		if len(k.props) == 1 {
			return &deltaReader{r: r, distance: int(k.props[0]) + 1}, nil
		}
	}
	if f := branches(branchCoder(k.id), 0); f != nil && len(k.props) == 0 {
		return &branchReader{r: r, filter: f}, nil
	}
	return nil, unsupported(k.id)
}

// branchCoder returns xz's id for a coder that changes branches: 7z has that and an
// older one for most.
func branchCoder(id string) int64 {
	older := map[string]int64{"\x03\x03\x01\x03": 4, "\x03\x03\x02\x05": 5, "\x03\x03\x04\x01": 6, "\x03\x03\x05\x01": 7, "\x03\x03\x07\x01": 8, "\x03\x03\x08\x05": 9}
	if len(id) == 1 {
		return int64(id[0])
	}
	return older[id]
}
