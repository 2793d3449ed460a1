package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// patch changes the headers of a zip archive: local and central ones of the
// members whose name holds a text.
func patch(data []byte, name string, change func(header []byte, central bool)) []byte {
	out := bytes.Clone(data)
	for i := range out {
		switch {
		case bytes.HasPrefix(out[i:], []byte("PK\x03\x04")) && i+30 <= len(out):
			if n := int(binary.LittleEndian.Uint16(out[i+26:])); strings.Contains(string(out[i+30:min(i+30+n, len(out))]), name) {
				change(out[i:], false)
			}
		case bytes.HasPrefix(out[i:], []byte("PK\x01\x02")) && i+46 <= len(out):
			if n := int(binary.LittleEndian.Uint16(out[i+28:])); strings.Contains(string(out[i+46:min(i+46+n, len(out))]), name) {
				change(out[i:], true)
			}
		}
	}
	return out
}

// stored is an archive without data descriptors, as torch writes it.
func storedArchive(members ...member) []byte {
	var out, dir []byte
	for _, m := range members {
		le := binary.LittleEndian
		head := le.AppendUint32(nil, crc32.ChecksumIEEE(m.data))
		head = le.AppendUint32(head, uint32(len(m.data)))
		head = le.AppendUint32(head, uint32(len(m.data)))
		head = le.AppendUint32(head, uint32(len(m.name))) // no extra field
		at := uint32(len(out))
		out = append(append(append(append(out, "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), head...), m.name...), m.data...)
		dir = append(append(dir, "PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), head...)
		dir = append(le.AppendUint32(append(dir, make([]byte, 10)...), at), m.name...)
	}
	end := binary.LittleEndian.AppendUint32([]byte("PK\x05\x06\x00\x00\x00\x00"), uint32(len(members))*0x10001)
	end = binary.LittleEndian.AppendUint32(end, uint32(len(dir)))
	end = binary.LittleEndian.AppendUint32(end, uint32(len(out)))
	return append(append(append(out, dir...), end...), 0, 0)
}

// Classes 49 to 51: headers that make Python's reader refuse what torch reads.
func TestAttackZipHeaders(t *testing.T) {
	evil, good := assemble(t, payload+`STOP`), assemble(t, goodCheckpoint)
	sample := storedArchive(member{"a/data.pkl", evil}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")})
	a := &attacks{t: t}
	set := func(name string, data []byte, which string, change func(h []byte, central bool)) {
		both := patch(data, which, change)
		local := patch(data, which, func(h []byte, central bool) {
			if !central {
				change(h, central)
			}
		})
		central := patch(data, which, func(h []byte, central bool) {
			if central {
				change(h, central)
			}
		})
		a.add(name+" in both headers", both)
		a.add(name+" in the local header", local)
		a.add(name+" in the directory", central)
	}
	at := func(central bool, local, directory int) int {
		if central {
			return directory
		}
		return local
	}
	for _, flag := range []uint16{0x1, 0x20, 0x40, 0x2000, 0x8, 0x800, 0x4, 0xffff} {
		set(fmt.Sprintf("flag %#x", flag), sample, "data.pkl", func(h []byte, c bool) { binary.LittleEndian.PutUint16(h[at(c, 6, 8):], flag) })
	}
	set("a wrong checksum", sample, "data.pkl", func(h []byte, c bool) { h[at(c, 14, 16)] ^= 0xff })
	set("a checksum of 0", sample, "data.pkl", func(h []byte, c bool) { binary.LittleEndian.PutUint32(h[at(c, 14, 16):], 0) })
	set("version 99", sample, "data.pkl", func(h []byte, c bool) { h[at(c, 4, 6)] = 99 })
	set("an old date", sample, "data.pkl", func(h []byte, c bool) { binary.LittleEndian.PutUint32(h[at(c, 10, 12):], 0xffffffff) })
	set("a name in capitals", sample, "data.pkl", func(h []byte, c bool) { copy(h[at(c, 30, 46):], "A/DATA.PKL") })
	set("another name", sample, "data.pkl", func(h []byte, c bool) { copy(h[at(c, 30, 46):], "a/data.txt") })
	set("a name with a zero", sample, "data.pkl", func(h []byte, c bool) { copy(h[at(c, 30, 46):], "a/data.pk\x00") })
	set("a name with a backslash", sample, "data.pkl", func(h []byte, c bool) { copy(h[at(c, 30, 46):], "a\\data.pkl") })
	set("a directory's attribute", sample, "data.pkl", func(h []byte, c bool) {
		if c {
			h[38] = 0x10
		}
	})
	for name, data := range map[string][]byte{
		"first of two names":            storedArchive(member{"a/data.pkl", evil}, member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")}),
		"last of two names":             storedArchive(member{"a/data.pkl", good}, member{"a/data.pkl", evil}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")}),
		"second root":                   storedArchive(member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"b/data.pkl", evil}, member{"a/version", []byte("3\n")}),
		"archive behind an archive":     append(storedArchive(member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")}), sample...),
		"archive before an archive":     append(bytes.Clone(sample), storedArchive(member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")})...),
		"behind a script":               append([]byte("#!/bin/sh\nexit\n"), sample...),
		"behind a megabyte":             append(make([]byte, 1<<20), sample...),
		"before a megabyte":             append(bytes.Clone(sample), make([]byte, 60_000)...),
		"without its directory":         sample[:bytes.Index(sample, []byte("PK\x01\x02"))],
		"without its end":               sample[:bytes.Index(sample, []byte("PK\x05\x06"))],
		"a storage's record":            storedArchive(member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"a/data/1", evil}, member{"a/version", []byte("3\n")}),
		"constants":                     storedArchive(member{"a/data.pkl", good}, member{"a/data/0", make([]byte, 16)}, member{"a/constants.pkl", evil}, member{"a/code/x.py", []byte("x = 1\n")}, member{"a/version", []byte("3\n")}),
		"distributed metadata":          storedArchive(member{"ckpt/.metadata", evil}, member{"ckpt/__0_0.distcp", good}),
		"numpy archive named otherwise": storedArchive(member{"weights", evil}, member{"a.npy", []byte("\x93NUMPY\x01\x00")}),
	} {
		if name == "archive before an archive" { // no reader takes the first one
			a.add(name, data, "")
			continue
		}
		a.add(name, data)
	}
	for _, s := range a.list {
		for _, file := range []string{"m.pt", "m.zip", "m.bin", "m"} {
			if msg := s.caught(scanBytes(t, file, s.data)); msg != "" {
				t.Errorf("%s as %s: %s", s.name, file, msg)
			}
		}
	}
}

// What is packed is found, or at least not passed over.
func TestAttackPacked(t *testing.T) {
	evil := assemble(t, `PROTO 4; `+payload+`STOP`)
	var gz, zl, tarred bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, _ = g.Write(evil)
	_ = g.Close()
	z := zlib.NewWriter(&zl)
	_, _ = z.Write(evil)
	_ = z.Close()
	tw := tar.NewWriter(&tarred)
	_ = tw.WriteHeader(&tar.Header{Name: "pickle", Size: int64(len(evil)), Mode: 0o644})
	_, _ = tw.Write(evil)
	_ = tw.Close()
	packed := map[string][]byte{"gzip": gz.Bytes(), "zlib": zl.Bytes(), "tar": tarred.Bytes(), "joblib 0.8": append([]byte("ZF0x40"+strings.Repeat(" ", 15)), zl.Bytes()...),
		"7z": []byte("7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("x", 100)), "bz2": []byte("BZh91AY&SY" + strings.Repeat("x", 50)), "xz": []byte("\xfd7zXZ\x00\x00" + strings.Repeat("x", 50)),
		"numpy": []byte("\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }" + strings.Repeat(" ", 60) + "\n" + string(evil)),
		"hdf5":  []byte("\x89HDF\r\n\x1a\n" + strings.Repeat("\x00", 100) + string(evil)), "half a gzip": gz.Bytes()[:gz.Len()-10]}
	for name, data := range packed {
		for _, file := range []string{"m.pt", "m.bin", "m.pkl", "m.joblib"} {
			for kind, data := range map[string][]byte{"bare": data, "in a zip": archive(t, zip.Store, member{"x/m.pkl", data}), "in a deflated zip": archive(t, zip.Deflate, member{"x/m.joblib", data}),
				"in a checkpoint": checkpoint(t, goodCheckpoint, member{"a/extra.pkl", data})} {
				if r := scanBytes(t, file, data); r.Skipped || r.Artifact.Verdict == audit.VerdictClean {
					t.Errorf("%s %s as %s: skipped %v, verdict %q", name, kind, file, r.Skipped, r.Artifact.Verdict)
				}
			}
		}
	}
}

// Classes 47, 60, 62 and 63: computed magic, pickles in texts, and pointers.
func TestAttackNested(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	a := &attacks{t: t}
	for _, loader := range []string{`"_pickle" "loads"`, `"pickle" "loads"`, `"dill" "loads"`, `"cloudpickle" "loads"`, `"torch" "load"`, `"joblib" "load"`, `"marshal" "loads"`} {
		name := strings.ReplaceAll(strings.ReplaceAll(loader, `" "`, "."), `"`, "")
		global := `GLOBAL ` + loader + `; `
		a.program("loads of bytes with "+name, global+fmt.Sprintf(`BINBYTES %q; TUPLE1; REDUCE; STOP`, evil), name)
		a.program("loads of base64 with "+name, global+`GLOBAL "base64" "b64decode"; `+fmt.Sprintf(`UNICODE %q; TUPLE1; REDUCE; TUPLE1; REDUCE; STOP`, base64.StdEncoding.EncodeToString(evil)), name)
		a.program("loads of hex with "+name, global+`GLOBAL "binascii" "unhexlify"; `+fmt.Sprintf(`UNICODE "%x"; TUPLE1; REDUCE; TUPLE1; REDUCE; STOP`, evil), name)
		a.program("loads of an encoded text with "+name, global+`GLOBAL "_codecs" "encode"; `+fmt.Sprintf(`UNICODE %q; UNICODE "latin1"; TUPLE2; REDUCE; TUPLE1; REDUCE; STOP`, strings.ReplaceAll(string(evil), "\x85", "\u0085")), name)
	}
	a.program("a magic number that is computed", `PROTO 2; GLOBAL "builtins" "eval"; UNICODE "0x1950a86a20f9469cfc6c"; TUPLE1; REDUCE; STOP`, "builtins.eval")
	a.everywhere()
	magic := bytes.Join([][]byte{assemble(t, `PROTO 2; GLOBAL "builtins" "int"; UNICODE "119547037146038801333356"; TUPLE1; REDUCE; STOP`), legacy(t, 3, evil)[16:]}, nil)
	for _, file := range []string{"m.pt", "m.bin", "m"} {
		if msg := (&attack{"", nil, []string{"os.system", "builtins.int"}}).caught(scanBytes(t, file, magic)); msg != "" {
			t.Errorf("computed magic as %s: %s", file, msg)
		}
	}
	for _, pointer := range []string{"version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 130\n", ""} {
		if r := scanBytes(t, "m.pt", []byte(pointer)); r.Skipped || r.Artifact.Verdict != audit.VerdictIncomplete {
			t.Errorf("%q: %v", pointer, r.Artifact.Verdict)
		}
	}
}

// What stands before a pickle does not hide it under a model's name.
func TestAttackPrefixed(t *testing.T) {
	for _, evil := range []string{`PROTO 4; ` + payload + `STOP`, payload + `STOP`, `MARK; GLOBAL "os" "system"; UNICODE "true"; OBJ; STOP`} {
		for _, n := range []int{1, 300, 100_000, 1_000_000} {
			for kind, junk := range map[string]string{"zeros": "\x00", "bytes": "\xff", "text": "a b\n"} {
				data := append(bytes.Repeat([]byte(junk), n), assemble(t, evil)...)
				for _, file := range []string{"m.pkl", "m.pt", "m.joblib"} {
					r := scanBytes(t, file, data)
					if msg := (&attack{"", nil, []string{"os.system"}}).caught(r); msg != "" {
						t.Errorf("behind %d of %s as %s: %s", n, kind, file, msg)
					}
				}
			}
		}
	}
}

// A tar archive whose only header describes a member that is not there is no
// archive inside itself.
func TestAttackNoMember(t *testing.T) {
	for _, evil := range []string{`PROTO 4; ` + payload + `STOP`, `MARK; GLOBAL "os" "system"; UNICODE "true"; OBJ; STOP`} {
		data := tarred(t, "m.pkl", assemble(t, evil))
		data[156] = 'x' // records of pax, which the pickle is none of
		copy(data[148:], fmt.Sprintf("%06o\x00 ", tarSum(data[:512])))
		for _, file := range []string{"m.tar", "m.pt"} {
			if r := scanBytes(t, file, data); (&attack{"", nil, []string{"os.system"}}).caught(r) != "" || len(r.Artifact.Findings) != 1 || len(r.Artifact.Coverage.Unread) != 1 {
				t.Errorf("%s: found %q, unread %v", file, found(r), r.Artifact.Coverage.Unread)
			}
		}
	}
}

// tarSum is the checksum of a header of tar.
func tarSum(header []byte) (sum int) {
	for i, c := range header {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	return sum
}

// An end record behind an archive hides its members from readers that believe it; who
// follows local headers still finds them, and the call in them is named as before.
func TestAttackEmptyDirectoryBehind(t *testing.T) {
	a := &attacks{t: t}
	hidden := storedArchive(member{"a/data.pkl", assemble(t, payload+`STOP`)}, member{"a/version", []byte("3\n")})
	a.add("behind an empty directory", append(hidden, "PK\x05\x06"+strings.Repeat("\x00", 18)...))
	for _, s := range a.list {
		if msg := s.caught(scanBytes(t, "m.pt", s.data)); msg != "" {
			t.Error(s.name, msg)
		}
	}
}
