package pytorch

import (
	"fmt"
	"strconv"

	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// A storageView is a tensor that fills a storage of the file.
type storageView struct {
	index int // the record's number below data/
	dtype tensor.DTypeInfo
	shape []int64
	bytes int64
}

// storageClass is torch's class of storages of a type, "" if it has none of its
// own: the storage is then untyped (torch/storage.py, _dtype_to_storage_type_map
// and _new_dtypes).
func storageClass(d tensor.DType) string {
	return map[tensor.DType]string{
		tensor.F64: "DoubleStorage", tensor.F32: "FloatStorage", tensor.F16: "HalfStorage", tensor.BF16: "BFloat16Storage",
		tensor.I64: "LongStorage", tensor.I32: "IntStorage", tensor.I16: "ShortStorage", tensor.I8: "CharStorage", tensor.U8: "ByteStorage",
		tensor.Bool: "BoolStorage", tensor.C128: "ComplexDoubleStorage", tensor.C64: "ComplexFloatStorage",
	}[d]
}

// tensor writes a tensor with its class and attributes as torch.save does
// (torch/_tensor.py, _reduce_ex_internal; torch/nn/parameter.py, __reduce_ex__).
func (p *pickler) tensor(v *tree.Value) {
	at := p.of(v)
	if at == nil {
		p.err = fmt.Errorf("a tensor without elements")
		return
	}
	switch {
	case v.Class == "Parameter" && len(v.Attrs) > 0:
		p.global("torch._utils", "_rebuild_parameter_with_state")
		p.code(pickle.OpMark)
		p.strided(at, false)
		p.bool(v.Grad)
		p.empty("collections", "OrderedDict")
		p.attributes(v)
		p.code(pickle.OpTuple, pickle.OpReduce)
	case v.Class == "Parameter":
		p.global("torch._utils", "_rebuild_parameter")
		p.strided(at, false)
		p.bool(v.Grad)
		p.empty("collections", "OrderedDict")
		p.code(pickle.OpTuple3, pickle.OpReduce)
	case len(v.Attrs) > 0:
		p.global("torch._tensor", "_rebuild_from_type_v2")
		p.code(pickle.OpMark)
		p.function(at)
		p.global("torch", "Tensor")
		p.arguments(at, v.Grad)
		p.attributes(v)
		p.code(pickle.OpTuple, pickle.OpReduce)
	default:
		p.strided(at, v.Grad)
	}
	p.keep(v)
}

func (p *pickler) attributes(v *tree.Value) {
	p.code(pickle.OpEmptyDict)
	p.setItems(v.Attrs)
}

func (p *pickler) strided(at *storageView, grad bool) {
	p.function(at)
	p.arguments(at, grad)
	p.code(pickle.OpReduce)
}

func (p *pickler) function(at *storageView) {
	if storageClass(at.dtype.DType) == "" {
		p.global("torch._utils", "_rebuild_tensor_v3")
	} else {
		p.global("torch._utils", "_rebuild_tensor_v2")
	}
}

// arguments: storage, offset, size, stride, requires_grad, hooks, and the dtype
// if the storage has none.
func (p *pickler) arguments(at *storageView, grad bool) {
	class := storageClass(at.dtype.DType)
	p.code(pickle.OpMark)
	if class == "" {
		p.storage("torch.storage", "UntypedStorage", at, at.bytes)
	} else {
		p.storage("torch", class, at, at.bytes/at.dtype.Size)
	}
	p.place(at)
	p.bool(grad)
	p.empty("collections", "OrderedDict")
	if class == "" {
		p.global("torch", at.dtype.Torch)
	}
	p.code(pickle.OpTuple)
}

func (p *pickler) storage(module, class string, at *storageView, elements int64) {
	p.code(pickle.OpMark)
	p.often("storage")
	p.global(module, class)
	p.text(strconv.Itoa(at.index))
	p.often("cpu")
	p.int(elements)
	p.code(pickle.OpTuple, pickle.OpBinPersID)
}

// place: the offset, the sizes, and the strides of a contiguous tensor.
func (p *pickler) place(at *storageView) {
	p.int(0)
	p.sizes(at.shape)
	p.sizes(tensor.ContiguousStrides(at.shape))
}

func (p *pickler) sizes(list []int64) {
	if len(list) == 0 {
		p.code(pickle.OpEmptyTuple)
		return
	}
	p.code(pickle.OpMark)
	for _, n := range list {
		p.int(n)
	}
	p.code(pickle.OpTuple)
}

// composite writes a tensor that is made of others (torch/_tensor.py,
// _reduce_ex_internal).
func (p *pickler) composite(v *tree.Value) {
	switch v.Tag {
	case tree.TagMeta:
		p.global("torch._utils", "_rebuild_meta_tensor_no_storage")
		p.code(pickle.OpMark)
		p.global("torch", v.Text)
		p.sizes(v.Shape)
		p.sizes(tensor.ContiguousStrides(v.Shape))
		p.bool(v.Grad)
		p.code(pickle.OpTuple, pickle.OpReduce)
	case tree.TagSparse:
		p.sparse(v)
	default:
		p.quantized(v)
	}
	p.keep(v)
}

// sparse: the layout, and the parts, the size, and for COO whether it is coalesced.
func (p *pickler) sparse(v *tree.Value) {
	p.global("torch._utils", "_rebuild_sparse_tensor")
	p.global("torch.serialization", "_get_layout")
	p.often("torch.sparse_" + v.Text)
	p.code(pickle.OpTuple1, pickle.OpReduce, pickle.OpMark)
	for _, part := range v.Pairs {
		p.value(part[1])
	}
	p.global("torch", "Size")
	p.sizes(v.Shape)
	p.code(pickle.OpTuple1, pickle.OpReduce)
	for _, a := range v.Attrs {
		p.value(a[1])
	}
	p.code(pickle.OpTuple, pickle.OpTuple2, pickle.OpReduce)
}

// quantized: the storage of the integers, and how they are meant.
func (p *pickler) quantized(v *tree.Value) {
	at := p.of(v.Pairs[0][1])
	if at == nil {
		p.err = fmt.Errorf("a quantised tensor without integers")
		return
	}
	class := map[string]string{"qint8": "QInt8Storage", "quint8": "QUInt8Storage", "qint32": "QInt32Storage"}[v.Text]
	p.global("torch._utils", "_rebuild_qtensor")
	p.code(pickle.OpMark)
	p.storage("torch", class, at, at.bytes/at.dtype.Size)
	p.place(at)
	scheme, _ := v.Attrs[0][1].Plain.(string)
	p.code(pickle.OpMark)
	p.global("torch", scheme)
	for _, part := range v.Pairs[1:] {
		p.value(part[1])
	}
	for _, a := range v.Attrs[1:] {
		p.value(a[1])
	}
	p.code(pickle.OpTuple)
	p.bool(v.Grad)
	p.empty("collections", "OrderedDict")
	p.code(pickle.OpTuple, pickle.OpReduce)
}
