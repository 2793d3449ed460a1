package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/zipfile"
)

func assemble(t testing.TB, programs ...string) (out []byte) {
	t.Helper()
	for _, p := range programs {
		data, err := pickle.Assemble(strings.ReplaceAll(p, "; ", "\n"))
		if err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
		out = append(out, data...)
	}
	return out
}

const (
	legacyID = `MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "k"; UNICODE "cpu"; BININT1 2; NONE; TUPLE; BINPERSID; `
	zipID    = `MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "0"; UNICODE "cpu"; BININT1 2; TUPLE; BINPERSID; `
	rebuild  = `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; `
	shape    = `BININT1 0; BININT1 2; TUPLE1; BININT1 1; TUPLE1; NEWFALSE; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; TUPLE; REDUCE; `
)

// legacy is a file of torch before 1.6 with that object and those keys, and a
// record of count floats behind them for each of records.
func legacy(t testing.TB, object, keys string, records ...int64) []byte {
	t.Helper()
	out := assemble(t, `PROTO 2; LONG1 119547037146038801333356; STOP`, `PROTO 2; BININT2 1001; STOP`, `PROTO 2; EMPTY_DICT; STOP`, object+`STOP`, keys+`STOP`)
	for _, n := range records {
		out = binary.LittleEndian.AppendUint64(out, uint64(n))
		if n > 0 && n < 100 {
			out = append(out, bytes.Repeat([]byte{1}, int(4*n))...)
		}
	}
	return out
}

func TestLegacy(t *testing.T) {
	one := `EMPTY_LIST; UNICODE "k"; APPEND; `
	tensor := rebuild + legacyID + shape
	for _, c := range []struct {
		name string
		data []byte
		want string // of the error, "" for none
	}{
		{"as torch writes it", legacy(t, tensor, one, 2), ""},
		{"no keys", legacy(t, `NONE; `, `EMPTY_LIST; `), ""},
		{"no magic", assemble(t, `NONE; STOP`), "no legacy magic"},
		{"a key that the object does not mention", legacy(t, `NONE; `, one, 2), "does not mention"},
		{"a key twice", legacy(t, tensor, `EMPTY_LIST; UNICODE "k"; APPEND; UNICODE "k"; APPEND; `, 2, 2), "there twice"},
		{"keys that are no list", legacy(t, tensor, `EMPTY_DICT; `), "no list"},
		{"a key that is no text", legacy(t, tensor, `EMPTY_LIST; BININT1 1; APPEND; `, 2), "does not mention"},
		{"more elements than the file has", legacy(t, tensor, one, 1000), "claims 1000 elements"},
		{"2^62 elements", legacy(t, tensor, one, 1<<62), "claims"},
		{"a negative count", legacy(t, tensor, one, -1), "claims -1"},
		{"no record", legacy(t, tensor, one), "missing"},
		{"a view of another storage", legacy(t, strings.Replace(tensor, `NONE; TUPLE; BINPERSID`, `UNICODE "v"; BININT1 0; BININT1 1; TUPLE3; TUPLE; BINPERSID`, 1), one, 2), "view of another"},
		{"the object ends in an error", assemble(t, `PROTO 2; LONG1 119547037146038801333356; STOP`, `NONE; STOP`, `NONE; STOP`, `POP; STOP`), "underflow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := ReadLegacy(bytes.NewReader(c.data), 0, int64(len(c.data)), sym.Options{})
			var fe *FormatError
			switch {
			case c.want == "" && l.Err != nil:
				t.Error(l.Err)
			case c.want != "" && (!errors.As(l.Err, &fe) || !strings.Contains(l.Err.Error(), c.want)):
				t.Errorf("got %v, want %q", l.Err, c.want)
			case c.want == "" && l.End != int64(len(c.data)):
				t.Errorf("it ends at %d of %d", l.End, len(c.data))
			}
		})
	}
}

// open reads an archive with that pickle, a storage of two floats, an empty
// one, and the members in more: names and contents in turn.
func open(t testing.TB, program string, more ...string) *Zip {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	members := append([]string{"a/data.pkl", string(assemble(t, program)), "a/data/0", "\x01\x02\x03\x04\x05\x06\x07\x08", "a/data/1", ""}, more...)
	for i := 0; i < len(members); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: members[i]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lim := safeio.Limits{}.WithDefaults()
	f, err := zipfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), lim)
	if err != nil {
		t.Fatal(err)
	}
	z, err := ReadZip(f, lim, sym.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestByteOrder(t *testing.T) {
	for order, want := range map[string]string{"little": "0102030405060708", "big": "0403020108070605"} {
		z := open(t, rebuild+zipID+shape+`STOP`, "a/byteorder", order)
		v, err := z.Resolver().TensorOf(z.Trace.Root)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := v.WriteTo(&out); err != nil || hex.EncodeToString(out.Bytes()) != want {
			t.Errorf("%s: %x, %v", order, out.Bytes(), err)
		}
	}
	z := open(t, `NONE; STOP`, "a/BYTEORDER", "big")
	if !z.BigEndian {
		t.Error("torch finds the record without regard to case")
	}
}

// Of a big-endian file torch reverses elements of the storage's type, whatever
// the type of the tensor: what is read as another width is refused.
func TestByteOrderOfAnotherType(t *testing.T) {
	for _, c := range []struct {
		class, dtype, order string
		ok                  bool
	}{
		{`"torch.storage" "UntypedStorage"`, "uint16", "big", true}, // as torch writes it
		{`"torch.storage" "UntypedStorage"`, "uint8", "big", true},
		{`"torch.storage" "UntypedStorage"`, "float32", "big", false}, // torch has a class for these
		{`"torch" "FloatStorage"`, "int16", "big", false},
		{`"torch" "FloatStorage"`, "uint8", "big", false},
		{`"torch" "FloatStorage"`, "int16", "little", true},
		{`"torch" "ByteStorage"`, "float32", "big", false},
		{`"torch" "ByteStorage"`, "int8", "big", true},
		{`"torch" "QInt32Storage"`, "int8", "big", false},
	} {
		count := 8
		if strings.Contains(c.class, "Float") || strings.Contains(c.class, "QInt32") {
			count = 2
		}
		id := fmt.Sprintf(`MARK; UNICODE "storage"; GLOBAL %s; UNICODE "0"; UNICODE "cpu"; BININT1 %d; TUPLE; BINPERSID; `, c.class, count)
		program := `GLOBAL "torch._utils" "_rebuild_tensor_v3"; MARK; ` + id + strings.Replace(shape, `REDUCE; TUPLE; REDUCE`, `REDUCE; GLOBAL "torch" "`+c.dtype+`"; TUPLE; REDUCE`, 1)
		z := open(t, program+`STOP`, "a/byteorder", c.order)
		if _, err := z.Resolver().TensorOf(z.Trace.Root); (err == nil) != c.ok {
			t.Errorf("%s as %s, %s-endian: %v", c.class, c.dtype, c.order, err)
		}
	}
}

// Empty storages share one address, so that torch gives several types one key.
func TestEmptyStorageOfTwoTypes(t *testing.T) {
	id := func(class string) string {
		return `MARK; UNICODE "storage"; GLOBAL "torch" "` + class + `"; UNICODE "1"; UNICODE "cpu"; BININT1 0; TUPLE; BINPERSID; `
	}
	none := strings.Replace(shape, `BININT1 2; TUPLE1`, `BININT1 0; TUPLE1`, 1)
	z := open(t, rebuild+id("FloatStorage")+none+rebuild+id("LongStorage")+none+`TUPLE2; STOP`)
	if len(z.Table.Bad) > 0 {
		t.Fatal(z.Table.Bad)
	}
	for i, want := range []tensor.DType{tensor.F32, tensor.I64} {
		v, err := z.Resolver().TensorOf(z.Trace.Root.Items()[i])
		if err != nil || v.DType != want {
			t.Errorf("%v, %v, want %s", v.DType, err, want)
		}
	}
}

// What is not a tensor, and what is one that cannot be had, are told apart.
func TestTensorOf(t *testing.T) {
	v2 := rebuild + zipID + shape
	wrapped := v2
	for range 20 {
		wrapped = `GLOBAL "torch._utils" "_rebuild_parameter"; ` + wrapped + `NEWTRUE; NONE; TUPLE3; REDUCE; `
	}
	for _, c := range []struct{ name, program, want string }{
		{"a tensor", v2, ""},
		{"a parameter", `GLOBAL "torch._utils" "_rebuild_parameter"; ` + v2 + `NEWTRUE; NONE; TUPLE3; REDUCE; `, ""},
		{"a dict", `EMPTY_DICT; `, "not a tensor"},
		{"another call", `GLOBAL "acme" "f"; EMPTY_TUPLE; REDUCE; `, "not a tensor"},
		{"no storage", rebuild + `NONE; ` + shape, "without a storage"},
		{"a storage of another file", strings.Replace(v2, `UNICODE "0"`, `UNICODE "7"`, 1), "storage \"7\" cannot be read: there is no record data/7"},
		{"a storage of another size", strings.Replace(v2, `BININT1 2; TUPLE; BINPERSID`, `BININT1 3; TUPLE; BINPERSID`, 1), "claims 12 bytes, its record has 8"},
		{"a storage of two types", strings.Replace(zipID, "FloatStorage", "IntStorage", 1) + `POP; ` + v2, "storage \"0\" is described in two ways"},
		{"quantised elements", strings.Replace(v2, `"FloatStorage"`, `"QInt32Storage"`, 1), "not supported"},
		{"beyond its storage", strings.Replace(v2, `BININT1 2; TUPLE1`, `BININT1 3; TUPLE1`, 1), "outside its storage"},
		{"more strides than sizes", strings.Replace(v2, `BININT1 2; TUPLE1`, `EMPTY_TUPLE`, 1), "strides"},
		{"wrapped too often", wrapped, "too many"},
		{"few arguments", `GLOBAL "torch._utils" "_rebuild_tensor_v2"; ` + zipID + `TUPLE1; REDUCE; `, "1 arguments"},
		{"another dtype", `GLOBAL "torch._utils" "_rebuild_tensor_v3"; MARK; ` + zipID + strings.Replace(shape, `REDUCE; TUPLE; REDUCE`, `REDUCE; GLOBAL "torch" "nonsense"; TUPLE; REDUCE`, 1), "not supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := open(t, c.program+`STOP`)
			_, err := z.Resolver().TensorOf(z.Trace.Root)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A nested file that does more than hold a storage is none.
func TestNestedStorage(t *testing.T) {
	one := `EMPTY_LIST; UNICODE "k"; APPEND; `
	for name, c := range map[string]struct {
		object string
		ok     bool
	}{
		"a storage":               {legacyID, true},
		"a call beside it":        {`GLOBAL "acme" "f"; EMPTY_TUPLE; REDUCE; POP; ` + legacyID, false},
		"a call that gets it":     {legacyID + `BINPUT 0; GLOBAL "acme" "f"; BINGET 0; TUPLE1; REDUCE; POP; `, false},
		"a tensor in its place":   {rebuild + legacyID + shape, false},
		"something else entirely": {`NONE; `, false},
	} {
		data := legacy(t, c.object, one, 2)
		stream := assemble(t, rebuild+`GLOBAL "torch.storage" "_load_from_bytes"; `+fmt.Sprintf("BINBYTES %q", data)+`; TUPLE1; REDUCE; `+shape+`STOP`)
		r := bytes.NewReader(stream)
		tr := sym.Run(r, 0, r.Size(), sym.Options{})
		v, err := NestedResolver(r).TensorOf(tr.Root)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			o := v.Storage.Origin
			if got := stream[o.Start:o.End]; !bytes.Equal(got, bytes.Repeat([]byte{1}, 8)) {
				t.Errorf("%s: the bytes stand at %x", name, got)
			}
		}
	}
}

func FuzzLegacy(f *testing.F) {
	f.Add(legacy(f, rebuild+legacyID+shape, `EMPTY_LIST; UNICODE "k"; APPEND; `, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := ReadLegacy(bytes.NewReader(data), 0, int64(len(data)), sym.Options{MaxBytes: 1 << 20})
		if l.End > int64(len(data)) || l.Opaque > int64(len(data)) {
			t.Fatalf("end %d, storages %d of %d bytes", l.End, l.Opaque, len(data))
		}
		if l.Err != nil {
			return
		}
		for i := range l.Main.Events {
			if l.Main.Events[i].Node == nil {
				continue // an oddity of the stream
			}
			v, err := l.Resolver().TensorOf(l.Main.Events[i].Node)
			if err != nil || v.Composite != nil {
				continue
			}
			if n, err := v.WriteTo(io.Discard); n != v.Bytes() {
				t.Fatalf("%d of %d bytes: %v", n, v.Bytes(), err)
			}
		}
	})
}
