package kerasweights

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A layout is a file in the making.
type layout struct {
	said    *tree.Value     // the source's tree
	used    map[string]bool // which of its keys the file has
	weights []*weight

	root   *hdf5.Node
	groups int
	below  map[*hdf5.Node]map[string]*hdf5.Node
	data   map[*hdf5.Node]*weight // of datasets

	pieces []tree.Piece // of the tree that a reader must find
	placed []*weight    // the tensors of pieces, in their order
}

func newLayout(said *tree.Value) *layout {
	l := &layout{said: said, used: map[string]bool{}, root: &hdf5.Node{}, below: map[*hdf5.Node]map[string]*hdf5.Node{}, data: map[*hdf5.Node]*weight{}}
	for _, key := range []string{keyWeights, keyOptimizer, keyMetrics, keyPaths} {
		l.used[key] = true
	}
	if said.Tag != tree.TagDict && said.Tag != tree.TagOrdered {
		l.said = &tree.Value{Tag: tree.TagDict}
	}
	for _, p := range l.said.Pairs {
		if key, _ := p[0].Plain.(string); p[1].Tag == tree.TagTensor {
			l.used[key] = true
		}
	}
	return l
}

// text is a value that is a text, "" of any other.
func text(v *tree.Value) string {
	if v == nil || v.Tag != "" {
		return ""
	}
	s, _ := v.Plain.(string)
	return s
}

// group is the group at a path, which is made if need be.
func (l *layout) group(at *hdf5.Node, path []string) (*hdf5.Node, error) {
	if len(path) > maxDeep {
		return nil, fmt.Errorf("%.100q... has more than %d parts", path[0], maxDeep)
	}
	for _, step := range path {
		next := l.below[at][step]
		if next == nil {
			if l.groups++; l.groups > maxGroups {
				return nil, fmt.Errorf("more than %d groups do not go into one such file", maxGroups)
			}
			next = &hdf5.Node{Name: step}
			l.put(at, next)
		}
		if next.Data != nil {
			return nil, fmt.Errorf("%q is a weight, and other weights lie below it", strings.Join(path, "/"))
		}
		at = next
	}
	return at, nil
}

func (l *layout) put(at, child *hdf5.Node) {
	if l.below[at] == nil {
		l.below[at] = map[string]*hdf5.Node{}
	}
	l.below[at][child.Name] = child
	at.Children = append(at.Children, child)
}

// maxDeep is how many groups may lie in each other.
const maxDeep = 64

// place puts a weight at a path below a group.
func (l *layout) place(at *hdf5.Node, path []string, w *weight) error {
	last := len(path) - 1
	at, err := l.group(at, path[:last])
	if err != nil {
		return err
	}
	if l.below[at][path[last]] != nil {
		return fmt.Errorf("there are two weights, or a weight and a layer, with the name of %q", w.of.Name)
	}
	node, err := w.dataset(path[last])
	if err != nil {
		return err
	}
	l.put(at, node)
	l.data[node] = w
	return nil
}

// expect adds a weight to what a reader must find.
func (l *layout) expect(w *weight, key, name string) {
	v := &tree.Value{Tag: tree.TagTensor}
	if !w.of.DType.InSafetensors(len(w.of.Shape)) {
		v.DType = string(w.of.DType)
	}
	n := *w.of
	n.Value, n.Path, n.Name = v, nil, ""
	l.add(&tree.Tree{Root: v, Tensors: []tree.Named{n}}, key, name)
	l.placed = append(l.placed, w)
}

func (l *layout) add(t *tree.Tree, keys ...string) {
	var path []tensor.Key
	for _, k := range keys {
		path = append(path, tensor.Key{Text: k})
	}
	l.pieces = append(l.pieces, tree.Piece{Path: path, Tree: t})
}

// write writes the elements as the file has them.
func (w *weight) write(out io.Writer) error {
	var elements io.WriterTo = &w.of.Tensor
	if w.cast != "" {
		elements = conversion.Casting(&w.of.Tensor, w.cast)
	}
	_, err := elements.WriteTo(out)
	return err
}

// typeOf is how h5py writes an element type for Keras, nil if it does not. Keras
// keeps bfloat16 as two bytes without a meaning, and says what they are.
func typeOf(d tensor.DType) (*hdf5.Type, []hdf5.NewAttribute) {
	switch d {
	case tensor.BF16:
		return &hdf5.Type{Class: hdf5.Opaque, Size: 2}, []hdf5.NewAttribute{textAttribute("dtype", "bfloat16")}
	case tensor.C64:
		return hdf5.ComplexOf(hdf5.Number("f4")), nil
	case tensor.C128:
		return hdf5.ComplexOf(hdf5.Number("f8")), nil
	}
	codes := map[tensor.DType]string{tensor.Bool: "bool", tensor.U8: "u1", tensor.I8: "i1", tensor.U16: "u2", tensor.I16: "i2", tensor.F16: "f2",
		tensor.U32: "u4", tensor.I32: "i4", tensor.F32: "f4", tensor.U64: "u8", tensor.I64: "i8", tensor.F64: "f8"}
	return hdf5.Number(codes[d]), nil
}

func textAttribute(name, value string) hdf5.NewAttribute {
	return hdf5.NewAttribute{Name: name, Type: hdf5.Words(), Texts: []string{value}}
}

// maxList is how many bytes of names Keras puts into one attribute
// (HDF5_OBJECT_HEADER_LIMIT in legacy_h5_format.py).
const maxList = 64512

// listAttributes are names in one attribute, or in several that end in numbers.
func listAttributes(name string, list []string) (out []hdf5.NewAttribute, err error) {
	size := 1
	for _, s := range list {
		size = max(size, len(s))
	}
	most := maxList / size
	if most == 0 {
		return nil, fmt.Errorf("a name of %d bytes is longer than Keras takes", size)
	}
	typ := hdf5.FixedBytes(size)
	if len(list) <= most {
		return []hdf5.NewAttribute{{Name: name, Type: typ, Dims: []int64{int64(len(list))}, Texts: append([]string{}, list...)}}, nil
	}
	for chunk := range slices.Chunk(list, most) {
		out = append(out, hdf5.NewAttribute{Name: fmt.Sprintf("%s%d", name, len(out)), Type: typ, Dims: []int64{int64(len(chunk))}, Texts: chunk})
	}
	return out, nil
}
