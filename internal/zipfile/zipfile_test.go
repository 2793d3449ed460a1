package zipfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

func mustRead(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, f *File, e Entry) string {
	t.Helper()
	r, n, err := f.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, n))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// kinds renders anomalies as "kind entry".
func kinds(list []Anomaly) []string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s", a.Kind, a.Entry))
	}
	slices.Sort(out)
	return out
}

// Files that real writers made have no anomaly, and hold what the standard
// library's reader finds in them.
func TestOrdinaryFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.[pz][ti]*")
	if err != nil || len(paths) < 9 {
		t.Fatalf("fixtures: %v %v", paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, padding := range []int{0, 4096} {
				b := append(slices.Clip(b), make([]byte, padding)...)
				checkOrdinary(t, mustRead(t, b), b[:len(b)-padding])
			}
		})
	}
}

func checkOrdinary(t *testing.T, f *File, b []byte) {
	t.Helper()
	if len(f.Anomalies) > 0 {
		t.Errorf("anomalies: %+v", f.Anomalies)
	}
	if c := f.Coverage(); c.Structure+c.Payload != f.size || len(c.Unread) > 0 {
		t.Errorf("coverage %+v of %d bytes", c, f.size)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != f.Len() {
		t.Fatalf("%d entries, archive/zip has %d", f.Len(), len(z.File))
	}
	for i := range f.Len() {
		e := f.At(i)
		offset, err := z.File[i].DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != z.File[i].Name || e.DataOffset != offset || e.Index != i {
			t.Errorf("entry %d: %+v, want %s at %d", i, e, z.File[i].Name, offset)
		}
		if a, err := f.CheckCRC(e); a != nil || err != nil {
			t.Errorf("%s: CheckCRC = %v, %v", e.Name, a, err)
		}
		if e.CRC32 == 0 && e.Size > 0 {
			continue // archive/zip insists on the CRC
		}
		r, err := z.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, f, e); got != string(want) {
			t.Errorf("%s: %d bytes, want %d", e.Name, len(got), len(want))
		}
	}
}

func TestTorchFixture(t *testing.T) {
	for _, path := range []string{"testdata/torch113_state.pt", "testdata/torch2_state.pt"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := mustRead(t, b)
		root, err := f.TorchRoot()
		if err != nil || root != f.At(0).Name[:len(root)] {
			t.Errorf("%s: root %q, %v", path, root, err)
		}
		e, ok := f.TorchLookup("DATA/0")
		if !ok || e.Name != root+"/data/0" || e.Size != 24 || e.DataOffset%64 != 0 {
			t.Errorf("%s: TorchLookup = %+v, %v", path, e, ok)
		}
		if _, ok := f.TorchLookup("data/2"); ok {
			t.Errorf("%s: a record that is not there was found", path)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	many := build(of(pkl, version))
	tests := []struct {
		name  string
		bytes []byte
		lim   safeio.Limits
		want  error
	}{
		{"empty file", nil, safeio.Limits{}, ErrNotZip},
		{"no end record", bytes.Repeat([]byte("PK\x03\x04"), 50_000), safeio.Limits{}, ErrNotZip},
		{"end record cut off", many[:len(many)-1], safeio.Limits{}, ErrNotZip},
		{"end record behind 70,000 zeros", append(build(of(pkl)), make([]byte, 70_000)...), safeio.Limits{}, ErrNotZip},
		{"too many members", many, safeio.Limits{MaxMembers: 1}, safeio.ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(tt.bytes), int64(len(tt.bytes)), tt.lim)
			var fe *FormatError
			if !errors.Is(err, tt.want) || !errors.As(err, &fe) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpenLimits(t *testing.T) {
	big := with(pkl, func(m *member) { m.data, m.deflate = make([]byte, 100_000), true })
	b := build(of(big))
	for name, lim := range map[string]safeio.Limits{
		"memory":    {MaxAlloc: 50_000, MaxRatio: 1e6},
		"expansion": {MaxExpand: 50_000, MaxRatio: 1e6},
		"ratio":     {MaxRatio: 50_000 / int64(len(deflated(big.data)))},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Read(bytes.NewReader(b), int64(len(b)), lim)
			if err != nil {
				t.Fatal(err)
			}
			r, n, err := f.Open(f.At(0))
			if !errors.Is(err, safeio.ErrLimit) || n > 50_000 || n < 49_000 {
				t.Errorf("Open: %d bytes, %v, want a limit", n, err)
			}
			if _, err := r.ReadAt(make([]byte, n), 0); err != nil {
				t.Error(err)
			}
			_, err = f.CheckCRC(f.At(0))
			if got := errors.Is(err, safeio.ErrLimit); got != (name != "memory") {
				t.Errorf("CheckCRC: %v", err)
			}
		})
	}
}

// A stored payload is not copied, whatever its size.
func TestOpenStored(t *testing.T) {
	b := build(of(pkl, version))
	f, err := Read(bytes.NewReader(b), int64(len(b)), safeio.Limits{MaxAlloc: 1, MaxExpand: 1, MaxRatio: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, f, f.At(0)); got != "the pickle" {
		t.Errorf("content %q", got)
	}
}

// brokenStream is a pickle whose DEFLATE stream is damaged after 128 of 200
// bytes. Torch returns it without an error.
func brokenStream() member {
	raw := append([]byte{0, 128, 0, 127, 255}, bytes.Repeat([]byte("0123456789abcdef"), 8)...) // a stored block
	raw = append(raw, 0xff, 0xff)                                                              // a block of no type
	return with(pkl, func(m *member) { m.deflate, m.raw, m.size = true, raw, ptr(int64(200)) })
}

func TestBrokenStreamGivesItsBeginning(t *testing.T) {
	f := mustRead(t, build(of(brokenStream())))
	r, n, err := f.Open(f.At(0))
	var fe *FormatError
	if !errors.As(err, &fe) || n != 128 {
		t.Fatalf("Open = %d bytes, %v", n, err)
	}
	got := make([]byte, n)
	if _, err := r.ReadAt(got, 0); err != nil || !bytes.HasPrefix(got, []byte("0123456789abcdef0123")) {
		t.Errorf("bytes %q, %v", got, err)
	}
}

// Read must not read payloads: 512 MB in 1,000 members cost a few bytes each.
func TestReadIsFrugal(t *testing.T) {
	const n, payload = 1000, 512 << 10
	s := &sparse{}
	var dir []byte
	at := int64(0)
	for i := range n {
		local, head := member{name: fmt.Sprintf("a/data/%d", i), size: ptr(int64(payload)), csize: ptr(int64(payload)), localSize: ptr(int64(payload)), crc: ptr(uint32(0))}.append(nil, at)
		s.put(at, local)
		dir = append(dir, head...)
		at += int64(len(local)) + payload
	}
	s.put(at, dir)
	s.put(at+int64(len(dir)), u16(u32(u16([]byte(sigEnd), 0, 0, n, n), uint32(len(dir)), uint32(at)), 0))
	f, err := Read(s, s.size, safeio.Limits{})
	if err != nil || f.Len() != n || len(f.Anomalies) != 0 {
		t.Fatalf("%d entries, %v, %v", f.Len(), f.Anomalies, err)
	}
	if s.reads > 2*n || s.bytes > 8<<20 {
		t.Errorf("%d reads of %d bytes in all", s.reads, s.bytes)
	}
}

// sparse is a large file of zeros with a few segments.
type sparse struct {
	at    []int64
	data  [][]byte
	size  int64
	reads int
	bytes int64
}

func (s *sparse) put(at int64, b []byte) {
	s.at, s.data, s.size = append(s.at, at), append(s.data, b), at+int64(len(b))
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.reads++
	s.bytes += int64(len(p))
	clear(p)
	i, _ := slices.BinarySearch(s.at, off)
	for i = max(i-1, 0); i < len(s.at) && s.at[i] < off+int64(len(p)); i++ {
		if d := s.at[i] - off; d >= 0 {
			copy(p[d:], s.data[i])
		} else if -d < int64(len(s.data[i])) {
			copy(p, s.data[i][-d:])
		}
	}
	if off+int64(len(p)) > s.size {
		return int(s.size - off), io.EOF
	}
	return len(p), nil
}

// An archive over 4 GiB: sizes and offsets stand in zip64 fields.
func TestZip64(t *testing.T) {
	const payload = 5 << 30
	s := &sparse{}
	big := member{name: "a/data/0", zip64: true, size: ptr(int64(payload)), csize: ptr(int64(payload)), descriptor: true, crc: ptr(uint32(0))}
	local, head := big.append(nil, 0)
	local = local[:len(local)-16] // no 32 bit descriptor
	s.put(0, local)
	desc := u32([]byte(sigDescriptor), 0)
	desc = le.AppendUint64(le.AppendUint64(desc, payload), payload)
	at := int64(len(local)) + payload
	s.put(at, desc)
	at += int64(len(desc))
	local, second := with(version, func(m *member) { m.zip64 = true }).append(nil, at)
	s.put(at, local)
	tail := build(archive{members: []member{{name: "x"}}, zip64: true})
	tail = tail[len(tail)-endLen-locatorLen-end64Len:]
	start := at + int64(len(local))
	dir := append(head, second...)
	le.PutUint64(tail[24:], 2)
	le.PutUint64(tail[32:], 2)
	le.PutUint64(tail[40:], uint64(len(dir)))
	le.PutUint64(tail[48:], uint64(start))
	le.PutUint64(tail[end64Len+8:], uint64(start)+uint64(len(dir)))
	copy(tail[end64Len+locatorLen+8:], bytes.Repeat([]byte{0xff}, 12))
	s.put(start, append(dir, tail...))

	f, err := Read(s, s.size, safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Anomalies) > 0 {
		t.Errorf("anomalies: %+v", f.Anomalies)
	}
	e, ok := f.TorchLookup("version")
	if !ok || e.HeaderOffset != at || content(t, f, e) != "3\n" {
		t.Errorf("version: %+v, %v", e, ok)
	}
	e, ok = f.TorchLookup("data/0")
	if _, n, err := f.Open(e); !ok || n != payload || err != nil {
		t.Errorf("data/0: %d bytes, %v", n, err)
	}
	if c := f.Coverage(); cmp.Diff(c, Coverage{Structure: s.size - payload - 2, Payload: payload + 2}) != "" {
		t.Errorf("coverage %+v", c)
	}
}
