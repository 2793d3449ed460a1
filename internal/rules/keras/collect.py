"""Writes the classes and functions that Keras files of the running Keras name in their
config: one line each, "class MODULE NAME" or "function MODULE NAME". What loads files, runs
code or wraps foreign objects is left out (see REFUSED)."""
import importlib, inspect, os, pkgutil, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
name = sys.argv[1] if len(sys.argv) > 1 else "keras"
keras = importlib.import_module(name)
# what runs code that the config carries, opens what it names, or hands over to other libraries
REFUSED = {"ResidualWrapper", "DropoutWrapper", "DeviceWrapper", "Map", "Scan", "WhileLoop", "Cond", "ForiLoop", "VectorizedMap", "AssociativeScan", "Switch", "CustomGradient", "Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty", "TensorFlowOpLayer", "KerasSaveable", "SavedModelLayer", "HashedCrossing_"}
if name == "keras" and keras.__version__.startswith("3"):
    src = "keras.src."
elif name == "tf_keras": src = "tf_keras.src."
else: src = "keras.src."
PUBLIC = ["layers", "activations", "losses", "metrics", "initializers", "regularizers", "constraints", "optimizers", "optimizers.schedules", "optimizers.legacy", "optimizers.experimental", "dtype_policies", "quantizers", "random", "models", "mixed_precision", "distillation", "layers.experimental", "layers.experimental.preprocessing", "applications"]
out = set()
bases = []
def base(path):
    try:
        m = importlib.import_module(path.rsplit(".", 1)[0]); return getattr(m, path.rsplit(".", 1)[1])
    except Exception: return None
three = keras.__version__.startswith("3")
B = [keras.layers.Layer, keras.initializers.Initializer, keras.regularizers.Regularizer, keras.constraints.Constraint, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer, keras.optimizers.schedules.LearningRateSchedule, keras.Model]
if three:
    B += [keras.Operation] if hasattr(keras, "Operation") else [base("keras.src.ops.operation.Operation")]
    for x in ("keras.src.dtype_policies.dtype_policy.DTypePolicy", "keras.src.quantizers.quantizers.Quantizer", "keras.src.random.seed_generator.SeedGenerator",
              "keras.src.quantizers.quantization_config.QuantizationConfig", "keras.src.optimizers.multi_optimizer.OptimizerMap", "keras.src.distillation.distillation_loss.DistillationLoss",
              "keras.src.layers.preprocessing.feature_space.Feature", "keras.src.layers.preprocessing.feature_space.Cross"):
        b = base(x)
        if b: B.append(b)
else:
    b = getattr(keras.mixed_precision, "Policy", None)
    if b: B.append(b)
    try: B.append(keras.optimizers.legacy.Optimizer)
    except Exception: pass
B = tuple(b for b in B if b)
modules = set()
root = importlib.import_module(src.rstrip("."))
for info in pkgutil.walk_packages(root.__path__, src):
    n = info.name
    if any(part in n for part in ("test", "backend.jax", "backend.torch", "backend.openvino", "export", "wrappers", "legacy.saving", "saving", "utils", "datasets", "benchmarks", "distribute", "premade", "engine.base_layer_v1", "integration")) and "premade_models" not in n: continue
    try: modules.add(importlib.import_module(n))
    except Exception: pass
def public(c):
    for p in PUBLIC:
        m = keras
        try:
            for part in p.split("."): m = getattr(m, part)
        except AttributeError: continue
        if getattr(m, c.__name__, None) is c: yield "keras." + p
    if getattr(keras, c.__name__, None) is c: yield "keras"
    if c.__name__ == "FeatureSpace": yield "keras.utils"
for m in modules:
    for n, c in list(vars(m).items()):
        if inspect.isclass(c) and issubclass(c, B) and c.__module__.startswith(src) and c.__name__ not in REFUSED:
            out.add("class %s %s" % (c.__module__, c.__name__))
            for p in public(c): out.add("class %s %s" % (p, c.__name__))
for p in ("activations", "losses", "metrics", "initializers", "regularizers", "constraints"):
    m = getattr(keras, p)
    for n, f in vars(m).items():
        if inspect.isfunction(f) and n not in ("get", "serialize", "deserialize"):
            out.add("function keras.%s %s" % (p, n))
            if f.__module__.startswith(src): out.add("function %s %s" % (f.__module__, n))
        elif inspect.isclass(f) and issubclass(f, B) and n not in REFUSED:
            out.add("class keras.%s %s" % (p, n))
for p in PUBLIC:
    m = keras
    try:
        for part in p.split("."): m = getattr(m, part)
    except AttributeError: continue
    for n, c in vars(m).items():
        if inspect.isclass(c) and issubclass(c, B) and n not in REFUSED and not n.startswith("_"):
            out.add("class keras.%s %s" % (p, n))
if not three:  # what applications of Keras 2 initialise with
    for n in "Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal VarianceScaling Orthogonal Identity GlorotUniform GlorotNormal".split():
        out.add("class tensorflow.python.ops.init_ops_v2 %s" % n)
print("# %s %s" % (name, keras.__version__))
for l in sorted(out): print(l)
