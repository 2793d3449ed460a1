package scan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A counted reader counts the bytes that are read from it.
type counted struct {
	r io.ReaderAt
	n atomic.Int64
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// aliased is an archive whose directory names the same bytes n times.
func aliased(data []byte, n int) []byte {
	var out, dir []byte
	header := func(magic string, name string, central bool) []byte {
		b := append([]byte(magic), make([]byte, 42)...)
		at := 14
		if central {
			at = 16
		} else {
			b = b[:30]
		}
		binary.LittleEndian.PutUint32(b[at:], crc32.ChecksumIEEE(data))
		binary.LittleEndian.PutUint32(b[at+4:], uint32(len(data)))
		binary.LittleEndian.PutUint32(b[at+8:], uint32(len(data)))
		binary.LittleEndian.PutUint16(b[at+12:], uint16(len(name)))
		return append(b, name...)
	}
	out = append(header("PK\x03\x04", "m000.pkl", false), data...)
	for i := range n {
		dir = append(dir, header("PK\x01\x02", fmt.Sprintf("m%03d.pkl", i), true)...)
	}
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint16(end[8:], uint16(n))
	binary.LittleEndian.PutUint16(end[10:], uint16(n))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(dir)))
	binary.LittleEndian.PutUint32(end[16:], uint32(len(out)))
	return append(append(out, dir...), end...)
}

// nestedHeaders is an archive of n members each of which holds all behind it.
func nestedHeaders(tail []byte, n int) []byte {
	const head = 30 + 8
	total := n*head + len(tail)
	var out, dir []byte
	for i := range n {
		name := fmt.Sprintf("m%03d.pkl", i)
		size := uint32(total - (i+1)*head)
		local := append([]byte("PK\x03\x04"), make([]byte, 26)...)
		binary.LittleEndian.PutUint32(local[18:], size)
		binary.LittleEndian.PutUint32(local[22:], size)
		binary.LittleEndian.PutUint16(local[26:], 8)
		central := append([]byte("PK\x01\x02"), make([]byte, 42)...)
		binary.LittleEndian.PutUint32(central[20:], size)
		binary.LittleEndian.PutUint32(central[24:], size)
		binary.LittleEndian.PutUint16(central[28:], 8)
		binary.LittleEndian.PutUint32(central[42:], uint32(len(out)))
		out, dir = append(append(out, local...), name...), append(append(dir, central...), name...)
	}
	out = append(out, tail...)
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint16(end[8:], uint16(n))
	binary.LittleEndian.PutUint16(end[10:], uint16(n))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(dir)))
	binary.LittleEndian.PutUint32(end[16:], uint32(len(out)))
	return append(append(out, dir...), end...)
}

// What is read of a file is proportional to its size, whatever it says, and
// what was not read is said.
func TestWorkIsBounded(t *testing.T) {
	const filler = 2 << 20
	junk := "\x80\x04N.\xff"
	for name, data := range map[string][]byte{
		"many starts before one long stream": []byte(junk + strings.Repeat("\x80\x04", 150) + strings.Repeat("N0", filler)),
		"many starts that import":            []byte(junk + strings.Repeat("\x80\x04(cos\nsystem\n", 150) + strings.Repeat("N0", filler)),
		"many starts before long texts":      []byte(junk + strings.Repeat("\x80\x04(", 150) + strings.Repeat("X\x00\x04\x00\x00"+strings.Repeat("a", 1024), filler/512)),
		"one member under many names":        aliased([]byte("\x80\x04"+strings.Repeat("N0", filler/2)+"N."), 300),
		"one member without magic":           aliased([]byte(strings.Repeat("N0", filler/2)+"N."), 300),
		"many starts under many names":       aliased([]byte(junk+strings.Repeat("\x80\x04", 150)+strings.Repeat("N0", filler/2)), 300),
		"members inside of one another":      nestedHeaders([]byte(strings.Repeat("N0", filler/2)+"N."), 300),
		"members that end in a search":       nestedHeaders([]byte(junk+strings.Repeat("\x80\x04N0", filler/4)), 300),
	} {
		t.Run(name, func(t *testing.T) {
			r := &counted{r: bytes.NewReader(data)}
			res := Scan(t.Context(), r, int64(len(data)), "m.pt", Options{})
			if n, size := r.n.Load(), int64(len(data)); n > 16*size+16<<20 {
				t.Errorf("%d MiB were read of %d MiB", n>>20, size>>20)
			}
			if res.Artifact.Verdict == audit.VerdictClean {
				t.Error("clean")
			}
		})
	}
}

// A member that many entries name is reported once, under the first; one whose
// name promises more than those before is audited again.
func TestMemberUnderManyNames(t *testing.T) {
	data := aliased(assemble(t, payload+`STOP`), 50)
	calls := 0
	for _, f := range scanBytes(t, "m.zip", data).Artifact.Findings {
		if f.Callable == "posix.system" || f.Callable == "os.system" {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("%d findings for one member", calls)
	}
	text := bytes.ReplaceAll(aliased([]byte("hello"), 2), []byte("m000.pkl"), []byte("m000.txt"))
	r := scanBytes(t, "m.zip", text)
	if len(r.Artifact.Coverage.Unread) != 1 || !strings.HasSuffix(r.Artifact.Coverage.Unread[0].Member, "m001.pkl") {
		t.Errorf("unread %v", r.Artifact.Coverage.Unread)
	}
}
