"""Ordinary objects of libraries beside the great ones: what their users save.

Each function of LIBRARIES yields (name, function that makes the object); what a version does not have is left out.
"""
import warnings

warnings.simplefilter("ignore")


def _data():
    import numpy as np
    import pandas as pd
    rng = np.random.RandomState(0)
    X = rng.rand(60, 3)
    y = (X[:, 0] + X[:, 1] > 1).astype(int)
    r = X @ [1.0, 2.0, -1.0] + 0.1 * rng.rand(60)
    df = pd.DataFrame(X, columns=list("abc"))
    df["y"], df["r"], df["g"] = y, r, np.where(X[:, 2] > 0.5, "u", "v")
    return np, pd, rng, X, y, r, df


def statsmodels():
    np, pd, rng, X, y, r, df = _data()
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from statsmodels.tsa import api as tsa
    A = sm.add_constant(X)
    series = pd.Series(np.cumsum(rng.rand(60)) + np.sin(np.arange(60)), index=pd.date_range("2020-01-01", periods=60, freq="MS"))
    yield "OLS", lambda: sm.OLS(r, A).fit()
    yield "OLS frame", lambda: sm.OLS(df["r"], sm.add_constant(df[["a", "b"]])).fit()
    yield "OLS removed", lambda: _removed(sm.OLS(r, A).fit())
    yield "WLS", lambda: sm.WLS(r, A, weights=np.ones(60)).fit()
    yield "GLS", lambda: sm.GLS(r, A).fit()
    yield "Logit", lambda: sm.Logit(rng.randint(0, 2, 60), A).fit(disp=0)
    yield "Probit", lambda: sm.Probit(rng.randint(0, 2, 60), A).fit(disp=0)
    yield "MNLogit", lambda: sm.MNLogit(rng.randint(0, 3, 60), A).fit(disp=0)
    yield "Poisson", lambda: sm.Poisson(rng.randint(0, 5, 60), A).fit(disp=0)
    yield "NegativeBinomial", lambda: sm.NegativeBinomial(rng.randint(0, 5, 60), A).fit(disp=0)
    yield "GLM", lambda: sm.GLM(rng.randint(0, 5, 60), A, family=sm.families.Poisson()).fit()
    yield "GLM binomial", lambda: sm.GLM(rng.randint(0, 2, 60), A, family=sm.families.Binomial()).fit()
    yield "GLM gamma", lambda: sm.GLM(rng.rand(60) + 1, A, family=sm.families.Gamma(sm.families.links.Log())).fit()
    yield "RLM", lambda: sm.RLM(r, A).fit()
    yield "QuantReg", lambda: sm.QuantReg(r, A).fit()
    yield "GEE", lambda: sm.GEE(r, A, groups=np.arange(60) // 6).fit()
    yield "MixedLM", lambda: sm.MixedLM(r, A, groups=np.arange(60) // 6).fit()
    yield "ols formula", lambda: smf.ols("r ~ a + C(g)", df).fit()
    yield "ARIMA", lambda: tsa.ARIMA(series, order=(1, 1, 1)).fit()
    yield "SARIMAX", lambda: tsa.SARIMAX(series, order=(1, 0, 0), seasonal_order=(1, 0, 0, 12)).fit(disp=0)
    yield "AutoReg", lambda: tsa.AutoReg(series, 2).fit()
    yield "SimpleExpSmoothing", lambda: tsa.SimpleExpSmoothing(series).fit()
    yield "ExponentialSmoothing", lambda: tsa.ExponentialSmoothing(series, trend="add", seasonal="add", seasonal_periods=12).fit()
    yield "ETS", lambda: tsa.ETSModel(series).fit(disp=0)
    yield "VAR", lambda: tsa.VAR(np.diff(X, axis=0)).fit(1)
    yield "UnobservedComponents", lambda: tsa.UnobservedComponents(series, "local level").fit(disp=0)
    yield "seasonal_decompose", lambda: tsa.seasonal_decompose(series)
    yield "STL", lambda: tsa.STL(series).fit()
    yield "KDE", lambda: sm.nonparametric.KDEUnivariate(r)
    yield "ECDF", lambda: sm.distributions.ECDF(r)
    yield "PHReg", lambda: sm.PHReg(rng.rand(60), X).fit()
    yield "PCA", lambda: __import__("statsmodels.multivariate.pca").multivariate.pca.PCA(X)


def _removed(results):
    results.remove_data()
    return results


def networkx():
    import networkx as nx
    for n in "Graph DiGraph MultiGraph MultiDiGraph".split():
        yield n, lambda n=n: _graph(getattr(nx, n)())
    yield "views", lambda: [_graph(nx.Graph()).nodes, _graph(nx.Graph()).edges, _graph(nx.DiGraph()).degree, _graph(nx.DiGraph()).adj]
    yield "karate", lambda: nx.karate_club_graph()
    yield "tree", lambda: nx.balanced_tree(2, 2)
    yield "subgraph", lambda: _graph(nx.Graph()).subgraph([1, 2]).copy()


def _graph(g):
    g.add_edge(1, 2, weight=0.5)
    g.add_node("a", colour="red")
    return g


def catboost():
    np, pd, rng, X, y, r, df = _data()
    import catboost as cb
    yield "classifier", lambda: cb.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False).fit(X, y)
    yield "regressor", lambda: cb.CatBoostRegressor(iterations=2, verbose=0, allow_writing_files=False).fit(X, r)
    yield "unfitted", lambda: cb.CatBoostClassifier(iterations=2)
    yield "ranker", lambda: cb.CatBoostRanker(iterations=2, verbose=0, allow_writing_files=False)
    yield "pool", lambda: cb.Pool(X, y)


def gensim():
    import gensim
    from gensim import corpora, models, similarities
    texts = [["a", "b", "c"], ["b", "c", "d"]] * 5
    d = corpora.Dictionary(texts)
    bow = [d.doc2bow(t) for t in texts]
    yield "KeyedVectors", lambda: models.Word2Vec(texts, min_count=1, vector_size=4, workers=1).wv
    yield "FastText vectors", lambda: models.FastText(texts, min_count=1, vector_size=4, workers=1, bucket=10).wv
    yield "Hdp", lambda: models.HdpModel(bow, d)
    yield "Nmf", lambda: models.Nmf(bow, num_topics=2, id2word=d)
    yield "LogEntropy", lambda: models.LogEntropyModel(bow)
    yield "Rp", lambda: models.RpModel(bow, num_topics=2)
    yield "Okapi", lambda: models.OkapiBM25Model(dictionary=d)
    yield "Phraser", lambda: models.phrases.Phraser(models.Phrases(texts, min_count=1))
    yield "MatrixSimilarity", lambda: similarities.MatrixSimilarity(bow, num_features=len(d))
    yield "SparseMatrixSimilarity", lambda: similarities.SparseMatrixSimilarity(bow, num_features=len(d))
    yield "Ensemble", lambda: models.EnsembleLda(bow, num_topics=2, num_models=2, passes=1, iterations=5, id2word=d)
    yield "AuthorTopic", lambda: models.AuthorTopicModel(bow, num_topics=2, author2doc={"x": [0, 1]}, id2word=d)
    yield "LdaSeq", lambda: models.LdaSeqModel(bow, time_slice=[5, 5], id2word=d, num_topics=2, passes=1)
    yield "HashDictionary", lambda: corpora.HashDictionary(texts)


def nltk():
    import nltk
    from nltk import tokenize, stem, probability as p, tag, classify, util, lm, collocations, metrics
    from nltk.lm.preprocessing import padded_everygram_pipeline
    for n in "TreebankWordTokenizer NLTKWordTokenizer WhitespaceTokenizer WordPunctTokenizer TweetTokenizer SpaceTokenizer LineTokenizer BlanklineTokenizer MWETokenizer ToktokTokenizer TabTokenizer SExprTokenizer".split():
        yield n, lambda n=n: getattr(tokenize, n)()
    yield "RegexpTokenizer", lambda: tokenize.RegexpTokenizer(r"\w+")
    yield "Punkt", lambda: tokenize.punkt.PunktSentenceTokenizer("Hello there. I am Mr. X. Yes.")
    yield "PunktTrainer", lambda: tokenize.punkt.PunktTrainer("Hello there. I am Mr. X. Yes.").get_params()
    for n in "PorterStemmer LancasterStemmer ISRIStemmer RSLPStemmer ARLSTem Cistem WordNetLemmatizer".split():
        yield n, lambda n=n: getattr(stem, n)()
    for n in "english german french russian porter arabic spanish".split():
        yield "snowball " + n, lambda n=n: stem.SnowballStemmer(n)
    f = nltk.FreqDist("a b a c".split())
    for n, make in dict(MLE=lambda: p.MLEProbDist(f), Laplace=lambda: p.LaplaceProbDist(f), Lidstone=lambda: p.LidstoneProbDist(f, 0.1), ELE=lambda: p.ELEProbDist(f), WittenBell=lambda: p.WittenBellProbDist(f), GoodTuring=lambda: p.SimpleGoodTuringProbDist(nltk.FreqDist("a b a c d e f g g g".split()))).items():
        yield n, make
    yield "ConditionalFreqDist", lambda: nltk.ConditionalFreqDist([("x", "a"), ("y", "b")])
    yield "ConditionalProbDist", lambda: p.ConditionalProbDist(nltk.ConditionalFreqDist([("x", "a"), ("y", "b")]), p.MLEProbDist)
    sents = [[("a", "X"), ("b", "Y")]] * 3
    yield "taggers", lambda: [tag.DefaultTagger("N"), tag.RegexpTagger([("a", "N")]), tag.UnigramTagger(sents), tag.BigramTagger(sents), tag.TrigramTagger(sents, backoff=tag.DefaultTagger("N")), tag.AffixTagger(sents)]
    yield "hmm", lambda: tag.HiddenMarkovModelTrainer().train_supervised(sents)
    yield "perceptron", lambda: _perceptron(tag, sents)
    yield "tnt", lambda: _tnt(tag, sents)
    yield "brill", lambda: _brill(tag, sents)
    labelled = [({"a": 1}, "x"), ({"a": 2}, "y")] * 3
    yield "maxent", lambda: classify.MaxentClassifier.train(labelled, trace=0, max_iter=2)
    yield "decision tree", lambda: classify.DecisionTreeClassifier.train(labelled)
    yield "SklearnClassifier", lambda: classify.SklearnClassifier(__import__("sklearn.naive_bayes").naive_bayes.MultinomialNB()).train(labelled)
    for n in "MLE Laplace Lidstone KneserNeyInterpolated WittenBellInterpolated StupidBackoff".split():
        yield "lm " + n, lambda n=n: _lm(lm, padded_everygram_pipeline, n)
    yield "tree", lambda: nltk.Tree.fromstring("(S (NP a) (VP b))")
    yield "grammar", lambda: nltk.CFG.fromstring("S -> 'a' S | 'b'")
    yield "chart parser", lambda: nltk.ChartParser(nltk.CFG.fromstring("S -> 'a' S | 'b'"))
    yield "RegexpParser", lambda: nltk.RegexpParser("NP: {<DT>?<JJ>*<NN>}")
    yield "collocations", lambda: collocations.BigramCollocationFinder.from_words("a b a c".split())
    yield "text", lambda: nltk.Text("a b a".split())


def _perceptron(tag, sents):
    t = tag.PerceptronTagger(load=False)
    t.train(sents)
    return t


def _tnt(tag, sents):
    t = tag.tnt.TnT()
    t.train(sents)
    return t


def _brill(tag, sents):
    from nltk.tag import brill, brill_trainer
    return brill_trainer.BrillTaggerTrainer(tag.DefaultTagger("X"), brill.fntbl37(), trace=0).train(sents)


def _lm(lm, pipeline, n):
    train, vocab = pipeline(2, [["a", "b"], ["b", "c"]])
    m = getattr(lm, n)(order=2) if n != "Lidstone" else lm.Lidstone(0.1, 2)
    m.fit(train, vocab)
    return m


def matplotlib():
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import cm, colors, pyplot as plt
    yield "colormap", lambda: [plt.get_cmap("viridis"), plt.get_cmap("tab10"), plt.get_cmap("jet")]
    yield "norm", lambda: [colors.Normalize(0, 1), colors.LogNorm(1, 10), colors.BoundaryNorm([0, 1, 2], 2)]
    yield "figure", lambda: plt.plot([1, 2])[0].figure
    yield "figure bare", lambda: matplotlib.figure.Figure()
    yield "ScalarMappable", lambda: cm.ScalarMappable(colors.Normalize(0, 1), "viridis")


def umap():
    np, pd, rng, X, y, r, df = _data()
    import umap
    yield "umap", lambda: umap.UMAP(n_neighbors=5, n_epochs=5, init="random").fit(X)
    yield "unfitted", lambda: umap.UMAP()
    import pynndescent
    yield "NNDescent", lambda: pynndescent.NNDescent(X, n_neighbors=5)
    yield "transformer", lambda: pynndescent.PyNNDescentTransformer(n_neighbors=5).fit(X)


def hdbscan():
    np, pd, rng, X, y, r, df = _data()
    import hdbscan
    yield "hdbscan", lambda: hdbscan.HDBSCAN(min_cluster_size=5).fit(X)
    yield "hdbscan prediction", lambda: hdbscan.HDBSCAN(min_cluster_size=5, prediction_data=True).fit(X)
    from sklearn import neighbors
    yield "KDTree", lambda: neighbors.KDTree(X)
    yield "BallTree", lambda: neighbors.BallTree(X)
    for a in ("kd_tree", "ball_tree"):
        yield "KNeighborsClassifier " + a, lambda a=a: neighbors.KNeighborsClassifier(algorithm=a).fit(X, y)
    yield "KernelDensity", lambda: neighbors.KernelDensity().fit(X)
    from scipy import spatial
    yield "cKDTree", lambda: [spatial.cKDTree(X), spatial.KDTree(X)]


def lifelines():
    np, pd, rng, X, y, r, df = _data()
    import lifelines as ll
    T, E = rng.rand(60) + 0.1, rng.randint(0, 2, 60)
    for n in "KaplanMeierFitter NelsonAalenFitter WeibullFitter ExponentialFitter LogNormalFitter LogLogisticFitter BreslowFlemingHarringtonFitter PiecewiseExponentialFitter GeneralizedGammaFitter SplineFitter AalenJohansenFitter".split():
        yield n, lambda n=n: _fit_univariate(getattr(ll, n), n, T, E)
    d = df[["a", "b"]].assign(T=T, E=E)
    for n in "CoxPHFitter WeibullAFTFitter LogNormalAFTFitter LogLogisticAFTFitter AalenAdditiveFitter".split():
        yield n, lambda n=n: getattr(ll, n)().fit(d, "T", "E")
    yield "cox formula", lambda: ll.CoxPHFitter().fit(d, "T", "E", formula="a + b")
    yield "logrank", lambda: __import__("lifelines.statistics").statistics.logrank_test(T[:30], T[30:])


def _fit_univariate(cls, n, T, E):
    if n == "PiecewiseExponentialFitter":
        return cls([0.5]).fit(T, E)
    if n == "SplineFitter":
        return cls([0.3, 0.6]).fit(T, E)
    return cls().fit(T, E, 1) if n == "AalenJohansenFitter" else cls().fit(T, E)


def pygam():
    np, pd, rng, X, y, r, df = _data()
    import pygam
    yield "LinearGAM", lambda: pygam.LinearGAM(pygam.s(0, n_splines=5) + pygam.l(1) + pygam.f(2)).fit(np.column_stack([X[:, :2], y]), r)
    yield "LogisticGAM", lambda: pygam.LogisticGAM(pygam.s(0, n_splines=5)).fit(X[:, :1], y)
    yield "te", lambda: pygam.LinearGAM(pygam.te(0, 1, n_splines=4)).fit(X, r)
    for n in "PoissonGAM GammaGAM InvGaussGAM ExpectileGAM".split():
        yield n, lambda n=n: getattr(pygam, n)(pygam.s(0, n_splines=5)).fit(X, r - r.min() + 1)


def river():
    import river
    from river import anomaly, cluster, compose, drift, ensemble, feature_extraction, forest, linear_model, metrics, naive_bayes, neighbors, optim, preprocessing, stats, tree
    rows = [({"a": i / 10, "b": (i * 7) % 5, "t": "x y"}, i % 2) for i in range(30)]
    numbers = [({"a": x["a"], "b": float(x["b"])}, y) for x, y in rows]
    for name, make in dict(
            logistic=linear_model.LogisticRegression, linear=linear_model.LinearRegression, perceptron=linear_model.Perceptron, pa=linear_model.PAClassifier, gaussian=naive_bayes.GaussianNB,
            hoeffding=tree.HoeffdingTreeClassifier, adaptive=tree.HoeffdingAdaptiveTreeClassifier, regressor=tree.HoeffdingTreeRegressor, efdt=tree.ExtremelyFastDecisionTreeClassifier,
            arf=lambda: forest.ARFClassifier(n_models=2), arfr=lambda: forest.ARFRegressor(n_models=2), knn=neighbors.KNNClassifier,
            bagging=lambda: ensemble.BaggingClassifier(linear_model.LogisticRegression(), n_models=2), ada=lambda: ensemble.AdaBoostClassifier(tree.HoeffdingTreeClassifier(), n_models=2),
            pipeline=lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optimizer=optim.Adam(0.01))).items():
        yield name, lambda make=make: _learn(make(), numbers)
    yield "words", lambda: _learn(compose.Pipeline(feature_extraction.BagOfWords(on="t"), naive_bayes.MultinomialNB()), rows)
    yield "trees", lambda: [_learn(m, numbers, False) for m in (anomaly.HalfSpaceTrees(n_trees=2, height=2), cluster.KMeans(2))]
    yield "metrics", lambda: [metrics.Accuracy(), metrics.F1(), metrics.ROCAUC(), metrics.MAE(), metrics.R2()]
    yield "drift", lambda: [drift.ADWIN(), drift.PageHinkley(), drift.binary.DDM()]
    yield "scalers", lambda: [preprocessing.MinMaxScaler(), preprocessing.OneHotEncoder(), preprocessing.StandardScaler()]
    yield "stats", lambda: [stats.Mean(), stats.Var(), stats.EWMean(), stats.Quantile(0.5), stats.Min(), stats.Max()]


def _learn(model, rows, supervised=True):
    for x, y in rows:
        model.learn_one(x, y) if supervised else model.learn_one(x)
    return model


def mlxtend():
    np, pd, rng, X, y, r, df = _data()
    from mlxtend import classifier as c, feature_selection as f, preprocessing as p, regressor as g, cluster, frequent_patterns
    from sklearn.linear_model import LinearRegression, LogisticRegression
    yield "encoder", lambda: p.TransactionEncoder().fit([["a", "b"], ["b"]])
    yield "stacking", lambda: c.StackingClassifier([LogisticRegression()], LogisticRegression()).fit(X, y)
    yield "stacking cv", lambda: c.StackingCVClassifier([LogisticRegression()], LogisticRegression(), cv=2).fit(X, y)
    yield "stacking regressor", lambda: g.StackingRegressor([LinearRegression()], LinearRegression()).fit(X, r)
    yield "vote", lambda: c.EnsembleVoteClassifier([LogisticRegression(), LogisticRegression()]).fit(X, y)
    yield "own", lambda: [c.Perceptron().fit(X, y), c.SoftmaxRegression().fit(X, y), c.LogisticRegression().fit(X, y), c.MultiLayerPerceptron(epochs=1).fit(X, y), c.OneRClassifier(), cluster.Kmeans(2).fit(X), g.LinearRegression().fit(X, r)]
    yield "sfs", lambda: f.SequentialFeatureSelector(LogisticRegression(), k_features=2, cv=2).fit(X, y)
    yield "efs", lambda: f.ExhaustiveFeatureSelector(LogisticRegression(), max_features=2, cv=2, print_progress=False).fit(X, y)
    yield "columns", lambda: [f.ColumnSelector((0, 1)), p.DenseTransformer(), p.MeanCenterer().fit(X), p.CopyTransformer()]
    yield "rules", lambda: frequent_patterns.apriori(pd.DataFrame([[True, False], [True, True]], columns=["a", "b"]), min_support=0.5, use_colnames=True)


def tslearn():
    np, pd, rng, X, y, r, df = _data()
    from tslearn import clustering, neighbors, preprocessing, svm, piecewise, barycenters
    S = rng.rand(10, 12, 1)
    t = np.arange(10) % 2
    yield "kmeans", lambda: clustering.TimeSeriesKMeans(2, max_iter=2).fit(S)
    yield "kmeans dtw", lambda: clustering.TimeSeriesKMeans(2, metric="dtw", max_iter=2).fit(S)
    yield "kernel", lambda: clustering.KernelKMeans(2, max_iter=2).fit(S)
    yield "kshape", lambda: clustering.KShape(2, max_iter=2).fit(S)
    yield "knn", lambda: neighbors.KNeighborsTimeSeriesClassifier(2).fit(S, t)
    yield "svc", lambda: svm.TimeSeriesSVC(max_iter=5).fit(S, t)
    yield "scalers", lambda: [preprocessing.TimeSeriesScalerMeanVariance(), preprocessing.TimeSeriesScalerMinMax(), preprocessing.TimeSeriesResampler(5), piecewise.PiecewiseAggregateApproximation(3), piecewise.SymbolicAggregateApproximation(3, 4).fit(S)]


def optuna():
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for n in "TPESampler RandomSampler CmaEsSampler NSGAIISampler QMCSampler".split():
        yield n, lambda n=n: _study(optuna, getattr(optuna.samplers, n)())
    yield "grid", lambda: _study(optuna, optuna.samplers.GridSampler({"x": [0.1, 0.2], "n": [1], "c": ["a"]}))
    for n in "MedianPruner NopPruner HyperbandPruner SuccessiveHalvingPruner".split():
        yield n, lambda n=n: getattr(optuna.pruners, n)()
    yield "trials", lambda: _study(optuna, None).trials
    yield "distributions", lambda: [optuna.distributions.FloatDistribution(0, 1), optuna.distributions.IntDistribution(0, 3), optuna.distributions.CategoricalDistribution(["a", 1, None])]


def _study(optuna, sampler):
    s = optuna.create_study(sampler=sampler)
    s.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_int("n", 1, 3) + len(t.suggest_categorical("c", ["a", "b"])), n_trials=3)
    return s


def hyperopt():
    import hyperopt
    from hyperopt import hp
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [1, 2]), "q": hp.quniform("q", 0, 5, 1)}
    yield "space", lambda: space
    yield "trials", lambda: _trials(hyperopt, space)


def _trials(hyperopt, space):
    t = hyperopt.Trials()
    hyperopt.fmin(lambda s: s["x"], space, hyperopt.tpe.suggest, 3, trials=t, show_progressbar=False)
    return t


def skrub():
    np, pd, rng, X, y, r, df = _data()
    import skrub
    words = pd.DataFrame({"w": ["ab c", "ab d", "xy"] * 20, "d": pd.date_range("2024-01-01", periods=60), "n": r, "g": df["g"]})
    yield "table", lambda: skrub.TableVectorizer().fit(words)
    yield "gap", lambda: skrub.GapEncoder(n_components=2).fit(words["w"])
    yield "minhash", lambda: skrub.MinHashEncoder(n_components=2).fit(words["w"])
    yield "similarity", lambda: skrub.SimilarityEncoder().fit(words[["w"]])
    yield "string", lambda: skrub.StringEncoder(n_components=2).fit(words["w"])
    yield "dates", lambda: skrub.DatetimeEncoder().fit(words["d"])
    yield "cleaner", lambda: skrub.Cleaner().fit(words)
    yield "pipeline", lambda: skrub.tabular_pipeline("regressor")
    yield "joiner", lambda: skrub.Joiner(words, key="w")
    yield "select", lambda: [skrub.SelectCols(["n"]), skrub.DropCols(["n"]), skrub.SelectCols(skrub.selectors.numeric())]


def feature_engine():
    np, pd, rng, X, y, r, df = _data()
    from feature_engine import creation, datetime, discretisation, encoding, imputation, outliers, selection, transformation, timeseries, wrappers, preprocessing
    d = df.drop(columns=["y"])
    for n in "OneHotEncoder OrdinalEncoder CountFrequencyEncoder MeanEncoder RareLabelEncoder WoEEncoder DecisionTreeEncoder StringSimilarityEncoder".split():
        yield n, lambda n=n: getattr(encoding, n)().fit(d, df["y"])
    for n in "MeanMedianImputer ArbitraryNumberImputer EndTailImputer CategoricalImputer RandomSampleImputer AddMissingIndicator DropMissingData".split():
        yield n, lambda n=n: getattr(imputation, n)().fit(d)
    for n in "EqualFrequencyDiscretiser EqualWidthDiscretiser DecisionTreeDiscretiser GeometricWidthDiscretiser".split():
        yield n, lambda n=n: getattr(discretisation, n)().fit(d, df["r"])
    for n in "Winsorizer OutlierTrimmer".split():
        yield n, lambda n=n: getattr(outliers, n)(fold=3.0).fit(d)
    for n in "LogTransformer LogCpTransformer PowerTransformer YeoJohnsonTransformer ReciprocalTransformer BoxCoxTransformer ArcsinTransformer".split():
        yield n, lambda n=n: getattr(transformation, n)().fit(df[["a", "b"]] + 0.01)
    for n in "DropConstantFeatures DropDuplicateFeatures DropCorrelatedFeatures".split():
        yield n, lambda n=n: getattr(selection, n)().fit(df[["a", "b", "r"]])
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    yield "SmartCorrelatedSelection", lambda: selection.SmartCorrelatedSelection().fit(df[["a", "b", "r"]])
    yield "RecursiveFeatureElimination", lambda: selection.RecursiveFeatureElimination(LogisticRegression(), cv=2).fit(df[["a", "b"]], df["y"])
    yield "wrapper", lambda: wrappers.SklearnTransformerWrapper(StandardScaler(), variables=["a"]).fit(df[["a", "b"]])
    yield "creation", lambda: [creation.MathFeatures(["a", "b"], ["sum"]), creation.RelativeFeatures(["a"], ["b"], ["add"]), creation.CyclicalFeatures(["a"]).fit(df[["a", "b"]])]
    yield "datetime", lambda: datetime.DatetimeFeatures().fit(pd.DataFrame({"d": pd.date_range("2024-01-01", periods=3)}))
    yield "lags", lambda: [timeseries.forecasting.LagFeatures(periods=[1]), timeseries.forecasting.WindowFeatures(window=2)]


def mapie():
    np, pd, rng, X, y, r, df = _data()
    from sklearn.linear_model import LinearRegression, LogisticRegression
    import mapie.regression as mr
    import mapie.classification as mc
    yield "split regressor", lambda: mr.SplitConformalRegressor(LinearRegression(), prefit=False).fit(X, r).conformalize(X, r)
    yield "cross regressor", lambda: mr.CrossConformalRegressor(LinearRegression(), cv=3).fit_conformalize(X, r)
    yield "jackknife", lambda: mr.JackknifeAfterBootstrapRegressor(LinearRegression(), resampling=3).fit_conformalize(X, r)
    yield "split classifier", lambda: mc.SplitConformalClassifier(LogisticRegression(), prefit=False).fit(X, y).conformalize(X, y)
    yield "MapieRegressor", lambda: mr.MapieRegressor(LinearRegression()).fit(X, r)


def ngboost():
    np, pd, rng, X, y, r, df = _data()
    import ngboost
    yield "regressor", lambda: ngboost.NGBRegressor(n_estimators=3, verbose=False).fit(X, r)
    yield "classifier", lambda: ngboost.NGBClassifier(n_estimators=3, verbose=False).fit(X, y)
    yield "survival", lambda: ngboost.NGBSurvival(n_estimators=3, verbose=False).fit(X, r - r.min() + 1, y)
    yield "lognormal", lambda: ngboost.NGBRegressor(Dist=ngboost.distns.LogNormal, n_estimators=3, verbose=False).fit(X, r - r.min() + 1)


def ultralytics():
    from ultralytics.cfg import get_cfg
    from ultralytics.nn import tasks
    for name, cls in (("yolov8n", "DetectionModel"), ("yolo11n", "DetectionModel"), ("yolov8n-seg", "SegmentationModel"), ("yolo11n-seg", "SegmentationModel"), ("yolov8n-cls", "ClassificationModel"), ("yolov8n-pose", "PoseModel"), ("yolov8n-obb", "OBBModel"),
                      ("yolov3-tiny", "DetectionModel"), ("yolov5n", "DetectionModel"), ("yolov6n", "DetectionModel"), ("yolov9t", "DetectionModel"), ("yolov10n", "DetectionModel"), ("yolo12n", "DetectionModel"), ("yolo26n", "DetectionModel"), ("rtdetr-l", "RTDETRDetectionModel"), ("yolov8s-world", "WorldModel")):
        def make(name=name, cls=cls):
            model = getattr(tasks, cls)(name + ".yaml", verbose=False)
            model.args, model.names = get_cfg(), {0: "a"}
            return model
        yield name, make


def peft():
    import torch
    import peft as p
    layers = lambda: torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Conv2d(8, 8, 3), torch.nn.Embedding(4, 8))
    for name in "AdaLora BOFT C3A Delora FourierFT GraLora HRA IA3 LN LoHa LoKr Lora OFT Poly RandLora Shira Vera VBLoRA".split():
        more = {"feedforward_modules": []} if name == "IA3" else {"total_step": 5} if name == "AdaLora" else {"num_vectors": 4, "vector_length": 2} if name == "VBLoRA" else {}
        yield name, lambda name=name, more=more: p.get_peft_model(layers(), getattr(p, name + ("Tuning" if name == "LN" else "") + "Config")(target_modules=["0"], **more))
    yield "Dora", lambda: p.get_peft_model(layers(), p.LoraConfig(target_modules=["0", "1", "2"], use_dora=True))
    yield "trained beside", lambda: p.get_peft_model(layers(), p.LoraConfig(target_modules=["0"], modules_to_save=["1"]))
    yield "prompts", lambda: [p.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2), p.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2), p.PromptEncoderConfig(task_type="SEQ_CLS", num_virtual_tokens=2)]


def diffusers():
    import diffusers as d
    down, up = ("DownBlock2D", "AttnDownBlock2D"), ("AttnUpBlock2D", "UpBlock2D")
    yield "UNet2D", lambda: d.UNet2DModel(sample_size=8, layers_per_block=1, block_out_channels=(32, 32), down_block_types=down, up_block_types=up, norm_num_groups=8)
    yield "UNet2DCondition", lambda: d.UNet2DConditionModel(sample_size=8, block_out_channels=(32, 32), layers_per_block=1, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=16, norm_num_groups=8, attention_head_dim=8)
    yield "AutoencoderKL", lambda: d.AutoencoderKL(block_out_channels=(32,), norm_num_groups=8)
    yield "VQModel", lambda: d.VQModel(block_out_channels=(32,), norm_num_groups=8)
    yield "Transformer2D", lambda: d.DiTTransformer2DModel(num_attention_heads=2, attention_head_dim=8, num_layers=1, sample_size=8, norm_num_groups=8)
    yield "SD3", lambda: d.SD3Transformer2DModel(sample_size=8, num_layers=1, attention_head_dim=8, num_attention_heads=2, joint_attention_dim=16, caption_projection_dim=16, pooled_projection_dim=16)
    yield "Flux", lambda: d.FluxTransformer2DModel(num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16, pooled_projection_dim=16, axes_dims_rope=(4, 4, 8))
    yield "ControlNet", lambda: d.ControlNetModel(block_out_channels=(32, 32), layers_per_block=1, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=16, norm_num_groups=8, attention_head_dim=8)


LIBRARIES = [ultralytics, peft, diffusers, statsmodels, networkx, catboost, gensim, nltk, matplotlib, umap, hdbscan, lifelines, pygam, river, mlxtend, tslearn, optuna, hyperopt, skrub, feature_engine, mapie, ngboost]
MISSING = ImportError  # what it means that a version lacks all of a library's function
