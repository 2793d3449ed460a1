package tensor

// A List is tensors that need not all be there at the same time. Whenever it is
// asked for one it gives the same.
type List interface {
	Len() int
	Name(i int) string           // of At(i)
	Type(i int) (DType, []int64) // of At(i), with the shape
	At(i int) Tensor
}

// A Slice is a List of tensors that are there.
type Slice []Tensor

// Len implements List.
func (s Slice) Len() int { return len(s) }

// Name implements List.
func (s Slice) Name(i int) string { return s[i].Name }

// Type implements List.
func (s Slice) Type(i int) (DType, []int64) { return s[i].DType, s[i].Shape }

// At implements List.
func (s Slice) At(i int) Tensor { return s[i] }
