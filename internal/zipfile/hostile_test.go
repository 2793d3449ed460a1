package zipfile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

// Every trick is an anomaly of its kind, and of no other.
func TestAnomalies(t *testing.T) {
	change := func(f func(*member)) []byte { return build(of(with(pkl, f), version)) }
	hidden := with(pkl, func(m *member) { m.name, m.hidden = "a/evil.pkl", true })
	unicodePath := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(pkl.name)))
	unicodePath = append(u16(nil, extraUnicodePath, uint16(len(unicodePath)+4)), append(unicodePath, "evil"...)...)
	tests := []struct {
		name  string
		bytes []byte
		want  []string
	}{
		{"plain", build(of(pkl, version)), nil},
		{"deflated with descriptor", change(func(m *member) { m.deflate, m.descriptor = true, true }), nil},
		{"as macOS deflates", change(func(m *member) { m.deflate, m.descriptor, m.macOS = true, true, true }), nil},
		{"unknown CRC", change(func(m *member) { m.crc = ptr(uint32(0)) }), nil},
		{"comment", build(archive{members: []member{pkl}, comment: []byte("text")}), nil},
		{"zero padding", build(archive{members: []member{pkl}, tail: make([]byte, 9000)}), nil},
		{"zero gap", change(func(m *member) { m.after = make([]byte, 100) }), nil},
		{"zip64 records", build(archive{members: []member{pkl, version}, zip64: true}), nil},
		{"nested archive", change(func(m *member) { m.data = build(of(pkl)) }), nil},
		{"no members", build(archive{}), nil},

		{"same name twice", build(of(pkl, version, pkl)), []string{"duplicate-name a/data.pkl"}},
		{"same name without case", build(of(pkl, version, with(pkl, func(m *member) { m.name = "A/DATA.pkl" }))), []string{"case-collision A/DATA.pkl"}},
		{"local name differs", change(func(m *member) { m.localName = "a/data.txt" }), []string{"name-mismatch a/data.pkl"}},
		{"local name is longer", change(func(m *member) { m.localName = string(make([]byte, 5000)) }), []string{"name-mismatch a/data.pkl"}},
		{"NUL in the name", change(func(m *member) { m.name = "a/x\x00.txt" }), []string{"name-mismatch a/x\x00.txt"}},
		{"Unicode path field", change(func(m *member) { m.extra = unicodePath }), []string{"name-mismatch a/data.pkl"}},
		{"encryption in the local header", change(func(m *member) { m.local = 1 }), []string{"odd-flags a/data.pkl"}},
		{"patch bit in the directory", change(func(m *member) { m.flags = 1 << 5 }), []string{"odd-flags a/data.pkl"}},
		{"directory with content", change(func(m *member) { m.attr = 0x10 }), []string{"odd-flags a/data.pkl"}},
		{"method 12", build(of(with(pkl, func(m *member) { m.method = ptr(uint16(12)) }))), []string{"header-mismatch a/data.pkl", "unusual-method a/data.pkl"}},
		{"method differs", change(func(m *member) { m.method = ptr(uint16(8)) }), []string{"header-mismatch a/data.pkl"}},
		{"two zip64 fields", change(func(m *member) {
			m.zip64, m.extra = true, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(u16(nil, 1, 24), 10), 10), 0)
		}), []string{"header-mismatch a/data.pkl"}},
		{"stored with two sizes", change(func(m *member) { m.size = ptr(int64(4)) }), []string{"size-mismatch a/data.pkl", "size-mismatch a/data.pkl"}},
		{"local sizes differ", change(func(m *member) { m.localSize = ptr(int64(5)) }), []string{"size-mismatch a/data.pkl"}},
		{"descriptor differs", change(func(m *member) {
			m.flags, m.local, m.localSize = 8, 8, ptr(int64(0))
			m.after = u32([]byte(sigDescriptor), 0, 7, 7)
		}), []string{"size-mismatch a/data.pkl"}},
		{"CRC differs", change(func(m *member) { m.crc = ptr(uint32(7)) }), []string{"crc-mismatch a/data.pkl"}},
		{"two entries, one payload", build(of(pkl, with(version, func(m *member) { m.offset = ptr(int64(0)) }))),
			[]string{"gap-bytes ", "hidden-member a/version", "name-mismatch a/version", "overlap a/version", "size-mismatch a/version", "crc-mismatch a/version"}},
		{"offset outside the file", build(of(pkl, with(version, func(m *member) { m.zip64, m.offset = true, ptr(int64(-1)) }))),
			[]string{"directory-disagreement ", "gap-bytes ", "hidden-member a/version", "unreadable-entry a/version"}},
		{"size outside the file", build(of(pkl, with(version, func(m *member) { m.deflate, m.csize = true, ptr(int64(1<<30)) }))),
			[]string{"directory-disagreement ", "overlap directory", "overlap end record", "size-mismatch a/version", "unreadable-entry a/version"}},
		{"no local header", change(func(m *member) { m.sig = "PK\x03\x05" }), []string{"prefix-bytes ", "unreadable-entry a/data.pkl"}},
		{"shebang before an archive that counts it", build(archive{prefix: []byte("#!/bin/sh\n"), adjust: true, members: []member{pkl}}), []string{"prefix-bytes "}},
		{"pickle before an archive", build(archive{prefix: []byte("\x80\x02N."), members: []member{pkl}}), []string{"directory-disagreement ", "prefix-bytes "}},
		{"bytes behind", build(archive{members: []member{pkl}, tail: []byte("tail")}), []string{"trailing-bytes "}},
		{"bytes between", change(func(m *member) { m.after = []byte("between") }), []string{"gap-bytes "}},
		{"hidden member", build(of(pkl, hidden, version)), []string{"gap-bytes ", "hidden-member a/evil.pkl"}},
		{"hidden member first", build(of(hidden, pkl)), []string{"prefix-bytes ", "hidden-member a/evil.pkl"}},
		{"gap before the end record", build(archive{members: []member{pkl}, gap: make([]byte, 100)}), []string{"directory-disagreement "}},
		{"entry behind the count", build(archive{members: []member{pkl, version}, count: -1}), []string{"directory-disagreement "}},
		{"count too high", build(archive{members: []member{pkl, version}, count: 1}), []string{"directory-disagreement "}},
		{"end record inside the comment", build(archive{members: []member{pkl}, comment: append([]byte(sigEnd), make([]byte, 17)...)}), []string{"directory-disagreement "}},
		{"comment cut off", func() []byte {
			b := build(archive{members: []member{pkl}})
			b[len(b)-2] = 9
			return b
		}(), []string{"directory-disagreement "}},
		{"version Python refuses", change(func(m *member) { m.needs = 99 }), []string{"directory-disagreement "}},
		{"name Python refuses", change(func(m *member) { m.name, m.flags = "a/\xff", 1<<11 }), []string{"directory-disagreement "}},
		{"disk torch refuses", change(func(m *member) { m.disk = 7 }), []string{"directory-disagreement "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustRead(t, tt.bytes)
			if d := cmp.Diff(slices.Sorted(slices.Values(tt.want)), kinds(f.Anomalies)); d != "" {
				t.Errorf("anomalies (-want +got):\n%s%+v", d, f.Anomalies)
			}
			checkCoverage(t, f)
		})
	}
}

// checkCoverage holds the sum that Coverage promises.
func checkCoverage(t *testing.T, f *File) {
	t.Helper()
	c := f.Coverage()
	sum := c.Structure + c.Payload
	last := int64(0)
	for _, r := range c.Unread {
		if r.Start < last || r.End <= r.Start || r.End > f.size {
			t.Errorf("unread %+v", c.Unread)
		}
		sum, last = sum+r.End-r.Start, r.End
	}
	if sum != f.size {
		t.Errorf("coverage %+v sums to %d of %d", c, sum, f.size)
	}
}

// An anomaly points at its bytes.
func TestAnomalyRange(t *testing.T) {
	hidden := member{name: "a/evil.pkl", data: []byte("evil bytes"), hidden: true}
	b := build(of(pkl, hidden, version))
	f := mustRead(t, b)
	for _, a := range f.Anomalies {
		if a.Kind == HiddenMember && (string(b[a.Start:a.Start+4]) != sigLocal || !bytes.HasSuffix(b[:a.End], hidden.data)) {
			t.Errorf("hidden member at [%d,%d)", a.Start, a.End)
		}
	}
	if want := []Range{{50, 100}}; cmp.Diff(want, f.Coverage().Unread) != "" {
		t.Errorf("unread %v, want %v", f.Coverage().Unread, want)
	}
}

// Two directories, each seen by one reader: both members are entries.
func TestTwoDirectories(t *testing.T) {
	evil := with(pkl, func(m *member) { m.data = []byte("the second") })
	second, first := build(of(evil)), build(of(pkl))
	// Python takes the directory before the end record and adds the distance to
	// every offset; torch takes the absolute offset, which is the first's.
	b := append(bytes.Clone(first), second...)
	f := mustRead(t, b)
	if f.Len() != 2 {
		t.Fatalf("entries %+v", f.Len())
	}
	e, ok := f.TorchLookup("data.pkl")
	if !ok || content(t, f, e) != "the pickle" || content(t, f, f.At(1)) != "the second" {
		t.Errorf("torch opens %+v", e)
	}
	want := []string{"directory-disagreement ", "duplicate-name a/data.pkl", "gap-bytes "}
	if d := cmp.Diff(want, kinds(f.Anomalies)); d != "" {
		t.Errorf("anomalies (-want +got):\n%s", d)
	}
}

func TestCheckCRC(t *testing.T) {
	deflatedPkl := with(pkl, func(m *member) { m.deflate = true })
	tests := []struct {
		name string
		m    member
		want AnomalyKind
	}{
		{"stored", pkl, ""},
		{"deflated", deflatedPkl, ""},
		{"stored, wrong", with(pkl, func(m *member) { m.crc = ptr(uint32(7)) }), CRCMismatch},
		{"deflated, wrong", with(deflatedPkl, func(m *member) { m.crc = ptr(uint32(7)) }), CRCMismatch},
		{"unknown", with(pkl, func(m *member) { m.crc = ptr(uint32(0)) }), ""},
		{"stream is longer", with(deflatedPkl, func(m *member) { m.size, m.crc = ptr(int64(4)), ptr(uint32(0)) }), SizeMismatch},
		{"stream is shorter", with(deflatedPkl, func(m *member) { m.size = ptr(int64(40)) }), SizeMismatch},
		{"bytes behind the stream", with(deflatedPkl, func(m *member) { m.raw = append(deflated(m.data), "tail"...) }), SizeMismatch},
		{"no stream", with(deflatedPkl, func(m *member) { m.raw = []byte{0xff} }), SizeMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustRead(t, build(of(tt.m)))
			a, err := f.CheckCRC(f.At(0))
			if err != nil {
				t.Fatal(err)
			}
			if a == nil {
				a = &Anomaly{}
			}
			if a.Kind != tt.want {
				t.Errorf("CheckCRC = %+v, want %q", a, tt.want)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	b := build(of(pkl, with(pkl, func(m *member) { m.name = "A/Data.PKL" }), version, with(pkl, func(m *member) { m.name = "a/data.pkl\x00.txt" })))
	f := mustRead(t, b)
	var got []int
	for _, e := range f.Lookup("a/DATA.pkl") {
		got = append(got, e.Index)
	}
	if d := cmp.Diff([]int{0, 1, 3}, got); d != "" {
		t.Errorf("Lookup: %s", d)
	}
	if got := f.Lookup("data.pkl"); got != nil {
		t.Errorf("Lookup of a name without its directory: %+v", got)
	}
}

func TestTorchRootRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"no slash":   build(of(member{name: "data.pkl"})),
		"no entries": build(archive{}),
		"prefix":     build(archive{prefix: []byte("junk"), members: []member{pkl}}),
	} {
		t.Run(name, func(t *testing.T) {
			f := mustRead(t, b)
			if root, err := f.TorchRoot(); err == nil {
				t.Errorf("root %q", root)
			}
			if e, ok := f.TorchLookup("data.pkl"); ok {
				t.Errorf("TorchLookup = %+v", e)
			}
		})
	}
}

// A flood of oddities is cut off per kind, and the entries stay.
func TestAnomalyFlood(t *testing.T) {
	var a archive
	for range 5000 {
		a.members = append(a.members, pkl)
	}
	f := mustRead(t, build(a))
	if f.Len() != 5000 || len(f.Anomalies) != maxAnomaliesPerKind {
		t.Errorf("%d entries, %d anomalies", f.Len(), len(f.Anomalies))
	}
}

func TestReadErrorIsNoFormatError(t *testing.T) {
	if _, err := Read(broken{}, 1000, safeio.Limits{}); err != io.ErrClosedPipe {
		t.Errorf("error %v", err)
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
