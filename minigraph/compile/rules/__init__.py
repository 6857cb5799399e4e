"""How ops are computed in a program: one function for each, registered for its class."""

from minigraph.compile.rules import (
    activations,
    attention,
    elementwise,
    embedding,
    images,
    linear,
    losses,
    normalization,
    shapes,
    softmax,
)

__all__ = [
    "activations",
    "attention",
    "elementwise",
    "embedding",
    "images",
    "linear",
    "losses",
    "normalization",
    "shapes",
    "softmax",
]
