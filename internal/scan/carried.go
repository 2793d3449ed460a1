package scan

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// zipTail is how far before the end of a file readers of zips look for an end
// record: its size and the longest comment.
const zipTail = 22 + 65535

// carried takes the zip out of the formats of a pickle that carries an archive
// as the bytes of one value near its end, where readers of zips look for one,
// and audits those bytes as a part of their own. A pickle that is not one whole
// stream to the end of the file stays both.
func (w *walk) carried(p part, formats []audit.Format) []audit.Format {
	if !slices.Equal(formats, []audit.Format{audit.FormatPickle, audit.FormatZip}) || p.depth >= w.lim.MaxDepth {
		return formats
	}
	first, last, err := endRecords(p)
	if err != nil || first < 0 {
		return formats
	}
	d := pickle.NewDecoder(p.r, 0, p.size, pickle.Options{MaxOps: w.opcodes()})
	var holds pickle.Range
	for {
		op, err := d.Next()
		switch {
		case err != nil:
			return formats
		case op.Code == pickle.OpStop && (op.End != p.size || holds.Len == 0 || len(d.Anomalies()) > 0):
			return formats
		case op.Code == pickle.OpStop:
			w.part(part{r: io.NewSectionReader(p.r, holds.Off, holds.Len), size: holds.Len, depth: p.depth + 1,
				member: p.below(fmt.Sprintf("bytes at %#x", holds.Off))})
			return formats[:1]
		case op.Data.Off <= first && last < op.Data.Off+op.Data.Len:
			holds = op.Data
		}
	}
}

// endRecords returns where the first and the last end record of a zip stand
// that a reader may find, -1 if there is none.
func endRecords(p part) (first, last int64, err error) {
	n := min(p.size, zipTail)
	tail := make([]byte, n)
	if m, err := p.r.ReadAt(tail, p.size-n); int64(m) < n {
		return 0, 0, err
	}
	sign := []byte("PK\x05\x06")
	i, j := bytes.Index(tail, sign), bytes.LastIndex(tail, sign)
	if i < 0 {
		return -1, -1, nil
	}
	return p.size - n + int64(i), p.size - n + int64(j), nil
}

// beginsZip reports whether a part begins with a member of a zip.
func beginsZip(p part) bool {
	sign := make([]byte, 4)
	n, _ := p.r.ReadAt(sign, 0)
	return string(sign[:n]) == "PK\x03\x04"
}
