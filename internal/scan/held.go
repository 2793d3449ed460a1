package scan

import (
	"bytes"
	"io"
)

// heldBytes is how long an artifact may be to be read at once: most of what looks
// at it asks for pieces, each of which costs a call of the system.
const heldBytes = 64 << 10

// held returns a reader of a small artifact that has its bytes already; r where
// it is not small or cannot be read whole, so that the error is met where it matters.
func held(r io.ReaderAt, size int64) io.ReaderAt {
	if size > heldBytes {
		return r
	}
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); n < len(b) || err != nil && err != io.EOF {
		return r
	}
	return bytes.NewReader(b)
}
