"""More ordinary objects of the libraries, each made by a function of its own so that
a version that lacks one has the others. See ordinary.py."""


def scipy():
    import numpy as np, scipy.sparse as sp
    from scipy import spatial, stats, interpolate, optimize, signal
    rng = np.random.RandomState(0); P = rng.rand(20, 2); x = np.arange(8.0)
    yield "Delaunay", lambda: spatial.Delaunay(P)
    yield "ConvexHull", lambda: spatial.ConvexHull(P)
    yield "Voronoi", lambda: spatial.Voronoi(P)
    yield "Linregress", lambda: stats.linregress(x, x*2+1)
    for n in "ttest_ind mannwhitneyu ks_2samp pearsonr spearmanr wilcoxon kendalltau f_oneway kruskal bartlett levene chisquare ttest_rel".split():
        yield n, lambda n=n: getattr(stats, n)(x+1 if n=="chisquare" else rng.rand(8), x+1 if n=="chisquare" else rng.rand(8))
    yield "shapiro", lambda: stats.shapiro(x)
    yield "describe", lambda: stats.describe(x)
    yield "mode", lambda: stats.mode(x)
    yield "binomtest", lambda: stats.binomtest(3, 10)
    yield "chi2_contingency", lambda: stats.chi2_contingency(np.array([[10,20],[20,30]]))
    for n,a in dict(randint=(1,10), poisson=(3.0,), binom=(5,.5), geom=(.5,), nbinom=(5,.5), hypergeom=(20,7,12), bernoulli=(.3,), logser=(.6,), zipf=(2.0,), planck=(.5,), dlaplace=(.8,), skellam=(1,2), boltzmann=(1.4,19), betabinom=(5,2,1)).items():
        yield "discrete "+n, lambda n=n,a=a: getattr(stats, n)(*a)
        yield "discrete gen "+n, lambda n=n: getattr(stats, n)
    yield "multivariate_normal", lambda: stats.multivariate_normal([0,0],[[1,0],[0,1]])
    yield "multivariate_normal gen", lambda: stats.multivariate_normal
    yield "dirichlet", lambda: stats.dirichlet([1,2,3.0])
    yield "wishart", lambda: stats.wishart(3,np.eye(2))
    yield "multivariate_t", lambda: stats.multivariate_t([0,0],np.eye(2))
    yield "rv_histogram", lambda: stats.rv_histogram(np.histogram(x))
    yield "rv_discrete", lambda: stats.rv_discrete(values=([1,2],[.5,.5]))
    yield "expon inst", lambda: stats.expon
    yield "loguniform frozen", lambda: stats.loguniform(1,10)
    yield "gmm kde", lambda: stats.gaussian_kde(rng.rand(2,10))
    for n in "LinearNDInterpolator CloughTocher2DInterpolator".split():
        yield n, lambda n=n: getattr(interpolate, n)(P, P[:,0])
    yield "interp1d cubic", lambda: interpolate.interp1d(x, x**2, kind="cubic")
    yield "PPoly", lambda: interpolate.PPoly(rng.rand(3,7), x)
    yield "BPoly", lambda: interpolate.BPoly(rng.rand(3,7), x)
    yield "NdPPoly", lambda: interpolate.NdPPoly(rng.rand(2,2,7,7),(x,x))
    yield "LSQUnivariateSpline", lambda: interpolate.LSQUnivariateSpline(x,x**2,[3.5])
    yield "SmoothBivariateSpline", lambda: interpolate.SmoothBivariateSpline(P[:,0],P[:,1],P[:,0])
    yield "LSQBivariate", lambda: interpolate.LSQBivariateSpline(P[:,0],P[:,1],P[:,0],[.5],[.5])
    yield "RectSphere", lambda: interpolate.RectSphereBivariateSpline(np.linspace(.1,3,8),np.linspace(.1,6,8),rng.rand(8,8))
    yield "make_interp_spline", lambda: interpolate.make_interp_spline(x,x**2)
    yield "splrep", lambda: interpolate.splrep(x,x**2)
    yield "splprep", lambda: interpolate.splprep([x,x**2])
    yield "AAA", lambda: interpolate.AAA(x,x**2+1)
    yield "NdBSpline", lambda: interpolate.NdBSpline((np.arange(7.),np.arange(7.)),rng.rand(3,3),3)
    yield "Rbf", lambda: interpolate.Rbf(P[:,0],P[:,1],P[:,0])
    yield "interp RegularGrid cubic", lambda: interpolate.RegularGridInterpolator((x,x),np.outer(x,x),method="cubic")
    yield "coo_matrix", lambda: sp.coo_matrix(np.eye(3))
    yield "LinearConstraint", lambda: optimize.LinearConstraint(np.eye(2),0,1)
    yield "differential_evolution", lambda: optimize.differential_evolution(np.sum,[(0,1)],maxiter=2,seed=1)
    yield "linprog", lambda: optimize.linprog([1,1],bounds=[(0,1)]*2)
    yield "least_squares", lambda: optimize.least_squares(lambda v:v**2,[1.0,2.0])
    yield "curve_fit", lambda: optimize.curve_fit(lambda x,a:a*x,x,x)
    yield "BFGS", lambda: optimize.BFGS()
    yield "lbfgs result", lambda: optimize.minimize(lambda v:(v**2).sum(),np.ones(2),method="L-BFGS-B")
    yield "Rotation many", lambda: spatial.transform.Rotation.random(3, random_state=1)
    yield "Slerp", lambda: spatial.transform.Slerp([0,1],spatial.transform.Rotation.random(2, random_state=1))
    yield "RotationSpline", lambda: spatial.transform.RotationSpline([0,1,2],spatial.transform.Rotation.random(3, random_state=1))
    yield "RigidTransform", lambda: spatial.transform.RigidTransform.identity()
    yield "StateSpace", lambda: signal.StateSpace([[1]],[[1]],[[1]],[[0]])
    yield "zpk", lambda: signal.ZerosPolesGain([],[-1],1)
    yield "dlti", lambda: signal.dlti([1],[1,2])
    yield "ShortTimeFFT", lambda: signal.ShortTimeFFT(np.ones(8),4,1.0)
    yield "qmc", lambda: stats.qmc.Sobol(2,seed=1)
    yield "qmc halton", lambda: stats.qmc.Halton(2,seed=1)
    yield "qmc lhs", lambda: stats.qmc.LatinHypercube(2,seed=1)
    yield "Covariance", lambda: stats.Covariance.from_diagonal([1,2])
    yield "tukey", lambda: stats.tukey_hsd(x, x+1)
    yield "dok", lambda: sp.dok_matrix(np.eye(2))
    yield "hierarchy", lambda: __import__("scipy.cluster.hierarchy").cluster.hierarchy.to_tree(__import__("scipy.cluster.hierarchy").cluster.hierarchy.linkage(P))
    yield "SphericalVoronoi", lambda: spatial.SphericalVoronoi(np.array([[0,0,1],[0,0,-1],[1,0,0],[0,1,0],[0,-1,0],[-1,0,0.]]))
    yield "Rectangle", lambda: spatial.Rectangle([1,1],[0,0])
    yield "HalfspaceIntersection", lambda: spatial.HalfspaceIntersection(np.array([[-1,0.,0],[0,-1,0],[1,0,-1],[0,1,-1]]),np.array([.5,.5]))


def numpy():
    import numpy as np
    yield "obj fields", lambda: np.array([(1,"a"),(2,None)],dtype=[("i","i4"),("o","O")])
    yield "obj fields only", lambda: np.array([(None,"a"),({},None)],dtype=[("i","O"),("o","O")])
    yield "obj sub", lambda: np.zeros(2,dtype=[("i","O",(2,))])
    yield "obj rec", lambda: np.rec.array([(1,"a")],dtype=[("i","i4"),("o","O")])
    yield "obj masked", lambda: np.ma.array([1,None],mask=[0,1],dtype=object)
    yield "dtype obj", lambda: np.dtype([("i","i4"),("o","O")])
    yield "empty obj fields", lambda: np.zeros(0,dtype=[("i","i4"),("o","O")])
    yield "titles", lambda: np.zeros(2,dtype=[(("T","a"),"i4")])
    yield "metadata", lambda: np.zeros(2,dtype=np.dtype("f4",metadata={"a":1}))
    yield "broadcast", lambda: np.broadcast_to(np.arange(3),(2,3))
    yield "errors", lambda: [np.linalg.LinAlgError("x"), np.exceptions.AxisError(1)]
    yield "ndenum", lambda: np.lib.stride_tricks.as_strided(np.arange(4),(2,2))
    yield "iinfo", lambda: np.iinfo("i4")
    yield "nditer", lambda: np.s_[1:2,...]


def pandas():
    import pandas as pd, numpy as np
    df = pd.DataFrame({"a":[1,2,1],"b":[1.,2,3]})
    yield "Grouper", lambda: pd.Grouper(key="a")
    yield "TimeGrouper", lambda: pd.Grouper(key="a",freq="D")
    yield "IntervalArray", lambda: pd.arrays.IntervalArray.from_breaks([0,1,2])
    yield "interval index", lambda: pd.IntervalIndex.from_breaks([0,1,2.])
    yield "interval dates", lambda: pd.interval_range(pd.Timestamp("2020"),periods=3)
    yield "qcut", lambda: pd.qcut(pd.Series(range(10)),4)
    yield "cut bins", lambda: pd.cut(df.b,[0,1,2,3])
    yield "groupby dict", lambda: dict(list(df.groupby("a")))
    yield "attrs", lambda: (df.attrs.update(x=1), df)[1]
    yield "flags", lambda: df.set_flags(allows_duplicate_labels=False)
    yield "nullable", lambda: df.convert_dtypes()
    yield "arrow", lambda: df.convert_dtypes(dtype_backend="pyarrow")
    yield "NamedAgg", lambda: pd.NamedAgg("a","sum")
    yield "offset", lambda: [pd.tseries.frequencies.to_offset(f) for f in ("D","W","MS","QS","YS","B","h","min","s")]
    yield "cbday", lambda: pd.offsets.CustomBusinessDay(holidays=["2024-01-01"])
    yield "sparse frame", lambda: pd.DataFrame({"a":pd.arrays.SparseArray([0,0,1.])})
    yield "datetime tz idx", lambda: pd.DataFrame({"x":[1]},index=pd.DatetimeIndex(["2024-01-01"],tz="America/New_York"))
    yield "period df", lambda: pd.DataFrame({"x":[1]},index=pd.PeriodIndex(["2024-01"],freq="M"))
    yield "timestamp cols", lambda: pd.DataFrame({pd.Timestamp("2024"):[1]})
    yield "object col", lambda: pd.DataFrame({"x":[{"a":1},[1,2],None,(1,)]})
    yield "multi col", lambda: pd.DataFrame([[1,2]],columns=pd.MultiIndex.from_tuples([("a","b"),("a","c")]))
    yield "cat with intervals", lambda: pd.Series(pd.cut([1,2,3],3)).value_counts()
    yield "describe", lambda: df.describe()
    yield "NaT series", lambda: pd.Series([pd.NaT,pd.Timestamp("2024")])
    yield "bool str", lambda: pd.array(["a",None],dtype="string")
    yield "float16", lambda: pd.Series(np.arange(3,dtype="f2"))
    yield "Timedelta", lambda: [pd.Timedelta("1D"),pd.Timedelta("1s").as_unit("s") if hasattr(pd.Timedelta,"as_unit") else 1, pd.Timestamp("2024").as_unit("s") if hasattr(pd.Timestamp,"as_unit") else 1]
    yield "big int", lambda: pd.Series([2**70])
    yield "decimal", lambda: pd.Series([__import__("decimal").Decimal("1.5")])
    yield "index obj", lambda: pd.Index([1,"a",None])


def nltk():
    from nltk.tokenize import TreebankWordTokenizer, RegexpTokenizer
    from nltk.stem import PorterStemmer, SnowballStemmer
    from nltk import FreqDist
    yield "freq", lambda: FreqDist("a b a".split())
    yield "stemmers", lambda: [PorterStemmer(), RegexpTokenizer("a+")]
    from nltk.tag import DefaultTagger, UnigramTagger, BigramTagger
    yield "tagger", lambda: UnigramTagger([[("a", "X")]], backoff=DefaultTagger("N"))
    from nltk.classify import NaiveBayesClassifier
    yield "bayes", lambda: NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])


def gensim():
    from gensim import corpora, models
    texts = [["a", "b", "c"], ["b", "c", "d"]] * 5
    d = corpora.Dictionary(texts)
    bow = [d.doc2bow(t) for t in texts]
    yield "Dictionary", lambda: d
    yield "Tfidf", lambda: models.TfidfModel(bow)
    yield "Lda", lambda: models.LdaModel(bow, num_topics=2, id2word=d)
    yield "Lsi", lambda: models.LsiModel(bow, num_topics=2, id2word=d)
    yield "Word2Vec", lambda: models.Word2Vec(texts, min_count=1, vector_size=4, workers=1)
    yield "FastText", lambda: models.FastText(texts, min_count=1, vector_size=4, workers=1, bucket=10)
    yield "Doc2Vec", lambda: models.Doc2Vec([models.doc2vec.TaggedDocument(t, [i]) for i, t in enumerate(texts)], min_count=1, vector_size=4, workers=1)
    yield "Phrases", lambda: models.Phrases(texts)


def spacy():
    import spacy
    nlp = spacy.blank("en")
    yield "Vocab", lambda: nlp.vocab
    yield "Doc", lambda: nlp("a b c")
    yield "blank", lambda: nlp


def torch():
    import torch
    from torch import nn
    from torch.utils import data
    t = torch.zeros(4, 2)
    yield "DataLoader", lambda: data.DataLoader(data.TensorDataset(t), batch_size=2)
    yield "samplers", lambda: [data.BatchSampler(data.SequentialSampler([1, 2]), 2, False), data.WeightedRandomSampler([0.5, 0.5], 2), data.SubsetRandomSampler([0, 1])]
    yield "datasets", lambda: [data.ConcatDataset([data.TensorDataset(t)]), data.random_split(data.TensorDataset(t), [2, 2])[0], data.StackDataset(t)]
    import torch.ao.quantization as q
    yield "QConfig", lambda: q.get_default_qconfig("fbgemm")
    yield "QConfig default", lambda: [q.default_qconfig, q.default_dynamic_qconfig, q.float16_dynamic_qconfig]
    yield "prepared", lambda: _prepared(q, nn, torch)
    import torch.nn.utils.prune as prune
    yield "prune l1", lambda: prune.l1_unstructured(nn.Linear(3, 2), "weight", 0.5)
    yield "prune random", lambda: prune.random_unstructured(nn.Linear(3, 2), "bias", 0.5)
    yield "prune structured", lambda: prune.ln_structured(nn.Linear(3, 2), "weight", 0.5, n=2, dim=0)
    yield "prune twice", lambda: prune.l1_unstructured(prune.random_unstructured(nn.Linear(3, 2), "weight", 0.5), "weight", 0.2)
    yield "prune custom", lambda: prune.custom_from_mask(nn.Linear(3, 2), "weight", torch.ones(2, 3))
    yield "parametrized", lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    yield "orthogonal", lambda: nn.utils.parametrizations.orthogonal(nn.Linear(3, 3)).state_dict()
    yield "swa", lambda: torch.optim.swa_utils.AveragedModel(nn.Linear(2, 2))
    yield "SWALR", lambda: torch.optim.swa_utils.SWALR(torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1), swa_lr=0.05)
    yield "Stopwatch", lambda: [torch.finfo(torch.float32).max, torch.Size([1]), torch.device("cpu"), torch.float16, torch.__version__]
    for n, a in dict(Poisson=(t + 1,), StudentT=(2.0,), Cauchy=(0.0, 1.0), HalfNormal=(1.0,), LogNormal=(0.0, 1.0), Weibull=(1.0, 1.0), Geometric=(0.5,), Multinomial=(3, torch.ones(2)), OneHotCategorical=(torch.ones(2),), RelaxedBernoulli=(torch.tensor(1.0), 0.5),
                     MixtureSameFamily=(torch.distributions.Categorical(torch.ones(2)), torch.distributions.Normal(torch.zeros(2), torch.ones(2))), Independent=(torch.distributions.Normal(torch.zeros(2), torch.ones(2)), 1)).items():
        yield "distribution " + n, lambda n=n, a=a: getattr(torch.distributions, n)(*a)
    yield "DataParallel", lambda: nn.DataParallel(nn.Linear(2, 2))
    yield "unet", lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(True), nn.MaxPool2d(2), nn.ConvTranspose2d(2, 1, 2), nn.Upsample(scale_factor=2), nn.PixelShuffle(1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1))


def _prepared(q, nn, torch):
    m = nn.Sequential(q.QuantStub(), nn.Linear(3, 2), q.DeQuantStub())
    m.qconfig = q.get_default_qconfig("fbgemm")
    return q.prepare(m)


def torchmetrics():
    import torch
    import torchmetrics as tm
    from torchmetrics import classification as c, regression as r
    for n, f in dict(acc=lambda: c.MulticlassAccuracy(3), binary=lambda: c.BinaryAccuracy(), f1=lambda: c.MulticlassF1Score(3), auroc=lambda: c.BinaryAUROC(), conf=lambda: c.MulticlassConfusionMatrix(3), mse=lambda: r.MeanSquaredError(), mae=lambda: r.MeanAbsoluteError(),
                     r2=lambda: r.R2Score(), mean=lambda: tm.MeanMetric(), collection=lambda: tm.MetricCollection([c.BinaryAccuracy(), c.BinaryF1Score()]), ap=lambda: c.MultilabelAveragePrecision(3), dispatch=lambda: tm.Accuracy(task="binary")).items():
        yield n, f
    yield "in a module", lambda: torch.nn.ModuleDict({"a": c.BinaryAccuracy()})


def torchvision():
    import torch
    import torchvision
    with torch.device("meta") if hasattr(torch, "set_default_device") else open(__file__):
        for n in "resnet50 vgg16 mobilenet_v3_small efficientnet_v2_s wide_resnet50_2 resnext50_32x4d".split():
            yield n, lambda n=n: getattr(torchvision.models, n)()
    from torchvision.models import detection, segmentation
    yield "fasterrcnn", lambda: detection.fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None)
    yield "deeplab", lambda: segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    yield "transforms", lambda: __import__("torchvision.transforms.v2").transforms.v2.Compose([torchvision.transforms.v2.Resize(8), torchvision.transforms.v2.ToDtype(torch.float32, scale=True)])


def keras():
    import keras
    import numpy as np
    m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    yield "model", lambda: m
    yield "weights", lambda: m.get_weights()


def ultralytics():
    from ultralytics.nn.tasks import DetectionModel
    yield "yolov8n", lambda: {"model": DetectionModel("yolov8n.yaml", verbose=False).half(), "epoch": 1, "ema": None, "train_args": {"lr0": 0.01}}


def sentence_transformers():
    from sentence_transformers import models
    yield "pooling", lambda: models.Pooling(8)
    yield "dense", lambda: models.Dense(8, 4)


# Results that protocols below 4 write as calls of a partial of their __new__,
# which stay findings.
FROM_4 = {"more: " + n for n in "Linregress ks_2samp pearsonr spearmanr kendalltau ttest_rel mannwhitneyu wilcoxon chi2_contingency".split()}
LIBRARIES = [scipy, numpy, pandas, nltk, gensim, spacy, torch, torchmetrics, torchvision, keras, ultralytics, sentence_transformers]
MISSING = ImportError  # what it means that a version lacks all of a library's function
