"""The layers: one class each, written as the formulas of a textbook. Imported as ``minigraph.layers``."""

from minigraph.layers.activations import GELU, LeakyReLU, Logit, ReLU, Sigmoid, SiLU, Softplus, Tanh
from minigraph.layers.affine import Affine
from minigraph.layers.losses import CrossEntropy, SoftmaxWithLoss
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.sequential import Sequential

__all__ = [
    "GELU", "Affine", "CrossEntropy", "LeakyReLU", "LogSoftmax", "Logit", "ReLU", "Sequential", "SiLU", "Sigmoid",
    "Softmax", "SoftmaxWithLoss", "Softplus", "Tanh",
]  # fmt: skip
