package tree

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// Limits of a walk. A checkpoint of a large model has some 10,000 values.
const (
	maxDepth  = 200
	maxVisits = 3_000_000
	maxInline = 1 << 20 // bytes of one plain bytes value
)

// Input is what a tree is made of.
type Input struct {
	Root *sym.Node
	Data io.ReaderAt // the bytes of the stream
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
}

// A Named is a tensor at one place of the tree.
type Named struct {
	torch.View
	Numpy bool // an array, not a torch tensor
	Dict  bool // its direct container is a mapping with str keys only
}

// A Missing is a value that the tree does not hold.
type Missing struct {
	Path   string
	Reason string
	Pos    int64 // offset in the stream of the opcode that made it
}

// A Tree is what Build returns.
type Tree struct {
	Root    *Value
	Tensors []Named
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
		return nil, errors.New("the stream has no object")
	}
	b := &builder{in: in, out: &Tree{}, open: map[*sym.Node]bool{}, ids: map[*sym.Node]*Value{}, first: map[*sym.Node]string{}}
	b.out.Root = b.value(in.Root, nil, false)
	if b.visits > maxVisits {
		return nil, fmt.Errorf("more than %d values", maxVisits)
	}
	return b.out, nil
}

type builder struct {
	in     Input
	out    *Tree
	open   map[*sym.Node]bool   // containers on the path from the root
	ids    map[*sym.Node]*Value // containers written before
	first  map[*sym.Node]string // name under which a tensor was seen first
	nextID int
	visits int
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

func (b *builder) value(n *sym.Node, path []tensor.Key, dict bool) *Value {
	if b.visits++; b.visits > maxVisits {
		return &Value{}
	}
	if len(path) > maxDepth {
		return b.refuse(n, path[:8], "nested too deeply")
	}
	if b.in.Unsafe(n) {
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
		return &Value{Plain: n.F}
	case sym.String:
		if n.Lazy {
			return b.omit(n, path, "str", fmt.Sprintf("a text of %d bytes", n.Data().Len))
		}
		return &Value{Plain: n.Text}
	case sym.Bytes, sym.ByteArray:
		return b.bytes(n, path)
	case sym.Global:
		return b.word(n, path)
	case sym.Tuple, sym.List, sym.Set, sym.FrozenSet, sym.Dict:
		return b.container(n, path)
	case sym.Object:
		return b.object(n, path, dict)
	}
	return b.omit(n, path, "", "a "+n.Kind.String()+" has no value in the file")
}

// unsafe leaves a value out, or refuses if a tensor is lost with it.
func (b *builder) unsafe(n *sym.Node, path []tensor.Key) *Value {
	what := "the result of a call that may not be trusted"
	class := ""
	if n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Kind == sym.Global {
		class = n.Call().Func.FullName()
		what = "made by " + class + ", which may not be trusted"
	} else if n.Kind != sym.Object {
		what = "a " + n.Kind.String() + " that a call which may not be trusted could have changed"
	}
	if len(path) == 0 || b.in.Carries(n) {
		return b.refuse(n, path, what)
	}
	return b.omit(n, path, class, what)
}

func (b *builder) bytes(n *sym.Node, path []tensor.Key) *Value {
	data, ok := sym.PayloadOf(b.in.Data, n)
	if !ok {
		return b.omit(n, path, n.Kind.String(), "bytes that are not in the file")
	}
	if data.Size > maxInline {
		return b.omit(n, path, n.Kind.String(), fmt.Sprintf("%d bytes", data.Size))
	}
	buf := make([]byte, data.Size)
	if m, err := data.Data.ReadAt(buf, 0); int64(m) != data.Size {
		return b.omit(n, path, n.Kind.String(), fmt.Sprintf("unreadable: %v", err))
	}
	return &Value{Tag: TagBytes, Bytes: buf, Class: map[bool]string{true: "bytearray"}[n.Kind == sym.ByteArray]}
}

// word keeps a global that is only named, such as a dtype.
func (b *builder) word(n *sym.Node, path []tensor.Key) *Value {
	if n.Module() == "torch" {
		if _, ok := tensor.FromTorch(n.Name()); ok {
			return &Value{Tag: TagWord, Class: "torch.dtype", Text: n.FullName()}
		}
	}
	return b.omit(n, path, n.FullName(), "a name, kept as its name only")
}

// container writes a builtin container once and refers to it afterwards. Its
// tensors have a name under each path all the same.
func (b *builder) container(n *sym.Node, path []tensor.Key) *Value {
	if b.open[n] {
		return b.refer(n)
	}
	b.open[n] = true
	defer delete(b.open, n)
	tags := map[sym.Kind]string{sym.List: TagList, sym.Tuple: TagTuple, sym.Set: TagSet, sym.FrozenSet: TagFrozenSet, sym.Dict: TagDict}
	v := &Value{Tag: tags[n.Kind]}
	known := b.ids[n]
	if known == nil {
		b.ids[n] = v
	}
	if n.Kind == sym.Dict {
		v.Pairs = b.pairs(n, path)
	} else {
		for i, item := range n.Items() {
			v.Items = append(v.Items, b.value(item, below(path, tensor.Key{Text: strconv.Itoa(i), Int: true}), false))
		}
	}
	if known != nil && n.Kind != sym.Tuple && n.Kind != sym.FrozenSet {
		return b.refer(n)
	}
	return v
}

func (b *builder) refer(n *sym.Node) *Value {
	v := b.ids[n]
	if v.ID == 0 {
		b.nextID++
		v.ID = b.nextID
	}
	return &Value{Tag: TagRef, Ref: v.ID}
}

// below returns path with one more key, never sharing memory with a sibling.
func below(path []tensor.Key, k tensor.Key) []tensor.Key {
	return append(path[:len(path):len(path)], k)
}

func (b *builder) pairs(n *sym.Node, path []tensor.Key) [][2]*Value {
	textKeys := true
	for _, p := range n.Pairs() {
		textKeys = textKeys && p.Key.Kind == sym.String
	}
	var out [][2]*Value
	for _, p := range n.Pairs() {
		k, ok := key(p.Key)
		if !ok {
			out = append(out, [2]*Value{b.value(p.Key, path, false), b.unnamed(p.Value, path)})
			continue
		}
		out = append(out, [2]*Value{b.value(p.Key, path, false), b.value(p.Value, below(path, k), textKeys)})
	}
	return out
}

// unnamed walks a value whose key has no text form: a tensor there has no name.
func (b *builder) unnamed(n *sym.Node, path []tensor.Key) *Value {
	before := len(b.out.Tensors)
	v := b.value(n, below(path, tensor.Key{Text: "?"}), false)
	if len(b.out.Tensors) > before {
		b.out.Tensors = b.out.Tensors[:before]
		return b.refuse(n, path, "a tensor under a key that is neither text nor integer")
	}
	return v
}

func key(n *sym.Node) (tensor.Key, bool) {
	switch {
	case n.Kind == sym.String && !n.Lazy:
		return tensor.Key{Text: n.Text}, true
	case n.Kind == sym.Int && n.Big() == nil:
		return tensor.Key{Text: strconv.FormatInt(n.Int, 10), Int: true}, true
	}
	return tensor.Key{}, false
}

// object reads what a listed call made.
func (b *builder) object(n *sym.Node, path []tensor.Key, dict bool) *Value {
	v, err := b.in.Tensors.TensorOf(n)
	if err == nil {
		return b.tensor(n, Named{View: v, Dict: dict}, path)
	}
	if !errors.Is(err, torch.ErrNotTensor) {
		return b.refuse(n, path, err.Error())
	}
	a, err := numpy.ArrayOf(b.in.Data, n)
	switch {
	case err == nil:
		return b.array(n, a, path, dict)
	case !errors.Is(err, numpy.ErrNotArray):
		return b.refuse(n, path, err.Error())
	}
	return b.known(n, path)
}

func (b *builder) tensor(n *sym.Node, t Named, path []tensor.Key) *Value {
	t.Path, t.Name = path, Name(path)
	v := &Value{Tag: TagTensor, Text: t.Name, Grad: t.RequiresGrad}
	if t.Numpy {
		v.Tag = TagArray
	}
	if t.Class != "Tensor" {
		v.Class = t.Class
	}
	if info, _ := t.DType.Info(); !info.Safetensors {
		v.DType = string(t.DType)
	}
	if name, ok := b.first[n]; ok {
		v.Same = name
	} else {
		b.first[n] = t.Name
	}
	b.out.Tensors = append(b.out.Tensors, t)
	return v
}

func (b *builder) array(n *sym.Node, a *numpy.Array, path []tensor.Key, dict bool) *Value {
	if a.Scalar {
		buf := make([]byte, a.Data.Size)
		if _, err := a.Data.Data.ReadAt(buf, 0); err != nil && err != io.EOF {
			return b.omit(n, path, "numpy scalar", err.Error())
		}
		return &Value{Tag: TagScalar, Class: a.DType.Str, Bytes: buf}
	}
	if a.DType.Tensor == "" {
		return b.refuse(n, path, "a numpy array of type "+a.DType.Str+" is not supported yet")
	}
	t := Named{Numpy: true, Dict: dict}
	t.DType, t.Shape, t.Strides, t.Storage = a.DType.Tensor, a.Shape, a.Strides, a.Storage(fmt.Sprintf("array at %#x", n.Pos), b.in.Record)
	t.Class = "Tensor"
	if err := t.Check(); err != nil {
		return b.refuse(n, path, err.Error())
	}
	return b.tensor(n, t, path)
}
