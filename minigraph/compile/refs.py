"""Places for arrays: what the calls of a plan read and write, before and after they are given memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.arrays import Array

__all__ = ["Feed", "Look", "Ref", "known"]

Look = Callable[[Array], Array]


@dataclass(eq=False)
class Ref:
    """An array that calls read and write: memory of the plan, a known array, or another ref looked at differently.

    array: the memory, once there is some · base, looks: what the memory belongs to, and how to look at it, step by
    step; the name of such a view has {} for that of its base ·
    constant: the number that every element is, where that is known; such a ref may have shape ().
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    name: str
    array: Array | None = None
    base: Ref | None = None
    looks: tuple[Look, ...] = ()
    constant: float | None = None

    @property
    def root(self) -> Ref:
        return self if self.base is None else self.base

    def seen_in(self, memory: Array) -> Array:
        """This view of the root's memory."""
        for look in self.looks:
            memory = look(memory)
        return memory

    def viewed(self, name: str, look: Look, shape: tuple[int, ...]) -> Ref:
        """This ref looked at differently."""
        inner = self.name if self.base is not None else "{}"
        return Ref(shape, self.dtype, name.format(inner), None, self.root, (*self.looks, look), self.constant)

    @property
    def _sample(self) -> Array:
        """An array that lies as this one does, with any numbers."""
        return self.seen_in(np.empty(self.root.shape, self.root.dtype) if self.root.array is None else self.root.array)

    @property
    def in_one_piece(self) -> bool:
        """Whether it is in C order for sure; a feed comes in any order."""
        return not isinstance(self.root, Feed) and self._sample.flags.c_contiguous

    @property
    def axes(self) -> tuple[int, ...]:
        """Its axes as they follow each other in memory, outermost first; for a feed as if it were in C order."""
        strides = self._sample.strides
        return tuple(sorted(range(len(strides)), key=lambda axis: -strides[axis]))

    @property
    def resolved(self) -> Array:
        """The array, once its root has memory; of a feed as it is now."""
        if self.array is not None:
            return self.array
        memory = self.root.array
        assert memory is not None, f"{self.name} has no memory"
        seen = self.seen_in(memory)
        if not isinstance(self.root, Feed):
            self.array = seen
        return seen

    def __str__(self) -> str:
        return self.name if self.base is None else self.name.format(self.base)


@dataclass(eq=False)
class Feed(Ref):
    """A leaf whose array may be another one at each run.

    uses, views: the arguments to be exchanged, those that take it as it is, and those that look at it differently.
    """

    uses: list[tuple[list[Any], int]] = field(default_factory=list)
    views: list[tuple[list[Any], int, Ref]] = field(default_factory=list)

    def bind(self, array: Array) -> None:
        self.array = array
        for arguments, i in self.uses:
            arguments[i] = array
        for arguments, i, ref in self.views:
            arguments[i] = ref.seen_in(array)


def known(array: Array, name: str, constant: float | None = None) -> Ref:
    """A ref to an array that is there already."""
    return Ref(array.shape, array.dtype, name, array, constant=constant)
