"""What people write who come from other libraries, and what it is called here: for error messages only."""

from __future__ import annotations

from typing import Any, NoReturn

from minigraph import ops
from minigraph.graph import Node

__all__ = ["not_here"]

LAYERS = {
    "AvgPool2d": "AvgPool2D", "AveragePooling2D": "AvgPool2D",
    "BCELoss": "BinaryCrossEntropy", "BCEWithLogitsLoss": "SigmoidWithLoss", "BatchNorm1d": "BatchNorm",
    "BatchNorm2d": "BatchNorm", "BatchNormalization": "BatchNorm", "BinaryCrossentropy": "BinaryCrossEntropy",
    "CategoricalCrossentropy": "CategoricalCrossEntropy", "Conv2d": "Conv2D", "Convolution": "Conv2D",
    "CrossEntropyLoss": "SoftmaxWithLoss", "Dense": "Affine", "L1Loss": "MeanAbsoluteError",
    "LayerNormalization": "LayerNorm", "Linear": "Affine", "MAE": "MeanAbsoluteError", "MSE": "MeanSquaredError",
    "MSELoss": "MeanSquaredError", "MaxPool2d": "MaxPool2D", "MaxPooling2D": "MaxPool2D",
    "MultiMarginLoss": "MulticlassHinge", "RMSE": "RootMeanSquaredError", "Relu": "ReLU",
    "SparseCategoricalCrossentropy": "SparseCategoricalCrossEntropy",
}  # fmt: skip
ATTRIBUTES = {
    "data": "node.value",
    "detach": "node.value: an array is part of no graph",
    "flatten": "node.reshape(-1), or the layer Flatten",
    "numpy": "node.value, which is an array",
    "softmax": "the layer Softmax",
    "view": "node.reshape",
    "zero_grad": "nothing: backward replaces the gradients",
}
FUNCTIONS = {name for name in ops.__all__ if name.islower()}


def not_here(module: str, name: str) -> NoReturn:
    """The error for a name that a module lacks.

    For a name of another library an ImportError, since ``from … import`` would swallow the words of an AttributeError.
    """
    if name in LAYERS:
        raise ImportError(f"{module} has no {name}: here it is minigraph.layers.{LAYERS[name]}; see docs/names.md")
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _missing(node: Node, name: str) -> NoReturn:
    instead = f"minigraph.{name}(node)" if name in FUNCTIONS else ATTRIBUTES.get(name)
    says = f"; write {instead}" if instead else ""
    raise AttributeError(f"a {type(node).__name__} has no attribute {name!r}{says}", name=name, obj=node)


def _no_array(node: Node, *options: Any, **named: Any) -> NoReturn:
    raise TypeError("NumPy cannot compute with a node: write minigraph.exp(node), or take its numbers: node.value")


setattr(Node, "__getattr__", _missing)
setattr(Node, "__array__", _no_array)
