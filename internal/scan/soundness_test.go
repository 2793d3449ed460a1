package scan

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/tree"
)

// convertible gives the tree of a checkpoint with that pickle.
func convertible(t *testing.T, program string) (*tree.Tree, error) {
	t.Helper()
	r := scanBytes(t, "m.pt", checkpoint(t, program))
	if r.Model == nil {
		t.Fatalf("no model: %v", r.Artifact.Coverage.Unread)
	}
	return r.Model.Tree()
}

func names(got *tree.Tree) (tensors, refused []string) {
	for _, n := range got.Tensors {
		tensors = append(tensors, n.Name)
	}
	for _, m := range got.Refused {
		refused = append(refused, m.Path)
	}
	return tensors, refused
}

// Arguments are evaluated at the call: a size that is changed later does not
// change the tensor.
func TestSoundness07Evaluated(t *testing.T) {
	sizes := `EMPTY_LIST; BINPUT 9; MARK; BININT1 2; BININT1 2; APPENDS; `
	tensor := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + `BININT1 0; ` + sizes + `MARK; BININT1 2; BININT1 1; LIST; NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; `
	got, err := convertible(t, `EMPTY_DICT; UNICODE "w"; `+tensor+`SETITEM; BINGET 9; BININT1 7; APPEND; POP; STOP`)
	if err != nil || len(got.Tensors) != 1 || !slices.Equal(got.Tensors[0].Shape, []int64{2, 2}) {
		t.Errorf("%v, %v", got, err)
	}
}

// An untrusted call taints what it could have changed, under whatever path and
// mention it is reached; one that got immutable arguments taints nothing.
func TestSoundness09Taint(t *testing.T) {
	call := func(args string) string { return `GLOBAL "acme" "f"; ` + args + `TUPLE1; REDUCE; POP; ` }
	stateDict := `EMPTY_DICT; BINPUT 1; UNICODE "w"; ` + strings.Replace(aTensor, `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; `+storage, `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; `+storage+`BINPUT 2; `, 1) + `BINPUT 3; SETITEM; `
	sizes := `EMPTY_LIST; BINPUT 4; MARK; BININT1 2; BININT1 2; APPENDS; POP; `
	byList := `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + `BININT1 0; BINGET 4; BININT1 2; BININT1 1; TUPLE2; NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; `
	// Two arrays of one bytes object: numpy gives both the same memory.
	array := func(bytes string) string {
		return `GLOBAL "numpy.core.multiarray" "_reconstruct"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; REDUCE; MARK; BININT1 1; BININT1 2; TUPLE1; ` +
			`GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; MARK; BININT1 3; UNICODE "|"; NONE; NONE; NONE; BININT -1; BININT -1; BININT1 0; TUPLE; BUILD; NEWFALSE; ` + bytes + `TUPLE; BUILD; `
	}
	const someBytes = `SHORT_BINBYTES "ab"; `
	for _, c := range []struct {
		name, program    string
		tensors, refused []string
	}{
		{"an array of the same bytes", `PROTO 3; EMPTY_DICT; UNICODE "w"; ` + array(someBytes+`BINPUT 5; `) + `SETITEM; ` + call(array(`BINGET 5; `)) + `STOP`, nil, []string{"w"}},
		{"an array of equal bytes", `PROTO 3; EMPTY_DICT; UNICODE "w"; ` + array(someBytes+`BINPUT 5; `) + `SETITEM; ` + call(array(someBytes)) + `STOP`, []string{"w"}, nil},
		{"immutable arguments", call(`UNICODE "true"; `) + stateDict + `STOP`, []string{"w"}, nil},
		{"no arguments", `GLOBAL "acme" "f"; EMPTY_TUPLE; REDUCE; POP; ` + stateDict + `STOP`, []string{"w"}, nil},
		{"the state dict", stateDict + call(`BINGET 1; `) + `STOP`, nil, []string{""}},
		{"the state dict in a tuple", stateDict + call(`BINGET 1; TUPLE1; TUPLE1; `) + `STOP`, nil, []string{""}},
		{"the tensor", stateDict + call(`BINGET 3; `) + `STOP`, nil, []string{"w"}},
		{"its storage", stateDict + call(`BINGET 2; `) + `STOP`, nil, []string{"w"}},
		{"another mention of its storage", stateDict + call(storage) + `STOP`, nil, []string{"w"}},
		{"a tensor that shares its storage", stateDict + call(aTensor) + `STOP`, nil, []string{"w"}},
		{"a list that gives its size, before", sizes + call(`BINGET 4; `) + `EMPTY_DICT; UNICODE "w"; ` + byList + `SETITEM; STOP`, nil, []string{"w"}},
		{"a list that gives its size, in place", sizes + `BINGET 4; BININT1 0; BININT1 1; SETITEM; POP; EMPTY_DICT; UNICODE "w"; ` + byList + `SETITEM; STOP`, nil, []string{"w"}},
		{"another tensor's dict", stateDict + call(`EMPTY_DICT; `) + `STOP`, []string{"w"}, nil},
		{"the result beside it", `EMPTY_DICT; UNICODE "x"; GLOBAL "acme" "f"; EMPTY_TUPLE; REDUCE; SETITEM; UNICODE "w"; ` + aTensor + `SETITEM; STOP`, []string{"w"}, nil},
		{"the result made from it", `EMPTY_DICT; UNICODE "x"; GLOBAL "acme" "f"; ` + aTensor + `TUPLE1; REDUCE; SETITEM; STOP`, nil, []string{"x"}},
		{"build on the tensor", `EMPTY_DICT; UNICODE "w"; ` + aTensor + `EMPTY_DICT; BUILD; SETITEM; STOP`, nil, []string{"w"}},
		{"an object that equals the key", `EMPTY_DICT; UNICODE "w"; ` + aTensor + `SETITEM; GLOBAL "decimal" "Decimal"; UNICODE "1"; TUPLE1; REDUCE; NONE; SETITEM; STOP`, nil, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := convertible(t, c.program)
			if err != nil {
				t.Fatal(err)
			}
			tensors, refused := names(got)
			if !slices.Equal(tensors, c.tensors) || len(refused) != len(c.refused) {
				t.Errorf("tensors %q, refused %q, want %q, %q", tensors, refused, c.tensors, c.refused)
			}
		})
	}
}

// A call that gets at what loading depends on leaves nothing certain.
func TestSoundness09Patched(t *testing.T) {
	for _, program := range []string{
		`GLOBAL "builtins" "setattr"; GLOBAL "torch" "_utils"; UNICODE "_rebuild_tensor_v2"; NONE; TUPLE3; REDUCE; POP; `,
		`GLOBAL "sys" "modules"; UNICODE "torch"; NONE; SETITEM; POP; `,
		`GLOBAL "torch._utils" "_rebuild_tensor_v2"; NONE; EMPTY_DICT; UNICODE "__code__"; NONE; SETITEM; TUPLE2; BUILD; POP; `,
	} {
		if got, err := convertible(t, program+`EMPTY_DICT; UNICODE "w"; `+aTensor+`SETITEM; STOP`); err == nil {
			t.Errorf("%s converts: %v", program, got)
		}
	}
}

// A stream that one Unpickler reads after another may mean something else.
func TestSoundness12Memo(t *testing.T) {
	first := assemble(t, `PROTO 4; UNICODE "os"; MEMOIZE; UNICODE "system"; MEMOIZE; POP; STOP`)
	for _, c := range []struct{ name, second, want string }{
		{"memoize goes on counting", `PROTO 4; UNICODE "collections"; MEMOIZE; UNICODE "OrderedDict"; MEMOIZE; BINGET 0; BINGET 1; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"a get of the first stream's", `PROTO 4; BINGET 0; BINGET 1; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"a failure with an empty memo", `PROTO 4; NONE; MEMOIZE; NONE; MEMOIZE; BINGET 0; BINGET 1; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`, "MA101 os.system"},
		{"no get", `PROTO 4; UNICODE "a"; MEMOIZE; STOP`, "clean"},
		{"a get of its own", `PROTO 4; UNICODE "a"; BINPUT 0; BINGET 0; TUPLE2; STOP`, "clean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, scanBytes(t, "m.pkl", append(slices.Clone(first), assemble(t, c.second)...)), c.want)
		})
	}
}

func TestSoundness14Storages(t *testing.T) {
	id := func(class, key, location string, numel int) string {
		return fmt.Sprintf(`MARK; UNICODE "storage"; GLOBAL %s; UNICODE %q; UNICODE %q; BININT %d; TUPLE; BINPERSID; `, class, key, location, numel)
	}
	tensor := func(storage string) string {
		return `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + layout + `TUPLE; REDUCE; `
	}
	const floats = `"torch" "FloatStorage"`
	long := func(offset, size, stride string) string {
		return `GLOBAL "torch._utils" "_rebuild_tensor_v2"; MARK; ` + storage + offset + `; ` + size + `; TUPLE1; ` + stride + `; TUPLE1; NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; STOP`
	}
	for _, c := range []struct{ name, program, want string }{
		{"as it is", tensor(id(floats, "0", "cpu", 4)) + `STOP`, "clean"},
		{"more elements than its record", tensor(id(floats, "0", "cpu", 5)) + `STOP`, "MA205"},
		{"fewer elements than its record", tensor(id(floats, "0", "cpu", 3)) + `STOP`, "MA205"},
		{"another type, another size", tensor(id(`"torch" "DoubleStorage"`, "0", "cpu", 4)) + `STOP`, "MA205"},
		{"2^62 elements", tensor(`MARK; UNICODE "storage"; GLOBAL "torch" "FloatStorage"; UNICODE "0"; UNICODE "cpu"; LONG 4611686018427387904; TUPLE; BINPERSID; `) + `STOP`, "MA205"},
		{"a negative number of elements", tensor(id(floats, "0", "cpu", -1)) + `STOP`, "MA108"},
		{"no record", tensor(id(floats, "9", "cpu", 4)) + `STOP`, "MA205"},
		{"two types", tensor(id(floats, "0", "cpu", 4)) + tensor(id(`"torch" "IntStorage"`, "0", "cpu", 4)) + `TUPLE2; STOP`, "MA206"},
		{"two places", tensor(id(floats, "0", "cpu", 4)) + tensor(id(floats, "0", "cuda:0", 4)) + `TUPLE2; STOP`, "MA206"},
		{"a class that torch resolves by its last part", tensor(id(`"evil" "FloatStorage"`, "0", "cpu", 4)) + `STOP`, "MA103 evil.FloatStorage"},
		{"the same under a name of torch", tensor(id(`"torch.evil" "FloatStorage"`, "0", "cpu", 4)) + `STOP`, "MA108"},
		{"module source", `MARK; UNICODE "module"; GLOBAL "torch" "Tensor"; UNICODE "f"; UNICODE "s"; TUPLE; BINPERSID; STOP`, "MA108"},
		{"meta", tensor(id(floats, "0", "meta", 4)) + `STOP`, "clean"},
		{"a tensor beyond its storage", long(`BININT1 0`, `BININT1 5`, `BININT1 1`), "MA205"},
		{"an offset beyond its storage", long(`BININT1 4`, `BININT1 1`, `BININT1 1`), "MA205"},
		{"a stride beyond its storage", long(`BININT1 0`, `BININT1 2`, `BININT1 4`), "MA205"},
		{"a negative stride", long(`BININT1 3`, `BININT1 2`, `BININT -1`), "MA205"},
		{"sizes that overflow", long(`BININT1 0`, `LONG 4611686018427387905`, `LONG 4611686018427387904`), "MA205"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "m.pt", checkpoint(t, c.program)), c.want) })
	}
}

// torch can be told to compute where storages are instead of looking.
func TestSoundness14Offsets(t *testing.T) {
	second := strings.Replace(storage, `UNICODE "0"`, `UNICODE "1"`, 1)
	program := storage + second + `TUPLE2; STOP`
	one := member{"a/data/1", make([]byte, 16)}
	for _, c := range []struct {
		name string
		more []member
		want string
	}{
		{"a format that is not computed", []member{one}, "clean"},
		{"an archive that another program wrote anew", []member{one, {"a/.format_version", []byte("1")}}, "clean"},
		{"an alignment that is none", []member{one, {"a/.format_version", []byte("1")}, {"a/.storage_alignment", []byte("0")}}, "MA206"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "m.pt", checkpoint(t, program, c.more...)), c.want) })
	}
	// An archive as torch lays it out, that says another alignment.
	data, err := os.ReadFile("../../testdata/torch/zip-2.15/state_dict.pt")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, scanBytes(t, "m.pt", data), "clean")
	record := bytes.Index(data, []byte("/.storage_alignment"))
	copy(data[record+bytes.Index(data[record:], []byte("64")):], "16")
	expect(t, scanBytes(t, "m.pt", data), "MA206")
}

// Nested files are audited like any other, once for each run of bytes.
func TestNested(t *testing.T) {
	load := func(data []byte) string {
		return fmt.Sprintf(`GLOBAL "torch.storage" "_load_from_bytes"; BINBYTES %q; TUPLE1; REDUCE; STOP`, data)
	}
	evil := assemble(t, payload+`STOP`)
	deep := evil
	for range 12 {
		deep = assemble(t, load(deep))
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"a payload", assemble(t, load(evil)), "MA101 os.system"},
		{"a payload that detection would miss", assemble(t, load([]byte("}cos\nsystem\n"))), "MA103 os.system"},
		{"a checkpoint", assemble(t, load(checkpoint(t, payload+`STOP`))), "MA101 os.system"},
		{"bytes as text", assemble(t, `GLOBAL "torch.storage" "_load_from_bytes"; GLOBAL "_codecs" "encode"; `+fmt.Sprintf("BINUNICODE %q", strings.ReplaceAll(string(evil), "\x85", "\u0085"))+`; UNICODE "latin1"; TUPLE2; REDUCE; TUPLE1; REDUCE; STOP`), "MA101 os.system"},
		{"deeper than is looked at", assemble(t, load(deep)), "MA501"},
		{"the same bytes a thousand times", assemble(t, `GLOBAL "torch.storage" "_load_from_bytes"; BINPUT 0; `+fmt.Sprintf("BINBYTES %q", evil)+`; TUPLE1; BINPUT 1; REDUCE; `+strings.Repeat(`POP; BINGET 0; BINGET 1; REDUCE; `, 1000)+`STOP`), "MA101 os.system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := scanBytes(t, "m.pkl", c.data)
			expect(t, r, c.want)
			if len(r.Artifact.Findings) > 20 {
				t.Errorf("%d findings", len(r.Artifact.Findings))
			}
		})
	}
}

// Compressed records are read as they are needed, with the same elements.
func TestCompressedStorage(t *testing.T) {
	program := `EMPTY_DICT; UNICODE "w"; ` + aTensor + `SETITEM; STOP`
	stored, deflated := checkpoint(t, program), archive(t, 8,
		member{"a/data.pkl", assemble(t, program)}, member{"a/data/0", []byte("\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x7f\x00\x00\x80\xbe")}, member{"a/version", []byte("3\n")})
	sums := map[string]bool{}
	for _, data := range [][]byte{stored, deflated} {
		r := scanBytes(t, "m.pt", data)
		expect(t, r, "clean")
		got, err := r.Model.Tree()
		if err != nil || len(got.Tensors) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
		h := sha256.New()
		if _, err := got.Tensors[0].WriteTo(h); err != nil {
			t.Fatal(err)
		}
		sums[fmt.Sprintf("%x", h.Sum(nil))] = true
	}
	if len(sums) != 1 {
		t.Errorf("the elements differ")
	}
}
