"""Functions of nodes, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minigraph.graph import Node, Operand, Parameter

__all__ = ["Sequential"]


class Sequential:
    """y = fₖ(… f₂(f₁(x))): calls each layer on the result of the one before.

    A layer is an op, another Sequential, or any function of a node.

    >>> net = mg.Sequential(Affine(4, 3, seed=0), ReLU(), Affine(3, 2, seed=1))
    >>> net
    Sequential(Affine(4, 3), ReLU(), Affine(3, 2))
    >>> [parameter.shape for parameter in net.parameters]
    [(4, 3), (3,), (3, 2), (2,)]
    >>> net(np.ones((5, 4))).shape
    (5, 2)
    """

    def __init__(self, *layers: Callable[[Any], Node]) -> None:
        for layer in layers:
            if isinstance(layer, type):
                raise TypeError(f"Sequential: {layer.__name__} is a class; make a layer of it: {layer.__name__}()")
            if not callable(layer):
                raise TypeError(f"Sequential: {layer!r} is not a layer: it must be callable on a node")
        if not layers:
            raise ValueError("Sequential: needs at least one layer")
        self.layers = layers

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the layers in order, each once even where a layer is used twice."""
        found = (p for layer in self.layers for p in getattr(layer, "parameters", ()))
        return tuple(dict.fromkeys(found))

    def __call__(self, x: Operand) -> Node:
        first, *others = self.layers
        node = first(x)
        for layer in others:
            node = layer(node)
        return node

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[[Any], Node]]:
        return iter(self.layers)

    def __getitem__(self, i: int) -> Callable[[Any], Node]:
        return self.layers[i]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
