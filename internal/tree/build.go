package tree

import (
	"errors"
	"io"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// Limits of a walk. The optimizer of a large model has some 100,000 values, a
// vocabulary as many.
const (
	maxDepth   = 200
	maxVisits  = 2_000_000 // values; at most fewVisits more than the stream has bytes
	fewVisits  = 100_000
	maxWhole   = 600_000   // values of a tree that is no outline: each takes some 400 bytes
	maxNames   = 150_000   // tensors; one under several paths counts for each
	maxSteps   = 4_000_000 // steps of all paths
	maxInline  = 8 << 20   // bytes of one plain bytes or text value
	maxInlined = 48 << 20  // bytes of all plain bytes and text values
)

// Input is what a tree is made of.
type Input struct {
	Root *sym.Node
	Data io.ReaderAt // the bytes of the stream
	// Size is how many bytes the stream has, which bounds the values; 0 for no
	// bound of its own.
	Size int64
	// Record is the zip record that Data is, "" for the file itself.
	Record string
	// Tensors resolves torch tensors.
	Tensors *torch.Resolver
	// Unsafe reports whether a value came out of an untrusted call or could
	// have been changed by one.
	Unsafe func(*sym.Node) bool
	// Carries reports whether an unsafe value was made from tensor data, so
	// that leaving it out would lose a tensor.
	Carries func(*sym.Node) bool
	// Class returns the class of which a call makes an object, or what is called;
	// nil means the latter.
	Class func(*sym.Call) *sym.Node
	// Known says what a global is known to do beside making a value, "" if that is
	// nothing; nil means that of all. Of such a call no arguments are kept.
	Known func(*sym.Node) string
	// Array reads an array that a loader took from beside the instructions, or
	// returns numpy.ErrNotArray. Inner is the object that it took from there in
	// a node's place, nil if none. Both may be nil.
	Array func(*numpy.Reader, *sym.Node) (*numpy.Array, error)
	Inner func(*sym.Node) (*sym.Node, error)
	// Part says that Root is a value of something larger, which is whole without it.
	Part bool
	// Kept is how many tensors the pickle's trace has kept in few bytes. Unless all
	// of them come to stand in Tree.Many there is no tree.
	Kept int
	// Outline asks for no more of the tree than its tensors, and what is refused:
	// most plain values and what holds nothing else are None.
	Outline bool
}

// A Named is a tensor at one place of the tree.
type Named struct {
	torch.View
	Numpy bool // an array, not a torch tensor
	Dict  bool // its direct container is a mapping with str keys only
	// Aside says that it is no weight of the module that holds it, nor of any
	// other: an attribute that state_dict() knows nothing of.
	Aside bool
	// Element is numpy's code of an element type that no tensor type has, e.g.
	// "M8": the tensor is then the elements' bytes, which are its last dimension.
	Element string
	Shard   int // the shard that it is in, from 1, of a source of several; else 0
	// Value is the tensor's place in the tree. A conversion that names the
	// tensor otherwise writes the name there too.
	Value *Value
}

// A Missing is a value that the tree does not hold.
type Missing struct {
	Path   string
	Reason string
	Pos    int64 // offset in the stream of the opcode that made it
	// Elsewhere: another file of the conversion has it. Predicts: it is a fitted estimator, whose arrays are kept.
	Elsewhere, Predicts bool
}

// A Tree is what Build returns.
type Tree struct {
	Root    *Value
	Tensors []Named
	// Many has the tensors that are not among Tensors. Only the tree of a checkpoint
	// that was scanned to be converted has any.
	Many []*Many
	// Shards is how many files the mapping at the root is cut into, 0 for one.
	Shards int
	// Beside has the names of further files that Tensors are in.
	Beside []string
	// Omitted lists plain values and objects that were left out.
	Omitted []Missing
	// Refused lists tensors that cannot be had: with one of them the tree is
	// not the whole of the model.
	Refused []Missing
}

// Build walks the graph. It returns an error only when there is no tree at
// all; what is missing in it stands in Omitted and Refused.
func Build(in Input) (*Tree, error) {
	if in.Root == nil {
		return nil, errNoObject
	}
	b := newBuilder(in)
	b.out.Root = b.value(in.Root, nil, false)
	b.rest()
	if err := b.limits(); err != nil {
		return nil, err
	}
	if err := b.allKept(); err != nil {
		return nil, err
	}
	return b.out, nil
}

type builder struct {
	in      Input
	out     *Tree
	open    map[*sym.Node]bool   // containers on the path from the root
	ids     map[*sym.Node]*Value // containers written before
	bare    map[*sym.Node]bool   // lists, dicts and sets in which no tensor has a name
	nodes   []*sym.Node          // of out.Tensors
	views   map[string]bool      // of out.Tensors, once asked for
	first   map[*sym.Node]*Value // where a tensor was seen first
	nextID  int
	visits  int
	steps   int // of the paths of all tensors
	depth   int
	inlined int64 // bytes of plain bytes and text values
	// nameless is how many keys, sets and the like, in which no tensor has a name, are on the path.
	nameless int
	arrays   *numpy.Reader
	// keyed is what is walked when the rest is: mappings whose keys are tensors.
	// later comes after it, when every tensor that has a name has it: the
	// attributes of modules and of tensors. aside says that later has begun.
	keyed, later []func()
	aside        bool
	blank        *Value // what stands for a value that an outline lacks
	// estimator: a fitted estimator is on the path, so that what it holds says no more of itself.
	estimator bool
}

// Name joins the keys of a path by dots.
func Name(path []tensor.Key) string {
	n := 0
	for _, k := range path {
		n += len(k.Text) + 1
	}
	out := make([]byte, 0, n)
	for i, k := range path {
		if i > 0 {
			out = append(out, '.')
		}
		out = append(out, k.Text...)
	}
	return string(out)
}

func (b *builder) omit(n *sym.Node, path []tensor.Key, class, reason string) *Value {
	b.out.Omitted = append(b.out.Omitted, Missing{Path: Name(path), Reason: reason, Pos: n.Pos})
	return &Value{Tag: TagOmitted, Text: reason, Class: class}
}

func (b *builder) refuse(n *sym.Node, path []tensor.Key, reason string) *Value {
	b.out.Refused = append(b.out.Refused, Missing{Path: Name(path), Reason: reason, Pos: n.Pos})
	return &Value{Tag: TagOmitted, Text: reason}
}

// full reports whether a limit is reached: what follows is not looked at, and
// Build fails.
func (b *builder) full() bool {
	return b.visits > b.most() || len(b.out.Tensors) > maxNames || b.steps > maxSteps
}

// most is how many values may be visited.
func (b *builder) most() int {
	most := maxWhole
	if b.in.Outline {
		most = maxVisits
	}
	if b.in.Size == 0 {
		return most
	}
	return int(min(int64(most), fewVisits+b.in.Size))
}

func (b *builder) value(n *sym.Node, path []tensor.Key, dict bool) *Value {
	if b.visits++; b.full() {
		return &Value{}
	}
	if b.depth++; b.depth > maxDepth {
		b.depth--
		return b.refuse(n, path[:min(len(path), 8)], "nested too deeply")
	}
	defer func() { b.depth-- }()
	if b.in.Outline {
		return b.outlined(n, path, dict)
	}
	return b.whole(n, path, dict)
}

// whole is value without its limits.
func (b *builder) whole(n *sym.Node, path []tensor.Key, dict bool) *Value {
	if n.Kind != sym.Global && b.in.Unsafe(n) {
		return b.unsafe(n, path)
	}
	switch n.Kind {
	case sym.None:
		return &Value{}
	case sym.Bool:
		return &Value{Plain: n.Int != 0}
	case sym.Int:
		if n.Big() != nil {
			return &Value{Plain: n.Big()}
		}
		return &Value{Plain: n.Int}
	case sym.Float:
		return &Value{Plain: n.Float()}
	case sym.String:
		return b.text(n, path)
	case sym.Bytes, sym.ByteArray:
		return b.bytes(n, path)
	case sym.Global:
		return b.word(n, path)
	case sym.Tuple, sym.List, sym.Set, sym.FrozenSet, sym.Dict:
		return b.container(n, path)
	case sym.Object:
		return b.object(n, path, dict)
	}
	if v, err := b.in.Tensors.StorageOf(n); err == nil || !errors.Is(err, torch.ErrNotTensor) {
		return b.storage(n, v, err, path)
	}
	if n.Kind == sym.Persistent && len(n.Of().Items()) == 4 && n.Of().Items()[1].Kind == sym.Global { // a class and its source text
		return b.word(n.Of().Items()[1], path)
	}
	return b.omit(n, path, "", "a "+n.Kind.String()+" has no value in the file")
}

// object reads what a listed call made.
func (b *builder) object(n *sym.Node, path []tensor.Key, dict bool) *Value {
	v, err := b.in.Tensors.TensorOf(n)
	switch {
	case err == nil && v.Composite != nil:
		return b.composite(n, v, path)
	case err == nil && v.Array != nil:
		return b.fromArray(n, v, path, dict)
	case err == nil:
		return b.tensor(n, Named{View: v, Dict: dict}, path)
	}
	if !errors.Is(err, torch.ErrNotTensor) {
		return b.refuse(n, path, err.Error())
	}
	if v, err := b.in.Tensors.StorageOf(n); err == nil || !errors.Is(err, torch.ErrNotTensor) {
		return b.storage(n, v, err, path)
	}
	if v := b.numerical(n, path, dict); v != nil {
		return v
	}
	return b.known(n, path)
}
