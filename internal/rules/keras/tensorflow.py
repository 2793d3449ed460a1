"""Writes the functions of TensorFlow that compute and do nothing else, as TFOpLambda layers name them."""
import inspect, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
TOP = """abs acos acosh add add_n argmax argmin argsort asin asinh atan atan2 atanh batch_to_space broadcast_to cast ceil clip_by_norm clip_by_value complex concat
constant cos cosh cumsum divide dtypes.cast einsum equal exp expand_dims eye fill floor gather gather_nd greater greater_equal identity less less_equal
linspace logical_and logical_not logical_or matmul maximum meshgrid minimum multiply negative no_op norm not_equal one_hot ones ones_like pad pow range rank
realdiv reduce_all reduce_any reduce_max reduce_mean reduce_min reduce_prod reduce_sum repeat reshape reverse roll round scatter_nd shape sigmoid sign sin sinh
size slice sort space_to_batch split sqrt square squeeze stack stop_gradient strided_slice subtract tan tanh tensordot tile transpose truediv truncatediv
truncatemod unique unstack where zeros zeros_like searchsorted boolean_mask ensure_shape reverse_sequence sequence_mask tensor_scatter_nd_update convert_to_tensor""".split()
out = set(TOP)
for module in ("math", "nn", "linalg", "signal", "bitwise", "image"):
    m = getattr(tf, module)
    for name, f in vars(m).items():
        if name.startswith("_") or not (inspect.isfunction(f) or callable(f)) or inspect.isclass(f) or inspect.ismodule(f): continue
        if any(word in name for word in ("decode", "draw", "experimental", "rnn", "scale_regularization", "compute_average_loss", "is_jpeg", "random", "stateless", "dropout", "sampled", "sampler", "nce_loss", "extract_jpeg", "print", "assert")): continue
        out.add(module + "." + name)
out |= {"compat.v1." + n for n in ("transpose", "squeeze", "reduce_mean", "reduce_sum", "reduce_max", "gather", "nn.softmax", "size", "shape", "where", "placeholder_with_default", "expand_dims", "argmax", "ones_like", "zeros_like", "concat", "batch_to_space_nd", "space_to_batch_nd", "space_to_depth", "depth_to_space", "image.resize_bilinear", "image.resize", "nn.avg_pool", "nn.max_pool", "nn.conv2d", "strings.length", "floor_div", "to_float", "to_int32", "cast", "norm", "math.log_softmax", "nn.log_softmax", "nn.fused_batch_norm", "split", "pad")} - {"compat.v1.placeholder_with_default", "compat.v1.strings.length"}
out |= {"__operators__." + n for n in ("add", "getitem", "ragged_getitem")}
print("# tensorflow %s: the functions that TFOpLambda layers may call" % tf.__version__)
for n in sorted(out): print(n)
