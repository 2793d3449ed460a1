package torch

import (
	"io"
	"sync"

	"github.com/modelaudit/action/internal/zipfile"
)

// openRecord opens the record of a storage without holding it in memory: a
// stored one is a section of the file, a compressed one is inflated when it is
// read, and checked now.
func (z *Zip) openRecord(e zipfile.Entry) (io.ReaderAt, int64, error) {
	if e.Method == 0 {
		return z.Archive.Open(e)
	}
	r := &compressed{entry: e, z: z}
	if z.inflatable -= e.Size; z.inflatable < 0 {
		return nil, 0, &FormatError{Member: e.Name, Offset: e.DataOffset, Msg: "the compressed records are too many to be looked at"}
	}
	if anomaly, err := z.Archive.CheckCRC(e); err != nil {
		return nil, 0, err
	} else if anomaly != nil && anomaly.Kind == zipfile.SizeMismatch {
		return nil, 0, &FormatError{Member: e.Name, Offset: anomaly.Start, Msg: anomaly.Msg}
	}
	return r, e.Size, nil
}

// inflated is the compressed record that was read last.
type inflated struct {
	mu   sync.Mutex
	at   int64 // header offset
	data io.ReaderAt
}

// A compressed record is inflated as a whole, and only one is held at a time:
// tensors are read one after the other.
type compressed struct {
	entry zipfile.Entry
	z     *Zip
}

// ReadAt implements io.ReaderAt.
func (c *compressed) ReadAt(p []byte, off int64) (int, error) {
	last := &c.z.inflated
	last.mu.Lock()
	if last.data == nil || last.at != c.entry.HeaderOffset {
		data, _, err := c.z.Archive.Open(c.entry)
		if err != nil {
			last.mu.Unlock()
			return 0, err
		}
		last.at, last.data = c.entry.HeaderOffset, data
	}
	data := last.data
	last.mu.Unlock()
	return data.ReadAt(p, off)
}
