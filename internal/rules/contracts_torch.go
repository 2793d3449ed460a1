package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// torchContracts: torch/_utils.py, torch/_tensor.py, torch/storage.py,
// torch/serialization.py. What torch.load(weights_only=True) allows is the
// outer bound (torch/_weights_only_unpickler.py); the argument shapes are those
// that Tensor.__reduce_ex__ writes.
func torchContracts() []contract {
	flag := integer // protocol 1 writes booleans as INT
	meta := either(none, dictOf(oneOfText("conj", "neg"), flag))
	return []contract{
		{module: "torch", names: torchDTypes()},
		{module: "torch", names: storageClasses()},
		{module: "torch.cuda", names: storageClasses()},
		{module: "torch", names: tensorTypes()},
		{module: "torch.cuda", names: tensorTypes()},
		{module: "torch.storage", names: []string{"UntypedStorage", "TypedStorage"}},
		{module: "torch", names: []string{"Tensor", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric", "per_channel_affine_float_qparams"}},
		{module: "torch.nn.parameter", names: []string{"Buffer"}},
		// Called, and given a state, by torch before 0.4 (torch/_tensor.py, __setstate__).
		{module: "torch.nn.parameter", names: []string{"Parameter"}, calls: withOptional(1, given, flag), state: fields(flag, flag, noneHooked), closed: true},
		{module: "torch.nn.backends.thnn", names: []string{"_get_thnn_function_backend"}, calls: with()}, // returns None
		{module: "torch.nn.parameter", names: []string{"UninitializedParameter", "UninitializedBuffer"}, calls: with(flag)},
		{module: "torch.utils.hooks", names: []string{"RemovableHandle"}, calls: with(), newobj: true, onlyNew: true, state: hookHandle},
		{module: "torch", names: []string{"Size"}, calls: with(ints)},
		{module: "torch", names: []string{"device"}, calls: withOptional(1, text, integer)},
		{module: "torch.serialization", names: []string{"_get_layout"}, calls: with(text)},
		{module: "torch.storage", names: []string{"_load_from_bytes"}, calls: with(rawBytes), nested: 1, caller: true},
		{module: "torch.amp.grad_scaler", names: []string{"_refresh_per_optimizer_state"}},
		{module: "torch.cuda.amp.grad_scaler", names: []string{"_refresh_per_optimizer_state"}},
		{module: "torch._C", names: []string{"Generator"}, calls: with(madeBy("torch", "device")), state: fields(integer, either(none, integer), rebuilt)},
		{module: "torch", names: []string{"ScriptObject"}, calls: with(), newobj: true, onlyNew: true, base: noBase, state: packedWeights, stated: true},
		{module: "torch._utils", names: []string{"_rebuild_nested_tensor"}, calls: with(rebuilt, rebuilt, rebuilt, rebuilt)},
		{module: "torch._utils", names: []string{"_rebuild_tensor"}, calls: with(storage, integer, ints, ints)},
		{module: "torch._utils", names: []string{"_rebuild_tensor_v2"}, calls: withOptional(1, storage, integer, ints, ints, flag, noneHooked, meta)},
		{module: "torch._utils", names: []string{"_rebuild_tensor_v3"}, calls: withOptional(1, storage, integer, ints, ints, flag, noneHooked, torchDType, meta)},
		{module: "torch._utils", names: []string{"_rebuild_parameter"}, calls: with(given, flag, noneHooked)},
		{module: "torch._utils", names: []string{"_rebuild_parameter_with_state"}, calls: with(rebuilt, flag, noneHooked, tensorAttributes)},
		{module: "torch._utils", names: []string{"_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor"}, calls: with(madeBy("torch.serialization", "_get_layout"), sparseParts)},
		{module: "torch._utils", names: []string{"_rebuild_qtensor"}, calls: with(storage, integer, ints, ints, qParams, flag, noneHooked)},
		{module: "torch._utils", names: []string{"_rebuild_device_tensor_from_numpy", "_rebuild_xla_tensor"}, calls: with(array, torchDType, text, flag)},
		{module: "torch._utils", names: []string{"_rebuild_device_tensor_from_cpu_tensor"}, calls: with(rebuilt, torchDType, text, flag)},
		{module: "torch._utils", names: []string{"_rebuild_meta_tensor_no_storage"}, calls: with(torchDType, ints, ints, flag)},
		{module: "torch._tensor", names: []string{"_rebuild_from_type_v2"}, calls: slices.Concat(with(rebuildFunction, tensorClass, kinds(sym.Tuple), tensorAttributes), wrappedTensors()), applies: true, caller: true},
		{module: "torch._utils", names: []string{"_rebuild_wrapper_subclass"}, calls: with(either(maskedTensor, distributedTensor), torchDType, ints, ints, integer, layout, madeBy("torch", "device"), flag)},
		{module: "torch.utils.data.dataloader", names: []string{"DataLoader"}, calls: with(), newobj: true, onlyNew: true, state: loaderState},
		{module: "torch.ao.quantization.qconfig", names: []string{"QConfig"}, calls: with(observerMaker, observerMaker), newobj: true, onlyNew: true, base: "tuple"},
		{module: "torch.nested._internal.nested_tensor", names: []string{"_rebuild_njt"}, calls: with(jaggedParts)},
		{module: "torch.nested._internal.nested_tensor", names: []string{"NestedTensor"}, calls: with(rebuilt, rebuilt)},
		{module: "torch._dynamo.decorators", names: []string{"_DimRange"}, calls: with(), newobj: true, onlyNew: true, state: dimRange},
		{module: "torch.masked.maskedtensor.core", names: []string{"MaskedTensor"}},
	}
}

var maskedTensor, layout = global("torch.masked.maskedtensor.core", "MaskedTensor"), madeBy("torch.serialization", "_get_layout")

// wrappedTensors are the arguments of _rebuild_from_type_v2 for torch's own
// tensors that hold others as attributes: masked ones
// (torch/masked/maskedtensor/core.py), jagged nested ones
// (torch/nested/_internal/nested_tensor.py) and distributed ones. All keep
// Tensor.__setstate__.
func wrappedTensors() []args {
	held := either(rebuilt, none, number, kinds(sym.Bool, sym.Dict, sym.List, sym.Set), madeBy("builtins", "set"))
	state := dictOf(oneOfText("_masked_data", "_masked_mask"), rebuilt)
	jagged := dictOf(oneOfText("_values", "_offsets", "_lengths", "_ragged_idx", "_max_seqlen", "_min_seqlen", "_metadata_cache", "_dynamo_propagated_dynamic_indices", "_dynamo_weak_dynamic_indices", "_dynamo_dynamic_indices", "_dynamo_dynamic_range"), held)
	nested := global("torch.nested._internal.nested_tensor", "NestedTensor")
	return slices.Concat(
		with(global("torch._utils", "_rebuild_wrapper_subclass"), maskedTensor, kinds(sym.Tuple), state),
		with(global("torch._utils", "_rebuild_wrapper_subclass"), distributedTensor, kinds(sym.Tuple), distributedState),
		with(global("torch.nested._internal.nested_tensor", "_rebuild_njt"), nested, kinds(sym.Tuple), jagged),
		with(nested, nested, fields(rebuilt, rebuilt), jagged)) // torch 2.1 to 2.3
}

// dimRange is the state of what torch.compile notes of a size that changes, as jagged
// tensors of torch 2.2 to 2.6 keep it: three numbers of a frozen dataclass
// (torch/_dynamo/decorators.py), which hashes them where it stands in a set.
var dimRange = record(map[string]shape{"dim": integer, "min": either(none, integer), "max": either(none, integer)})

// hookHandle accepts the state of a handle: the dict that a hook stands in,
// weakly referred to, its number, and further dicts, one in torch 2.0 (torch/utils/hooks.py,
// RemovableHandle.__setstate__). What the dict holds is judged where it is used.
func hookHandle(n *sym.Node) bool {
	hooks := either(none, kinds(sym.Dict), madeBy("collections", "OrderedDict"))
	return fields(hooks, integer)(n) || fields(hooks, integer, either(hooks, tupleOf(hooks)))(n)
}

// observerMaker accepts what makes the observers of a quantised layer: a listed
// class, or torch's wrapper of a partial of one (torch/ao/quantization/observer.py).
var observerMaker = either(none, partialOf, built("torch.ao.quantization.observer", "_PartialWrapper"))

// loaderState is the state of a DataLoader that has torch's own function for
// batches, starts no processes of a kind that the file chooses, and has no loop
// under way (torch/utils/data/dataloader.py).
var loaderState = func() shape {
	state := map[string]shape{"collate_fn": global("torch.utils.data._utils.collate", "default_collate", "default_convert"), "worker_init_fn": none, "_iterator": none,
		"_DataLoader__multiprocessing_context": none, "generator": either(none, madeBy("torch._C", "Generator")), "dataset": anything, "sampler": anything, "batch_sampler": anything}
	for _, k := range strings.Fields("num_workers prefetch_factor pin_memory pin_memory_device timeout in_order _dataset_kind batch_size drop_last persistent_workers _DataLoader__initialized _IterableDataset_len_called") {
		state[k] = either(none, number, text)
	}
	return record(state)
}()

// jaggedParts accepts the keyword arguments that NestedTensor is made from.
func jaggedParts(n *sym.Node) bool {
	if n.Kind != sym.Dict {
		return false
	}
	for _, p := range n.Pairs() {
		ok := false
		switch p.Key.Text {
		case "values", "offsets":
			ok = rebuilt(p.Value)
		case "lengths":
			ok = either(none, rebuilt)(p.Value)
		case "_ragged_idx", "requires_grad":
			ok = integer(p.Value)
		case "_metadata_cache":
			ok = dictOf(oneOfText("min_seqlen", "max_seqlen"), rebuilt)(p.Value)
		}
		if p.Key.Kind != sym.String || !ok {
			return false
		}
	}
	return true
}

// torchDTypes lists torch's dtype objects, which pickle as globals.
func torchDTypes() []string {
	return strings.Fields(`bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64
		float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2
		complex32 complex64 complex128 bcomplex32 bits8 bits16 bits1x8 bits2x4 bits4x2
		qint8 qint32 quint8 quint4x2 quint2x4 int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7`)
}

// tensorTypes lists the types that torch's first format names each tensor by and
// does not look at any more (torch/serialization.py, legacy_load).
func tensorTypes() []string {
	return strings.Fields("DoubleTensor FloatTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor")
}

// storageClasses lists the typed storages (torch/storage.py, _dtype_to_storage_type_map).
func storageClasses() []string {
	return strings.Fields(`DoubleStorage FloatStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage
		BoolStorage ComplexDoubleStorage ComplexFloatStorage QInt8Storage QInt32Storage QUInt8Storage QUInt4x2Storage QUInt2x4Storage`)
}

var torchDType = global("torch", torchDTypes()...)

// storage accepts what stands for a storage: a persistent id, which the torch
// reader checks, or the nested file of a storage pickled by plain pickle.
func storage(n *sym.Node) bool {
	return n.Kind == sym.Persistent || madeBy("torch.storage", "_load_from_bytes")(n)
}

// given accepts a tensor, also one that the loader gives for a persistent id, as in torch's
// first format; a storage, which it gives in the others, makes no parameter.
var given = either(rebuilt, kinds(sym.Persistent))

// rebuilt accepts a tensor that one of the plain rebuild functions made.
var rebuilt = either(
	madeBy("torch._utils", "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor", "_rebuild_meta_tensor_no_storage", "_rebuild_device_tensor_from_numpy", "_rebuild_xla_tensor", "_rebuild_device_tensor_from_cpu_tensor"),
	madeBy("torch._tensor", "_rebuild_from_type_v2"))

var rebuildFunction = global("torch._utils", "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_meta_tensor_no_storage")

var tensorClass = either(global("torch", "Tensor"), global("torch.nn.parameter", "Parameter", "Buffer"))

// sparseParts: (indices, values, size[, is_coalesced]) or (compressed, plain, values, size).
func sparseParts(n *sym.Node) bool {
	return n.Kind == sym.Tuple && all(n.Items(), either(rebuilt, ints, integer, none))
}

var quantScheme = global("torch", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric", "per_channel_affine_float_qparams")

// qParams: (scheme, scale, zero_point) or (scheme, scales, zero_points, axis), where
// torch before 1.6 wrote lists of numbers.
func qParams(n *sym.Node) bool {
	return n.Kind == sym.Tuple && len(n.Items()) >= 3 && quantScheme(n.Items()[0]) && all(n.Items()[1:], either(rebuilt, number, listOf(number)))
}

// tensorAttributes accepts the state of a tensor with attributes: nothing, or
// a dict of names that torch.Tensor does not define. A state that sets .data,
// .grad, a hook or a method would change what the tensor is.
func tensorAttributes(n *sym.Node) bool {
	half := either(none, newTensorAttribute)
	return half(n) || fields(half, half)(n)
}

var newTensorAttribute = attributes(tensorNames()...)

// returnTypes are the named tuples that functions of torch give (torch/csrc/autograd/
// python_return_types.cpp): structseq, which is made of a tuple and of no further names.
const returnTypes = `aminmax cummax cummin frexp geqrf histogram histogramdd kthvalue linalg_cholesky_ex linalg_eig linalg_eigh linalg_inv_ex linalg_ldl_factor linalg_ldl_factor_ex linalg_lstsq
	linalg_lu linalg_lu_factor linalg_lu_factor_ex linalg_qr linalg_slogdet linalg_solve_ex linalg_svd lu_unpack max median min mode nanmedian qr slogdet sort svd topk triangular_solve`
