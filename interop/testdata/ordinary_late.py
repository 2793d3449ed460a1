"""Ordinary objects of libraries that detect outliers, recommend and train; see ordinary.py.

Each function of LIBRARIES yields (name, function that makes the object); what a version does not have is left out.
"""
import importlib
import warnings

warnings.simplefilter("ignore")


def pyod():
    import numpy as np
    import pyod.models  # noqa: F401
    X = np.random.RandomState(0).rand(60, 3)
    for module, name in zip("iforest knn lof pca hbos copod ecod ocsvm cblof abod mcd gmm kde loda inne cof sod rod lmdd qmcd sampling kpca cd".split(),
                            "IForest KNN LOF PCA HBOS COPOD ECOD OCSVM CBLOF ABOD MCD GMM KDE LODA INNE COF SOD ROD LMDD QMCD Sampling KPCA CD".split()):
        yield name, lambda module=module, name=name: getattr(importlib.import_module("pyod.models." + module), name)().fit(X)


def surprise():
    import pandas
    import surprise as s
    ratings = pandas.DataFrame({"u": [1, 1, 2, 2, 3], "i": [1, 2, 1, 3, 2], "r": [3, 4, 5, 2, 1]})
    train = s.Dataset.load_from_df(ratings, s.Reader(rating_scale=(1, 5))).build_full_trainset()
    for name in "SVD SVDpp NMF SlopeOne KNNBasic KNNWithMeans KNNWithZScore KNNBaseline BaselineOnly NormalPredictor CoClustering".split():
        yield name, lambda name=name: getattr(s, name)(verbose=False).fit(train) if name.startswith("KNN") or name == "BaselineOnly" else getattr(s, name)().fit(train)
    yield "trainset", lambda: train
    yield "predictions", lambda: s.SVD().fit(train).test([(1, 1, 3)])


def implicit():
    import scipy.sparse
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.lmf import LogisticMatrixFactorization
    seen = scipy.sparse.random(20, 10, 0.3, format="csr", random_state=0)
    for make in (AlternatingLeastSquares, BayesianPersonalizedRanking, LogisticMatrixFactorization):
        yield make.__name__, lambda make=make: _fitted(make(factors=4, iterations=2, use_gpu=False) if make is not LogisticMatrixFactorization else make(factors=4, iterations=2), seen)


def _fitted(model, seen):
    model.fit(seen, show_progress=False)
    return model


def timm():
    import torch
    from timm import loss, scheduler, utils
    from timm.optim import create_optimizer_v2
    for name in "sgd adamw lamb lion adafactor nadamw rmsproptf adopt adabelief lookahead_adamw madgrad lars adan".split():
        yield name, lambda name=name: _stepped(create_optimizer_v2(torch.nn.Linear(3, 2), opt=name, lr=0.1))
    sgd = torch.optim.SGD(torch.nn.Linear(3, 2).parameters(), lr=0.1)
    for name, a in dict(CosineLRScheduler=5, StepLRScheduler=5, TanhLRScheduler=5, PolyLRScheduler=5).items():
        yield name, lambda name=name, a=a: getattr(scheduler, name)(sgd, a)
    yield "meters", lambda: [utils.AverageMeter(), utils.ModelEmaV2(torch.nn.Linear(3, 2)), utils.ModelEmaV3(torch.nn.Linear(3, 2))]
    yield "losses", lambda: [loss.LabelSmoothingCrossEntropy(), loss.SoftTargetCrossEntropy(), loss.AsymmetricLossMultiLabel(), loss.AsymmetricLossSingleLabel(), loss.BinaryCrossEntropy(), loss.JsdCrossEntropy()]


def _stepped(optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = p.detach() * 0 + 0.1
    optimizer.step()
    return optimizer


def transformers():
    import torch
    import transformers as t
    from transformers.trainer_pt_utils import LabelSmoother
    yield "smoother", LabelSmoother
    for make in (t.DynamicCache, lambda: _filled(t.DynamicCache(), torch), lambda: t.BitsAndBytesConfig(load_in_8bit=True), lambda: t.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16),
                 lambda: t.QuantoConfig(), lambda: t.EetqConfig()):
        yield "held", make
    sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    for name in "GPTNeoX ModernBert Falcon Gemma3Text Olmo2 Granite StableLm XLMRoberta Camembert Mpt".split():
        yield name, lambda name=name: getattr(t, name + "Model")(getattr(t, name + "Config")(**sizes))


    for name in "Bert Llama GPT2 DistilBert".split():
        yield name + " from a folder", lambda name=name: _read(getattr(t, name + "Model")(getattr(t, name + "Config")(**sizes)))


def _read(model):
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return type(model).from_pretrained(folder)


def _filled(cache, torch):
    cache.update(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), 0)
    return cache


def peft():
    import transformers as t
    from peft import IA3Config, LoraConfig, PrefixTuningConfig, get_peft_model
    config = t.LlamaConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20, num_key_value_heads=2)
    for c in (LoraConfig(r=2, task_type="CAUSAL_LM", target_modules=["q_proj"]), PrefixTuningConfig(num_virtual_tokens=2, task_type="CAUSAL_LM"), IA3Config(task_type="CAUSAL_LM", target_modules=["k_proj"], feedforward_modules=[])):
        yield "language model", lambda c=c: get_peft_model(t.LlamaForCausalLM(config), c)


LIBRARIES = [pyod, surprise, implicit, timm, transformers, peft]
MISSING = (ImportError, AttributeError)
