package archive

import (
	"encoding/binary"
	"io"

	"github.com/pierrec/lz4/v4"
)

const lz4Magic = "\x04\x22\x4d\x18"

// lz4History is how far back a block may refer.
const lz4History = 64 << 10

// An lz4Reader decompresses one frame (lz4_Frame_format.md). Checksums are not
// compared.
type lz4Reader struct {
	in             *input
	sums, linked   bool
	contentSum     bool
	packed, out    []byte // one block, decompressed behind the history
	max            int    // bytes of the largest block
	history, begin int    // bytes of history in out, and where what is unread begins
	err            error
}

func openLZ4(in *input) (io.Reader, error) {
	b, err := in.take(6)
	if err != nil {
		return nil, err
	}
	flags, block := b[4], b[5]>>4&7
	if flags>>6 != 1 || block < 4 {
		return nil, &FormatError{Offset: in.pos(), Msg: "an lz4 version that is unknown", Err: ErrUnsupported}
	}
	skip := int64(1) // the header's checksum
	if flags&8 != 0 {
		skip += 8
	}
	if flags&1 != 0 {
		return nil, &FormatError{Offset: in.pos(), Msg: "it needs a dictionary", Err: ErrUnsupported}
	}
	if err := in.skip(skip); err != nil {
		return nil, err
	}
	return &lz4Reader{in: in, max: 1 << (8 + 2*block), linked: flags&0x20 == 0, sums: flags&0x10 != 0, contentSum: flags&4 != 0}, nil
}

// Read implements io.Reader.
func (l *lz4Reader) Read(p []byte) (int, error) {
	for l.begin == len(l.out) {
		if l.err != nil {
			return 0, l.err
		}
		l.err = l.next()
	}
	n := copy(p, l.out[l.begin:])
	l.begin += n
	return n, nil
}

// next decompresses a block; io.EOF is the end of the frame.
func (l *lz4Reader) next() error {
	l.keep()
	b, err := l.in.take(4)
	if err != nil {
		return err
	}
	size := binary.LittleEndian.Uint32(b)
	if size == 0 {
		if l.contentSum {
			if _, err := l.in.take(4); err != nil {
				return err
			}
		}
		return io.EOF
	}
	stored, n := size>>31 != 0, int(size&0x7fffffff)
	if n > l.max {
		return &FormatError{Offset: l.in.pos(), Msg: "a block larger than its frame allows"}
	}
	if l.packed, err = l.in.read(l.packed, n); err != nil && !stored {
		return err
	}
	if stored {
		l.out = append(l.out, l.packed...)
		if err != nil {
			return err
		}
	} else if err := l.expand(); err != nil {
		return err
	}
	if l.sums {
		return l.in.skip(4)
	}
	return nil
}

// keep drops what was read, all but the history that the next block may need.
func (l *lz4Reader) keep() {
	kept := 0
	if l.linked {
		kept = copy(l.out, l.out[max(0, len(l.out)-lz4History):])
	}
	l.out, l.history, l.begin = l.out[:kept], kept, kept
}

// expand decompresses the block in packed.
func (l *lz4Reader) expand() error {
	// Space grows with the blocks that are there, not with what a frame claims.
	for room := min(l.max, max(64<<10, 8*len(l.packed))); ; room = min(l.max, 4*room) {
		if need := l.history + room; cap(l.out) < need {
			grown := make([]byte, l.history, need)
			copy(grown, l.out)
			l.out = grown
		}
		n, err := lz4.UncompressBlockWithDict(l.packed, l.out[l.history:l.history+room], l.out[:l.history])
		if err == nil {
			l.out = l.out[:l.history+n]
			return nil
		}
		if room == l.max {
			return &FormatError{Offset: l.in.pos(), Msg: "a damaged lz4 block"}
		}
	}
}
