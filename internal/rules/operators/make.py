"""Writes operators.txt: the operators that a TorchScript source or an exported
program may name. Run by hand with each version of torch in turn:

    python make.py operators.txt

The list grows: what an earlier version had stays. Taken are the namespaces
that compute on tensors and plain values; left out is what reads or writes
files, talks to other processes, runs Python, or takes sizes and addresses
unchecked.
"""

import os
import sys

import torch

COMPUTE = {"aten", "prim", "prims", "quantized", "_quantized", "quantization", "sparse", "prepacked",
           "mkldnn", "mkldnn_prepacked", "mkl", "onednn", "profiler", "cuda", "torchvision"}

# What the compiler itself puts into saved code or that its Python face writes.
PRIM = set("""
    AddStatValue AutogradAdd AutogradAllNonZero AutogradAllZero AutogradAnyNonZero AutogradZero BroadcastMKLDNNTensors
    BroadcastSizes ChunkSizes ConstantChunk ConstantMKLDNNTensor EnumName EnumValue FusedConcat IfThenElse MKLDNNClamp
    MKLDNNClamp_ MKLDNNHardSigmoid MKLDNNHardSigmoid_ MKLDNNHardSwish MKLDNNHardSwish_ MKLDNNHardTanh MKLDNNHardTanh_
    MKLDNNLayerNorm MKLDNNLayerNorm_ MKLDNNScalarMul MKLDNNScalarMul_ ModuleContainerIndex NumToTensor Print
    RaiseException ReductionSizes StringIndex TimePoint TupleIndex TupleUnpack Uninitialized VarConcat VarStack abs
    add_optional awaitable_nowait awaitable_wait data device dtype expand_as_copy expand_copy flatten_copy grad id index
    infer_squeeze_size infer_unsqueeze_size is_cpu is_cuda is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_nested
    is_ort is_quantized is_sparse is_sparse_csr is_vulkan is_xla is_xpu itemsize layout max min mkldnn_convolution name
    nbytes rangelist requires_grad reshape_copy squeeze_copy tolist type unchecked_cast unchecked_unwrap_optional
    unsqueeze_copy view_copy isinstance shape
""".split())

# torchvision registers these with its own library; they only compute.
TORCHVISION = """nms roi_align _roi_align_backward roi_pool _roi_pool_backward ps_roi_align _ps_roi_align_backward
    ps_roi_pool _ps_roi_pool_backward deform_conv2d _deform_conv2d_backward""".split()

HARMFUL = {
    "aten::save", "aten::from_file",  # files
    "aten::_sparse_bsc_tensor_unsafe", "aten::_sparse_bsr_tensor_unsafe", "aten::_sparse_compressed_tensor_unsafe",
    "aten::_sparse_coo_tensor_unsafe", "aten::_sparse_csc_tensor_unsafe", "aten::_sparse_csr_tensor_unsafe",  # unchecked indices
    "aten::_test_warn_in_autograd", "mkldnn::data_ptr",
}


def listed(name):
    namespace, op = name.split("::")
    if name in HARMFUL or namespace not in COMPUTE:
        return False
    return op in PRIM if namespace == "prim" else True


def main(path):
    old, versions = set(), set()
    if os.path.exists(path):
        for line in open(path):
            if line.startswith("#"):
                versions |= {v for v in line.split() if v[:1].isdigit()}
            else:
                old.add(line.strip())
    versions.add(torch.__version__.split("+")[0])
    names = {s.name for s in torch._C._jit_get_all_schemas()} | {"torchvision::" + n for n in TORCHVISION}
    # The compiler resolves these itself; they have no schema.
    names |= {"prim::isinstance", "prim::tolist", "prim::shape"}
    names = {n for n in names | old if listed(n)}
    with open(path, "w") as f:
        f.write("# torch " + " ".join(sorted(versions)) + "\n")
        f.writelines(n + "\n" for n in sorted(names))


if __name__ == "__main__":
    main(sys.argv[1])
