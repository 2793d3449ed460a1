"""Ordinary objects of libraries that stand on the great ones; see ordinary.py.

Each function of LIBRARIES yields (name, function that makes the object); what a version does not have is left out.
"""
import tempfile
import warnings

warnings.simplefilter("ignore")


def _data():
    import numpy as np
    rng = np.random.RandomState(0)
    X = rng.rand(60, 3)
    return np, X, (X[:, 0] + X[:, 1] > 1).astype(int), X @ [1.0, 2.0, -1.0] + 0.1 * rng.rand(60)


def imblearn():
    np, X, y, r = _data()
    from imblearn import FunctionSampler, combine, ensemble, over_sampling, pipeline, under_sampling
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    rare = (np.arange(60) % 4 == 0).astype(int)
    for space in (over_sampling, under_sampling, combine):
        for n in sorted(dir(space)):
            if n[0].isupper():
                yield n, lambda cls=getattr(space, n): _resampled(cls(), X, rare)
    for n in sorted(dir(ensemble)):
        if n[0].isupper():
            yield n, lambda n=n: getattr(ensemble, n)(n_estimators=2).fit(X, rare)
    yield "pipeline", lambda: pipeline.make_pipeline(StandardScaler(), over_sampling.SMOTE(), LogisticRegression()).fit(X, rare)
    yield "function", lambda: FunctionSampler().fit(X, rare)


def _resampled(sampler, X, y):
    try:
        sampler.fit_resample(X, y)
    except Exception:
        pass
    return sampler


def sentence_transformers():
    import sentence_transformers as st
    import transformers as tr
    d = tempfile.mkdtemp()
    tr.BertModel(tr.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=10)).save_pretrained(d)
    with open(d + "/vocab.txt", "w") as f:
        f.write("\n".join("[PAD] [UNK] [CLS] [SEP] [MASK] a b".split()))
    tr.BertTokenizer(d + "/vocab.txt").save_pretrained(d)
    m = st.models
    yield "model", lambda: st.SentenceTransformer(modules=[m.Transformer(d), m.Pooling(8)])
    yield "model dense", lambda: st.SentenceTransformer(modules=[m.Transformer(d), m.Pooling(8), m.Dense(8, 4), m.Normalize()])
    for n, a in dict(Pooling=(8,), Dense=(8, 4), Normalize=(), CNN=(8,), LSTM=(8, 4), LayerNorm=(8,), Dropout=(), WeightedLayerPooling=(8,), BoW=(["a", "b"],)).items():
        yield n, lambda n=n, a=a: getattr(m, n)(*a)
    yield "examples", lambda: [st.InputExample(texts=["a"], label=1.0)]
    yield "cross", lambda: st.CrossEncoder(d, num_labels=1)


def shap():
    np, X, y, r = _data()
    import shap
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
    from sklearn.linear_model import LinearRegression
    forest, boosted, linear = RandomForestClassifier(n_estimators=3).fit(X, y), GradientBoostingRegressor(n_estimators=3).fit(X, r), LinearRegression().fit(X, r)
    yield "tree", lambda: shap.TreeExplainer(forest)
    yield "tree boosted", lambda: shap.TreeExplainer(boosted)
    yield "tree data", lambda: shap.TreeExplainer(boosted, X)
    yield "linear", lambda: shap.LinearExplainer(linear, X)
    yield "kernel", lambda: shap.KernelExplainer(linear.predict, X[:5])
    yield "explanation", lambda: shap.TreeExplainer(forest)(X)
    yield "explanation linear", lambda: shap.LinearExplainer(linear, X)(X)
    yield "maskers", lambda: [shap.maskers.Independent(X), shap.maskers.Partition(X)]
    yield "kmeans", lambda: shap.kmeans(X, 2)


def skorch():
    np, X, y, r = _data()
    import skorch
    import torch
    from torch import nn
    X, t = X.astype("f4"), r.astype("f4")[:, None]
    yield "classifier", lambda: skorch.NeuralNetClassifier(nn.Sequential(nn.Linear(3, 2), nn.Softmax(-1)), max_epochs=1, verbose=0).fit(X, y.astype("i8"))
    yield "unfitted", lambda: skorch.NeuralNetClassifier(nn.Linear(3, 2))
    yield "regressor", lambda: skorch.NeuralNetRegressor(nn.Linear(3, 1), max_epochs=1, verbose=0).fit(X, t)
    c = skorch.callbacks
    yield "callbacks", lambda: skorch.NeuralNetRegressor(nn.Linear(3, 1), max_epochs=1, verbose=0, callbacks=[c.EarlyStopping(), c.LRScheduler("StepLR", step_size=1), c.EpochScoring("r2")]).fit(X, t)
    yield "history", lambda: skorch.history.History([{"a": 1}])
    del torch


def prophet():
    np, X, y, r = _data()
    import pandas as pd
    from prophet import Prophet
    df = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=60), "y": r})
    yield "unfitted", lambda: Prophet()
    yield "fitted", lambda: Prophet().fit(df)
    yield "seasons", lambda: Prophet(yearly_seasonality=True, holidays=pd.DataFrame({"holiday": "h", "ds": df.ds[:2]})).add_seasonality("m", 30.5, 3).fit(df)


def regex():
    import regex
    yield "patterns", lambda: [regex.compile(r"a+(?P<x>b)", regex.I), regex.compile("\\L<w>", w=["a", "b"])]


def methods():
    """Methods of objects, as dicts of functions hold them."""
    np, X, y, r = _data()
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    model, classifier = LinearRegression().fit(X, r), LogisticRegression().fit(X, y)
    yield "predict", lambda: model.predict
    yield "several", lambda: {"predict": classifier.predict, "proba": classifier.predict_proba, "score": model.score}
    yield "transform", lambda: TfidfVectorizer().fit(["aa bb", "bb cc dd"]).transform


LIBRARIES = [imblearn, sentence_transformers, shap, skorch, prophet, regex, methods]
MISSING = Exception  # what it means that a version lacks all of a library's function
