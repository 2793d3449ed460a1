"""What a person decided: methods that were read, names by hand, and rules for states."""
import os
import re

# Methods that loading runs and that were read: why each is harmless. The digests of
# the sources that were read are in digests.txt; judge.py --accept adds the missing
# ones, after they were read.
REASONS = {
    "sklearn.base.BaseEstimator.__setstate__": "takes a version out of the state, may warn, updates __dict__",
    "torch.nn.modules.module.Module.__setstate__": "updates __dict__, adds empty dicts of hooks",
    "torch.nn.modules.module.Module.__getattr__": "looks a name up in _parameters, _buffers and _modules",
    "torch.nn.modules.conv._ConvNd.__setstate__": "Module's, sets a default",
    "torch.nn.modules.activation.MultiheadAttention.__setstate__": "Module's, sets a default",
    "torch.nn.modules.activation.GELU.__setstate__": "Module's, sets a default",
    "torch.nn.modules.upsampling.Upsample.__setstate__": "Module's, sets a default",
    "torch.nn.modules.pooling.MaxPool2d.__setstate__": "Module's, sets a default",
    "torch.nn.modules.pooling.AvgPool2d.__setstate__": "updates __dict__, sets defaults",
    "torch.nn.modules.pooling.AvgPool3d.__setstate__": "updates __dict__, sets defaults",
    "torch.nn.modules.batchnorm._NormBase.__setstate__": "updates __dict__",
    "torch.nn.modules.transformer.TransformerEncoderLayer.__setstate__": "Module's, sets activation if there is none",
    "torch.nn.modules.transformer.TransformerDecoderLayer.__setstate__": "Module's, sets activation if there is none",
    "torch.nn.modules.rnn.RNNBase.__setstate__": "updates __dict__, collects the weights that _all_weights names",
    "torch.nn.modules.container.ParameterList.__setstate__": "Module's",
    "torch.optim.optimizer.Optimizer.__setstate__": "updates __dict__, wraps step of the class, sets defaults",
    "scipy.interpolate._rbfinterp.RBFInterpolator.__setstate__": "takes a tuple apart",
    "scipy.signal._ltisys.LinearTimeInvariant.__new__": "object's",
    "scipy.signal._ltisys.lti.__new__": "object's, for a subclass",
    "scipy.signal._ltisys.dlti.__new__": "object's, for a subclass",
    "scipy.sparse._coo.coo_matrix.__setstate__": "renames two keys, updates __dict__",
    "scipy.interpolate._bsplines.BSpline.__setstate__": "updates attributes, finds the array library again", "scipy.interpolate._interpolate.PPoly.__setstate__": "updates __dict__, finds the array library again",
    "pandas.core.arrays.boolean.BooleanArray.__eq__": "compares; the hash of an array is an error", "pandas.core.arrays.integer.IntegerArray.__eq__": "compares; the hash of an array is an error",
    "scipy._lib._util._RichResult.__getattr__": "looks an item up",
    "scipy.optimize.optimize.OptimizeResult.__getattr__": "looks an item up",
    "scipy.optimize._optimize.OptimizeResult.__getattr__": "looks an item up",
    "pandas.core.generic.NDFrame.__getattr__": "looks a column up",
    "pandas.core.generic.NDFrame.__setstate__": "sets attributes past __setattr__",
    "pandas.core.dtypes.dtypes.CategoricalDtype.__setstate__": "takes two values out of the state",
    "pandas.core.dtypes.dtypes.DatetimeTZDtype.__setstate__": "takes two values out of the state",
    "pandas.core.arrays.sparse.array.SparseArray.__setstate__": "updates __dict__; the form of a tuple is not listed",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor.__setstate__": "updates __dict__, casts an array",
    "sklearn.isotonic.IsotonicRegression.__setstate__": "BaseEstimator's, builds an interpolation from two arrays",
    "sklearn.utils._bunch.Bunch.__setstate__": "does nothing", "sklearn.utils.Bunch.__setstate__": "does nothing",
    "sklearn.utils._bunch.Bunch.__getattr__": "looks an item up", "sklearn.utils.Bunch.__getattr__": "looks an item up",
    "sklearn.utils._metadata_requests.MetadataRequest.__getattr__": "knows three names only",
    "sklearn.utils.deprecation.deprecated._decorate_class.<locals>.wrapped": "warns, then object's",
    "numpy.polynomial._polybase.ABCPolyBase.__setstate__": "sets __dict__",
    "scipy.stats._distn_infrastructure.rv_discrete.__new__": "object's, or rv_sample's if values are given, which no pickle does",
    **{"scipy.signal.ltisys.%s.__new__" % n: "object's, for a subclass" for n in "LinearTimeInvariant lti dlti TransferFunction StateSpace ZerosPolesGain".split()},
    "scipy.sparse.linalg._interface.LinearOperator.__new__": "object's, may warn", "scipy.sparse.linalg.interface.LinearOperator.__new__": "object's, may warn",
    "pandas.core.groupby.grouper.Grouper.__new__": "object's; with arguments, which no pickle gives, another class of the same kind",
    "pandas.core.arrays.string_.StringDtype.__setstate__": "takes two values out of the state",
    "scipy.interpolate._interpolate.BPoly.__setstate__": "updates __dict__, finds the array library again",
    "scipy.sparse.linalg._interface.LinearOperator.__setstate__": "updates __dict__, finds the array library again",
    "torchmetrics.metric.Metric.__setstate__": "updates __dict__, wraps the class's own update and compute",
    "sentence_transformers.base.modules.module.Module.__getattr__": "maps three old names, else Module's",
    "uuid.UUID.__setstate__": "sets two attributes",
    "scipy.sparse.base.spmatrix.__getattr__": "knows six names only", "scipy.sparse._base.spmatrix.__getattr__": "knows six names only",
    "scipy.signal._ltisys.TransferFunction.__new__": "object's, for a subclass", "scipy.signal._ltisys.StateSpace.__new__": "object's, for a subclass", "scipy.signal._ltisys.ZerosPolesGain.__new__": "object's, for a subclass",
    "pandas.core.arrays.sparse.SparseArray.__setstate__": "updates __dict__; the form of a tuple is not listed",
    "sklearn.frozen._frozen.FrozenEstimator.__getattr__": "asks the estimator that it holds",
    "xgboost.sklearn.XGBModel.__setstate__": "makes a Booster of a _Booster that is none: that is not listed",
    "enum.Enum._missing_": "returns None",
    "transformers.utils.generic.ExplicitEnum._missing_": "raises an error",
    "xgboost.core.Booster.__setstate__": "hands the bytes to the library's own reader", "xgboost.core.Booster.__del__": "frees the handle",
    "lightgbm.basic.Booster.__setstate__": "hands the text to the library's own reader", "lightgbm.basic.Booster.__del__": "frees the handle",
    **{"torch.optim.%s.__setstate__" % n: "Optimizer's, sets defaults in the groups, turns numbers of steps into tensors" for n in "adadelta.Adadelta adagrad.Adagrad adam.Adam adamax.Adamax adamw.AdamW asgd.ASGD nadam.NAdam radam.RAdam rmsprop.RMSprop rprop.Rprop sgd.SGD _adafactor.Adafactor sparse_adam.SparseAdam".split()},
    **{"timm.optim.%s.__setstate__" % n: "Optimizer's, sets defaults in the groups, turns numbers of steps into tensors" for n in "lamb.Lamb lion.Lion nadamw.NAdamW rmsprop_tf.RMSpropTF adopt.Adopt sgdw.SGDW adafactor.Adafactor adabelief.AdaBelief adan.Adan".split()},
    **{"torch.nn.modules.activation.%s.__setstate__" % n: "Module's, sets a default" for n in "Softmax LogSoftmax Softmin".split()},
    "torch.amp.grad_scaler.GradScaler.__setstate__": "updates __dict__", "torch.cuda.amp.grad_scaler.GradScaler.__setstate__": "updates __dict__",
    "torch.nn.modules.module._WrappedHook.__setstate__": "sets attributes, the hook among them, and a weak reference",
    "torch.nn.utils.rnn.PackedSequence.__new__": "sorts out four values",
    "transformers.tokenization_utils_base.PreTrainedTokenizerBase.__getattr__": "looks a special token up",
    "lightning.fabric.utilities.data.AttributeDict.__getattr__": "looks an item up",
    "diffusers.models.modeling_utils.ModelMixin.__getattr__": "looks a value of its configuration up, with a warning, else Module's",
    "peft.peft_model.PeftModel.__getattr__": "Module's, else asks the module that it holds", "peft.utils.other.AuxiliaryTrainingWrapper.__getattr__": "Module's, else asks a module that it holds",
    "peft.tuners.tuners_utils.BaseTuner.__getattr__": "Module's, else asks the module that it holds",
    "ultralytics.nn.modules.block.AAttn.__setstate__": "Module's, multiplies two numbers if their product is not there",
    "pytorch_lightning.utilities.parsing.AttributeDict.__getattr__": "looks an item up", "lightning_fabric.utilities.data.AttributeDict.__getattr__": "looks an item up",
    "lightning.pytorch.utilities.parsing.AttributeDict.__getattr__": "looks an item up",
    "transformers.configuration_utils.PretrainedConfig.__getattribute__": "maps a name through attribute_map",
    "transformers.configuration_utils.PreTrainedConfig.__getattribute__": "maps a name through attribute_map",
    **{"networkx.classes.%s.__new__" % n: "object's; a backend's only where the user's own settings name one" for n in "graph.Graph digraph.DiGraph multigraph.MultiGraph multidigraph.MultiDiGraph".split()},
    **{"networkx.classes.%s.__setstate__" % n: "takes one to three values out of the state" for n in "coreviews.AtlasView coreviews.UnionAdjacency coreviews.UnionAtlas reportviews.NodeView reportviews.NodeDataView reportviews.OutEdgeView reportviews.InEdgeView reportviews.InMultiEdgeView".split()},
    "segmentation_models_pytorch.base.model.SegmentationModel.__new__": "the hub's", "huggingface_hub.hub_mixin.ModelHubMixin.__new__": "object's, notes the defaults of the parameters",
    "stable_baselines3.common.vec_env.vec_normalize.VecNormalize.__setstate__": "updates __dict__, may list the names of a space",
    "stable_baselines3.common.vec_env.base_vec_env.VecEnvWrapper.__getattr__": "asks the environment that it holds, which is None when it is loaded",
    "pygam.terms.MetaTermMixin.__getattr__": "asks its terms for one of eleven names",
    "lifelines.fitters.coxph_fitter.CoxPHFitter.__getattr__": "asks the model that it holds",
    "optuna.storages._in_memory.InMemoryStorage.__setstate__": "updates __dict__, makes a lock",
    "optuna.study.study.Study.__setstate__": "updates __dict__, makes a place for what each thread has",
    **{"river.preprocessing.scale.%s.__setstate__" % n: "updates __dict__, sets a default" for n in "StandardScaler MinMaxScaler MaxAbsScaler".split()},
    "skrub._apply_to_cols.ApplyToCols.__getattr__": "raises an error",
    "statsmodels.base.data.ModelData.__setstate__": "updates __dict__; a key for which it evaluates a formula is not listed",
    "statsmodels.base.wrapper.ResultsWrapper.__setstate__": "updates __dict__",
    "statsmodels.base.wrapper.ResultsWrapper.__getattribute__": "asks the results that it holds, and has their model's data label what they give",
    "nltk.tree.tree.Tree.__setitem__": "sets an item of the list, or of one in it",
    "torch.ao.pruning.sparsifier.base_sparsifier.BaseSparsifier.__setstate__": "updates __dict__",
    "typing.Generic.__new__": "object's, an error for Generic itself",
    "torch.utils.data.dataset.Dataset.__getattr__": "knows the names that torch's own pipes registered, makes a partial of one",
    "pandas.core.arrays.arrow.array.ArrowExtensionArray.__setstate__": "updates __dict__, has Arrow make one array of what stands at one key",
    "gpytorch.kernels.kernel.Kernel.__setstate__": "sets __dict__",
    "tensordict.nn.common.TensorDictModuleBase.__new__": "object's, gives two lists of the class other names",
    "xarray.core.common.AttrAccessMixin.__getattr__": "looks a name up among the attributes and coordinates",
    "econml.sklearn_extensions.model_selection.SingleModelSelector.__getattr__": "asks the model that it holds for one method",
    "monai.transforms.transform.MapTransform.__new__": "object's; wraps two methods of the class where the user's own settings say so",
    "torch_geometric.data.storage.BaseStorage.__setstate__": "sets attributes, and a weak reference", "torch_geometric.data.storage.BaseStorage.__getattr__": "looks an item up",
    **{"torch_geometric.data.%s.__setstate__" % n: "sets attributes" for n in ("data.BaseData", "hetero_data.HeteroData", "temporal.TemporalData")},
    "torch_geometric.data.data.BaseData.__getattr__": "raises an error",
    "torch_geometric.data.hetero_data.HeteroData.__getattr__": "asks the stores that it holds",
    **{"torch_geometric.data.%s.__getattr__" % n: "asks the store that it holds" for n in ("data.Data", "temporal.TemporalData")},
    **{"pandas.core.%s.__getattr__" % n: "looks a column up" for n in ("groupby.groupby.GroupBy", "window.rolling.BaseWindow", "resample.Resampler")},
    "sktime.forecasting.base._fh.ForecastingHorizon.__new__": "object's, gives the class methods of an index",
    "catboost.core._CatBoostBase.__setstate__": "hands the bytes to the library's own reader, keeps the rest as parameters",
    "slicer.slicer.Slicer.__getattr__": "looks a name up among what it holds; one that begins with _ is an error",
    "shap.utils._general.OpChain.__getattr__": "None for Python's own names, else a longer chain",
    "transformers.tokenization_utils_base.BatchEncoding.__getattr__": "looks an item up", "transformers.tokenization_utils_base.BatchEncoding.__setstate__": "sets two attributes",
}
HERE = os.path.dirname(os.path.abspath(__file__))
DIGESTS = os.path.join(HERE, "digests.txt")


def methods():
    out = {k: (v, set()) for k, v in REASONS.items()}
    if os.path.exists(DIGESTS):
        for line in open(DIGESTS):
            name, *shas = line.split()
            if name in out:
                out[name][1].update(shas)
    return out


METHODS = methods()
ACCEPT = None
# __hash__ and __eq__ only compute, unless their source calls one of these.
EFFECT = re.compile(r"\b(open|exec|eval|compile|import|__import__|system|popen|load|loads|setattr|partial|import_module)\b")

# Names whose contract is written in Go, and names that stay off: what they do at
# use time depends on a path or on a function in their state.
BY_HAND = {("builtins", n) for n in "dict list set frozenset tuple bytes bytearray complex slice range int float bool str object".split()} | {("uuid", "UUID"), ("ipaddress", "IPv4Address"), ("ipaddress", "IPv6Address"), ("ipaddress", "IPv4Network"), ("ipaddress", "IPv6Network"), ("collections", "OrderedDict"), ("collections", "defaultdict"), ("collections", "Counter"), ("collections", "deque"), ("argparse", "Namespace"), ("joblib.memory", "Memory"), ("river._river_rust.vectordict", "VectorDict"),
    ("nltk.probability", "FreqDist"), ("nltk.probability", "ConditionalFreqDist"), ("nltk.tokenize.punkt", "PunktLanguageVars"),
    ("numpy", "vectorize"), ("numpy.lib._function_base_impl", "vectorize"), ("numpy.lib.function_base", "vectorize"),
    ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer"), *(("gymnasium.spaces." + m, n) for m, n in (("box", "Box"), ("discrete", "Discrete"), ("multi_discrete", "MultiDiscrete"), ("multi_binary", "MultiBinary"), ("dict", "Dict"), ("tuple", "Tuple"))), ("einops.layers.torch", "Rearrange"), ("einops.layers.torch", "Reduce"), ("pandas", "CategoricalDtype"), ("pandas", "DatetimeTZDtype")}
OFF = {("argparse", "_ActionsContainer"), ("torch._utils", "ExceptionWrapper"),  # a data loader that meets one calls the class in it
    ("skorch.callbacks.training", "LoadInitState"), ("skorch.callbacks.training", "TrainEndCheckpoint"),  # a checkpoint's path
    ("torch.fx.graph_module", "GraphModule"), ("torch.distributions.distribution", "Distribution")}
OFF_PREFIX = ("torch.jit", "torch.fx", "torch.package", "torch._dynamo", "torch.distributed", "torch.nn.parallel.distributed", "torch._export", "torch.export", "torch.onnx", "torch.utils.data.datapipes", "numpy.testing", "typing", "abc", "enum", "io", "_io", "unittest", "types", "functools", "sklearn.externals", "sklearn.utils._testing", "sklearn.utils._mocking", "contextlib", "threading", "logging", "weakref", "torch.utils.data.dataloader", "transformers.trainer", "transformers.pipelines", "transformers.dynamic_module_utils", "timm.data",
              "torchvision.datasets", "torchvision.io", "joblib.memory", "cloudpickle", "dill", "multiprocessing", "concurrent", "string", "__main__", "_random", "copyreg", "keras", "accelerate", "dateutil", "river.datasets", "river.misc.zstd_classifier",
              # what these run, load or remove when they are used is named by an attribute
              "nltk.tokenize.repp", "nltk.tokenize.stanford", "nltk.tokenize.stanford_segmenter", "gensim.models.atmodel", "skrub._llm_encoder", "skopt.callbacks", "skopt.plots", "skopt.benchmarks", "skopt.utils", "skrub._text_encoder", "skrub._data_ops", "tslearn.foundation",
              "cmdstanpy", "stanio", "tqdm", "rich", "huggingface_hub", "lightning_utilities", "pickle", "ast", "joblib", "sklearn.utils.parallel", "sklearn.utils.parallel_backend", "pandas.core.computation", "pandas.core.apply", "pandas.compat", "pandas._typing", "pandas.io", "pandas.core.interchange", "pandas.plotting", "scipy.io", "skorch.hf", "skorch.llm", "lightgbm.dask", "xgboost.collective", "xgboost.tracker", "torch.ao.ns", "torch.ao.quantization.fx.tracer",
              "lightning.pytorch.utilities.migration", "lightning.pytorch.strategies", "pytorch_lightning.strategies", "pytorch_lightning.utilities.migration",
              *("sentence_transformers.%s%s" % (p, m) for p in ("", "base.", "cross_encoder.", "multi_vector_encoder.", "sentence_transformer.", "sparse_encoder.") for m in ("model_card", "fit_mixin", "trainer", "training_args", "datasets", "deprecated_model_card_templates")), "lightning.pytorch.loggers", "pytorch_lightning.loggers",
              "cmdstanpy", "stanio", "tqdm", "rich", "huggingface_hub", "lightning_utilities", "pickle", "ast", "joblib", "sklearn.utils.parallel", "sklearn.utils.parallel_backend", "pandas.core.computation", "pandas.core.apply", "pandas.compat", "pandas._typing", "pandas.io", "pandas.core.interchange", "pandas.plotting", "scipy.io", "skorch.hf", "skorch.llm", "lightgbm.dask", "xgboost.collective", "xgboost.tracker", "torch.ao.ns", "torch.ao.quantization.fx.tracer",
              "lightning.pytorch.utilities.migration", "lightning.pytorch.strategies", "pytorch_lightning.strategies", "pytorch_lightning.utilities.migration",
              *("sentence_transformers.%s%s" % (p, m) for p in ("", "base.", "cross_encoder.", "multi_vector_encoder.", "sentence_transformer.", "sparse_encoder.") for m in ("model_card", "fit_mixin", "trainer", "training_args", "datasets", "deprecated_model_card_templates")),
              "formulaic", "patsy",  # terms of a formula are evaluated when a model predicts
              "kornia.augmentation",  # containers keep classes as values, and compile what they hold when they are loaded
              "matplotlib", "numba", "regex", "PIL",
              "datasets")  # tables that loading maps from files
# Classes that may be named and never made: types of numpy's elements, and those
# whose objects are made by a function with a contract of its own.
NAMED = {}

# Methods that open or import something when they are used, and why that is harmless.
LATER = {
    "stable_baselines3.common.vec_env.vec_normalize.VecNormalize": "save and load open what the caller names",
    **{"huggingface_hub.hub_mixin.%s" % n: "from_pretrained and save_pretrained read and write what the caller names" for n in ("ModelHubMixin", "PyTorchModelHubMixin")},
    "transformers.utils.quantization_config.QuantizationConfigMixin": "to_json_file writes where the caller says",
    "transformers.utils.quantization_config.GPTQConfig": "asks which version of optimum there is",
    "implicit.recommender_base.RecommenderBase": "load reads an archive of arrays that the caller names",
    "skopt.space.space.Space": "from_yaml opens what the caller names",
    **{"sentence_transformers.models.%s" % n: "save and load open what the caller names" for n in "BoW.BoW CNN.CNN Dense.Dense Dropout.Dropout LSTM.LSTM LayerNorm.LayerNorm Normalize.Normalize Pooling.Pooling WeightedLayerPooling.WeightedLayerPooling tokenizer.WhitespaceTokenizer.WhitespaceTokenizer tokenizer.WordTokenizer.WordTokenizer".split()},
    **{"transformers.models.%s" % n: "reads its files when it is made, save_vocabulary writes where the caller says" for n in """bart.tokenization_bart.BartTokenizer blenderbot.tokenization_blenderbot.BlenderbotTokenizer clip.tokenization_clip.CLIPTokenizer
        codegen.tokenization_codegen.CodeGenTokenizer convbert.tokenization_convbert.ConvBertTokenizer ctrl.tokenization_ctrl.CTRLTokenizer deberta.tokenization_deberta.DebertaTokenizer distilbert.tokenization_distilbert.DistilBertTokenizer
        electra.tokenization_electra.ElectraTokenizer funnel.tokenization_funnel.FunnelTokenizer gpt2.tokenization_gpt2.GPT2Tokenizer layoutlm.tokenization_layoutlm.LayoutLMTokenizer led.tokenization_led.LEDTokenizer longformer.tokenization_longformer.LongformerTokenizer
        lxmert.tokenization_lxmert.LxmertTokenizer mobilebert.tokenization_mobilebert.MobileBertTokenizer mpnet.tokenization_mpnet.MPNetTokenizer openai.tokenization_openai.OpenAIGPTTokenizer retribert.tokenization_retribert.RetriBertTokenizer
        roberta.tokenization_roberta.RobertaTokenizer squeezebert.tokenization_squeezebert.SqueezeBertTokenizer wav2vec2.tokenization_wav2vec2.Wav2Vec2CTCTokenizer whisper.tokenization_whisper.WhisperTokenizer""".split()},
    "transformers.tokenization_python.PythonBackend": "save_vocabulary writes where the caller says",
    **{"transformers.%s" % n: "from_pretrained and save_pretrained read and write what the caller names" for n in "image_processing_base.ImageProcessingMixin image_processing_utils.ImageProcessingMixin feature_extraction_utils.FeatureExtractionMixin".split()},
    "peft.peft_model.PeftModel": "from_pretrained, save_pretrained and load_adapter read and write what the caller names",
    "transformers.processing_utils.ProcessorMixin": "from_pretrained and save_pretrained read and write what the caller names",
    "transformers.data.data_collator.DataCollatorForLanguageModeling": "asks for the number of its process, to seed a generator",
    "peft.utils.config.PeftConfigMixin": "from_pretrained and save_pretrained read and write what the caller names",
    "interpret.glassbox._ebm._ebm.EBMModel": "to_json and from_json write and read what the caller names",
    "catboost.core.CatBoost": "removes a directory that it made for itself",
    "xarray.core.dataset.Dataset": "asks for dask, by its own name",
    "sktime.base._base.BaseObject": "save and load_from_path write and read what the caller names",
    "sktime.utils._estimator_html_repr._HTMLDocumentationLinkMixin": "asks for the library's own version, by a name of the class",
    **{"kornia.feature.%s" % n: "may fetch weights from an address of its own when it is made" for n in "hardnet.HardNet hardnet.HardNet8 hynet.HyNet sosnet.SOSNet tfeat.TFeat orientation.OriNet affine_shape.LAFAffNetShapeEstimator".split()},
    "shap._serializable.Serializable": "reads and writes files that the caller opened",
}

# Names that a class defines and that real states hold all the same, as data.
NOT_DEFINED = {
    # attributes of transformers 4, properties of version 5
    "transformers.configuration_utils.PreTrainedConfig": {"output_attentions", "torch_dtype"}, "transformers.models.sew_d.configuration_sew_d.SEWDConfig": {"hidden_dropout"},
    **{"transformers.%s.BackboneConfigMixin" % n: {"out_features", "out_indices"} for n in ("utils.backbone_utils", "backbone_utils")},
    "xgboost.core.Booster": {"best_iteration", "best_score"},  # numbers before version 2, then properties, which hide them
    "torch.nn.modules.module.Module": {"type"},  # a text that ultralytics keeps in each layer
    "sklearn.decomposition._dict_learning.SparseCoder": {"n_components_", "n_features_in_"},
    "numpy.poly1d": {"coeffs"}, "numpy.lib.polynomial.poly1d": {"coeffs"}, "numpy.polynomial._polybase.ABCPolyBase": {"domain", "window", "symbol"}, "transformers.tokenization_utils_base.BatchEncoding": {"encodings"},
    **{"numpy.polynomial.%s" % n: {"domain", "window", "symbol"} for n in "chebyshev.Chebyshev hermite.Hermite hermite_e.HermiteE laguerre.Laguerre legendre.Legendre polynomial.Polynomial".split()},
    "pandas.core.generic.NDFrame": {"attrs", "_metadata", "_typ"}, "pandas.DataFrame": {"_typ", "_metadata"}, "pandas.Series": {"_typ", "_metadata", "_name", "name"}, "pandas.core.frame.DataFrame": {"_typ", "_metadata"}, "pandas.core.series.Series": {"_typ", "_metadata", "name"},
}
# Lists of names that transformers' models define in the class and copy to the
# object (modeling_utils.py, PreTrainedModel.__init__ and post_init).
MODEL_LISTS = {"_fsdp_plan", "_pp_plan", "_tp_plan", "_keep_in_fp32_modules", "_keep_in_fp32_modules_strict", "_keys_to_ignore_on_load_missing", "_keys_to_ignore_on_load_unexpected", "_keys_to_ignore_on_save", "_no_split_modules", "_skip_keys_device_placement"}
# Names that a class assigns to itself, that it calls, and that no pickle of it holds.
DEFINED = {"torch.nn.modules.module.Module": {"_compiled_call_impl", "forward"}, "torch.optim.optimizer.Optimizer": {"step", "_zero_grad_profile_name"}}


def wanted(module, name, named):
    if any(module == p or module.startswith(p + ".") for p in OFF_PREFIX):
        return False
    if name.startswith("_") and module.split(".")[0] in ("builtins", "_codecs"):
        return False
    return not module.startswith(("builtins",)) and "<" not in name


def values(functions):
    """Functions that objects keep as values, and that only compute on what the user gives them."""
    out = {}
    for (module, name), uses in functions.items():
        top = module.split(".")[0]
        ok = uses == {"name"}
        if top == "numpy" and module in ("numpy", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath", "numpy.core.fromnumeric", "numpy._core.fromnumeric", "numpy.lib.function_base", "numpy.lib._function_base_impl", "numpy.lib.nanfunctions", "numpy.lib._nanfunctions_impl") and name not in ("load", "save", "fromfile", "vectorize", "frompyfunc"):
            pass
        elif top == "sklearn" and (module.startswith("sklearn.metrics.") and (not name.startswith("_") or name == "_passthrough_scorer") and name not in ("newObj",) or name in ("_kmeans_single_lloyd", "_kmeans_single_elkan", "f_classif", "f_regression", "chi2", "mutual_info_classif", "lloyd_iter_chunked_dense", "_fast_dot")):
            pass
        elif top == "scipy" and module.startswith(("scipy.special", "scipy._lib.array_api_compat.numpy", "scipy._external.array_api_compat.numpy", "scipy.interpolate")):
            pass
        elif top == "builtins" and name in ("abs", "len", "min", "max", "sum", "round", "Ellipsis", "NotImplemented", "sorted", "repr", "hash"):
            pass
        elif top == "torch" and (module in ("torch.nn.functional", "torch._C._nn") or module == "torch" and name in ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format", "strided", "sparse_coo", "sparse_csr", "jagged", "relu", "tanh", "sigmoid", "gelu", "softmax") or ".optim.lr_scheduler" in module and "." in name or "._annealing" in name or module.startswith("torch.ao.quantization.observer") or module.startswith("torch.nn.init")):
            pass
        elif top == "pandas" and name == "NA":
            pass
        elif top == "timm" and module.startswith("timm.layers") or top == "torchvision" and module.startswith("torchvision.ops"):
            pass
        else:
            continue
        if ok:
            out.setdefault(module, []).append(name)
    for module, names in EXTRA_VALUES.items():
        out.setdefault(module, []).extend(names.split())
    return sorted(out.items())


MEASURES = "class_likelihood_ratios multilabel_confusion_matrix accuracy_score balanced_accuracy_score d2_brier_score d2_log_loss_score brier_score_loss classification_report cohen_kappa_score confusion_matrix f1_score fbeta_score hamming_loss hinge_loss jaccard_score log_loss matthews_corrcoef precision_recall_fscore_support precision_score recall_score zero_one_loss"
REGRESSION = "d2_absolute_error_score d2_pinball_score d2_tweedie_score explained_variance_score max_error mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error"
RANKING = "confusion_matrix_at_thresholds det_curve auc average_precision_score coverage_error dcg_score label_ranking_average_precision_score label_ranking_loss ndcg_score precision_recall_curve roc_auc_score roc_curve top_k_accuracy_score"
CLUSTERS = "homogeneity_completeness_v_measure pair_confusion_matrix contingency_matrix adjusted_mutual_info_score adjusted_rand_score completeness_score fowlkes_mallows_score homogeneity_score mutual_info_score normalized_mutual_info_score rand_score v_measure_score"

# numpy's functions that compute on the arrays that they are given (numpy 1.26 to 2.5). Those that read or write files,
# call what they are given, build arrays out of addresses or evaluate a text are not among them.
UFUNCS = """abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh bitwise_and bitwise_count bitwise_invert bitwise_left_shift
    bitwise_not bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor
    floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan isnat lcm ldexp left_shift less less_equal log log10 log1p log2
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor matmul matvec maximum minimum mod modf multiply negative nextafter not_equal positive pow power rad2deg
    radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh true_divide trunc vecdot vecmat"""
ARRAYS = """all allclose alltrue amax amin angle any append arange argmax argmin argpartition argsort argwhere around array array_equal array_equiv array_split asanyarray asarray
    ascontiguousarray asfarray asfortranarray astype atleast_1d atleast_2d atleast_3d average bartlett binary_repr bincount blackman block broadcast_arrays broadcast_shapes
    broadcast_to busday_count busday_offset can_cast choose clip column_stack common_type compress concat concatenate convolve copy corrcoef correlate count_nonzero cov cross
    cumprod cumproduct cumsum cumulative_prod cumulative_sum datetime_as_string delete diag diag_indices diag_indices_from diagflat diagonal diff digitize dot dsplit dstack
    ediff1d einsum einsum_path empty empty_like expand_dims extract eye fix flatnonzero flip fliplr flipud full full_like geomspace gradient hamming hanning histogram
    histogram2d histogram_bin_edges histogramdd hsplit hstack i0 identity imag in1d indices inner insert interp intersect1d is_busday isclose iscomplex iscomplexobj isdtype
    isfortran isin isneginf isposinf isreal isrealobj isscalar issubdtype ix_ kaiser kron lexsort linspace logspace mask_indices matrix_transpose max mean median meshgrid min
    moveaxis msort nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim nonzero ones
    ones_like outer packbits pad partition percentile permute_dims poly polyadd polyder polydiv polyfit polyint polymul polysub polyval prod product promote_types ptp quantile
    ravel ravel_multi_index real real_if_close repeat require reshape resize result_type roll rollaxis roots rot90 round round_ row_stack searchsorted select setdiff1d
    setxor1d shape sinc size sometrue sort sort_complex split squeeze stack std sum swapaxes take take_along_axis tensordot tile trace transpose trapezoid trapz tri tril
    tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from union1d unique unique_all unique_counts unique_inverse unique_values unpackbits unravel_index
    unstack unwrap vander var vdot vsplit vstack where zeros zeros_like"""
LINALG = """cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet
    solve svd svdvals tensordot tensorinv tensorsolve trace vecdot vector_norm"""
FOURIER = """fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn"""
# The ufuncs of scipy.special (scipy 1.18).
SPECIAL = """agm airy airye bdtr bdtrc bdtri bdtrik bdtrin bei beip ber berp besselpoly beta betainc betaincc betainccinv betaincinv betaln binom boxcox boxcox1p btdtria btdtrib cbrt
    chdtr chdtrc chdtri chdtriv chndtr chndtridf chndtrinc chndtrix cosdg cosm1 cotdg dawsn digamma ellipe ellipeinc ellipj ellipk ellipkinc ellipkm1 elliprc elliprd elliprf
    elliprg elliprj entr erf erfc erfcinv erfcx erfi erfinv eval_chebyc eval_chebys eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre eval_hermite eval_hermitenorm
    eval_jacobi eval_laguerre eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_jacobi eval_sh_legendre exp1 exp10 exp2 expi expit expm1 expn exprel fdtr fdtrc fdtri
    fdtridfd fresnel gamma gammainc gammaincc gammainccinv gammaincinv gammaln gammasgn gdtr gdtrc gdtria gdtrib gdtrix hankel1 hankel1e hankel2 hankel2e huber hyp0f1 hyp1f1
    hyp2f1 hyperu i0 i0e i1 i1e inv_boxcox inv_boxcox1p it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0 itmodstruve0 itstruve0 iv ive j0 j1 jn jv jve k0 k0e k1 k1e kei keip
    kelvin ker kerp kl_div kn kolmogi kolmogorov kv kve log1p log_expit log_ndtr log_wright_bessel loggamma logit lpmv mathieu_a mathieu_b mathieu_cem mathieu_modcem1
    mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 mathieu_sem modfresnelm modfresnelp modstruve nbdtr nbdtrc nbdtri nbdtrik nbdtrin ncfdtr ncfdtri ncfdtridfd ncfdtridfn
    ncfdtrinc nctdtr nctdtridf nctdtrinc nctdtrit ndtr ndtri ndtri_exp nrdtrimn nrdtrisd obl_ang1 obl_ang1_cv obl_cv obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv owens_t pbdv
    pbvv pbwa pdtr pdtrc pdtri pdtrik poch powm1 pro_ang1 pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv pseudo_huber psi radian rel_entr rgamma round shichi
    sici sindg smirnov smirnovi spence stdtr stdtridf stdtrit struve tandg tklmbda voigt_profile wofz wright_bessel wrightomega xlog1py xlogy y0 y1 yn yv yve zetac"""
PANDAS = "isna isnull notna notnull to_numeric to_datetime to_timedelta cut qcut get_dummies concat merge melt factorize unique"
STATISTICS = "zscore zmap iqr skew kurtosis moment mode gmean hmean pearsonr spearmanr kendalltau ttest_ind ttest_rel ttest_1samp ks_2samp rankdata percentileofscore tmean tvar trim_mean sigmaclip f_oneway linregress mannwhitneyu wilcoxon"

# Functions of torch that compute on what they are given: none opens a file or takes memory as it is (torch.from_file, torch.frombuffer).
COMPUTES = """abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv allclose amax amin aminmax angle arange arccos arcsin arctan argmax argmin argsort
    as_tensor asin asinh atan atan2 atanh avg_pool1d adaptive_avg_pool1d baddbmm batch_norm bernoulli bilinear bincount bitwise_and bitwise_not bitwise_or
    bitwise_xor bmm broadcast_to bucketize cat ceil clamp clip clone column_stack complex concat conj constant_pad_nd conv1d conv2d conv3d conv_transpose1d
    conv_transpose2d conv_transpose3d cosh cosine_similarity count_nonzero cross cummax cummin cumprod cumsum deg2rad diag diagonal diff digamma dist div divide dot
    dstack embedding eq erf erfc erfinv exp2 expm1 eye flatten flip floor floor_divide fmax fmin fmod frac from_numpy full full_like gather ge group_norm gt
    hann_window hardshrink hstack index_select inner instance_norm isclose isfinite isinf isnan kthvalue layer_norm le lerp lgamma linspace log log10 log1p log2
    logaddexp logical_and logical_not logical_or logical_xor logit logspace logsumexp lt masked_fill masked_select matmul max maximum mean median min minimum mm mode
    movedim mul multinomial multiply mv nan_to_num nanmean nanmedian nansum narrow ne neg negative nonzero numel ones ones_like outer pairwise_distance pdist permute
    pixel_shuffle pixel_unshuffle pow prelu prod quantile rad2deg rand rand_like randint randn randn_like randperm ravel reciprocal remainder repeat_interleave
    reshape roll rot90 round rrelu rsqrt scatter scatter_add searchsorted sgn sign sinc sinh sort sqrt square squeeze stack std std_mean sub subtract sum swapaxes t
    take tan tensor threshold tile topk trace transpose tril triu true_divide unbind unflatten unsqueeze var var_mean vstack where zeros zeros_like any all"""

EXTRA_VALUES = {
    "inspect": "_empty",
    "torch_geometric.data.feature_store": "TensorAttr", "torch_geometric.data.graph_store": "EdgeAttr",  # records
    "gpytorch.utils.transforms": "inv_softplus", "gpytorch.means.constant_mean": "_ensure_updated_strategy_flag_set", "econml.utilities": "add_intercept",
    "kornia.enhance.adjust": "adjust_brightness_accumulative adjust_contrast_with_mean_subtraction adjust_hue adjust_saturation_with_gray_subtraction",
    "shap.utils._legacy": "IdentityLink.f IdentityLink.finv LogitLink.f LogitLink.finv",
    **{p + ".callbacks.stochastic_weight_avg": "StochasticWeightAveraging.avg_fn" for p in ("lightning.pytorch", "pytorch_lightning")},
    "torch.utils.data._utils.collate": "default_collate default_convert",
    "torch.optim.swa_utils": "SWALR._cosine_anneal SWALR._linear_anneal",
    "torchmetrics.utilities.data": "dim_zero_cat dim_zero_max dim_zero_mean dim_zero_min dim_zero_sum",
    "zlib": "adler32 crc32", "optuna.samplers._tpe.sampler": "default_gamma default_weights hyperopt_default_gamma",
    "river._river_rust.vectordict": "euclidean_distance_tuple", "river.feature_extraction.vectorize": "strip_accents_unicode tokenize_using_regex_pattern", "river.naive_bayes.gaussian": "GaussianNB._make_gaussian",
    "river.tree.splitter.ebst_splitter": "EBSTNode._update_estimator_multivariate EBSTNode._update_estimator_univariate",
    "skrub._dataframe._common": "fill_nulls is_any_date is_bool is_categorical is_date is_duration is_float is_integer is_numeric is_object is_string", "skrub._table_vectorizer": "_created_by_predicate", "skrub.selectors._selectors": "_cardinality_below",
    "gensim.models.phrases": "original_scorer npmi_scorer",
    "torchmetrics.metric": "jit_distributed_available",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_oneway f_regression r_regression",
    "sklearn.utils.validation": "check_array",
    "builtins": "Ellipsis NotImplemented type abs all any ascii bin callable chr divmod hex isinstance issubclass len min max oct ord pow reversed sum round sorted str.casefold str.capitalize str.isalnum str.isalpha str.isdigit str.join str.lower str.lstrip str.replace str.rstrip str.split str.splitlines str.strip str.swapcase str.title str.upper",
    "torch._C": " ".join("_VariableFunctionsClass" + n for n in ["", ".relu", ".tanh", ".sigmoid", ".softmax", ".log_softmax", ".selu", ".celu", ".sin", ".cos", ".exp", *("." + n for n in COMPUTES.split())]),
    "torch._C._linalg": "linalg_cholesky linalg_det linalg_eigh linalg_inv linalg_matrix_norm linalg_norm linalg_pinv linalg_qr linalg_slogdet linalg_solve linalg_svd linalg_vector_norm",
    "torch._C._special": "special_digamma special_entr special_erf special_erfc special_expit special_expm1 special_gammaln special_log1p special_log_softmax special_logit special_logsumexp special_softmax special_xlogy",
    "torch._C._fft": "fft_fft fft_fft2 fft_fftn fft_fftshift fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_irfft fft_irfft2 fft_rfft fft_rfft2",
    "torch.functional": "atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist chain_matmul einsum meshgrid norm split stft tensordot unique unique_consecutive",
    "torch.nn.init": "xavier_uniform_ kaiming_normal_ normal_ zeros_ ones_ xavier_normal_ kaiming_uniform_ orthogonal_ trunc_normal_ constant_ uniform_ dirac_ eye_ sparse_",
    "sklearn.preprocessing._data": "binarize maxabs_scale minmax_scale normalize power_transform quantile_transform robust_scale scale", "sklearn.preprocessing.data": "binarize maxabs_scale minmax_scale normalize power_transform quantile_transform robust_scale scale",
    "sklearn.preprocessing._label": "label_binarize", "sklearn.preprocessing.label": "label_binarize",
    "scipy.stats._morestats": "boxcox yeojohnson", "scipy.signal._signaltools": "detrend hilbert medfilt wiener", "scipy.signal._savitzky_golay": "savgol_filter",
    "scipy.ndimage._filters": "gaussian_filter gaussian_filter1d median_filter uniform_filter",
    "stable_baselines3.common.buffers": "RolloutBuffer DictRolloutBuffer DictReplayBuffer",
    "segmentation_models_pytorch.losses._functional": "focal_loss_with_logits",
    "gensim.utils": "identity call_on_class_only", "gensim.models.tfidfmodel": "df2idf smartirs_normalize smartirs_wglobal smartirs_wlocal",
    "numpy": """float16 float32 float64 float128 longdouble half single double complex64 complex128 clongdouble int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc longlong ulonglong intp uintp bool bool_ object_ str_ bytes_ void datetime64 timedelta64 record
        generic number integer signedinteger unsignedinteger inexact floating complexfloating flexible character recarray matrix memmap byte ubyte short ushort int_ uint long ulong
        abs absolute add arccos arcsin arctan cbrt ceil clip cos cosh divide exp exp2 expm1 floor fmax fmin hypot log log10 log1p log2 logaddexp maximum minimum mean median mod multiply nanmean nanmedian negative power reciprocal rint round sign sin sinh sqrt square std subtract sum tan tanh var argmax argmin max min prod percentile quantile isnan isfinite nan_to_num ravel squeeze
        """ + " ".join((UFUNCS, ARRAYS)),
    "numpy.core._multiarray_umath": UFUNCS, "numpy._core._multiarray_umath": UFUNCS, "numpy.linalg": LINALG, "numpy.fft": FOURIER, "scipy.special._special_ufuncs": SPECIAL,
    "scipy.stats._stats_py": STATISTICS, "pandas.core.dtypes.missing": "isna isnull notna notnull", "pandas.core.tools.numeric": "to_numeric", "pandas.core.tools.datetimes": "to_datetime", "pandas.core.tools.timedeltas": "to_timedelta",
    "pandas.core.reshape.tile": "cut qcut", "pandas.core.reshape.encoding": "get_dummies", "pandas.core.reshape.reshape": "get_dummies", "pandas.core.reshape.concat": "concat", "pandas.core.reshape.merge": "merge", "pandas.core.reshape.melt": "melt", "pandas.core.algorithms": "factorize unique",
    "numpy.ma": "MaskedArray mvoid", "numpy.ma.core": "MaskedArray mvoid",
    "scipy.special._ufuncs": SPECIAL, "scipy.special._logsumexp": "logsumexp softmax log_softmax", "scipy.special": "expit logit softmax logsumexp",
    "scipy.spatial.distance": "braycurtis canberra chebyshev cityblock correlation cosine dice euclidean hamming jaccard jensenshannon minkowski sqeuclidean yule cdist pdist squareform",
    "sklearn.metrics._classification": MEASURES, "sklearn.metrics.classification": MEASURES, "sklearn.metrics._regression": REGRESSION, "sklearn.metrics.regression": REGRESSION, "sklearn.metrics._ranking": RANKING, "sklearn.metrics._scorer": "negative_likelihood_ratio positive_likelihood_ratio", "sklearn.metrics.ranking": RANKING,
    "sklearn.metrics.pairwise": "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances haversine_distances laplacian_kernel linear_kernel manhattan_distances nan_euclidean_distances pairwise_distances_argmin pairwise_distances_argmin_min paired_cosine_distances paired_distances pairwise_distances pairwise_kernels polynomial_kernel rbf_kernel sigmoid_kernel",
    "sklearn.metrics.cluster._supervised": CLUSTERS, "sklearn.metrics.cluster.supervised": CLUSTERS, "sklearn.metrics.cluster._unsupervised": "silhouette_score silhouette_samples calinski_harabasz_score davies_bouldin_score", "sklearn.feature_extraction.text": "strip_accents_ascii strip_accents_unicode strip_tags", "numpy.rec": "recarray", "numpy.core.records": "recarray record", "numpy._core.records": "recarray record",
    "numpy.matrixlib.defmatrix": "matrix",
    "numpy.random._mt19937": "MT19937", "numpy.random._pcg64": "PCG64 PCG64DXSM", "numpy.random._philox": "Philox", "numpy.random._sfc64": "SFC64", "numpy.random.bit_generator": "SeedSequence", "numpy.random.mtrand": "RandomState", "numpy.random._generator": "Generator",
    "pandas": PANDAS + " NA Index RangeIndex DatetimeIndex TimedeltaIndex PeriodIndex MultiIndex CategoricalIndex IntervalIndex Categorical",
    "pandas._libs.missing": "NA",
    "pandas._libs.arrays": "NDArrayBacked",
    "pandas.arrays": "DatetimeArray PeriodArray StringArray TimedeltaArray",
    "pandas.core.indexes.base": "Index", "pandas.core.indexes.range": "RangeIndex", "pandas.core.indexes.datetimes": "DatetimeIndex", "pandas.core.indexes.timedeltas": "TimedeltaIndex", "pandas.core.indexes.period": "PeriodIndex", "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.category": "CategoricalIndex", "pandas.core.indexes.interval": "IntervalIndex", "pandas.core.indexes.numeric": "Int64Index UInt64Index Float64Index NumericIndex", "pandas.core.arrays.categorical": "Categorical", "pandas.core.arrays.datetimes": "DatetimeArray", "pandas.core.arrays.timedeltas": "TimedeltaArray",
    "pandas.core.arrays.period": "PeriodArray", "pandas.core.arrays.string_": "StringArray",
    "zoneinfo": "ZoneInfo",
    "torch": "contiguous_format channels_last channels_last_3d preserve_format strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc jagged relu tanh sigmoid softmax",
    "torch.nn.functional": """relu gelu silu tanh sigmoid softmax elu leaky_relu selu mish softplus hardswish
        adaptive_avg_pool2d adaptive_avg_pool3d affine_grid alpha_dropout batch_norm binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss dropout dropout1d
        dropout2d dropout3d embedding embedding_bag feature_alpha_dropout fold gaussian_nll_loss glu grid_sample group_norm gumbel_softmax hardsigmoid hardtanh hinge_embedding_loss huber_loss instance_norm
        interpolate kl_div l1_loss layer_norm local_response_norm log_softmax lp_pool1d lp_pool2d margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss
        normalize pad poisson_nll_loss relu6 rms_norm rrelu smooth_l1_loss soft_margin_loss softmin softsign tanhshrink threshold triplet_margin_loss unfold upsample upsample_bilinear upsample_nearest""",
    "torch._C._nn": "gelu softplus log_sigmoid linear avg_pool2d avg_pool3d one_hot scaled_dot_product_attention softshrink",
    "torch._utils": "torch.contiguous_format torch.channels_last torch.channels_last_3d torch.preserve_format",
}


def NAMED_CLASSES(runs, lines):
    return []


def rules(full, c):
    """What may stand at a key of the state."""
    out, init = set(), set(c["assigned"])
    if "memory" in init and full.split(".")[0] in ("sklearn", "imblearn", "hdbscan", "mlxtend", "skrub", "feature_engine", "tslearn", "mapie"):
        out.add("memory=none")
    if full == "transformers.training_args.TrainingArguments":
        out.add("__cached__setup_devices=device")  # what a property keeps, before version 5
    if full == "networkx.classes.graph.Graph":
        out.add("__networkx_cache__=empty")  # else graphs that a backend takes for this one
    if full in ("transformers.configuration_utils.PretrainedConfig", "transformers.configuration_utils.PreTrainedConfig"):
        out.add("attribute_map=words")  # __getattribute__ looks every name up there
    if full == "gensim.models.hdpmodel.HdpModel":
        out.add("outputdir=none")
    if full == "statsmodels.base.data.ModelData":
        out |= {k + "=never" for k in ("restore_model_spec", "restore_design_info", "model_spec", "design_info")}  # formulas, which loading or predicting evaluates
    if full == "statsmodels.base.model.Model":
        out |= {"formula=never", "model_spec=never", "data=sm.data"}
    if full == "statsmodels.base.model.Results":
        out.add("model=sm.model")
    if full == "statsmodels.base.wrapper.ResultsWrapper":
        out.add("_results=sm.results")
    if full == "lifelines.fitters.coxph_fitter.CoxPHFitter":
        out.add("_model=cox")  # what it has besides is looked up there, __setstate__ too
    if full.startswith("sklearn.feature_extraction.text") and "input" in init:
        out.add("input=content")
    if full == "torch.nn.modules.module.Module":
        out |= {"*hooks*=hooks", "_parameters=mapping", "_buffers=mapping", "_modules=mapping"}
    if full == "torch.optim.optimizer.Optimizer":
        out |= {"*hooks*=hooks", "defaults=dict", "state=mapping", "param_groups=groups"}
    if full in ("xgboost.core.Booster",):
        out |= {"handle=bytes", "_handle=bytes"}
    if full == "xgboost.sklearn.XGBModel":
        out.add("_Booster=booster")  # version 0.90 opens what else stands there
    if full in ("lightgbm.basic.Booster",):
        out |= {"handle=text", "_handle=text", "_network=bool", "network=bool"}
    if full == "torch.nn.modules.module._WrappedHook":
        out.add("hook=hook")
    if full == "ultralytics.nn.modules.block.AAttn":
        out |= {"num_heads=small", "head_dim=small"}
    if full == "torch.nn.modules.rnn.RNNBase":
        out.add("num_layers=small")
    if full in ("scipy._lib._util._RichResult", "scipy.optimize.optimize.OptimizeResult", "scipy.optimize._optimize.OptimizeResult") or full.endswith(".AttributeDict"):
        out.add("*=never")  # an item is an attribute: __setstate__ too
    if full == "sklearn.isotonic.IsotonicRegression":
        # numpy asks the elements of anything else for an address to read.
        out |= {"X_thresholds_=array", "y_thresholds_=array", "_necessary_X_=array", "_necessary_y_=array"}
    if full == "torch_geometric.data.storage.BaseStorage":
        out.add("_mapping=items")  # what is not there by itself is looked up there
    if full in ("torch_geometric.data.data.Data", "torch_geometric.data.temporal.TemporalData"):
        out.add("_store=pyg.store")
    if full == "torch_geometric.data.hetero_data.HeteroData":
        out.add("_global_store=pyg.store")
    if full in ("pandas.core.groupby.groupby.GroupBy", "pandas.core.window.rolling.BaseWindow", "pandas.core.resample.Resampler", "pandas.api.typing.Resampler"):
        out.add("obj=frame")
    if full == "boruta.boruta_py.BorutaPy":
        out.add("__version__=text")
    if full in ("xarray.core.dataarray.DataArray", "xarray.core.dataset.Dataset"):
        out.add("_close=none")  # close() calls it
    if full in ("pandas.core.generic.NDFrame",):
        out |= {"_flags=dict", "_metadata=list", "attrs=dict", "_typ=text"}
    return out


def package(library):
    return {"python": "builtins", "pytorch_lightning": "pytorch_lightning"}.get(library, library)
