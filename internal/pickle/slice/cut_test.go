package slice

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/action/internal/pickle"
)

// calls returns the places of all calls of names of the module "evil", and of
// the imports of them.
func calls(t *testing.T, data []byte) func(int64) bool {
	t.Helper()
	bad := map[int64]bool{}
	dec := pickle.NewDecoder(bytes.NewReader(data), 0, int64(len(data)), pickle.Options{})
	evil := 0 // imports that await their REDUCE
	for {
		op, err := dec.Next()
		if err != nil {
			return func(pos int64) bool { return bad[pos] }
		}
		switch {
		case (op.Code == pickle.OpGlobal || op.Code == pickle.OpInst) && op.Text == "evil":
			bad[op.Pos] = true
			if op.Code == pickle.OpGlobal {
				evil++
			}
		case op.Code == pickle.OpReduce && evil > 0:
			bad[op.Pos] = true
			evil--
		}
	}
}

const evilCall = "GLOBAL \"evil\" \"run\"\nBINUNICODE \"x\"\nTUPLE1\nREDUCE\n"

// TestCut: what each stream with a dangerous call becomes.
func TestCut(t *testing.T) {
	for _, tc := range []struct{ name, text, want, how string }{
		{"before the object", "PROTO 2\n" + evilCall + "POP\nEMPTY_LIST\nBINPUT 0\nBININT1 1\nAPPEND\nSTOP",
			"PROTO 2\nEMPTY_LIST\nBINPUT 0\nBININT1 1\nAPPEND\nSTOP", "0"},
		{"below the object", "PROTO 2\n" + evilCall + "EMPTY_LIST\nBININT1 1\nAPPEND\nSTOP",
			"PROTO 2\nEMPTY_LIST\nBININT1 1\nAPPEND\nSTOP", "0"},
		{"an INST that is popped with its mark", "MARK\nMARK\nINST \"evil\" \"run\"\nPOP_MARK\nBININT1 7\nSTOP", "BININT1 7\nSTOP", "0"},
		{"a value of a dict", "PROTO 2\nEMPTY_DICT\nBINPUT 0\nMARK\nBINUNICODE \"a\"\nBININT1 1\nBINUNICODE \"b\"\n" + evilCall + "BINUNICODE \"c\"\nBININT1 3\nSETITEMS\nSTOP",
			"PROTO 2\nEMPTY_DICT\nBINPUT 0\nMARK\nBINUNICODE \"a\"\nBININT1 1\nBINUNICODE \"c\"\nBININT1 3\nSETITEMS\nSTOP", "1"},
		{"the only value of a dict", "EMPTY_DICT\nBINUNICODE \"b\"\n" + evilCall + "SETITEM\nSTOP", "EMPTY_DICT\nSTOP", "1"},
		{"a value whose key is used again", "EMPTY_DICT\nMARK\nBINUNICODE \"k\"\nBINPUT 1\n" + evilCall + "BINUNICODE \"l\"\nBINGET 1\nSETITEMS\nSTOP",
			"EMPTY_DICT\nMARK\nBINUNICODE \"k\"\nBINPUT 1\nPOP\nBINUNICODE \"l\"\nBINGET 1\nSETITEMS\nSTOP", "1"},
		{"an argument that is used again", "EMPTY_LIST\nGLOBAL \"evil\" \"run\"\nBINUNICODE \"w\"\nBINPUT 3\nTUPLE1\nREDUCE\nPOP\nBINGET 3\nAPPEND\nSTOP",
			"EMPTY_LIST\nBINUNICODE \"w\"\nBINPUT 3\nPOP\nBINGET 3\nAPPEND\nSTOP", "0"},
		{"an item of a list", "EMPTY_LIST\nMARK\nBININT1 1\n" + evilCall + "BINPUT 5\nBININT1 2\nAPPENDS\nSTOP",
			"EMPTY_LIST\nMARK\nBININT1 1\nNONE\nBININT1 2\nAPPENDS\nSTOP", "2"},
		{"one item twice", "EMPTY_LIST\nMARK\n" + evilCall + "BINPUT 5\nBINGET 5\nAPPENDS\nSTOP",
			"EMPTY_LIST\nMARK\nNONE\nNONE\nAPPENDS\nSTOP", "2"},
		{"a value in DICT and LIST", "MARK\nINT 1\nMARK\nINT 2\n" + evilCall + "LIST\nINT 3\n" + evilCall + "DICT\nSTOP",
			"MARK\nINT 1\nMARK\nINT 2\nNONE\nLIST\nDICT\nSTOP", "21"},
		{"a mapping of collections", "GLOBAL \"collections\" \"OrderedDict\"\nEMPTY_TUPLE\nREDUCE\nBINUNICODE \"k\"\n" + evilCall + "SETITEM\nSTOP",
			"GLOBAL \"collections\" \"OrderedDict\"\nEMPTY_TUPLE\nREDUCE\nSTOP", "1"},
		{"MEMOIZE counts anew", "PROTO 4\nFRAME auto\n" + strings.Replace(evilCall, "TUPLE1", "MEMOIZE\nTUPLE1\nMEMOIZE", 1) + "MEMOIZE\nPOP\nEMPTY_LIST\nMEMOIZE\nSHORT_BINUNICODE \"a\"\nMEMOIZE\nAPPEND\nBINGET 4\nAPPEND\nSTOP",
			"PROTO 4\nFRAME auto\nEMPTY_LIST\nMEMOIZE\nSHORT_BINUNICODE \"a\"\nMEMOIZE\nAPPEND\nBINGET 1\nAPPEND\nSTOP", "0"},
		{"PUT and MEMOIZE in one stream", "PROTO 4\n" + evilCall + "MEMOIZE\nPOP\nEMPTY_LIST\nBINPUT 7\nBININT1 1\nMEMOIZE\nAPPEND\nBINGET 7\nAPPEND\nSTOP",
			"PROTO 4\nEMPTY_LIST\nBINPUT 0\nBININT1 1\nBINPUT 1\nAPPEND\nBINGET 0\nAPPEND\nSTOP", "0"},
		{"a change behind the last use", "EMPTY_LIST\nBINPUT 0\n" + evilCall + "POP\nMARK\nBINGET 0\nEMPTY_DICT\nBINPUT 1\nAPPEND\nPOP_MARK\nBINGET 1\nBININT1 1\nBININT1 2\nSETITEM\nPOP\nSTOP",
			"EMPTY_LIST\nBINPUT 0\nMARK\nBINGET 0\nEMPTY_DICT\nBINPUT 1\nAPPEND\nPOP_MARK\nBINGET 1\nBININT1 1\nBININT1 2\nSETITEM\nPOP\nSTOP", "0"},
		{"DUP of what stays", evilCall + "POP\nEMPTY_LIST\nDUP\nBININT1 1\nAPPEND\nPOP\nSTOP", "EMPTY_LIST\nDUP\nBININT1 1\nAPPEND\nPOP\nSTOP", "0"},
	} {
		data, want := assemble(t, tc.text), assemble(t, tc.want)
		pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		s := pr.Cut(Request{Cut: calls(t, data)})
		var out bytes.Buffer
		if _, err := s.WriteTo(&out); err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if !bytes.Equal(out.Bytes(), want) {
			var got bytes.Buffer
			_ = pickle.Disassemble(&got, bytes.NewReader(out.Bytes()), 0, int64(out.Len()), pickle.Listing{})
			t.Errorf("%s:\n%s", tc.name, &got)
		}
		how := ""
		for _, r := range s.Removed {
			if data[r.Pos] == byte(pickle.OpReduce) || data[r.Pos] == byte(pickle.OpInst) {
				how += fmt.Sprint(r.How)
			}
		}
		if how != tc.how {
			t.Errorf("%s: what became of the calls is %s, want %s", tc.name, how, tc.how)
		}
	}
}

// TestConflict: where a value that must go has a meaning, nothing is written.
func TestConflict(t *testing.T) {
	for _, tc := range []struct{ text, reason string }{
		{evilCall + "STOP", "it is the object"},
		{"EMPTY_LIST\n" + evilCall + "TUPLE1\nAPPEND\nSTOP", "a tuple"},
		{"GLOBAL \"m\" \"f\"\n" + evilCall + "TUPLE1\nREDUCE\nSTOP", "a tuple"},
		{"GLOBAL \"m\" \"C\"\nEMPTY_TUPLE\nNEWOBJ\n" + evilCall + "BUILD\nSTOP", "state"},
		{"GLOBAL \"m\" \"C\"\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBINUNICODE \"k\"\n" + evilCall + "SETITEM\nBUILD\nSTOP", "inside the state"},
		{"GLOBAL \"m\" \"C\"\nEMPTY_TUPLE\nNEWOBJ\n" + evilCall + "APPEND\nSTOP", "not exactly a list"},
		{"EMPTY_SET\nMARK\n" + evilCall + "ADDITEMS\nSTOP", "a set"},
	} {
		data := assemble(t, tc.text)
		pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := pr.Cut(Request{Cut: calls(t, data)})
		n, err := s.WriteTo(&out)
		if n != 0 || err == nil || !strings.Contains(err.Error(), tc.reason) {
			t.Errorf("%s: %d bytes, %v, want %q", tc.text, n, err, tc.reason)
		}
	}
}

// TestPlain: the state of an object takes its place, wherever it was.
func TestPlain(t *testing.T) {
	object := "GLOBAL \"evil\" \"C\"\nEMPTY_TUPLE\nNEWOBJ\nBINPUT 1\nEMPTY_DICT\nBINPUT 2\nBINUNICODE \"a\"\nBININT1 1\nSETITEM\nBUILD\n"
	plain := "EMPTY_DICT\nBINPUT 2\nBINUNICODE \"a\"\nBININT1 1\nSETITEM\n"
	for _, tc := range []struct{ text, want string }{
		{object + "STOP", plain + "STOP"},
		{"EMPTY_LIST\nMARK\n" + object + "BINGET 1\nAPPENDS\nSTOP", "EMPTY_LIST\nMARK\n" + plain + "BINGET 2\nAPPENDS\nSTOP"},
		{"EMPTY_LIST\n" + object + "DUP\nPOP\nAPPEND\nBINGET 1\nAPPEND\nSTOP", "EMPTY_LIST\n" + plain + "APPEND\nBINGET 2\nAPPEND\nSTOP"},
		{"PROTO 4\nEMPTY_LIST\nMEMOIZE\n" + strings.NewReplacer("BINPUT 1", "MEMOIZE", "BINPUT 2", "MEMOIZE").Replace(object) + "APPEND\nBINGET 1\nAPPEND\nSTOP",
			"PROTO 4\nEMPTY_LIST\nMEMOIZE\n" + strings.Replace(plain, "BINPUT 2", "MEMOIZE", 1) + "APPEND\nBINGET 1\nAPPEND\nSTOP"},
	} {
		data := assemble(t, tc.text)
		pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := int64(bytes.IndexByte(data, byte(pickle.OpNewObj)))
		bad := func(pos int64) bool { return pos == at || data[pos] == byte(pickle.OpGlobal) }
		var out bytes.Buffer
		s := pr.Cut(Request{Cut: bad, Plain: func(pos int64) bool { return pos == at }})
		if _, err := s.WriteTo(&out); err != nil || !bytes.Equal(out.Bytes(), assemble(t, tc.want)) {
			var got bytes.Buffer
			_ = pickle.Disassemble(&got, bytes.NewReader(out.Bytes()), 0, int64(out.Len()), pickle.Listing{})
			t.Errorf("%v:\n%s", err, &got)
		}
		if _, err := pr.Cut(Request{Cut: bad}).WriteTo(io.Discard); strings.HasSuffix(tc.text, "BUILD\nSTOP") && err == nil {
			t.Error("without Plain the object itself goes")
		}
	}
	// A state that mentions its object has no place that the object could take.
	cycle := assemble(t, strings.Replace(object, "BININT1 1", "BINGET 1", 1)+"STOP")
	pr, err := Read(bytes.NewReader(cycle), 0, int64(len(cycle)), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(bytes.IndexByte(cycle, byte(pickle.OpNewObj)))
	is := func(pos int64) bool { return pos == at }
	if _, err := pr.Cut(Request{Cut: is, Plain: is}).WriteTo(io.Discard); err == nil {
		t.Error("a cycle was taken apart")
	}
}

// TestCutOfManyItems: a list of any length costs one look at each of its items.
func TestCutOfManyItems(t *testing.T) {
	const n = 200_000
	data := []byte("\x80\x02](" + strings.Repeat("ca\nb\n", n) + "e.")
	pr, err := Read(bytes.NewReader(data), 0, int64(len(data)), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s := pr.Cut(Request{Cut: func(at int64) bool { return data[at] == 'c' }})
	if took := time.Since(begun); len(s.Removed) < n || took > 8*time.Second {
		t.Errorf("%d removed in %v", len(s.Removed), took)
	}
}
