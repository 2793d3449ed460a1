package safetensors

import (
	"io"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A sourceList is the tensors of one file as the source has them.
type sourceList []tree.Named

// Len implements tensor.List.
func (l sourceList) Len() int { return len(l) }

// At implements tensor.List.
func (l sourceList) At(i int) tensor.Tensor { return l[i].Tensor }

// A writtenList is the tensors of one file as they stand in it. A dtype that
// safetensors lacks becomes bytes, with the item size as last dimension.
type writtenList struct {
	named []tree.Named
	casts []tensor.DType // as in Part
}

// Len implements safetensors.List.
func (l writtenList) Len() int { return len(l.named) }

// Name implements safetensors.List.
func (l writtenList) Name(i int) string { return l.named[i].Name }

// Type implements safetensors.List.
func (l writtenList) Type(i int) (tensor.DType, []int64) {
	t := &l.named[i].Tensor
	info, _ := t.DType.Info()
	switch {
	case l.cast(i) != "":
		return l.cast(i), t.Shape
	case !info.Safetensors:
		return tensor.U8, append(t.Shape[:len(t.Shape):len(t.Shape)], info.Size)
	}
	return t.DType, t.Shape
}

// Data implements safetensors.List.
func (l writtenList) Data(i int) io.WriterTo {
	if to := l.cast(i); to != "" {
		return conversion.Casting(&l.named[i].Tensor, to)
	}
	return &l.named[i].Tensor
}

func (l writtenList) cast(i int) tensor.DType {
	if l.casts == nil {
		return ""
	}
	return l.casts[i]
}
