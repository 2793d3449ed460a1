package archive

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/modelaudit/action/internal/safeio"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

// maxWindow is what the zstd program and libzstd accept without being asked for
// more: 2^27 bytes.
const maxWindow = 128 << 20

// skippable returns the length of a frame that every reader of zstd and lz4
// skips, or 0.
func skippable(b []byte) int64 {
	if len(b) < 8 || binary.LittleEndian.Uint32(b)&^0xf != 0x184d2a50 {
		return 0
	}
	return 8 + int64(binary.LittleEndian.Uint32(b[4:]))
}

// A zstdReader decompresses one frame. The decoder gets the frame and no more,
// so that what stands behind it is found.
type zstdReader struct {
	frame *zstdFrame
	d     *zstd.Decoder
}

// openZstd opens a frame. Checksums are not compared: a damaged block is given
// out as it is decoded, as a loader would get it before the check fails.
func openZstd(in *input) (io.Reader, error) {
	f := &zstdFrame{in: in}
	d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeBuffersBelow(0), zstd.IgnoreChecksum(true))
	if err != nil {
		return nil, err
	}
	return &zstdReader{frame: f, d: d}, nil
}

// Read implements io.Reader.
func (z *zstdReader) Read(p []byte) (int, error) {
	n, err := z.d.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = &FormatError{Offset: z.frame.in.pos(), Msg: "it needs a larger window than is kept", Err: safeio.ErrLimit}
	case errors.Is(err, zstd.ErrUnknownDictionary):
		err = &FormatError{Offset: z.frame.in.pos(), Msg: "it needs a dictionary", Err: ErrUnsupported}
	}
	z.d.Close()
	return n, err
}

// A zstdFrame gives out the bytes of one frame (RFC 8878, 3.1.1).
type zstdFrame struct {
	in    *input
	piece int64 // bytes of the current piece that are left
	state int   // what comes behind the piece: 0 header, 1 a block, 2 the end
	sum   int64 // length of the checksum
}

// Read implements io.Reader.
func (f *zstdFrame) Read(p []byte) (int, error) {
	for f.piece == 0 {
		if f.state == 2 {
			return 0, io.EOF
		}
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
	n, err := f.in.Read(p[:min(int64(len(p)), f.piece)])
	f.piece -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// advance measures the next piece: the frame's header, or a block.
func (f *zstdFrame) advance() error {
	if f.state == 0 {
		b := f.in.peek(5)
		if len(b) < 5 {
			return f.in.end()
		}
		flags := b[4]
		single := flags >> 5 & 1
		f.piece = 5 + int64([]int{0, 1, 2, 4}[flags&3]) + int64([]int{int(single), 2, 4, 8}[flags>>6]) + int64(1-single)
		f.sum = int64(flags>>2&1) * 4
		f.state = 1
		return nil
	}
	b := f.in.peek(3)
	if len(b) < 3 {
		return f.in.end()
	}
	header := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	f.piece = 3 + int64(header>>3)
	if header>>1&3 == 1 { // one byte, repeated
		f.piece = 4
	}
	if header&1 != 0 {
		f.piece += f.sum
		f.state = 2
	}
	return nil
}
