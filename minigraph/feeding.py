"""Arrays for the leaves of a graph, given by name or by node: held to what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from minigraph.arrays import Array, ArrayLike, as_numbers, shape_text
from minigraph.naming import is_number

if TYPE_CHECKING:
    from minigraph.graph import Node

__all__ = ["Feeding"]


class Feeding:
    """What may be fed to the leaves among `nodes`, and errors that say what came and what was needed."""

    def __init__(self, nodes: Iterable[Node], names: Mapping[Node, str]) -> None:
        self.names = names
        self.leaves = {name: node for node, name in names.items() if node.op is None and not is_number(node)}
        # what some op takes for more than a constant: not labels, which may be written in several ways
        uses = ((node.op.constants, i, source) for node in nodes if node.op for i, source in enumerate(node.inputs))
        self._computed_with = {source for constants, i, source in uses if i not in constants}

    def __call__(
        self, feeds: Mapping[Node | str, ArrayLike] | None, named: Mapping[str, ArrayLike]
    ) -> dict[Node, Array]:
        """An array for each leaf that is fed."""
        if feeds is not None and not isinstance(feeds, Mapping):
            raise TypeError(f"Graph: feed by name (x=…) or with a dict of leaves; got {type(feeds).__name__}")
        fed: dict[Node, Array] = {}
        for key, value in chain((feeds or {}).items(), named.items()):
            node = self.leaves.get(key) if isinstance(key, str) else key
            if node is None or node.op is not None or node not in self.names:
                is_name = isinstance(key, str)
                what = f"there is no leaf named {key!r}" if is_name else f"{key!r} is not a leaf of this graph"
                raise ValueError(f"Graph: {what}; the leaves are {', '.join(self.leaves)}")
            if node in fed:
                raise ValueError(f"Graph: {self.names[node]} is fed twice")
            fed[node] = self.checked(node, value)
        return fed

    def checked(self, node: Node, value: ArrayLike) -> Array:
        """The array that a leaf is fed, in the type that was recorded; NaN is refused."""
        fed = as_numbers(f"Graph: {self.names[node]}", value)
        if node in self._computed_with and fed.ndim != node.value.ndim:
            came, was = shape_text(fed.shape), shape_text(node.shape)
            raise ValueError(
                f"Graph: {self.names[node]} was recorded as {was}, fed {came}; only sizes may change, not axes"
            )
        if node in self._computed_with and node.value.dtype.kind == "f":
            fed = fed.astype(node.value.dtype, copy=False)
            nan = np.isnan(fed)
            if nan.any():
                first = shape_text(tuple(map(int, np.argwhere(nan)[0])))
                found = f"{nan.sum()} NaN of {fed.size} values, the first at {first}"
                raise ValueError(f"Graph: {self.names[node]} has {found}")
        return fed
