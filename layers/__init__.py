"""The layers: one class each, written as the formulas of a textbook. Imported as ``minigraph.layers``."""

from typing import Any

from minigraph.hints import not_here
from minigraph.layers.activations import GELU, LeakyReLU, Logit, ReLU, Sigmoid, SiLU, Softplus, Tanh
from minigraph.layers.affine import Affine
from minigraph.layers.attention import Attention
from minigraph.layers.binary import BinaryCrossEntropy, SigmoidWithLoss
from minigraph.layers.classification import FocalLoss, MulticlassHinge
from minigraph.layers.convolution import Conv2D
from minigraph.layers.dropout import Dropout
from minigraph.layers.embedding import Embedding
from minigraph.layers.information import cross_entropy, entropy, kl_divergence
from minigraph.layers.losses import (
    CategoricalCrossEntropy,
    CrossEntropy,
    NLLLoss,
    SoftmaxWithLoss,
    SparseCategoricalCrossEntropy,
)
from minigraph.layers.normalization import BatchNorm, LayerNorm
from minigraph.layers.pooling import AvgPool2D, MaxPool2D
from minigraph.layers.regression import MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError
from minigraph.layers.regularization import L1, L2
from minigraph.layers.shape import Flatten
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.layers.targets import from_one_hot, one_hot
from minigraph.layers.tree import PathProduct, TreeSoftmax
from minigraph.sequential import Sequential

__all__ = [
    "GELU", "L1", "L2", "Affine", "Attention", "AvgPool2D", "BatchNorm", "BinaryCrossEntropy",
    "CategoricalCrossEntropy", "Conv2D", "CrossEntropy", "Dropout", "Embedding", "Flatten", "FocalLoss", "LayerNorm",
    "LeakyReLU", "LogSoftmax", "Logit", "MaxPool2D", "MeanAbsoluteError", "MeanSquaredError", "MulticlassHinge",
    "NLLLoss", "PathProduct", "ReLU", "RootMeanSquaredError", "Sequential", "SiLU", "Sigmoid", "SigmoidWithLoss",
    "Softmax", "SoftmaxWithLoss", "Softplus", "SparseCategoricalCrossEntropy", "Tanh", "TreeSoftmax", "cross_entropy",
    "entropy", "from_one_hot", "kl_divergence", "one_hot",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    not_here(__name__, name)
