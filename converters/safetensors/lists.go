package safetensors

import (
	"io"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A sourceList is the tensors of one file as the source has them: those that are
// there, and behind them very many that are made when they are asked for.
type sourceList struct {
	named []tree.Named
	many  []*tree.Many
}

// Len implements tensor.List.
func (l sourceList) Len() int {
	n := len(l.named)
	for _, m := range l.many {
		n += m.Len()
	}
	return n
}

// Many is where very many tensors have the one of a number, nil for one that is there.
func (l sourceList) Many(i int) (m *tree.Many, at int) {
	if i < len(l.named) {
		return nil, i
	}
	i -= len(l.named)
	for _, m := range l.many {
		if i < m.Len() {
			return m, i
		}
		i -= m.Len()
	}
	return nil, -1
}

// Name implements tensor.List.
func (l sourceList) Name(i int) string {
	if m, at := l.Many(i); m != nil {
		return m.Name(at)
	}
	return l.named[i].Name
}

// Type implements tensor.List.
func (l sourceList) Type(i int) (tensor.DType, []int64) {
	if m, at := l.Many(i); m != nil {
		return m.Type(at)
	}
	return l.named[i].DType, l.named[i].Shape
}

// At implements tensor.List.
func (l sourceList) At(i int) tensor.Tensor { return *l.tensor(i) }

func (l sourceList) tensor(i int) *tensor.Tensor {
	m, at := l.Many(i)
	if m == nil {
		return &l.named[i].Tensor
	}
	v, _ := m.At(at) // which the tree has seen each of without an error
	return &v.Tensor
}

// A writtenList is the tensors of one file as they stand in it. A dtype that
// safetensors lacks becomes bytes, with the item size as last dimension.
type writtenList struct {
	sourceList
	casts []tensor.DType // as in Part
}

// least is how many bytes the tensors take in a header at least.
func (l writtenList) least() (n int) {
	for i := range l.Len() {
		n += len(l.Name(i)) + len(`"":{"dtype":"U8","shape":[],"data_offsets":[0,0]}`)
	}
	return n
}

// Type implements safetensors.List.
func (l writtenList) Type(i int) (tensor.DType, []int64) {
	dtype, shape := l.sourceList.Type(i)
	info, _ := dtype.Info()
	switch {
	case l.cast(i) != "":
		return l.cast(i), shape
	case !dtype.InSafetensors(len(shape)):
		return tensor.U8, append(shape[:len(shape):len(shape)], info.Size)
	}
	return dtype, shape
}

// Data implements safetensors.List.
func (l writtenList) Data(i int) io.WriterTo {
	if to := l.cast(i); to != "" {
		return conversion.Casting(l.tensor(i), to)
	}
	return l.tensor(i)
}

func (l writtenList) cast(i int) tensor.DType {
	if l.casts == nil {
		return ""
	}
	return l.casts[i]
}
