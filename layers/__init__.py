"""The layers: one class each, written as the formulas of a textbook. Imported as ``minigraph.layers``."""

from minigraph.layers.activations import ReLU
from minigraph.layers.affine import Affine
from minigraph.layers.losses import CrossEntropy, SoftmaxWithLoss
from minigraph.layers.softmax import Softmax
from minigraph.sequential import Sequential

__all__ = ["Affine", "CrossEntropy", "ReLU", "Sequential", "Softmax", "SoftmaxWithLoss"]
