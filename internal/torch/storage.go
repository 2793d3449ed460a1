// Package torch reads PyTorch checkpoints: the zip archives of torch.save
// since 1.6, the older concatenated pickles, and tensors inside plain pickles.
// It finds the streams, tells which bytes belong to which storage, and resolves
// the calls that rebuild tensors to strided views of those bytes.
//
// # Security
//
// Input is hostile. Nothing that a file names is imported or called. A
// storage's claimed type, size and place are compared with the record that
// exists, for every mention of it; where two readings are possible the storage
// has a Problem and its tensors are not resolved. Tensors are checked against
// their storage with overflow-safe arithmetic before any byte is read, and no
// storage is read while scanning.
package torch

import (
	"fmt"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A FormatError says why a container cannot be read, and where.
type FormatError struct {
	Member string // "" for the file itself
	Offset int64
	Msg    string
	// Cut: the file ends before what it promises.
	Cut bool
}

func (e *FormatError) Error() string {
	if e.Member != "" {
		return fmt.Sprintf("%s: at %#x: %s", e.Member, e.Offset, e.Msg)
	}
	return fmt.Sprintf("at %#x: %s", e.Offset, e.Msg)
}

// A ProblemKind says which rule a Problem breaks.
type ProblemKind uint8

// The kinds of problem.
const (
	OutOfBounds ProblemKind = iota // a claim reaches beyond the bytes that exist
	Ambiguous                      // readers take different bytes, types or classes
	Misplaced                      // a reader that is told to compute places instead of reading them takes other bytes
)

// A Problem is a claim of the container that does not hold, at an opcode.
type Problem struct {
	Kind       ProblemKind
	Start, End int64 // byte range of the stream
	Msg        string
}

// A storageClass is what a storage's class says of its elements.
type storageClass struct {
	name  string
	dtype tensor.DType // "" if the elements have no tensor type of ours
	size  int64        // bytes that one counted element takes
}

// storageClasses follows torch/storage.py, _dtype_to_storage_type_map. The
// packed quantised storages count bytes.
func storageClasses() []storageClass { return classes[:] }

var classes = [...]storageClass{
	{"DoubleStorage", tensor.F64, 8}, {"FloatStorage", tensor.F32, 4}, {"HalfStorage", tensor.F16, 2},
	{"BFloat16Storage", tensor.BF16, 2}, {"LongStorage", tensor.I64, 8}, {"IntStorage", tensor.I32, 4},
	{"ShortStorage", tensor.I16, 2}, {"CharStorage", tensor.I8, 1}, {"ByteStorage", tensor.U8, 1},
	{"BoolStorage", tensor.Bool, 1}, {"ComplexDoubleStorage", tensor.C128, 16}, {"ComplexFloatStorage", tensor.C64, 8},
	{"QInt8Storage", "", 1}, {"QUInt8Storage", "", 1}, {"QInt32Storage", "", 4},
	{"QUInt4x2Storage", "", 1}, {"QUInt2x4Storage", "", 1},
}

// An id is a parsed persistent id ("storage", class, key, location, numel).
type id struct {
	class    storageClass
	untyped  bool
	key      string
	location string
	numel    int64
	view     bool // a legacy id with view metadata
}

// parseID reads a persistent id as torch/serialization.py's persistent_load
// does, but takes a storage class only by its exact name: torch resolves
// "evil.FloatStorage" by its last part, plain pickle imports evil.
func parseID(n *sym.Node, legacy bool) (id, error) {
	items := n.Items()
	want := 5
	if legacy {
		want = 6
	}
	if n.Kind != sym.Tuple || len(items) != want || items[0].Kind != sym.String || items[0].Text != "storage" {
		return id{}, fmt.Errorf("a persistent id that is no storage")
	}
	var out id
	if err := out.setClass(items[1]); err != nil {
		return id{}, err
	}
	if items[2].Kind != sym.String || items[3].Kind != sym.String || items[2].Lazy || items[3].Lazy {
		return id{}, fmt.Errorf("a storage whose key or location is no text")
	}
	if items[4].Kind != sym.Int || items[4].Big() != nil || items[4].Int < 0 {
		return id{}, fmt.Errorf("a storage with an impossible number of elements")
	}
	out.key, out.location, out.numel = items[2].Text, items[3].Text, items[4].Int
	out.view = legacy && items[5].Kind != sym.None
	return out, nil
}

func (i *id) setClass(g *sym.Node) error {
	if g.Is("torch.storage", "UntypedStorage") {
		i.class, i.untyped = storageClass{"UntypedStorage", "", 1}, true
		return nil
	}
	if g.Kind == sym.Global && (g.Module() == "torch" || g.Module() == "torch.cuda") {
		for _, c := range storageClasses() {
			if c.name == g.Name() {
				i.class = c
				return nil
			}
		}
	}
	return fmt.Errorf("a storage of an unknown class")
}

// device is the location, "" for the processor.
func (i id) device() string {
	if i.location == "cpu" {
		return ""
	}
	return i.location
}

// bytes is the claimed size in bytes, -1 on overflow.
func (i id) bytes() int64 {
	if i.numel > (1<<62)/i.class.size {
		return -1
	}
	return i.numel * i.class.size
}

// A storageTable resolves the persistent ids of one stream.
type storageTable struct {
	legacy    bool
	program   bool                              // TorchScript's, whose reader takes ids of six parts too
	shapes    bool                              // storages without bytes stand for shapes
	bigEndian bool                              // the file says that its storages are
	open      func(id) (*tensor.Storage, error) // the record that holds a storage
	byNode    map[*sym.Node]*boundStorage
	byKey     map[string]*boundStorage
	packed    *packer // tensors that are not in the graph; nil if all are
	Bad       []Problem
}

// twoWays says why a storage does not count.
const twoWays = "is described in two ways"

// A boundStorage is a storage with what its ids say.
type boundStorage struct {
	id      id
	storage *tensor.Storage // nil after a Problem
	why     string          // of the Problem, without the key; "" if there was none
}

// empty reports whether got is the same storage without data under another
// type, which torch.save writes: one that is empty, or one on the meta device.
func (b *boundStorage) empty(got id) bool {
	return b.id.location == got.location && b.id.view == got.view &&
		(b.id.numel == 0 && got.numel == 0 && b.storage != nil || got.location == "meta")
}

// bind parses every persistent id of a trace and ties it to its record. The
// first id of a key decides; later ones must agree.
func (t *storageTable) bind(tr *sym.Trace) {
	t.byNode, t.byKey = map[*sym.Node]*boundStorage{}, map[string]*boundStorage{}
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.Kind != sym.EventPersistent {
			continue
		}
		got, err := parseID(e.Node.Of(), t.legacy || t.program && endsInNone(e.Node.Of()))
		if err != nil {
			continue // the rules report an id without a meaning
		}
		if b := t.known(got.key); b != nil && !b.empty(got) {
			if b.id != got {
				b.why = twoWays
				t.problem(Ambiguous, e, fmt.Sprintf("storage %q %s", got.key, b.why))
				b.storage = nil
				t.packed.spoil(got.key)
			}
			t.byNode[e.Node] = b
			continue
		}
		b := &boundStorage{id: got}
		t.byKey[got.key], t.byNode[e.Node] = b, b
		t.load(e, b)
	}
}

// endsInNone reports whether an id has a last part that says of no view, as torch 1.4
// wrote it into programs; torch.jit.load does not look at it
// (torch/csrc/jit/serialization/unpickler.cpp, readGlobal and BINPERSID).
func endsInNone(n *sym.Node) bool {
	items := n.Items()
	return len(items) == 6 && items[5].Kind == sym.None
}

// known is the storage of a key that was mentioned before, nil if none was.
func (t *storageTable) known(key string) *boundStorage {
	if b := t.byKey[key]; b != nil || t.packed == nil {
		return b
	}
	b := t.packed.bound(key)
	if b != nil {
		t.byKey[key] = b
	}
	return b
}

func (t *storageTable) load(e *sym.Event, b *boundStorage) {
	claimed := b.id.bytes()
	switch {
	case claimed < 0:
		b.why = fmt.Sprintf("claims %d elements", b.id.numel)
		t.problem(OutOfBounds, e, fmt.Sprintf("storage %q %s", b.id.key, b.why))
		return
	case strings.ContainsRune(b.id.key, 0):
		b.why = "has a key with a NUL character"
		t.problem(Ambiguous, e, "a storage key with a NUL character")
		return
	case b.id.location == "meta":
		return // torch makes such a tensor without data; nothing can be resolved
	}
	s, err := t.open(b.id)
	if err != nil {
		b.why = "cannot be read: " + err.Error()
		t.problem(OutOfBounds, e, fmt.Sprintf("storage %q: %v", b.id.key, err))
		return
	}
	if s.Size == 0 && t.shapes {
		return
	}
	if s.Size != claimed {
		b.why = fmt.Sprintf("claims %d bytes, its record has %d", claimed, s.Size)
		t.problem(OutOfBounds, e, fmt.Sprintf("storage %q %s", b.id.key, b.why))
		return
	}
	b.storage = s
}

func (t *storageTable) problem(k ProblemKind, e *sym.Event, msg string) {
	t.Bad = append(t.Bad, Problem{Kind: k, Start: e.Pos, End: e.End, Msg: msg})
}

// swapped says which unit of its bytes torch reverses in this storage of a
// big-endian file: an element of the storage's type, whatever the tensor's
// (torch/serialization.py, load_tensor).
func (b *boundStorage) swapped() int64 {
	if info, ok := b.id.class.dtype.Info(); ok {
		return info.Swap
	}
	return b.id.class.size
}

// Known reports whether a persistent id is one of this container's storages.
func (t *storageTable) Known(n *sym.Node) bool { return t.byNode[n] != nil }
