"""Ordinary objects of further libraries; see ordinary.py.

Each function of LIBRARIES yields (name, function that makes the object); what a version does not have is left out.
"""
import warnings

warnings.simplefilter("ignore")


def einops():
    from einops.layers.torch import EinMix, Rearrange, Reduce
    yield "layers", lambda: [Rearrange("b c h w -> b (c h w)"), Rearrange("b (p q) c -> b p (q c)", p=2), Reduce("b c h -> b c", "mean"), EinMix("b c -> b d", weight_shape="c d", c=2, d=3)]


def segmentation_models_pytorch():
    import segmentation_models_pytorch as smp
    for n in "Unet UnetPlusPlus FPN PSPNet DeepLabV3 DeepLabV3Plus Linknet MAnet PAN UPerNet Segformer".split():
        yield n, lambda n=n: _empty(getattr(smp, n), "resnet18")
    for e in "efficientnet-b0 mobilenet_v2 mit_b0 tu-resnet18 vgg11 densenet121 timm-mobilenetv3_small_075 mobileone_s0 xception".split():
        yield e, lambda e=e: _empty(smp.Unet, e)
    yield "losses", lambda: [smp.losses.DiceLoss("binary"), smp.losses.FocalLoss("binary"), smp.losses.JaccardLoss("binary"), smp.losses.TverskyLoss("binary"), smp.losses.LovaszLoss("binary"), smp.losses.SoftBCEWithLogitsLoss()]


def _empty(model, encoder):
    import torch
    with torch.device("meta"):
        return model(encoder_name=encoder, encoder_weights=None)


def torch_geometric():
    import torch
    from torch_geometric import nn, transforms
    from torch_geometric.data import Batch, Data
    d = Data(x=torch.ones(3, 2), edge_index=torch.tensor([[0, 1], [1, 2]]), y=torch.tensor([0]))
    yield "data", lambda: [d, Batch.from_data_list([d, d])]
    lin = torch.nn.Linear
    for n, a in dict(GCNConv=(2, 3), GATConv=(2, 3), GATv2Conv=(2, 3), SAGEConv=(2, 3), GINConv=(lin(2, 2),), GraphConv=(2, 3), ChebConv=(2, 3, 2), TransformerConv=(2, 3), EdgeConv=(lin(4, 2),), GCN=(2, 3, 2), GraphSAGE=(2, 3, 2), GAT=(2, 4, 2), GIN=(2, 3, 2),
                     JumpingKnowledge=("cat",), BatchNorm=(2,), GraphNorm=(2,), TopKPooling=(2,), MLP=([2, 3],), Linear=(2, 3), RGCNConv=(2, 3, 2), NNConv=(2, 3, lin(1, 6)), SGConv=(2, 3), APPNP=(2, 0.1), SchNet=()).items():
        yield n, lambda n=n, a=a: getattr(nn, n)(*a)
    yield "transforms", lambda: transforms.Compose([transforms.NormalizeFeatures(), transforms.ToUndirected()])


def torchaudio():
    import torchaudio
    t, m = torchaudio.transforms, torchaudio.models
    yield "transforms", lambda: [t.MelSpectrogram(n_fft=64, n_mels=4), t.MFCC(n_mfcc=2, melkwargs={"n_fft": 64, "n_mels": 4}), t.Resample(8000, 4000), t.AmplitudeToDB(), t.FrequencyMasking(2), t.TimeMasking(2)]
    yield "models", lambda: [m.DeepSpeech(4), m.Wav2Letter(3), m.Conformer(8, 2, 16, 1, 3), m.ConvTasNet(num_sources=2, msk_num_layers=2, msk_num_stacks=1)]
    yield "wav2vec", lambda: m.wav2vec2_base()


def hmmlearn():
    import numpy as np
    from hmmlearn import hmm
    rng = np.random.RandomState(0)
    X = rng.rand(60, 2)
    yield "gaussian", lambda: hmm.GaussianHMM(2).fit(X)
    yield "mixtures", lambda: hmm.GMMHMM(2).fit(X)
    yield "categories", lambda: hmm.CategoricalHMM(2).fit(rng.randint(0, 3, (40, 1)))
    yield "others", lambda: [hmm.MultinomialHMM(2), hmm.PoissonHMM(2)]


def skopt():
    import skopt
    from sklearn.linear_model import LogisticRegression
    import numpy as np
    X = np.random.RandomState(0).rand(40, 2)
    yield "space", lambda: [skopt.space.Real(0, 1), skopt.space.Integer(1, 3), skopt.space.Categorical(["a", "b"])]
    yield "optimizer", lambda: skopt.Optimizer([(0.0, 1.0)])
    yield "search", lambda: skopt.BayesSearchCV(LogisticRegression(), {"C": (0.1, 1.0)}, n_iter=2, cv=3).fit(X, (X[:, 0] > 0.5).astype(int))


def gymnasium():
    from gymnasium import spaces
    yield "spaces", lambda: [spaces.Box(0, 1, (2,)), spaces.Discrete(3), spaces.Dict({"a": spaces.MultiDiscrete([2, 3])}), spaces.Tuple([spaces.MultiBinary(2)])]


def stable_baselines3():
    import gymnasium
    import stable_baselines3 as sb3
    from stable_baselines3.common import buffers, utils, vec_env
    for n in "PPO A2C DQN SAC TD3".split():
        yield n, lambda n=n: _agent(getattr(sb3, n), "Pendulum-v1" if n in ("SAC", "TD3") else "CartPole-v1")
    yield "normalize", lambda: vec_env.VecNormalize(vec_env.DummyVecEnv([lambda: gymnasium.make("CartPole-v1")]))
    yield "buffer", lambda: buffers.ReplayBuffer(4, gymnasium.spaces.Box(0, 1, (2,)), gymnasium.spaces.Discrete(2), device="cpu")
    yield "schedules", lambda: [utils.FloatSchedule(0.1), utils.LinearSchedule(1.0, 0.1, 0.5)]


def _agent(cls, env):
    m = cls("MlpPolicy", env, device="cpu", policy_kwargs={"net_arch": [4]})
    return [m.policy, m.policy_class, getattr(m, "train_freq", None), m.lr_schedule, m.observation_space, m.action_space]


def scipy():
    import numpy as np
    from scipy import interpolate, stats
    a, b = np.arange(9.0), np.arange(9.0) ** 2
    yield "extrapolate", lambda: [interpolate.interp1d(a, b, fill_value="extrapolate"), interpolate.interp1d(a, b, kind="nearest", fill_value=(0, 1), bounds_error=False)]
    for n in "alexandergovern ranksums theilslopes siegelslopes median_test".split():
        yield n, lambda n=n: getattr(stats, n)(a, b)
    yield "tables", lambda: [stats.contingency.crosstab([1, 2], [1, 2]), stats.barnard_exact([[5, 6], [7, 8]]), stats.cumfreq(a), stats.relfreq(a)]
    yield "permutations", lambda: stats.permutation_test((a, b), np.subtract, n_resamples=9)


def yacs():
    from yacs.config import CfgNode
    yield "configuration", lambda: CfgNode({"a": {"lr": 0.1}, "sizes": [1, 2], "name": "x"})


LIBRARIES = [yacs, einops, segmentation_models_pytorch, torch_geometric, torchaudio, hmmlearn, skopt, gymnasium, stable_baselines3, scipy]
MISSING = (ImportError, AttributeError)
