"""The layers: one class each, written as the formulas of a textbook. Imported as ``minigraph.layers``."""

from minigraph.layers.activations import ReLU
from minigraph.layers.affine import Affine
from minigraph.layers.attention import Attention
from minigraph.layers.convolution import Conv2D
from minigraph.layers.losses import CrossEntropy, SoftmaxWithLoss
from minigraph.layers.pooling import AvgPool2D, MaxPool2D
from minigraph.layers.shape import Flatten
from minigraph.layers.softmax import Softmax
from minigraph.sequential import Sequential

__all__ = [
    "Affine", "Attention", "AvgPool2D", "Conv2D", "CrossEntropy", "Flatten", "MaxPool2D", "ReLU", "Sequential",
    "Softmax", "SoftmaxWithLoss",
]  # fmt: skip
