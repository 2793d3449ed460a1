package tree

import (
	"fmt"
	"slices"

	"github.com/modelaudit/action/internal/numpy"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/torch"
)

// inline reports whether size more bytes may be kept, and counts them.
func (b *builder) inline(size int64) bool {
	if size > maxInlined-b.inlined {
		return false
	}
	b.inlined += size
	return true
}

func (b *builder) text(n *sym.Node, path []tensor.Key) *Value {
	size := int64(len(n.Text))
	if n.Lazy {
		size = n.Data().Len
	}
	if !b.inline(size) {
		return b.omit(n, path, "str", "one text too many to keep")
	}
	text, ok := sym.TextOf(b.in.Data, n, maxInline)
	if !ok {
		return b.omit(n, path, "str", fmt.Sprintf("a text of %d bytes", size))
	}
	if joined(text) {
		return b.omit(n, path, "str", "a text in which two lone surrogates stand as one character would")
	}
	return &Value{Plain: text}
}

func (b *builder) bytes(n *sym.Node, path []tensor.Key) *Value {
	data, ok := sym.PayloadOf(b.in.Data, n)
	if !ok {
		return b.omit(n, path, n.Kind.String(), "bytes that are not in the file")
	}
	if data.Size > maxInline || !b.inline(data.Size) {
		return b.longBytes(n, data, path)
	}
	buf := make([]byte, data.Size)
	if m, err := data.Data.ReadAt(buf, 0); int64(m) != data.Size {
		return b.omit(n, path, n.Kind.String(), fmt.Sprintf("unreadable: %v", err))
	}
	return &Value{Tag: TagBytes, Bytes: buf, Class: map[bool]string{true: "bytearray"}[isByteArray(n)]}
}

// longBytes writes bytes that are too many for a tree as an array, as whole columns of
// Arrow are, or leaves them out where no array has a name.
func (b *builder) longBytes(n *sym.Node, data *sym.Payload, path []tensor.Key) *Value {
	if b.nameless > 0 {
		return b.omit(n, path, n.Kind.String(), fmt.Sprintf("%d bytes", data.Size))
	}
	a := &numpy.Array{DType: numpy.DType{Str: "|u1", Code: "u1", Kind: 'u', Size: 1, Tensor: tensor.U8}, Shape: []int64{data.Size}, Strides: []int64{1}, Data: data, Class: "builtins.bytes"}
	if isByteArray(n) {
		a.Class = "builtins.bytearray"
	}
	return b.array(n, a, path, false)
}

// otherTypes are torch's dtypes that no tensor in a file has by itself
// (c10/core/ScalarType.h).
var otherTypes = []string{"qint8", "quint8", "qint32", "quint4x2", "quint2x4",
	"int1", "int2", "int3", "int4", "int5", "int6", "int7", "uint1", "uint2", "uint3", "uint4", "uint5", "uint6", "uint7"}

// word keeps a global that is only named, such as a dtype.
func (b *builder) word(n *sym.Node, path []tensor.Key) *Value {
	if n.Module() == "torch" {
		if _, ok := tensor.FromTorch(n.Name()); ok || slices.Contains(otherTypes, n.Name()) {
			return &Value{Tag: TagWord, Class: "torch.dtype", Text: n.FullName()}
		}
	}
	return b.omit(n, path, n.FullName(), "a name, kept as its name only")
}

// storage is a storage that stands for itself: a tensor of all its elements.
func (b *builder) storage(n *sym.Node, v torch.View, err error, path []tensor.Key) *Value {
	switch {
	case err != nil:
		return b.refuse(n, path, err.Error())
	case v.Composite != nil:
		return b.composite(n, v, path)
	}
	return b.tensor(n, Named{View: v}, path)
}

// isByteArray reports whether n is a bytearray, also one that a call makes.
func isByteArray(n *sym.Node) bool {
	return n.Kind == sym.ByteArray || n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Is("builtins", "bytearray")
}
