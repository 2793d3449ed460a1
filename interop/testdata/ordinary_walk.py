"""Every public class of a library of which small arguments make an object.

samples(library) yields (name, object) for what walk() finds in the library's packages.
An argument is chosen by the name of its parameter, or a few lists of arguments are tried.
"""
import importlib
import inspect
import os
import pkgutil
import signal
import tempfile

PACKAGES = {
    "numpy": "numpy.polynomial numpy.random", "scipy": "scipy", "pandas": "pandas", "sklearn": "sklearn",
    "torch": "torch.nn torch.optim torch.distributions torch.utils.data torch.ao torch.amp torch.cuda.amp", "lightning": "lightning.pytorch.callbacks lightning.pytorch.utilities lightning.fabric.utilities pytorch_lightning.callbacks",
    "transformers": "transformers.generation transformers.tokenization_utils_base transformers.feature_extraction_utils transformers.image_processing_utils transformers.trainer_callback transformers.trainer_utils transformers.training_args transformers.training_args_seq2seq transformers.data transformers.cache_utils transformers.activations transformers.pytorch_utils transformers.modeling_outputs",
    "xgboost": "xgboost", "lightgbm": "lightgbm", "imblearn": "imblearn", "category_encoders": "category_encoders", "optuna": "optuna.distributions optuna.pruners optuna.samplers optuna.trial optuna.study optuna.terminator optuna.search_space",
    "lifelines": "lifelines", "shap": "shap", "skorch": "skorch", "sentence_transformers": "sentence_transformers", "mlxtend": "mlxtend", "matplotlib": "matplotlib.colors matplotlib.cm matplotlib.transforms matplotlib.scale matplotlib.path matplotlib.ticker matplotlib.markers", "networkx": "networkx.classes", "torchmetrics": "torchmetrics", "ngboost": "ngboost",
    "feature_engine": "feature_engine", "mapie": "mapie", "skrub": "skrub", "tslearn": "tslearn", "pygam": "pygam", "river": "river", "prophet": "prophet", "timm": "timm.layers timm.scheduler timm.optim timm.loss timm.utils", "torchvision": "torchvision.transforms torchvision.ops torchvision.models",
}
SKIP = set("test tests conftest testing setup externals f2py distutils datapipes onnx jit package inductor dynamo cli commands convert tensorboard benchmark bottleneck plotting backends pyplot sphinxext datasets io quantized distributions sandbox".split())
TRIES = "() (4,) (2,4) (X,) (X,y) (0.5,) ('a',) ([1,2],) ([1.,2.],[1.,2.]) ({'a':1},)"


# Classes that stay findings, by the reason.
STAYS = {
    "what they start is for the user to say": "joblib.parallel.Parallel joblib.parallel.parallel_config joblib.parallel.parallel_backend sklearn.utils.parallel.Parallel",
    "compiled, and in no pickle of an estimator": "sklearn.metrics._dist_metrics.DistanceMetric sklearn.utils._isfinite.FiniteStatus",
}


def stays(obj):
    """Whether an object is of a class that stays a finding."""
    return any("%s.%s" % (type(obj).__module__, type(obj).__qualname__) in names.split() for names in STAYS.values())


def _arguments():
    import numpy as np
    X, x = np.random.RandomState(0).rand(40, 4), np.arange(8.0)
    out = {"X": X, "data": X, "x": x, "y": x**2, "xi": x, "yi": x**2, "points": X[:, :2], "values": X[:, 0], "matrix": np.eye(3), "A": np.eye(2), "t": np.arange(11.0), "c": X[:7].T[:3], "k": 2, "n": 4, "p": 0.5, "d": 2, "N": 4, "lb": 0, "ub": 1, "name": "a", "dtype": np.dtype("f4"),
           "coef": [1.0, 2.0], "freq": "D", "subtype": "int64", "left": 0, "right": 1, "monitor": "loss", "loc": 0.0, "low": 0, "high": 1, "start": 0.0, "end": 1.0, "choices": ["a", 1], "n_components": 2, "n_clusters": 2, "endog": x, "exog": np.c_[x, x**2], "params": [1.0, 2.0], "metric": "euclidean", "m": 4}
    out.update(zip("dim size in_features out_features in_channels out_channels num_features input_size hidden_size num_embeddings embedding_dim embed_dim d_model normalized_shape num_channels channels input_dim output_dim hidden_dim vocab_size n_classes".split(), [4] * 30))
    out.update(zip("nhead num_heads num_groups output_size padding scale_factor upscale_factor downscale_factor in1_features in2_features num_labels num_classes batch_size num_samples step_size window_length num_beams top_k word_embedding_dimension".split(), [2] * 30))
    out.update(num_layers=1, kernel_size=3, lr=0.1, gamma=0.9, milestones=[1, 2], T_max=3, T_0=2, base_lr=0.1, max_lr=1.0, total_steps=5, swa_lr=0.05, threshold=0.5, value=0.0, min_val=0.0, max_val=1.0, shape=(2, 2), cutoffs=[2, 3], unflattened_size=(2, 2), num_parameters=1, lambd=0.5, exponent=2,
               data_source=[1, 2, 3], drop_last=False, weights=[0.5, 0.5], indices=[0, 1], lengths=[2, 2], min_length=3, max_length=5, eos_token_id=1, pad_token_id=0, penalty=1.1, top_p=0.9, temperature=0.5, total_count=3, reinterpreted_batch_ndims=1, n_groups=2, n_startup_trials=1, min_resource=1, search_space={"a": [1, 2]})
    try:
        from sklearn.gaussian_process.kernels import RBF
        from sklearn.linear_model import LogisticRegression, Ridge
        lr = LogisticRegression()
        out.update(estimator=lr, base_estimator=lr, classifier=lr, clf=lr, regressor=Ridge(), kernel=RBF(), k1=RBF(), k2=RBF(2.0), kernels=[RBF()], estimators=[("a", lr)], transformer=Ridge())
    except ImportError:
        pass
    try:
        import torch
        one, two = torch.ones(2), [torch.nn.Parameter(torch.ones(2, 2))]
        normal = torch.distributions.Normal(torch.zeros(2), one)
        sgd = torch.optim.SGD(two, lr=0.1, momentum=0.9)
        out.update(torch=dict(params=two, optimizer=sgd, model=torch.nn.Linear(4, 4), module=torch.nn.Linear(4, 4), dataset=torch.utils.data.TensorDataset(torch.zeros(4, 2)), datasets=[torch.utils.data.TensorDataset(torch.zeros(4, 2))], sampler=torch.utils.data.SequentialSampler([1, 2, 3]),
                              loc=torch.zeros(2), scale=one, rate=one, concentration=one, df=torch.tensor(5.0), df1=torch.tensor(3.0), df2=torch.tensor(3.0), low=torch.zeros(2), high=one, probs=torch.tensor([0.5, 0.5]), base_distribution=normal, base_dist=normal, transforms=[torch.distributions.ExpTransform()],
                              concentration0=one, concentration1=one, alpha=one, cov_factor=torch.ones(2, 1), cov_diag=one, covariance_matrix=torch.eye(2), mixture_distribution=torch.distributions.Categorical(one), component_distribution=normal, encoder_layer=torch.nn.TransformerEncoderLayer(4, 2), decoder_layer=torch.nn.TransformerDecoderLayer(4, 2)))
    except ImportError:
        pass
    return out, [eval(t, {"X": X, "y": np.array([0, 1] * 20)}) for t in TRIES.split(" ")]


class Late(BaseException):
    """An object that takes too long to make."""


def _late(*_):
    raise Late()


def timed(make, seconds=15):
    """What make() gives, or None if that fails or takes too long."""
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(seconds)
    try:
        return make()
    except (Exception, Late, SystemExit):
        return None
    finally:
        signal.alarm(0)


def walk(package):
    """The modules of a package that have no private or testing part."""
    root = timed(lambda: importlib.import_module(package), 120)
    if root is None:
        return
    yield root
    for m in pkgutil.iter_modules(getattr(root, "__path__", []), package + "."):
        last = m.name.split(".")[-1]
        if last not in SKIP and not last.startswith(("_", "test", "convert_")):
            yield from walk(m.name)


def classes(library):
    """(name, class) of each public class, once."""
    seen = set()
    for package in PACKAGES.get(library, "").split():
        for mod in walk(package):
            for n, v in sorted(vars(mod).items(), key=lambda x: x[0]):
                if n.startswith("_") or not inspect.isclass(v) or v in seen or issubclass(v, BaseException) or "pybind11" in type(v).__name__ or not str(v.__module__).startswith(package.split(".")[0]):
                    continue
                seen.add(v)
                yield mod.__name__ + "." + n, v


def make(cls, arguments, tries):
    """An object of a class, or None."""
    arguments = dict(arguments, **arguments.get("torch", {}) if cls.__module__.split(".")[0] not in ("sklearn", "scipy", "statsmodels") else {})
    try:
        needed = [p.name for p in inspect.signature(cls).parameters.values() if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    except (TypeError, ValueError):
        needed = ["?"]
    if all(n in arguments for n in needed):
        obj = timed(lambda: cls(**{n: arguments[n] for n in needed}))
        if obj is not None:
            return obj
    for t in tries:
        obj = timed(lambda: cls(*t), 5)
        if obj is not None:
            return obj
    return None


def samples(library):
    """(name, object), fitted too where there is a fit."""
    import numpy as np
    if library not in PACKAGES:
        return
    arguments, tries = _arguments()
    X = arguments["X"]
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as d:
        os.chdir(d)
        try:
            for name, cls in classes(library):
                obj = make(cls, arguments, tries)
                if obj is None:
                    continue
                yield name, obj
                if timed(lambda: obj.fit) is None:
                    continue
                for a in [(X, np.array([0, 1] * 20)), (X, X @ [1.0, 2, 3, 4]), (X,)]:
                    fitted = timed(lambda: make(cls, arguments, tries).fit(*a))
                    if fitted is not None:
                        yield name + " fitted", fitted
                        break
        finally:
            os.chdir(before)
