package scan

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
)

// pointers audits the offsets and indices in arrays of Arrow, which follows them wherever
// they point.
func (w *walk) pointers(p part, list []rules.Pointers) {
	left := 2*p.size + 1<<20 // one buffer may be given to any number of arrays
	for _, at := range list {
		if left -= at.Count * at.Bits / 8; left < 0 || w.ctx.Err() != nil {
			w.unread(p.member, at.Pos, at.Pos, "more arrays of Arrow than are looked at")
			return
		}
		if err := pointed(p.r, at); err != nil {
			w.unread(p.member, at.Pos, at.Pos, "an array of Arrow that is not as pyarrow writes it: "+err.Error())
		}
	}
}

var errSpelled = errors.New("its bytes are not spelled as pickles spell them")

// pointed reports whether all elements point into what there is.
func pointed(r io.ReaderAt, at rules.Pointers) error {
	data, ok := sym.PayloadOf(r, at.Buffer)
	if !ok {
		return errSpelled
	}
	there := func(int64) bool { return true }
	if at.Mask != nil {
		mask, ok := sym.PayloadOf(r, at.Mask)
		if !ok {
			return errSpelled
		}
		there = present(mask.Data, at.First)
	}
	size := at.Bits / 8
	in := bufio.NewReaderSize(io.NewSectionReader(data.Data, at.First*size, at.Count*size), 1<<15)
	element := make([]byte, size)
	last := uint64(0)
	for i := range at.Count {
		if _, err := io.ReadFull(in, element); err != nil {
			return err
		}
		n := unsigned(element, at.Signed)
		switch {
		case at.Rising && (n < last || n > uint64(at.Limit)), !at.Rising && n >= uint64(at.Limit) && there(i):
			return fmt.Errorf("element %d points to %d, where there are %d", i, int64(n), at.Limit)
		}
		last = n
	}
	return nil
}

// unsigned is a little-endian number; a negative one is more than any limit.
func unsigned(b []byte, signed bool) uint64 {
	var full [8]byte
	copy(full[:], b)
	n := binary.LittleEndian.Uint64(full[:])
	if signed && b[len(b)-1]&0x80 != 0 {
		return math.MaxUint64
	}
	return n
}

// present tells of elements behind the first, in order, whether their bits are set.
func present(mask io.ReaderAt, first int64) func(int64) bool {
	block := make([]byte, 1<<12)
	begin, n := int64(-1), 0
	return func(i int64) bool {
		i += first
		at := i / 8
		if begin < 0 || at < begin || at >= begin+int64(n) {
			n, _ = mask.ReadAt(block, at)
			if begin = at; n == 0 {
				return true
			}
		}
		return block[at-begin]>>(i%8)&1 != 0
	}
}
