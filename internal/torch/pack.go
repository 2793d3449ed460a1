package torch

import (
	"slices"
	"strconv"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/zipfile"
)

// A packer keeps the tensors of a checkpoint that has very many of them: those
// that are as torch.save writes them and that nothing is to be said about, in
// storages that are stored in records called by numbers.
type packer struct {
	z        *Zip
	storages []packedStorage   // by key
	opened   []*tensor.Storage // by key, once asked for
	order    []uint32          // keys in the order of their first mention
	kinds    []id              // without key and size
	tensors  []packedTensor
	dims     []int64           // sizes and strides, one shape behind the other
	shapes   map[string]uint32 // where in dims those are that came first
	buf      []byte
}

// A packedStorage is what the first mention of a storage says.
type packedStorage struct {
	pos   int64  // of the mention
	numel int64  // elements
	kind  uint32 // in kinds, plus one; 0 if there is no such storage
	entry uint32 // the number of its record
	bad   bool   // another mention says something else
}

type packedTensor struct {
	offset    int64
	key, dims uint32
	rank      uint8
	grad      bool
}

const (
	maxPackedRank = 16
	maxShapes     = 1 << 16 // of which it is remembered where they are
)

// Reset implements symbolic.Packer.
func (k *packer) Reset() {
	*k = packer{z: k.z, shapes: map[string]uint32{}}
	k.z.Claimed = zipfile.Marks{}
}

// Pack implements symbolic.Packer for (storage, offset, size, stride,
// requires_grad, hooks).
func (k *packer) Pack(args []*sym.Node, keep bool) (int64, bool) {
	if len(args) != 6 || args[0].Kind != sym.Persistent || args[1].Kind != sym.Int || args[4].Kind != sym.Bool || !noHooks(args[5]) {
		return 0, false
	}
	var v tensor.Tensor
	var ok bool
	if v.Shape, ok = fewSizes(args[2]); !ok {
		return 0, false
	}
	if v.Strides, ok = fewSizes(args[3]); !ok {
		return 0, false
	}
	got, err := parseID(args[0].Of(), false)
	if err != nil || got.numel == 0 || got.class.dtype == "" || got.location == "meta" {
		return 0, false
	}
	key, ok := numbered(got.key)
	if !ok || !k.storage(got, key, args[0].Pos) {
		return 0, false
	}
	v.DType, v.Offset, v.Storage = got.class.dtype, args[1].Int, &tensor.Storage{Size: got.bytes()}
	if args[1].Big() != nil || v.Check() != nil {
		return 0, false
	}
	if !keep {
		return 0, true
	}
	if n := len(k.tensors); n == cap(k.tensors) && n < k.z.Archive.Len() { // as a rule there is a record for each
		k.tensors = slices.Grow(k.tensors, min(n+64, k.z.Archive.Len()-n))
	}
	k.tensors = append(k.tensors, packedTensor{offset: v.Offset, key: key, dims: k.shape(v.Shape, v.Strides), rank: uint8(len(v.Shape)), grad: args[4].Int != 0})
	return int64(len(k.tensors) - 1), true
}

// noHooks reports whether a value is an OrderedDict in which there is nothing, or None.
func noHooks(n *sym.Node) bool {
	c := n.Call()
	return n.Kind == sym.None || c != nil && c.Func.Is("collections", "OrderedDict") && c.Known && len(c.Args) == 0 && c.Kwargs == nil &&
		len(n.Items())+len(n.Pairs())+len(n.States()) == 0
}

// fewSizes reads a tuple of sizes of at most maxPackedRank dimensions.
func fewSizes(n *sym.Node) ([]int64, bool) {
	if n.Kind != sym.Tuple || len(n.Items()) > maxPackedRank {
		return nil, false
	}
	out := make([]int64, len(n.Items()))
	for i, d := range n.Items() {
		if d.Kind != sym.Int || d.Big() != nil || d.Int < 0 {
			return nil, false
		}
		out[i] = d.Int
	}
	return out, true
}

// numbered reads a key that is a number as Python writes it.
func numbered(key string) (uint32, bool) {
	n, err := strconv.ParseUint(key, 10, 31)
	return uint32(n), err == nil && strconv.FormatUint(n, 10) == key
}

// storage reports whether a mention of a storage is good, and agrees with those
// before.
func (k *packer) storage(got id, key uint32, pos int64) bool {
	kind := k.number(got)
	if int(key) < len(k.storages) && k.storages[key].kind != 0 {
		s := &k.storages[key]
		return s.kind == kind && s.numel == got.numel
	}
	e, ok := k.z.Archive.TorchLookup(k.z.storages + got.key)
	if !ok || e.Method != 0 || e.Size != e.CompressedSize || e.Size != got.bytes() || int(key) > 2*k.z.Archive.Len() {
		return false
	}
	if _, _, err := k.z.Archive.Open(e); err != nil {
		return false
	}
	if n := int(key) + 1; n > len(k.storages) {
		if n > cap(k.storages) {
			k.storages = slices.Grow(k.storages, max(n, min(2*n, k.z.Archive.Len()))-len(k.storages))
		}
		k.storages = k.storages[:n]
	}
	k.z.Claimed.Add(e)
	k.storages[key] = packedStorage{pos: pos, numel: got.numel, kind: kind, entry: uint32(e.Index)}
	k.order = append(k.order, key)
	return true
}

// number is the place in kinds, plus one, of what a mention says beside key and size.
func (k *packer) number(got id) uint32 {
	got.key, got.numel = "", 0
	for i := range k.kinds {
		if k.kinds[i] == got {
			return uint32(i + 1)
		}
	}
	k.kinds = append(k.kinds, got)
	return uint32(len(k.kinds))
}

// shape keeps sizes and strides and returns where they are.
func (k *packer) shape(sizes, strides []int64) uint32 {
	b := k.buf[:0]
	for _, list := range [][]int64{sizes, strides} {
		for _, n := range list {
			b = strconv.AppendInt(append(b, ' '), n, 36)
		}
	}
	k.buf = b
	if at, ok := k.shapes[string(b)]; ok {
		return at
	}
	at := uint32(len(k.dims))
	k.dims = append(append(k.dims, sizes...), strides...)
	if len(k.shapes) < maxShapes {
		k.shapes[string(b)] = at
	}
	return at
}

// kind is what mentions of a packed storage say beside key and size.
func (k *packer) kind(key uint32) *id { return &k.kinds[k.storages[key].kind-1] }

// id is what the first mention of a packed storage says.
func (k *packer) id(key uint32) (id, bool) {
	if k == nil || int(key) >= len(k.storages) || k.storages[key].kind == 0 {
		return id{}, false
	}
	s := &k.storages[key]
	out := k.kinds[s.kind-1]
	out.key, out.numel = strconv.FormatUint(uint64(key), 10), s.numel
	return out, true
}

// bound is the storage of a key that tensors were packed of, nil without any.
func (k *packer) bound(text string) *boundStorage {
	key, ok := numbered(text)
	if !ok {
		return nil
	}
	i, ok := k.id(key)
	if !ok {
		return nil
	}
	b := &boundStorage{id: i}
	b.storage, _ = k.open(key)
	return b
}

// mentioned reports whether a packed tensor names the storage before pos.
func (k *packer) mentioned(text string, pos int64) bool {
	key, ok := numbered(text)
	return ok && int(key) < len(k.storages) && k.storages[key].kind != 0 && k.storages[key].pos < pos
}

// spoil notes that a storage is described in two ways.
func (k *packer) spoil(text string) {
	if key, ok := numbered(text); ok && k != nil && int(key) < len(k.storages) {
		k.storages[key].bad = true
	}
}

func (k *packer) open(key uint32) (*tensor.Storage, error) {
	if k.opened == nil {
		k.opened = make([]*tensor.Storage, len(k.storages))
	}
	if k.opened[key] == nil {
		i, _ := k.id(key)
		var err error
		if k.opened[key], err = k.z.storageAt(i, k.z.Archive.At(int(k.storages[key].entry))); err != nil {
			return nil, err
		}
	}
	return k.opened[key], nil
}

// typeOf is the element type and the sizes of the tensor of a number.
func (k *packer) typeOf(n int64) (tensor.DType, []int64) {
	t := &k.tensors[n]
	end := t.dims + uint32(t.rank)
	return k.kind(t.key).class.dtype, k.dims[t.dims:end:end]
}

// once is view for a tensor that is looked at once: its storage is not shared with
// other views of it.
func (k *packer) once(n int64) (View, error) {
	key := k.tensors[n].key
	s, err := k.z.storageIn(k.name(key), k.kind(key).untyped, k.z.Archive.At(int(k.storages[key].entry)))
	if err != nil {
		return View{}, err
	}
	return k.of(n, s)
}

// name is the name of the record that a storage is in.
func (k *packer) name(key uint32) string {
	var space [32]byte
	return string(strconv.AppendUint(append(space[:0], k.z.storages...), uint64(key), 10))
}

// view returns the tensor that was packed under a number.
func (k *packer) view(n int64) (View, error) {
	s, err := k.open(k.tensors[n].key)
	if err != nil {
		return View{}, err
	}
	return k.of(n, s)
}

// of is the tensor of a number, whose storage is s.
func (k *packer) of(n int64, s *tensor.Storage) (View, error) {
	v, err := k.brief(n)
	if err != nil {
		return View{}, err
	}
	v.Storage = s
	return v, v.Check()
}

// brief is the tensor of a number without its storage.
func (k *packer) brief(n int64) (View, error) {
	t := &k.tensors[n]
	if k.storages[t.key].bad {
		i, _ := k.id(t.key)
		return View{}, unreadable(i.key, twoWays)
	}
	kind := k.kind(t.key)
	v := View{Class: "Tensor", Device: kind.device(), RequiresGrad: t.grad}
	d := k.dims[t.dims:][: 2*t.rank : 2*t.rank]
	v.DType, v.Offset, v.Shape, v.Strides = kind.class.dtype, t.offset, d[:t.rank:t.rank], d[t.rank:]
	return v, nil
}
