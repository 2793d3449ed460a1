"""Ordinary objects of libraries of single fields; see ordinary.py.

Each function of LIBRARIES yields (name, function that makes the object); what a version does not have is left out.
"""
import warnings

warnings.simplefilter("ignore")


def _data():
    import numpy as np
    rng = np.random.RandomState(0)
    X = rng.rand(60, 3)
    return np, X, (X[:, 0] + X[:, 1] > 1).astype(int), X @ [1.0, 2.0, -1.0] + 0.1 * rng.rand(60)


def gpytorch():
    import gpytorch as g
    import torch
    yield "kernels", lambda: [g.kernels.ScaleKernel(g.kernels.RBFKernel()), g.kernels.MaternKernel(), g.kernels.PeriodicKernel(), g.kernels.LinearKernel(), g.means.ConstantMean(), g.means.ZeroMean(), g.means.LinearMean(2)]
    yield "likelihood", lambda: [g.likelihoods.GaussianLikelihood(), g.likelihoods.BernoulliLikelihood()]
    yield "priors", lambda: [g.priors.GammaPrior(3.0, 6.0), g.priors.NormalPrior(0.0, 1.0)]
    yield "normal", lambda: g.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))


def botorch():
    import torch
    from botorch.models import SingleTaskGP
    from botorch.models.transforms import Normalize, Standardize
    yield "transforms", lambda: [Standardize(1), Normalize(2)]
    yield "model", lambda: SingleTaskGP(torch.rand(5, 2).double(), torch.rand(5, 1).double())


def pyro():
    import torch
    from pyro import distributions, nn, optim
    yield "dense", lambda: nn.DenseNN(2, [3], [1])
    yield "optimizer", lambda: optim.Adam({"lr": 0.1})
    yield "distributions", lambda: [distributions.Normal(0.0, 1.0), distributions.Dirichlet(torch.ones(2))]


def monai():
    import torch
    from monai import data, losses, transforms
    from monai.networks import nets as n
    yield "UNet", lambda: n.UNet(2, 1, 2, (4, 8), (2,))
    yield "SegResNet", lambda: n.SegResNet(2, 8)
    yield "UNETR", lambda: n.UNETR(1, 2, (16, 16, 16), feature_size=4, hidden_size=12, mlp_dim=8, num_heads=2)
    yield "SwinUNETR", lambda: n.SwinUNETR(1, 2, feature_size=12, spatial_dims=2)
    yield "DenseNet", lambda: n.DenseNet121(2, 1, 2)
    yield "ResNet", lambda: n.resnet10(spatial_dims=2, n_input_channels=1, num_classes=2)
    yield "BasicUNet", lambda: n.BasicUNet(2, 1, 2)
    yield "DynUNet", lambda: n.DynUNet(2, 1, 2, [3, 3, 3], [1, 2, 2], [2, 2])
    yield "VNet", lambda: n.VNet()
    yield "AttentionUnet", lambda: n.AttentionUnet(2, 1, 2, (4, 8), (2,))
    yield "ViT", lambda: n.ViT(1, (16, 16), (8, 8), hidden_size=12, mlp_dim=8, num_layers=1, num_heads=2, spatial_dims=2)
    yield "losses", lambda: [losses.DiceLoss(), losses.DiceCELoss(), losses.FocalLoss(), losses.TverskyLoss()]
    yield "transforms", lambda: transforms.Compose([transforms.ScaleIntensity(), transforms.RandFlip(), transforms.NormalizeIntensityd("a")])
    yield "meta", lambda: data.MetaTensor(torch.ones(2, 2))


def kornia():
    import kornia as k
    yield "augmentation", lambda: k.augmentation.AugmentationSequential(k.augmentation.RandomHorizontalFlip(), k.augmentation.ColorJitter(0.1, 0.1, 0.1, 0.1))
    yield "filters", lambda: [k.filters.GaussianBlur2d((3, 3), (1.0, 1.0)), k.filters.Sobel(), k.color.RgbToGrayscale(), k.losses.SSIMLoss(3)]
    yield "features", lambda: [k.feature.HardNet(), k.feature.SOSNet(), k.feature.LAFOrienter()]


def open_clip():
    import open_clip
    for n in "ViT-S-32 RN50 coca_base".split():
        yield n, lambda n=n: open_clip.create_model(n)


def whisper():
    from whisper.model import ModelDimensions, Whisper
    yield "model", lambda: Whisper(ModelDimensions(8, 10, 8, 2, 1, 60, 10, 8, 2, 1))


def efficientnet_pytorch():
    from efficientnet_pytorch import EfficientNet
    yield "b0", lambda: EfficientNet.from_name("efficientnet-b0")


def tensordict():
    import torch
    from tensordict.nn import TensorDictModule, TensorDictSequential
    yield "modules", lambda: TensorDictSequential(TensorDictModule(torch.nn.Linear(2, 2), ["a"], ["b"]))


def interpret():
    np, X, y, r = _data()
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
    yield "classifier", lambda: ExplainableBoostingClassifier(n_jobs=1, max_rounds=20).fit(X, y)
    yield "regressor", lambda: ExplainableBoostingRegressor(n_jobs=1, max_rounds=20).fit(X, r)
    yield "explanation", lambda: ExplainableBoostingClassifier(n_jobs=1, max_rounds=20).fit(X, y).explain_global()


def econml():
    np, X, y, r = _data()
    from econml.dml import CausalForestDML, LinearDML
    from econml.dr import DRLearner
    from econml.metalearners import SLearner, TLearner, XLearner
    from sklearn.linear_model import LinearRegression, LogisticRegression
    a, b = LinearRegression, LogisticRegression
    yield "dml", lambda: LinearDML(model_y=a(), model_t=b(), discrete_treatment=True).fit(r, y, X=X)
    yield "forest", lambda: CausalForestDML(model_y=a(), model_t=a(), n_estimators=8).fit(r, y, X=X)
    yield "metalearners", lambda: [TLearner(models=a()).fit(r, y, X=X), SLearner(overall_model=a()).fit(r, y, X=X), XLearner(models=a(), propensity_model=b()).fit(r, y, X=X)]
    yield "dr", lambda: DRLearner(model_propensity=b(), model_regression=a(), model_final=a()).fit(r, y, X=X)


def boruta():
    np, X, y, r = _data()
    from boruta import BorutaPy
    from sklearn.ensemble import RandomForestClassifier
    yield "boruta", lambda: BorutaPy(RandomForestClassifier(5), n_estimators=5, max_iter=3).fit(X, y)


def tsfresh():
    from tsfresh.transformers import FeatureAugmenter, FeatureSelector, RelevantFeatureAugmenter
    np, X, y, r = _data()
    import pandas as pd
    yield "selector", lambda: FeatureSelector().fit(pd.DataFrame(X), pd.Series(r))
    yield "augmenters", lambda: [RelevantFeatureAugmenter(), FeatureAugmenter()]


def skimage():
    np, X, y, r = _data()
    from skimage import feature, measure, transform as t
    yield "transforms", lambda: [t.AffineTransform(scale=2), t.SimilarityTransform(), t.EuclideanTransform(), t.ProjectiveTransform(), t.PolynomialTransform(), t.FundamentalMatrixTransform(), t.EssentialMatrixTransform()]
    yield "piecewise", lambda: t.PiecewiseAffineTransform.from_estimate(X[:8, :2], X[:8, 1:])
    yield "models", lambda: [measure.LineModelND(), measure.CircleModel(), measure.EllipseModel(), feature.ORB()]


def sktime():
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from sktime.classification.dummy import DummyClassifier
    from sktime.classification.kernel_based import RocketClassifier
    from sktime.forecasting.compose import TransformedTargetForecaster, make_reduction
    from sktime.forecasting.naive import NaiveForecaster
    from sktime.forecasting.trend import PolynomialTrendForecaster, TrendForecaster
    from sktime.transformations.series.detrend import Deseasonalizer, Detrender
    y = pd.Series(np.arange(40.0), index=pd.period_range("2020", periods=40, freq="M"))
    yield "naive", lambda: NaiveForecaster().fit(y, fh=[1])
    yield "trend", lambda: [TrendForecaster().fit(y), PolynomialTrendForecaster().fit(y), Deseasonalizer().fit(y)]
    yield "reduction", lambda: make_reduction(LinearRegression(), window_length=3).fit(y, fh=[1])
    yield "pipeline", lambda: TransformedTargetForecaster([("d", Detrender()), ("f", NaiveForecaster())]).fit(y)
    yield "classifiers", lambda: [DummyClassifier(), RocketClassifier(num_kernels=50)]


def xarray():
    import numpy as np
    import pandas as pd
    import xarray as xr
    yield "array", lambda: xr.DataArray(np.eye(2), dims=("x", "y"), coords={"x": [1, 2]})
    yield "dataset", lambda: xr.Dataset({"a": ("t", np.arange(3.0))}, coords={"t": pd.date_range("2024", periods=3)})


def windows():
    import pandas as pd
    d = pd.DataFrame({"a": [1, 1, 2], "b": [1.0, 2.0, 3.0]}, index=pd.date_range("2024", periods=3))
    yield "groups", lambda: [d.groupby("a"), d.groupby("a")["b"]]
    yield "windows", lambda: [d[["b"]].rolling(2), d["b"].rolling(2), d[["b"]].expanding(), d[["b"]].ewm(2), d.groupby("a").rolling(2)]
    yield "resampled", lambda: [d[["b"]].resample("D"), d["b"].resample("D")]


def hetero():
    import torch
    from torch_geometric.data import HeteroData, TemporalData
    h = HeteroData()
    h["a"].x = torch.ones(2, 2)
    h["a", "to", "a"].edge_index = torch.tensor([[0], [1]])
    one = torch.tensor([1])
    yield "data", lambda: [h, TemporalData(src=one, dst=one, t=one, msg=torch.ones(1, 2))]


def optax():
    import jax.numpy as jnp
    import optax
    p = {"w": jnp.ones(2)}
    yield "optimizers", lambda: [m.init(p) for m in (optax.adam(1e-3), optax.sgd(0.1, momentum=0.9), optax.adamw(1e-3), optax.rmsprop(0.1), optax.chain(optax.clip(1.0), optax.lamb(1e-3)), optax.adagrad(0.1), optax.lion(1e-3))]


LIBRARIES = [gpytorch, botorch, pyro, monai, kornia, open_clip, whisper, efficientnet_pytorch, tensordict, interpret, econml, boruta, tsfresh, skimage, sktime, xarray, windows, hetero, optax]
MISSING = Exception
