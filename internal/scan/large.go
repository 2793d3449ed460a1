package scan

import "encoding/binary"

// largeDirectory is how long a directory or header may be until what is made of
// it may take more than some MiB of memory.
const largeDirectory = 4 << 20

// large is called before so many bytes of a directory or header are read.
func (w *walk) large(n uint64) {
	if n > largeDirectory && w.opt.Large != nil {
		w.opt.Large()
	}
}

// largeHeader asks for the memory of a safetensors header, whose length comes first.
func (w *walk) largeHeader(p part) {
	var b [8]byte
	if n, _ := p.r.ReadAt(b[:], 0); n == len(b) { // else the reader says what is wrong
		w.large(binary.LittleEndian.Uint64(b[:]))
	}
}

// largeZip asks for the memory of a zip's directory: its size stands in the end
// record, or is too large for it.
func (w *walk) largeZip(p part) {
	records, err := endRecords(p)
	if err != nil || len(records) == 0 {
		return
	}
	var b [4]byte
	if n, _ := p.r.ReadAt(b[:], records[len(records)-1]+12); n == len(b) {
		w.large(uint64(binary.LittleEndian.Uint32(b[:])))
	}
}
