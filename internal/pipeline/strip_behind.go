package pipeline

import (
	"bytes"
	"io"

	"github.com/modelaudit/action/internal/pickle"
)

// maxBehind bounds what is looked through behind the place where a pickle breaks off, in
// bytes, instructions and beginnings.
const maxBehind = 1 << 20

// another reports whether a whole pickle, from PROTO to STOP, stands in the bytes [start, end)
// behind the place where one breaks off. A loader that reads one pickle after the other may have
// been meant to get its object. Where there is more than is looked through, the answer is yes.
func (s *judged) another(start, end int64) bool {
	if end-start > maxBehind {
		return true
	}
	data, err := io.ReadAll(io.NewSectionReader(s.Data, start, end-start))
	if err != nil {
		return true
	}
	left := maxBehind
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], byte(pickle.OpProto))
		if i < 0 || at+i+1 >= len(data) {
			return false
		}
		if at += i; data[at+1] < 2 || data[at+1] > 5 {
			continue
		}
		d := pickle.NewDecoder(bytes.NewReader(data), int64(at), int64(len(data)), pickle.Options{MaxOps: left})
		for ; left > 0; left-- {
			op, err := d.Next()
			if err != nil {
				break
			}
			if op.Code == pickle.OpStop {
				return true
			}
		}
		if left == 0 {
			return true
		}
	}
}
