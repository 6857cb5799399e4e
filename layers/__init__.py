"""The layers: one class each, written as the formulas of a textbook. Imported as ``minigraph.layers``."""

from minigraph.layers.activations import ReLU
from minigraph.layers.affine import Affine
from minigraph.layers.dropout import Dropout
from minigraph.layers.embedding import Embedding
from minigraph.layers.losses import CrossEntropy, SoftmaxWithLoss
from minigraph.layers.normalization import BatchNorm, LayerNorm
from minigraph.layers.softmax import Softmax
from minigraph.layers.tree import PathProduct, TreeSoftmax
from minigraph.sequential import Sequential

__all__ = [
    "Affine", "BatchNorm", "CrossEntropy", "Dropout", "Embedding", "LayerNorm", "PathProduct", "ReLU", "Sequential",
    "Softmax", "SoftmaxWithLoss", "TreeSoftmax",
]  # fmt: skip
