"""What the lesson refuses is refused in every run, with its own words: a quick look, and its forward where in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Builder
from minigraph.compile.refs import Ref
from minigraph.graph import Node, Op

__all__ = ["is_nan", "not_in_unit", "refuse"]


class _Look:
    """Runs an op's own forward, for the error that it raises, where what is seen looks wrong."""

    def __init__(self, op: Op, wrong: Callable[[Array], Any]) -> None:
        self.op, self.wrong, self.__name__ = op, wrong, f"check_{op.name}"

    def __call__(self, seen: Array, *operands: Array) -> None:
        if self.wrong(seen):
            self.op.run(operands)


def refuse(b: Builder, node: Node, wrong: Callable[[Array], Any], seen: Ref) -> None:
    """Has the op of a node look at its inputs in each run in which `seen` is `wrong`."""
    assert node.op is not None
    b.call(_Look(node.op, wrong), seen, *map(b.value, node.inputs), writes=())


def is_nan(number: Array) -> bool:
    return bool(number != number)


def not_in_unit(p: Array) -> bool:
    return not (np.minimum.reduce(p, None) >= 0 and np.maximum.reduce(p, None) <= 1)
