package tree

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
)

// twice names the tensors of objects that stand at several places once more. A tree
// has such an object once, and refers to it, and only its class knows what its parts
// are called elsewhere. So a tensor of the file that the tree does not name is one
// of these if it has the same elements: it can then say nothing wrong.
func (j *joiner) twice(root *Value) error {
	shared := sharedTensors(root)
	if len(shared) == 0 {
		return nil
	}
	byLast := map[string][]*Named{}
	for v := range shared {
		if n := j.first[v]; n != nil {
			byLast[last(v.Text)] = append(byLast[last(v.Text)], n)
		}
	}
	sums := map[*tensor.Tensor][sha256.Size]byte{}
	for _, part := range []string{"", PartState} {
		h := j.parts[part]
		if h == nil {
			continue
		}
		for _, name := range h.unnamed() {
			first, err := sameElements(h.byName[name], byLast[last(name)], sums)
			if err != nil {
				return err
			}
			if first == nil {
				continue
			}
			delete(h.left, name)
			n := *first
			v := *first.Value
			v.Same = first.Value
			n.Path, n.Name, n.Value, n.Dict = []tensor.Key{{Text: name}}, name, &v, false
			j.out.Tensors = append(j.out.Tensors, n)
		}
	}
	return nil
}

// sharedTensors are the tensors of objects that are referred to.
func sharedTensors(root *Value) map[*Value]bool {
	referred := map[int]bool{}
	root.Each(func(v *Value) {
		if v.Tag == TagRef {
			referred[v.Ref] = true
		}
	})
	out := map[*Value]bool{}
	root.Each(func(v *Value) {
		if v.Tag != TagObject || !referred[v.ID] {
			return
		}
		v.Each(func(below *Value) {
			if below.Tag == TagTensor || below.Tag == TagArray {
				out[below] = true
			}
		})
	})
	return out
}

func last(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// unnamed lists the tensors that the tree has not named, in order.
func (h *holding) unnamed() (names []string) {
	for n := range h.left {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// sameElements finds a tensor whose stored elements are those of t, nil if there is none.
func sameElements(t *tensor.Tensor, among []*Named, sums map[*tensor.Tensor][sha256.Size]byte) (*Named, error) {
	for _, n := range among {
		if n.Bytes() != t.Bytes() {
			continue
		}
		a, err := digest(t, sums)
		if err != nil {
			return nil, err
		}
		b, err := digest(&n.Tensor, sums)
		if err != nil {
			return nil, err
		}
		if a == b {
			return n, nil
		}
	}
	return nil, nil
}

func digest(t *tensor.Tensor, sums map[*tensor.Tensor][sha256.Size]byte) (sum [sha256.Size]byte, err error) {
	if sum, known := sums[t]; known {
		return sum, nil
	}
	h := sha256.New()
	if _, err := t.WriteTo(h); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	sums[t] = sum
	return sum, nil
}
