package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

// rawHeader is a header with a fitting checksum; edit changes it before.
func rawHeader(name string, kind byte, size int, edit func([]byte)) []byte {
	b := make([]byte, block)
	copy(b, name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:], fmt.Sprintf("%011o\x0000000000000\x00", size))
	b[156] = kind
	if edit != nil {
		edit(b)
	}
	sum := 8 * 32 // spaces
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// entry is a header and its data, in whole blocks.
func entry(name string, kind byte, data string, edit func([]byte)) []byte {
	b := append(rawHeader(name, kind, len(data), edit), data...)
	return append(b, make([]byte, -len(b)&(block-1))...)
}

func record(key, value string) string {
	n := len(key) + len(value) + 3
	for len(fmt.Sprint(n))+len(key)+len(value)+3 != n {
		n++
	}
	return fmt.Sprintf("%d %s=%s\n", n, key, value)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// listed is what a test compares: names with their content; a bar before one
// that stands beyond the end.
func listed(t *testing.T, data []byte) (out []string) {
	t.Helper()
	a := ReadTar(bytes.NewReader(data), int64(len(data)), safeio.Limits{}.WithDefaults())
	for i := range a.Members {
		m := &a.Members[i]
		text := m.Name
		if m.Beyond {
			text = "|" + text
		}
		if m.Regular() {
			r, n, err := a.Open(m)
			b, rerr := io.ReadAll(io.NewSectionReader(r, 0, n))
			if rerr != nil {
				t.Error(rerr)
			}
			text += "=" + strings.TrimRight(string(b), "\x00")
			if err != nil {
				text += "!"
			}
		}
		out = append(out, text)
	}
	if a.Err != nil {
		out = append(out, a.Err.Error())
	}
	if a.Rest < int64(len(data)) {
		out = append(out, fmt.Sprintf("rest at %d", a.Rest))
	}
	return out
}

func TestTar(t *testing.T) {
	end := make([]byte, 2*block)
	one := entry("a", '0', "one", nil)
	set := func(at int, s string) func([]byte) { return func(b []byte) { copy(b[at:], s) } }
	sparse := rawHeader("s", 'S', 6, func(b []byte) {
		copy(b[386:], "00000000002\x0000000000003\x0000000000010\x0000000000003\x00")
		copy(b[483:], "00000000020\x00")
	})
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"without magic", join(one, end), []string{"a=one"}},
		{"no end", one, []string{"a=one"}},
		{"truncated", one[:block+2], []string{"a=on!"}},
		{"a mode as Python writes numbers", join(entry("a", '0', "one", set(100, "0o00644\x00")), end), []string{"a=one"}},
		{"spaces and underscores", join(entry("a", '0', "one", set(124, " 0_0_3      ")), end), []string{"a=one"}},
		{"base 256", join(entry("a", '0', "one", set(124, "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03")), end), []string{"a=one"}},
		{"a mode that is none", join(entry("a", '0', "one", set(100, "zzz\x00")), entry("b", '0', "two", nil), end), []string{"a=one", "|b=two"}},
		{"GNU names", join(entry("x", 'L', strings.Repeat("n", 300)+"\x00", nil), one, end), []string{strings.Repeat("n", 300) + "=one"}},
		{"a prefix", join(entry("a", '0', "one", set(345, "dir")), end), []string{"dir/a=one"}},
		{"pax path and size", join(entry("x", 'x', record("path", "p")+record("size", "2"), nil), one, end), []string{"p=on"}},
		{"global pax", join(entry("x", 'g', record("path", "g"), nil), one, one, end), []string{"g=one", "g=one"}},
		{"pax before GNU", join(entry("x", 'x', record("path", "p"), nil), entry("x", 'L', "l\x00", nil), one, end), []string{"l=one"}},
		{"a pax record that is none", join(entry("x", 'x', "zz path=p\n", nil), one, end), []string{"|a=one"}},
		{"a hard link has no data", join(rawHeader("l", '1', 512, nil), one, end), []string{"l", "a=one"}},
		{"an unknown type has", join(entry("u", 'Z', "data", nil), one, end), []string{"u=data", "a=one"}},
		{"a directory by its name", join(rawHeader("d/", 0, 0, nil), one, end), []string{"d/", "a=one"}},
		{"zero blocks, then more", join(one, end, entry("b", '0', "two", nil), end), []string{"a=one", "|b=two"}},
		{"zero blocks first", join(end, one, end), []string{"|a=one"}},
		{"junk in between", join(one, bytes.Repeat([]byte("junk"), 128), entry("b", '0', "two", nil)), []string{"a=one", "|b=two"}},
		{"junk behind", join(one, end, []byte("junk")), []string{"a=one", "rest at 2048"}},
		{"one name twice", join(one, entry("a", '0', "two", nil), end), []string{"a=one", "a=two"}},
		{"sparse", join(sparse, []byte("abcdef"), make([]byte, block-6), one, end), []string{"s=\x00\x00abc\x00\x00\x00def", "a=one"}},
		{"pax sparse 0.1", join(entry("x", 'x', record("GNU.sparse.map", "1,2,5,1")+record("GNU.sparse.size", "6"), nil), one, end), []string{"a=\x00on\x00\x00e"}},
		{"pax sparse 0.0", join(entry("x", 'x', record("GNU.sparse.size", "6")+record("GNU.sparse.offset", "3")+record("GNU.sparse.numbytes", "3"), nil), one, end), []string{"a=\x00\x00\x00one"}},
		{"pax sparse 1.0", join(entry("x", 'x', record("GNU.sparse.major", "1")+record("GNU.sparse.minor", "0")+record("GNU.sparse.realsize", "5")+record("GNU.sparse.name", "n"), nil),
			rawHeader("a", '0', block+3, nil), []byte(fmt.Sprintf("%-512s", "1\n2\n3\n")), []byte("one"), make([]byte, block-3), end), []string{"n=\x00\x00one"}},
		{"a size beyond the file", join(rawHeader("a", '0', 1<<30, nil), []byte("one")), []string{"a=one!"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, listed(t, c.data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTarLimits: many members, and headers that only announce one.
func TestTarLimits(t *testing.T) {
	many := bytes.Repeat(rawHeader("a", '0', 0, nil), 10_001)
	lim := safeio.Limits{MaxMembers: 10_000, MaxAlloc: 1 << 20}.WithDefaults()
	if a := ReadTar(bytes.NewReader(many), int64(len(many)), lim); len(a.Members) != 10_000 || a.Err == nil {
		t.Errorf("%d members, %v", len(a.Members), a.Err)
	}
	chain := join(bytes.Repeat(entry("x", 'L', "n\x00", nil), 2000), entry("a", '0', "one", nil))
	if a := ReadTar(bytes.NewReader(chain), int64(len(chain)), lim); len(a.Members) == 0 || a.Members[len(a.Members)-1].Size != 3 {
		t.Errorf("%d members, %v", len(a.Members), a.Err)
	}
}

// FuzzTar: what Go's reader finds in an archive is in the list.
func FuzzTar(f *testing.F) {
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		_ = w.WriteHeader(&tar.Header{Name: "a/b", Size: 3, Mode: 0o644, Format: format})
		_, _ = w.Write([]byte("one"))
		_ = w.Close()
		f.Add(b.Bytes())
	}
	f.Add(entry("x", 'x', record("GNU.sparse.map", "1,2,5,1"), nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		a := ReadTar(bytes.NewReader(data), int64(len(data)), safeio.Limits{MaxMembers: 1000}.WithDefaults())
		at := map[int64]bool{}
		for i := range a.Members {
			m := &a.Members[i]
			at[m.Header] = true
			if r, n, _ := a.Open(m); n < 0 || n > m.Size {
				t.Fatalf("%d bytes of %d", n, m.Size)
			} else if _, err := io.Copy(io.Discard, io.NewSectionReader(r, 0, min(n, 1<<16))); err != nil {
				t.Fatal(err)
			}
		}
		in := tar.NewReader(bytes.NewReader(data))
		for n := 0; ; n++ {
			h, err := in.Next()
			if err != nil {
				break
			}
			if n == len(a.Members) && a.Err == nil {
				t.Fatalf("member %d, %q, is not listed", n, h.Name)
			}
		}
	})
}
