package tensor

// A List is tensors that need not all be there at the same time. Whenever it is
// asked for one it gives the same.
type List interface {
	Len() int
	At(i int) Tensor
}

// A Slice is a List of tensors that are there.
type Slice []Tensor

// Len implements List.
func (s Slice) Len() int { return len(s) }

// At implements List.
func (s Slice) At(i int) Tensor { return s[i] }
