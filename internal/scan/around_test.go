package scan

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Documents and programs have archives in them. What is around one is odd only if it
// holds a pickle, or the archive a model.
func TestArchivesInOtherFiles(t *testing.T) {
	texts := archive(t, zip.Store, member{"theme/theme.xml", []byte("<a>text</a>")})
	models := archive(t, zip.Store, member{"model.pkl", assemble(t, `EMPTY_DICT; STOP`)})
	document := glue([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), bytes.Repeat([]byte{7}, 600))
	evil := assemble(t, `GLOBAL "os" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`)
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"a document", "table.xls", glue(document, texts, document), "clean"},
		{"with a pickle", "table.xls", glue(document, evil, texts), "MA101 os.system"},
		{"with a pickle, which is odd", "table.xls", glue(document, evil, texts), "MA203"},
		{"with a model in the archive", "table.xls", glue(document, models), "MA203"},
		{"by the name of a model", "model.pt", glue(document, texts), "MA203"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, c.file, c.data), c.want) })
	}
}

// White space behind a pickle is no instruction, and not unread.
func TestWhiteSpaceBehindPickle(t *testing.T) {
	data := assemble(t, `EMPTY_DICT; STOP`)
	for _, end := range []string{"\n", "\r\n", "\x00\x00 \n"} {
		expect(t, scanBytes(t, "m.pkl", glue(data, []byte(end))), "clean")
	}
	expect(t, scanBytes(t, "m.pkl", glue(data, []byte("\nhello"))), "unread")
	expect(t, scanBytes(t, "m.pkl", glue(data, []byte("\n"), assemble(t, `GLOBAL "os" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`))), "MA101 os.system")
}

// Arrays that joblib before 0.10 wrote to files of their own are audited with the pickle.
func TestJoblibSiblingsAreRead(t *testing.T) {
	dir := t.TempDir()
	main := text(t, `GLOBAL "joblib.numpy_pickle" "NDArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "filename"; UNICODE "m.pkl_01.npy"; SETITEM; UNICODE "subclass"; GLOBAL "numpy" "ndarray"; SETITEM; BUILD; STOP`)
	header := "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
	npy := func(pickle []byte) []byte {
		return glue([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header))), []byte(header), pickle)
	}
	scan := func(sibling []byte) *Result {
		if sibling != nil {
			if err := os.WriteFile(filepath.Join(dir, "m.pkl_01.npy"), sibling, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return Scan(t.Context(), bytes.NewReader(main), int64(len(main)), "m.pkl", Options{Beside: func(name string) (io.ReaderAt, int64, error) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			return bytes.NewReader(b), int64(len(b)), err
		}})
	}
	r := scan(nil)
	expect(t, r, "unread")
	if u := r.Artifact.Coverage.Unread; len(u) != 1 || strings.Contains(u[0].Reason, dir) || !strings.Contains(u[0].Reason, "no such file") {
		t.Errorf("unread: %v", u)
	}
	expect(t, scan(npy(assemble(t, `GLOBAL "os" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`))), "MA101 os.system")
	if r := scan(npy(assemble(t, newObjects))); r.Artifact.Verdict != "clean" || !r.Elsewhere || r.Artifact.Coverage.Understood != int64(len(main)) {
		t.Errorf("a harmless one: %+v", r.Artifact)
	}
}

const newObjects = `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; ` +
	`MARK; BININT1 1; BININT1 1; TUPLE1; GLOBAL "numpy" "dtype"; UNICODE "O8"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 63; TUPLE; BUILD; ` +
	`NEWFALSE; EMPTY_LIST; NONE; APPEND; TUPLE; BUILD; STOP`

// The elements of an array alone, as joblib before 0.10 compressed them, are no model
// that is not understood.
func TestCompressedElements(t *testing.T) {
	zfile := func(data []byte) []byte {
		b := bytes.NewBuffer(fmt.Appendf(nil, "ZF%-19s", fmt.Sprintf("%#x", len(data))))
		w := zlib.NewWriter(b)
		if _, err := w.Write(data); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	data := zfile(make([]byte, 40))
	expect(t, scanBytes(t, "m.pkl_01.npy.z", data), "clean")
	expect(t, scanBytes(t, "m.pkl.z", zfile(bytes.Repeat([]byte{7}, 40))), "unread")
}

// A block whose bytes add up to what stands where a tar archive has its checksum is no
// archive without members, unless its name promises one.
func TestSumByChance(t *testing.T) {
	class := bytes.Repeat([]byte{0xca, 0xfe, 0xba, 0xbe}, 128)
	clear(class[140:180])
	sum := 8 * int(' ')
	for i, c := range class {
		if i < 148 || i > 155 {
			sum += int(int8(c))
		}
	}
	class[200] = byte(-sum % 128)
	for i := 300; sum+int(int8(class[200])) != 0 && i < 512; i++ {
		was := int(int8(class[i]))
		class[i] = byte(int8(max(-128, min(127, was-sum-int(int8(class[200]))))))
		sum += int(int8(class[i])) - was
	}
	expect(t, scanBytes(t, "x.jar", archive(t, zip.Store, member{"A.class", class})), "clean")
	expect(t, scanBytes(t, "x.pt", class), "unread")
}

// Only Python opens an archive of arrays, and it tells names apart by case: both arrays
// are the model's.
func TestArraysWhoseNamesDifferInCase(t *testing.T) {
	npy := glue([]byte("\x93NUMPY\x01\x00\x38\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}\n\x07"))
	r := scanBytes(t, "x.npz", archive(t, zip.Store, member{"a.npy", npy}, member{"A.npy", npy}))
	expect(t, r, "clean")
	if r.Model == nil {
		t.Error("no model")
	}
}
