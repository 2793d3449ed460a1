package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// accepted has, for each contract that may be called, a program that uses it
// as it was meant, and that nothing may be found in.
var accepted = map[string]string{
	"collections.OrderedDict":                           anOrdered + `UNICODE "w"; ` + aTensor + `SETITEM; EMPTY_DICT; UNICODE "_metadata"; ` + anOrdered + `SETITEM; BUILD; STOP`,
	"collections.defaultdict":                           `GLOBAL "collections" "defaultdict"; GLOBAL "builtins" "list"; TUPLE1; REDUCE; BININT1 1; EMPTY_LIST; SETITEM; STOP`,
	"collections.Counter":                               `GLOBAL "collections" "Counter"; EMPTY_DICT; BININT1 1; BININT1 2; SETITEM; TUPLE1; REDUCE; STOP`,
	"collections.deque":                                 `GLOBAL "collections" "deque"; EMPTY_LIST; BININT1 9; TUPLE2; REDUCE; BININT1 1; APPEND; STOP`,
	"builtins.set":                                      `GLOBAL "__builtin__" "set"; MARK; BININT1 1; LIST; TUPLE1; REDUCE; STOP`,
	"builtins.frozenset":                                `GLOBAL "__builtin__" "frozenset"; MARK; BININT1 1; LIST; TUPLE1; REDUCE; STOP`,
	"builtins.list":                                     `GLOBAL "builtins" "list"; EMPTY_TUPLE; REDUCE; STOP`,
	"builtins.tuple":                                    `GLOBAL "builtins" "tuple"; EMPTY_TUPLE; REDUCE; STOP`,
	"builtins.dict":                                     `GLOBAL "builtins" "dict"; MARK; MARK; UNICODE "a"; BININT1 1; LIST; LIST; TUPLE1; REDUCE; STOP`,
	"builtins.bytes":                                    `GLOBAL "__builtin__" "bytes"; EMPTY_TUPLE; REDUCE; STOP`,
	"builtins.bytearray":                                `GLOBAL "__builtin__" "bytearray"; UNICODE "ab"; UNICODE "latin-1"; TUPLE2; REDUCE; STOP`,
	"builtins.complex":                                  `GLOBAL "builtins" "complex"; BINFLOAT 1.0; BINFLOAT 2.0; TUPLE2; REDUCE; STOP`,
	"builtins.slice":                                    `GLOBAL "builtins" "slice"; NONE; BININT1 3; NONE; TUPLE3; REDUCE; STOP`,
	"builtins.range":                                    `GLOBAL "__builtin__" "xrange"; BININT1 0; BININT1 3; BININT1 1; TUPLE3; REDUCE; STOP`,
	"_codecs.encode":                                    `GLOBAL "_codecs" "encode"; UNICODE "ab"; UNICODE "latin1"; TUPLE2; REDUCE; STOP`,
	"argparse.Namespace":                                `PROTO 2; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "lr"; BINFLOAT 0.1; SETITEM; BUILD; STOP`,
	"copyreg._reconstructor":                            `GLOBAL "copy_reg" "_reconstructor"; GLOBAL "argparse" "Namespace"; GLOBAL "__builtin__" "object"; NONE; TUPLE3; REDUCE; EMPTY_DICT; UNICODE "lr"; BINFLOAT 0.1; SETITEM; BUILD; STOP`,
	"pathlib.PosixPath":                                 `GLOBAL "pathlib" "PosixPath"; UNICODE "/"; UNICODE "data"; TUPLE2; REDUCE; STOP`,
	"pathlib.WindowsPath":                               `GLOBAL "pathlib" "WindowsPath"; UNICODE "c:"; TUPLE1; REDUCE; STOP`,
	"pathlib.PurePosixPath":                             `GLOBAL "pathlib" "PurePosixPath"; EMPTY_TUPLE; REDUCE; STOP`,
	"pathlib.PureWindowsPath":                           `GLOBAL "pathlib" "PureWindowsPath"; EMPTY_TUPLE; REDUCE; STOP`,
	"pathlib._local.PosixPath":                          `GLOBAL "pathlib._local" "PosixPath"; UNICODE "a"; TUPLE1; REDUCE; STOP`,
	"pathlib._local.WindowsPath":                        `GLOBAL "pathlib._local" "WindowsPath"; UNICODE "a"; TUPLE1; REDUCE; STOP`,
	"pathlib._local.PurePosixPath":                      `GLOBAL "pathlib._local" "PurePosixPath"; UNICODE "a"; TUPLE1; REDUCE; STOP`,
	"pathlib._local.PureWindowsPath":                    `GLOBAL "pathlib._local" "PureWindowsPath"; UNICODE "a"; TUPLE1; REDUCE; STOP`,
	"datetime.datetime":                                 `GLOBAL "datetime" "datetime"; SHORT_BINBYTES "\x07\xe8\x01\x01\x00\x00\x00\x00\x00\x00"; ` + zone + `TUPLE2; REDUCE; STOP`,
	"datetime.date":                                     `GLOBAL "datetime" "date"; SHORT_BINBYTES "\x07\xe8\x01\x01"; TUPLE1; REDUCE; STOP`,
	"datetime.time":                                     `GLOBAL "datetime" "time"; SHORT_BINBYTES "\x00\x00\x00\x00\x00\x00"; TUPLE1; REDUCE; STOP`,
	"datetime.timedelta":                                zone + `STOP`,
	"datetime.timezone":                                 zone + `STOP`,
	"decimal.Decimal":                                   `GLOBAL "decimal" "Decimal"; UNICODE "1.5"; TUPLE1; REDUCE; STOP`,
	"fractions.Fraction":                                `GLOBAL "fractions" "Fraction"; UNICODE "-1/3"; TUPLE1; REDUCE; STOP`,
	"numpy.dtype":                                       f4 + `STOP`,
	"numpy.core.multiarray._reconstruct":                newArray + `MARK; BININT1 1; BININT1 1; TUPLE1; ` + f4 + `NEWFALSE; ` + four + `TUPLE; BUILD; STOP`,
	"numpy.core.multiarray.scalar":                      `GLOBAL "numpy.core.multiarray" "scalar"; ` + f4 + four + `TUPLE2; REDUCE; STOP`,
	"numpy.core.numeric._frombuffer":                    `GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; ` + four + f4 + `BININT1 1; TUPLE1; UNICODE "C"; TUPLE; REDUCE; STOP`,
	"torch.Size":                                        `GLOBAL "torch" "Size"; ` + twoByTwo + `TUPLE1; REDUCE; STOP`,
	"torch.device":                                      `GLOBAL "torch" "device"; UNICODE "cuda"; BININT1 0; TUPLE2; REDUCE; STOP`,
	"torch.serialization._get_layout":                   `GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.sparse_coo"; TUPLE1; REDUCE; STOP`,
	"torch.storage._load_from_bytes":                    `GLOBAL "torch.storage" "_load_from_bytes"; SHORT_BINBYTES "x"; TUPLE1; REDUCE; STOP`,
	"torch._utils._rebuild_tensor":                      `GLOBAL "torch._utils" "_rebuild_tensor"; MARK; ` + aStorage + `BININT1 0; ` + twoByTwo + strides + `TUPLE; REDUCE; STOP`,
	"torch._utils._rebuild_tensor_v2":                   aTensor + `STOP`,
	"torch._utils._rebuild_tensor_v3":                   `GLOBAL "torch._utils" "_rebuild_tensor_v3"; MARK; ` + tensorArg + `GLOBAL "torch" "uint16"; TUPLE; REDUCE; STOP`,
	"torch._utils._rebuild_parameter":                   `GLOBAL "torch._utils" "_rebuild_parameter"; ` + aTensor + `NEWTRUE; ` + anOrdered + `TUPLE3; REDUCE; STOP`,
	"torch._utils._rebuild_sparse_tensor":               `GLOBAL "torch._utils" "_rebuild_sparse_tensor"; GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.sparse_coo"; TUPLE1; REDUCE; ` + aTensor + aTensor + twoByTwo + `TUPLE3; TUPLE2; REDUCE; STOP`,
	"torch._utils._rebuild_sparse_csr_tensor":           `GLOBAL "torch._utils" "_rebuild_sparse_csr_tensor"; GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.sparse_csr"; TUPLE1; REDUCE; ` + `MARK; ` + aTensor + aTensor + aTensor + twoByTwo + `TUPLE; TUPLE2; REDUCE; STOP`,
	"torch._utils._rebuild_qtensor":                     `GLOBAL "torch._utils" "_rebuild_qtensor"; MARK; ` + aStorage + `BININT1 0; ` + twoByTwo + strides + `GLOBAL "torch" "per_tensor_affine"; BINFLOAT 0.5; BININT1 0; TUPLE3; NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; STOP`,
	"torch.nn.parameter.Parameter":                      `GLOBAL "torch.nn.parameter" "Parameter"; ` + aTensor + `NEWFALSE; TUPLE2; REDUCE; STOP`,
	"torch.nn.backends.thnn._get_thnn_function_backend": `GLOBAL "torch.nn.backends.thnn" "_get_thnn_function_backend"; EMPTY_TUPLE; REDUCE; STOP`,
	"flax.core.frozen_dict.FrozenDict":                  `GLOBAL "flax.core.frozen_dict" "FrozenDict"; EMPTY_DICT; UNICODE "w"; NONE; SETITEM; TUPLE1; REDUCE; STOP`,
	"sentencepiece.SentencePieceProcessor":              `PROTO 2; GLOBAL "sentencepiece" "SentencePieceProcessor"; EMPTY_TUPLE; NEWOBJ; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"fsspec.spec.make_instance":                         `GLOBAL "fsspec.spec" "make_instance"; GLOBAL "fsspec.implementations.local" "LocalFileSystem"; EMPTY_TUPLE; EMPTY_DICT; TUPLE3; REDUCE; STOP`,
	"signal.Signals":                                    `GLOBAL "signal" "Signals"; BININT1 2; TUPLE1; REDUCE; STOP`,
	"http.HTTPMethod":                                   `GLOBAL "http" "HTTPMethod"; UNICODE "GET"; TUPLE1; REDUCE; STOP`,
	"itertools.compress":                                `GLOBAL "itertools" "compress"; GLOBAL "builtins" "iter"; EMPTY_LIST; TUPLE1; REDUCE; GLOBAL "builtins" "iter"; EMPTY_LIST; TUPLE1; REDUCE; TUPLE2; REDUCE; STOP`,
	"itertools.islice":                                  `GLOBAL "itertools" "islice"; MARK; GLOBAL "builtins" "iter"; EMPTY_LIST; TUPLE1; REDUCE; BININT1 0; BININT1 2; BININT1 1; TUPLE; REDUCE; STOP`,
	"itertools.zip_longest":                             `GLOBAL "itertools" "zip_longest"; GLOBAL "builtins" "iter"; EMPTY_LIST; TUPLE1; REDUCE; GLOBAL "builtins" "iter"; EMPTY_LIST; TUPLE1; REDUCE; TUPLE2; REDUCE; STOP`,
	"itertools.combinations":                            `GLOBAL "itertools" "combinations"; BININT1 1; BININT1 2; TUPLE2; BININT1 2; TUPLE2; REDUCE; STOP`,
	"itertools.permutations":                            `GLOBAL "itertools" "permutations"; BININT1 1; BININT1 2; TUPLE2; BININT1 2; TUPLE2; REDUCE; STOP`,
	"itertools.combinations_with_replacement":           `GLOBAL "itertools" "combinations_with_replacement"; BININT1 1; BININT1 2; TUPLE2; BININT1 2; TUPLE2; REDUCE; STOP`,
	"rdkit.Chem.rdchem.Mol":                             `GLOBAL "rdkit.Chem.rdchem" "Mol"; SHORT_BINBYTES "\x01"; TUPLE1; REDUCE; STOP`,
	"shapely.io.from_wkb":                               `GLOBAL "shapely.io" "from_wkb"; SHORT_BINBYTES "\x01"; TUPLE1; REDUCE; STOP`,
	"shapely.geometry.polygon._unpickle_linearring":     `GLOBAL "shapely.geometry.polygon" "_unpickle_linearring"; SHORT_BINBYTES "\x01"; TUPLE1; REDUCE; STOP`,
	"shapely.geometry.polygon.Polygon":                  `GLOBAL "shapely.geometry.polygon" "Polygon"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.polygon.LinearRing":               `GLOBAL "shapely.geometry.polygon" "LinearRing"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.point.Point":                      `GLOBAL "shapely.geometry.point" "Point"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.linestring.LineString":            `GLOBAL "shapely.geometry.linestring" "LineString"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.multipoint.MultiPoint":            `GLOBAL "shapely.geometry.multipoint" "MultiPoint"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.multilinestring.MultiLineString":  `GLOBAL "shapely.geometry.multilinestring" "MultiLineString"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.multipolygon.MultiPolygon":        `GLOBAL "shapely.geometry.multipolygon" "MultiPolygon"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"shapely.geometry.collection.GeometryCollection":    `GLOBAL "shapely.geometry.collection" "GeometryCollection"; EMPTY_TUPLE; REDUCE; SHORT_BINBYTES "\x01"; BUILD; STOP`,
	"pandas.core.internals.BlockManager":                `PROTO 2; GLOBAL "pandas.core.internals" "BlockManager"; EMPTY_TUPLE; NEWOBJ; STOP`,
	"pandas.core.internals.SingleBlockManager":          `PROTO 2; GLOBAL "pandas.core.internals" "SingleBlockManager"; EMPTY_TUPLE; NEWOBJ; STOP`,
	"torch._utils._rebuild_parameter_with_state":        `GLOBAL "torch._utils" "_rebuild_parameter_with_state"; MARK; ` + aTensor + `NEWTRUE; ` + anOrdered + `EMPTY_DICT; UNICODE "tag"; BININT1 1; SETITEM; TUPLE; REDUCE; STOP`,
	"torch._utils._rebuild_meta_tensor_no_storage":      `GLOBAL "torch._utils" "_rebuild_meta_tensor_no_storage"; MARK; GLOBAL "torch" "float32"; ` + twoByTwo + strides + `NEWFALSE; TUPLE; REDUCE; STOP`,
	"joblib.numpy_pickle.NumpyArrayWrapper":             `GLOBAL "joblib.numpy_pickle" "NumpyArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "shape"; BININT1 3; TUPLE1; SETITEM; UNICODE "order"; UNICODE "C"; SETITEM; UNICODE "subclass"; GLOBAL "numpy" "memmap"; SETITEM; UNICODE "numpy_array_alignment_bytes"; BININT1 16; SETITEM; BUILD; STOP`,
	"joblib.numpy_pickle.NDArrayWrapper":                `GLOBAL "joblib.numpy_pickle" "NDArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "filename"; UNICODE "m_01.npy"; SETITEM; UNICODE "subclass"; GLOBAL "numpy" "matrix"; SETITEM; UNICODE "allow_mmap"; NEWTRUE; SETITEM; BUILD; STOP`,
	"joblib.numpy_pickle.ZNDArrayWrapper":               `GLOBAL "joblib.numpy_pickle" "ZNDArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "filename"; UNICODE "m_01.npy.z"; SETITEM; UNICODE "init_args"; GLOBAL "numpy" "ndarray"; BININT1 0; TUPLE1; SHORT_BINBYTES "b"; TUPLE3; SETITEM; BUILD; STOP`,
	"pandas.core.arrays.string_arrow.ArrowStringArrayNumpySemantics":  `PROTO 2; GLOBAL "pandas.core.arrays.string_arrow" "ArrowStringArrayNumpySemantics"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_cache"; EMPTY_DICT; SETITEM; BUILD; STOP`,
	"pandas.core.arrays.arrow.array.ArrowExtensionArray":              `PROTO 2; GLOBAL "pandas.core.arrays.arrow.array" "ArrowExtensionArray"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_cache"; EMPTY_DICT; SETITEM; BUILD; STOP`,
	"pandas.core.dtypes.dtypes.ArrowDtype":                            `PROTO 2; GLOBAL "pandas.core.dtypes.dtypes" "ArrowDtype"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "storage"; UNICODE "pyarrow"; SETITEM; BUILD; STOP`,
	"pandas.core.arrays.arrow.dtype.ArrowDtype":                       `PROTO 2; GLOBAL "pandas.core.arrays.arrow.dtype" "ArrowDtype"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "storage"; UNICODE "pyarrow"; SETITEM; BUILD; STOP`,
	"scipy.spatial.transform.rotation.Rotation":                       `PROTO 2; GLOBAL "scipy.spatial.transform.rotation" "Rotation"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_single"; NEWTRUE; SETITEM; BUILD; STOP`,
	"accelerate.utils.dataclasses.PrecisionType":                      `GLOBAL "accelerate.utils.dataclasses" "PrecisionType"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.RNGType":                            `GLOBAL "accelerate.utils.dataclasses" "RNGType"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.LoggerType":                         `GLOBAL "accelerate.utils.dataclasses" "LoggerType"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.ComputeEnvironment":                 `GLOBAL "accelerate.utils.dataclasses" "ComputeEnvironment"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.DynamoBackend":                      `GLOBAL "accelerate.utils.dataclasses" "DynamoBackend"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.DDPCommunicationHookType":           `GLOBAL "accelerate.utils.dataclasses" "DDPCommunicationHookType"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"PIL.Image.Resampling":                                            `GLOBAL "PIL.Image" "Resampling"; BININT1 3; TUPLE1; REDUCE; STOP`,
	"datasets.features.features.Features":                             `GLOBAL "datasets.features.features" "Features"; EMPTY_DICT; UNICODE "a"; NONE; SETITEM; TUPLE1; REDUCE; STOP`,
	"torch.distributed.fsdp.api.ShardingStrategy":                     `GLOBAL "torch.distributed.fsdp.api" "ShardingStrategy"; BININT1 1; TUPLE1; REDUCE; STOP`,
	"torch.distributed.fsdp.api.BackwardPrefetch":                     `GLOBAL "torch.distributed.fsdp.api" "BackwardPrefetch"; BININT1 1; TUPLE1; REDUCE; STOP`,
	"torch.distributed.fsdp.api.StateDictType":                        `GLOBAL "torch.distributed.fsdp.api" "StateDictType"; BININT1 1; TUPLE1; REDUCE; STOP`,
	"pytz.FixedOffset":                                                `GLOBAL "pytz" "FixedOffset"; BININT1 120; TUPLE1; REDUCE; STOP`,
	"dateutil.tz.tz.tzfile":                                           `GLOBAL "dateutil.tz.tz" "tzfile"; NONE; UNICODE "Europe/Berlin"; TUPLE2; REDUCE; STOP`,
	"dateutil.tz.tz._ttinfo":                                          `PROTO 2; GLOBAL "dateutil.tz.tz" "_ttinfo"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "isdst"; BININT1 1; SETITEM; BUILD; STOP`,
	"operator.itemgetter":                                             `GLOBAL "operator" "itemgetter"; UNICODE "a"; BININT1 1; TUPLE2; REDUCE; STOP`,
	"operator.methodcaller":                                           `GLOBAL "operator" "methodcaller"; UNICODE "toarray"; TUPLE1; REDUCE; STOP`,
	"torch.return_types.max":                                          `GLOBAL "torch.return_types" "max"; ` + aTensor + aTensor + `TUPLE2; EMPTY_DICT; TUPLE2; REDUCE; STOP`,
	"torch.nn.modules.module._IncompatibleKeys":                       `PROTO 2; GLOBAL "torch.nn.modules.module" "_IncompatibleKeys"; EMPTY_LIST; EMPTY_LIST; TUPLE2; NEWOBJ; STOP`,
	"torch.torch_version.TorchVersion":                                `PROTO 2; GLOBAL "torch.torch_version" "TorchVersion"; UNICODE "2.15.0+cu132"; TUPLE1; NEWOBJ; STOP`,
	"sklearn.compose._column_transformer.make_column_selector":        `PROTO 2; GLOBAL "sklearn.compose._column_transformer" "make_column_selector"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "dtype_include"; UNICODE "number"; SETITEM; BUILD; STOP`,
	"torch._utils._rebuild_device_tensor_from_numpy":                  deviceProgram("_rebuild_device_tensor_from_numpy", anArray),
	"torch._utils._rebuild_xla_tensor":                                deviceProgram("_rebuild_xla_tensor", anArray),
	"torch._utils._rebuild_device_tensor_from_cpu_tensor":             deviceProgram("_rebuild_device_tensor_from_cpu_tensor", aTensor),
	"torch.utils.hooks.RemovableHandle":                               `PROTO 2; GLOBAL "torch.utils.hooks" "RemovableHandle"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; BININT1 0; TUPLE2; BUILD; STOP`,
	"torch.nn.parameter.UninitializedParameter":                       `GLOBAL "torch.nn.parameter" "UninitializedParameter"; NEWTRUE; TUPLE1; REDUCE; STOP`,
	"torch.nn.parameter.UninitializedBuffer":                          `GLOBAL "torch.nn.parameter" "UninitializedBuffer"; NEWFALSE; TUPLE1; REDUCE; STOP`,
	"torch._utils._rebuild_wrapper_subclass":                          `GLOBAL "torch._utils" "_rebuild_wrapper_subclass"; MARK; GLOBAL "torch.masked.maskedtensor.core" "MaskedTensor"; GLOBAL "torch" "float32"; ` + twoByTwo + twoByTwo + `BININT1 0; GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.strided"; TUPLE1; REDUCE; GLOBAL "torch" "device"; UNICODE "cpu"; TUPLE1; REDUCE; NEWFALSE; TUPLE; REDUCE; STOP`,
	"torch.nested._internal.nested_tensor._rebuild_njt":               `GLOBAL "torch.nested._internal.nested_tensor" "_rebuild_njt"; EMPTY_DICT; UNICODE "values"; ` + aTensor + `SETITEM; UNICODE "offsets"; ` + aTensor + `SETITEM; UNICODE "lengths"; NONE; SETITEM; UNICODE "_ragged_idx"; BININT1 1; SETITEM; TUPLE1; REDUCE; STOP`,
	"torch.nested._internal.nested_tensor.NestedTensor":               `GLOBAL "torch.nested._internal.nested_tensor" "NestedTensor"; ` + aTensor + aTensor + `TUPLE2; REDUCE; STOP`,
	"torch._dynamo.decorators._DimRange":                              `PROTO 2; GLOBAL "torch._dynamo.decorators" "_DimRange"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "dim"; BININT1 0; SETITEM; UNICODE "min"; NONE; SETITEM; UNICODE "max"; NONE; SETITEM; BUILD; STOP`,
	"transformers.feature_extraction_utils.BatchFeature":              `PROTO 2; GLOBAL "transformers.feature_extraction_utils" "BatchFeature"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "data"; EMPTY_DICT; SETITEM; BUILD; STOP`,
	"torch.ScriptObject":                                              `PROTO 2; GLOBAL "torch" "ScriptObject"; EMPTY_TUPLE; NEWOBJ; GLOBAL "torch._utils" "_rebuild_qtensor"; MARK; ` + aStorage + `BININT1 0; ` + twoByTwo + strides + `GLOBAL "torch" "per_tensor_affine"; BINFLOAT 0.5; BININT1 0; TUPLE3; NEWFALSE; ` + anOrdered + `TUPLE; REDUCE; NONE; TUPLE2; UNICODE "__torch__.torch.classes.quantized.LinearPackedParamsBase"; TUPLE2; BUILD; STOP`,
	"peft.utils.peft_types.PeftType":                                  `GLOBAL "peft.utils.peft_types" "PeftType"; UNICODE "LORA"; TUPLE1; REDUCE; STOP`,
	"peft.utils.peft_types.TaskType":                                  `GLOBAL "peft.utils.peft_types" "TaskType"; UNICODE "SEQ_CLS"; TUPLE1; REDUCE; STOP`,
	"peft.tuners.prompt_tuning.config.PromptTuningInit":               `GLOBAL "peft.tuners.prompt_tuning.config" "PromptTuningInit"; UNICODE "TEXT"; TUPLE1; REDUCE; STOP`,
	"peft.tuners.p_tuning.config.PromptEncoderReparameterizationType": `GLOBAL "peft.tuners.p_tuning.config" "PromptEncoderReparameterizationType"; UNICODE "MLP"; TUPLE1; REDUCE; STOP`,
	"torchvision.tv_tensors._bounding_boxes.BoundingBoxFormat":        `GLOBAL "torchvision.tv_tensors._bounding_boxes" "BoundingBoxFormat"; UNICODE "XYXY"; TUPLE1; REDUCE; STOP`,
	"accelerate.utils.dataclasses.DistributedType":                    `GLOBAL "accelerate.utils.dataclasses" "DistributedType"; UNICODE "NO"; TUPLE1; REDUCE; STOP`,
	"accelerate.state.PartialState":                                   `PROTO 2; GLOBAL "accelerate.state" "PartialState"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "backend"; NONE; SETITEM; BUILD; STOP`,
	"diffusers.configuration_utils.FrozenDict":                        `GLOBAL "diffusers.configuration_utils" "FrozenDict"; EMPTY_TUPLE; REDUCE; UNICODE "size"; BININT1 1; SETITEM; EMPTY_DICT; UNICODE "size"; BININT1 1; SETITEM; BUILD; STOP`,
	"einops.layers.torch.Rearrange":                                   `PROTO 2; GLOBAL "einops.layers.torch" "Rearrange"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "pattern"; UNICODE "a b -> b a"; SETITEM; UNICODE "axes_lengths"; EMPTY_DICT; SETITEM; BUILD; STOP`,
	"einops.layers.torch.Reduce":                                      `PROTO 2; GLOBAL "einops.layers.torch" "Reduce"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "pattern"; UNICODE "a b -> a"; SETITEM; UNICODE "reduction"; UNICODE "mean"; SETITEM; UNICODE "axes_lengths"; EMPTY_DICT; UNICODE "b"; BININT1 2; SETITEM; SETITEM; BUILD; STOP`,
	"gymnasium.spaces.box.Box":                                        `PROTO 2; GLOBAL "gymnasium.spaces.box" "Box"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "low_repr"; UNICODE "0.0"; SETITEM; UNICODE "high_repr"; UNICODE "1.0"; SETITEM; BUILD; STOP`,
	"gymnasium.spaces.discrete.Discrete":                              `PROTO 2; GLOBAL "gymnasium.spaces.discrete" "Discrete"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "n"; BININT1 3; SETITEM; UNICODE "start"; BININT1 0; SETITEM; BUILD; STOP`,
	"gymnasium.spaces.multi_discrete.MultiDiscrete":                   `PROTO 2; GLOBAL "gymnasium.spaces.multi_discrete" "MultiDiscrete"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "start"; ` + anArray + `SETITEM; BUILD; STOP`,
	"gymnasium.spaces.multi_binary.MultiBinary":                       `PROTO 2; GLOBAL "gymnasium.spaces.multi_binary" "MultiBinary"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "n"; BININT1 3; SETITEM; BUILD; STOP`,
	"gymnasium.spaces.dict.Dict":                                      `PROTO 2; GLOBAL "gymnasium.spaces.dict" "Dict"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "spaces"; EMPTY_DICT; SETITEM; BUILD; STOP`,
	"gymnasium.spaces.tuple.Tuple":                                    `PROTO 2; GLOBAL "gymnasium.spaces.tuple" "Tuple"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "spaces"; EMPTY_TUPLE; SETITEM; BUILD; STOP`,
	"torch_geometric.data.data.Data":                                  `PROTO 2; GLOBAL "torch_geometric.data.data" "Data"; EMPTY_TUPLE; NEWOBJ; BINPUT 0; EMPTY_DICT; UNICODE "_store"; GLOBAL "torch_geometric.data.storage" "GlobalStorage"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_parent"; BINGET 0; SETITEM; BUILD; SETITEM; BUILD; STOP`,
	"torch_geometric.data.storage.GlobalStorage":                      `PROTO 2; GLOBAL "torch_geometric.data.storage" "GlobalStorage"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_mapping"; EMPTY_DICT; UNICODE "x"; NONE; SETITEM; SETITEM; BUILD; STOP`,
	"yacs.config.CfgNode":                                             `PROTO 2; GLOBAL "yacs.config" "CfgNode"; EMPTY_TUPLE; NEWOBJ; UNICODE "lr"; BINFLOAT 0.5; SETITEM; EMPTY_DICT; UNICODE "__immutable__"; NEWTRUE; SETITEM; BUILD; STOP`,
	"ultralytics.utils.IterableSimpleNamespace":                       `GLOBAL "ultralytics.utils" "IterableSimpleNamespace"; EMPTY_TUPLE; REDUCE; EMPTY_DICT; UNICODE "lr0"; BINFLOAT 0.5; SETITEM; BUILD; STOP`,
	"surprise.prediction_algorithms.predictions.Prediction":           `PROTO 2; GLOBAL "surprise.prediction_algorithms.predictions" "Prediction"; MARK; BININT1 1; BININT1 2; NONE; BINFLOAT 3.5; EMPTY_DICT; TUPLE; NEWOBJ; STOP`,
	"fastcore.foundation.L":                                           `PROTO 2; GLOBAL "fastcore.foundation" "L"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "items"; EMPTY_LIST; EMPTY_DICT; APPEND; SETITEM; BUILD; STOP`,
	"torchvision.transforms.autoaugment.AutoAugmentPolicy":            `GLOBAL "torchvision.transforms.autoaugment" "AutoAugmentPolicy"; UNICODE "imagenet"; TUPLE1; REDUCE; STOP`,
	"nltk.probability.FreqDist":                                       `GLOBAL "nltk.probability" "FreqDist"; EMPTY_DICT; UNICODE "a"; BININT1 2; SETITEM; TUPLE1; REDUCE; STOP`,
	"nltk.probability.ConditionalFreqDist":                            `GLOBAL "nltk.probability" "ConditionalFreqDist"; EMPTY_TUPLE; REDUCE; UNICODE "a"; GLOBAL "nltk.probability" "FreqDist"; EMPTY_DICT; TUPLE1; REDUCE; SETITEM; STOP`,
	"nltk.tokenize.punkt.PunktLanguageVars":                           `PROTO 2; GLOBAL "nltk.tokenize.punkt" "PunktLanguageVars"; EMPTY_TUPLE; NEWOBJ; BININT1 1; BUILD; STOP`,
	"river._river_rust.vectordict.VectorDict":                         `GLOBAL "river._river_rust.vectordict" "VectorDict"; MARK; EMPTY_DICT; UNICODE "a"; BINFLOAT 0.5; SETITEM; NONE; NONE; NEWTRUE; TUPLE; REDUCE; STOP`,
	"dill._dill._load_type":                                           `GLOBAL "dill._dill" "_load_type"; UNICODE "slice"; TUPLE1; REDUCE; BININT1 0; BININT1 2; BININT1 1; TUPLE3; REDUCE; STOP`,
	"dill._dill._eval_repr":                                           `GLOBAL "dill._dill" "_eval_repr"; UNICODE "Ellipsis"; TUPLE1; REDUCE; STOP`,
	"dill._dill._create_namedtuple":                                   `PROTO 2; GLOBAL "dill._dill" "_create_namedtuple"; UNICODE "DescribeResult"; UNICODE "nobs"; TUPLE1; UNICODE "scipy.stats._stats_py"; TUPLE3; REDUCE; BININT1 1; TUPLE1; NEWOBJ; STOP`,
	"cloudpickle.cloudpickle._builtin_type":                           `GLOBAL "cloudpickle.cloudpickle" "_builtin_type"; UNICODE "SimpleNamespace"; TUPLE1; REDUCE; EMPTY_TUPLE; REDUCE; EMPTY_DICT; BUILD; STOP`,
	"types.MethodType":                                                `PROTO 2; GLOBAL "types" "MethodType"; GLOBAL "builtins" "getattr"; GLOBAL "sklearn.linear_model._base" "LinearModel"; UNICODE "predict"; TUPLE2; REDUCE; GLOBAL "sklearn.linear_model._base" "LinearRegression"; EMPTY_TUPLE; NEWOBJ; TUPLE2; REDUCE; STOP`,
	"joblib.memory.Memory":                                            `PROTO 2; GLOBAL "joblib.memory" "Memory"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "location"; NONE; SETITEM; BUILD; STOP`,
	"torch._tensor._rebuild_from_type_v2":                             `GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; GLOBAL "torch._utils" "_rebuild_tensor_v2"; GLOBAL "torch" "Tensor"; MARK; ` + tensorArg + `TUPLE; EMPTY_DICT; UNICODE "tag"; BININT1 1; SETITEM; TUPLE; REDUCE; STOP`,
}

// anArray is an array as protocol 5 writes it.
const anArray = `GLOBAL "numpy.core.numeric" "_frombuffer"; MARK; SHORT_BINBYTES "\x01\x02"; GLOBAL "numpy" "dtype"; UNICODE "u1"; NEWFALSE; NEWTRUE; TUPLE3; REDUCE; BININT1 2; TUPLE1; UNICODE "C"; TUPLE; REDUCE; `

func deviceProgram(name, of string) string {
	return `GLOBAL "torch._utils" "` + name + `"; MARK; ` + of + `GLOBAL "torch" "float32"; UNICODE "xla:0"; NEWFALSE; TUPLE; REDUCE; STOP`
}

// Every name on the list may be named, and is refused when it is called with a
// function of the file's choice, or itself changed.
func TestEveryContract(t *testing.T) {
	called := ordinary(t)
	for _, c := range contracts() {
		for _, name := range c.names {
			full := c.module + "." + name
			t.Run(full, func(t *testing.T) {
				load := fmt.Sprintf("GLOBAL %q %q; ", c.module, name)
				if got := found(judgeProgram(t, "PROTO 3; "+load+"STOP")); len(got) > 0 {
					t.Errorf("naming it: %q", got)
				}
				rule := "MA104 "
				if len(c.calls) == 0 && dangerous(c.module, name) {
					rule = "MA101 "
				}
				refused := map[string]string{
					rule + full:     load + evil + "TUPLE1; REDUCE; STOP",
					"MA107 " + full: load + `EMPTY_DICT; UNICODE "x"; ` + evil + "SETITEM; BUILD; STOP",
				}
				for want, program := range refused {
					if got := found(judgeProgram(t, "PROTO 3; "+program)); !slices.Contains(got, want) {
						t.Errorf("found %q, want %q", got, want)
					}
				}
				program, ok := acceptedProgram(c.module, name)
				if (ok || called[full]) != (len(c.calls) > 0) && !rare(full) {
					t.Fatalf("it may be called: %v, a program or a file that calls it: %v", len(c.calls) > 0, ok)
				}
				if !ok {
					return
				}
				program = strings.ReplaceAll(program, `"numpy.core`, `"`+numpyCore(c.module))
				if strings.HasPrefix(c.module, "sklearn.") {
					program = strings.ReplaceAll(program, `"joblib.`, `"sklearn.externals.joblib.`)
				}
				if got := found(judgeProgram(t, program)); len(got) > 0 {
					t.Errorf("used as it was meant: %q", got)
				}
			})
		}
	}
}

func numpyCore(module string) string {
	if strings.HasPrefix(module, "numpy._core") {
		return "numpy._core"
	}
	return "numpy.core"
}

func TestNoNameTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range contracts() {
		for _, name := range c.names {
			if full := c.module + "." + name; seen[full] {
				t.Errorf("%s is on the list twice: which contract counts?", full)
			} else {
				seen[full] = true
			}
		}
	}
}

// rare reports names that no file of testdata calls: other versions, and other
// members of a family of which one is called.
func rare(full string) bool {
	for _, prefix := range strings.Fields("builtins. tokenizers. torch.return_types. transformers.generation hdbscan.dist_metrics. pandas._libs. sklearn.neighbors. sklearn.linear_model. sklearn._loss. numpy.random.__ numpy._core._ufunc sklearn._loss _loss. ipaddress.IPv6Network pandas.core.indexes.period. functools.partial torch._C.Generator torch._utils._rebuild_nested_tensor scipy.stats. numpy.core._internal numpy._core._internal pandas.core.dtypes.dtypes.Interval pyproj. geopandas. gym.spaces. pandas._sparse. pandas._period. pandas.core.categorical. pandas.core.datetools. pandas.core.index. pandas.core.panel. pandas.indexes. pandas.sparse. pandas.tseries. pandas.tslib.") {
		if strings.HasPrefix(full, prefix) {
			return true
		}
	}
	return false
}
