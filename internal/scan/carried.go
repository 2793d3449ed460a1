package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// zipTail is how far before the end of a file readers of zips look for an end
// record: its size and the longest comment.
const zipTail = 22 + 65535

// carried takes the zip out of the formats of a pickle that carries archives as the
// bytes of values near its end, where readers of zips look for one, and audits those
// bytes as parts of their own. An archive in a text, as protocols below 3 write bytes,
// is none if no reader can list it. A pickle that is not one whole stream to the end of
// the file stays both.
func (w *walk) carried(p part, formats []audit.Format) []audit.Format {
	if !slices.Equal(formats, []audit.Format{audit.FormatPickle, audit.FormatZip}) || p.depth >= w.lim.MaxDepth {
		return formats
	}
	records, err := endRecords(p)
	if err != nil || len(records) == 0 {
		return formats
	}
	d := pickle.NewDecoder(p.r, 0, p.size, pickle.Options{MaxOps: w.opcodes()})
	var holds []pickle.Range
	for {
		op, err := d.Next()
		switch {
		case err != nil:
			return formats
		case op.Code == pickle.OpStop && (op.End != p.size || len(records) > 0 || len(d.Anomalies()) > 0):
			return formats
		case op.Code == pickle.OpStop:
			for _, h := range holds {
				w.part(part{r: io.NewSectionReader(p.r, h.Off, h.Len), size: h.Len, depth: p.depth + 1,
					member: p.below(fmt.Sprintf("bytes at %#x", h.Off))})
			}
			return formats[:1]
		}
		n := 0
		for n < len(records) && op.Data.Off <= records[n] && records[n] < op.Data.Off+op.Data.Len {
			n++
		}
		if n == 0 {
			continue
		}
		records = records[n:]
		switch op.Code {
		case pickle.OpBinUnicode, pickle.OpShortBinUnicode, pickle.OpBinUnicode8, pickle.OpUnicode:
			var bad *zipfile.FormatError
			if _, err := zipfile.Read(p.r, p.size, w.lim); !errors.As(err, &bad) || errors.Is(err, safeio.ErrLimit) {
				return formats
			}
		default:
			holds = append(holds, op.Data)
		}
	}
}

// endRecords returns where the end records of zips stand that a reader may find.
func endRecords(p part) (at []int64, err error) {
	n := min(p.size, zipTail)
	tail := make([]byte, n)
	if m, err := p.r.ReadAt(tail, p.size-n); int64(m) < n {
		return nil, err
	}
	for i := 0; ; i += 4 {
		next := bytes.Index(tail[i:], []byte("PK\x05\x06"))
		if next < 0 {
			return at, nil
		}
		i += next
		at = append(at, p.size-n+int64(i))
	}
}

// beginsZip reports whether a part begins with a member of a zip.
func beginsZip(p part) bool {
	sign := make([]byte, 4)
	n, _ := p.r.ReadAt(sign, 0)
	return string(sign[:n]) == "PK\x03\x04"
}
