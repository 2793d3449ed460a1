package torch

import "github.com/modelaudit/action/internal/tensor"

// Kept returns the tensor that was packed under a number, as it is when it is
// looked at once: two views of one storage have it under one key, and not in common.
func (r *Resolver) Kept(number int64) (View, error) { return r.table.packed.once(number) }

// KeptBrief is Kept without the storage.
func (r *Resolver) KeptBrief(number int64) (View, error) { return r.table.packed.brief(number) }

// KeptIn reports whether a storage is the one of a tensor that was packed under a number.
func (r *Resolver) KeptIn(number int64, s *tensor.Storage) bool {
	k := r.table.packed
	return s != nil && s.Key == k.name(k.tensors[number].key)
}

// KeptType is the element type and the shape of such a tensor.
func (r *Resolver) KeptType(number int64) (tensor.DType, []int64) {
	return r.table.packed.typeOf(number)
}
