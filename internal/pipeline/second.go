package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle/witness"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// decodedOnce is the report's second_decoder for a model that is read from no pickle.
const decodedOnce = "decoded once: it holds no pickle"

// secondDecoder lets an independent decoder read the pickles of a model, and
// compares its list of tensors with ours. The text is the report's second_decoder.
func secondDecoder(m *scan.Model, t *tree.Tree) (string, error) {
	said := ""
	seen := newSightings(m, t)
	for _, p := range m.Pickles {
		text, err := decodeAgain(p, t, seen)
		if err != nil {
			return "", err
		}
		if said == "" || said == "agrees" {
			said = text
		}
	}
	return cmp.Or(said, m.Once, decodedOnce), nil
}

// decodeAgain compares what a second decoder sees in one pickle with what the
// tree has where the pickle's object stands.
func decodeAgain(p *scan.Checkpoint, t *tree.Tree, seen sightings) (string, error) {
	if p.Joblib != nil {
		return "decoded once: the arrays of joblib lie between the instructions", nil
	}
	res := witness.Decode(p.Stream, p.Trace.Start, p.Trace.End, safeio.Limits{})
	if res.NotApplicable != "" {
		return "not applicable: " + res.NotApplicable, nil
	}
	left := map[string]bool{}
	for _, r := range t.Refused {
		left[r.Path] = true
	}
	at := make([]string, len(p.At))
	for i, k := range p.At {
		at[i] = k.Text
	}
	var theirs []string
	for i := range res.Tensors {
		w := &res.Tensors[i]
		w.Path = append(at[:len(at):len(at)], w.Path...)
		if !within(left, strings.Join(w.Path, ".")) {
			theirs = append(theirs, fmt.Sprint(w.Path, w.Key, typeName(w), w.Offset, w.Size, w.Stride, w.Conj, w.Neg))
		}
	}
	ours := seen.of(p)
	slices.Sort(theirs)
	slices.Sort(ours)
	if slices.Equal(ours, theirs) {
		if slices.ContainsFunc(t.Tensors, longBytes) {
			return "agrees on the tensors; long bytes are decoded once", nil
		}
		return "agrees", nil
	}
	return "", errors.New(disagreement(ours, theirs))
}

// A sightings has what we say of the tensors of a tree, for each pickle.
type sightings struct {
	t    *tree.Tree
	file map[string][]string // by Checkpoint.Within; of a source of several files
}

// newSightings sorts the tensors by the pickle that they come from.
func newSightings(m *scan.Model, t *tree.Tree) sightings {
	s := sightings{t: t}
	for _, p := range m.Pickles {
		if p.Within != "" && s.file == nil {
			s.file = map[string][]string{}
		}
	}
	for i := range t.Tensors {
		if s.file == nil {
			break
		}
		n := t.Tensors[i]
		if longBytes(n) {
			continue
		}
		views := []*tensor.Tensor{&n.Tensor}
		if chunks := n.Storage.Chunks; chunks != nil {
			views = views[:0]
			for _, c := range chunks {
				views = append(views, c.Tensor)
			}
		}
		path := n.Path
		for _, v := range views {
			n.Tensor = *v
			n.Path = path
			within := ""
			if i := strings.LastIndex(n.Storage.Key, audit.Inside); i >= 0 {
				within = n.Storage.Key[:i+len(audit.Inside)]
			}
			s.file[within] = append(s.file[within], identity(&n, within))
		}
	}
	return s
}

// of is what we say of the tensors of one pickle.
func (s sightings) of(p *scan.Checkpoint) (ours []string) {
	if s.file != nil {
		return s.file[p.Within]
	}
	for i := range s.t.Tensors {
		if n := &s.t.Tensors[i]; len(n.Path) >= len(p.At) && slices.Equal(n.Path[:len(p.At)], p.At) && !longBytes(*n) {
			ours = append(ours, identity(n, ""))
		}
	}
	return ours
}

// longBytes reports whether a tensor is no tensor in the source, but bytes that a tree
// has no place for: the second decoder looks for tensors alone.
func longBytes(n tree.Named) bool {
	return n.Class == "builtins.bytes" || n.Class == "builtins.bytearray"
}

// within reports whether path is one of the places left out, or below one.
func within(left map[string]bool, path string) bool {
	for p := range left {
		if path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}

// identity is what both decoders must say of a tensor.
func identity(t *tree.Named, within string) string {
	path := make([]string, len(t.Path))
	for i, k := range t.Path {
		path[i] = k.Text
	}
	key := ""
	if own := strings.TrimPrefix(t.Storage.Key, within); !t.Numpy && !strings.HasPrefix(own, "bytes at ") {
		key = strings.TrimPrefix(own, "data/")
	}
	info, _ := t.DType.Info()
	kind, shape, strides := info.Torch, t.Shape, slices.Clone(t.Strides)
	if t.Element != "" { // the last dimension is the bytes of an element
		last := len(shape) - 1
		kind, shape, strides = t.Element, shape[:last], strides[:last]
		for i := range strides {
			strides[i] /= max(t.Shape[last], 1)
		}
	}
	return fmt.Sprint(path, key, kind, t.Offset, shape, strides, t.Conj, t.Neg)
}

// typeName is torch's name for the element type that the witness saw: from the
// dtype argument, from numpy's type string, or from the storage's class
// (torch/storage.py, _new_dtypes and _dtype_to_storage_type_map).
func typeName(w *witness.Tensor) string {
	if name, ok := strings.CutPrefix(w.DType, "torch."); ok {
		return name
	}
	name := w.DType
	if name != "" {
		name = strings.TrimLeft(name, "<>|=")
	} else {
		name = strings.TrimPrefix(strings.TrimPrefix(w.StorageType, "torch."), "cuda.")
	}
	switch name {
	case "DoubleStorage", "f8":
		return "float64"
	case "FloatStorage", "f4":
		return "float32"
	case "HalfStorage", "f2":
		return "float16"
	case "BFloat16Storage":
		return "bfloat16"
	case "LongStorage", "i8":
		return "int64"
	case "IntStorage", "i4":
		return "int32"
	case "ShortStorage", "i2":
		return "int16"
	case "CharStorage", "i1":
		return "int8"
	case "ByteStorage", "u1":
		return "uint8"
	case "BoolStorage", "b1":
		return "bool"
	case "ComplexDoubleStorage", "c16":
		return "complex128"
	case "ComplexFloatStorage", "c8":
		return "complex64"
	case "u2":
		return "uint16"
	case "u4":
		return "uint32"
	case "u8":
		return "uint64"
	}
	return name
}

func disagreement(ours, theirs []string) string {
	for _, o := range ours {
		if !slices.Contains(theirs, o) {
			return fmt.Sprintf("the second decoder does not see %.200s", o)
		}
	}
	for _, o := range theirs {
		if !slices.Contains(ours, o) {
			return fmt.Sprintf("the second decoder sees %.200s, which we do not", o)
		}
	}
	return "the second decoder sees another number of tensors"
}
