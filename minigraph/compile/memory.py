"""Memory for the refs of a plan: a buffer serves again as soon as nobody reads what it held."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.refs import Ref

__all__ = ["Call", "allocate", "larger"]


@dataclass(eq=False)
class Call:
    """A function and its arguments, refs among them. writes: those that it fills; note: which node it is for."""

    function: Any
    arguments: tuple[Any, ...]
    writes: tuple[Ref, ...]
    note: str = ""

    @property
    def refs(self) -> list[Ref]:
        return [argument for argument in self.arguments if isinstance(argument, Ref)]

    @property
    def by_element(self) -> bool:
        """Whether each number of the output comes from those in the same place of the inputs."""
        ufunc = isinstance(self.function, np.ufunc) and self.function.signature is None
        return ufunc or getattr(self.function, "in_place", False)

    def may_overwrite(self, old: Ref, new: Ref) -> bool:
        """Whether the memory of `old`, which is read, may be that of `new`: element by element, each in its place."""
        looks = [ref for ref in self.refs if ref.root is old]
        same = old.shape == new.shape and old.dtype == new.dtype and new in self.writes
        return same and self.by_element and all(ref is old for ref in looks)

    def __str__(self) -> str:
        function, inputs = self.function, [*self.arguments]
        of = f"{function.__self__.__name__}." if isinstance(getattr(function, "__self__", None), np.ufunc) else ""
        for ref in self.writes:  # where a call works in place, its memory is an input too
            del inputs[next(i for i in reversed(range(len(inputs))) if inputs[i] is ref)]
        outputs = ", ".join(map(str, self.writes))
        return f"{outputs}{' = ' * bool(outputs)}{of}{function.__name__}({', '.join(map(str, inputs))})"


def larger(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)  # NumPy wants this one's out by keyword


larger.in_place = True  # type: ignore[attr-defined]


def allocate(calls: Sequence[Call], kept: Iterable[Ref]) -> list[Array]:
    """Give every ref that has none its memory; `kept` are read after the last call. Returns the buffers."""
    last = {ref.root: n for n, call in enumerate(calls) for ref in call.refs}
    last.update({ref.root: len(calls) for ref in kept})
    buffers: list[Array] = []
    ours: dict[Ref, int] = {}  # the buffer of each ref
    shaped: dict[tuple[int, tuple[int, ...]], Array] = {}  # one object each: a ufunc is slower on two of one memory
    free: dict[tuple[int, np.dtype[Any]], list[int]] = {}
    for n, call in enumerate(calls):
        dying = [ref for ref in dict.fromkeys(ref.root for ref in call.refs) if last[ref] == n and ref in ours]
        for new in dict.fromkeys(ref.root for ref in call.writes):
            if new.array is not None:
                continue
            size = math.prod(new.shape), new.dtype
            over = next((old for old in dying if call.may_overwrite(old, new)), None)
            if over is not None:
                dying.remove(over)
                number = ours[over]
            elif free.get(size):
                number = free[size].pop()
            else:
                number = len(buffers)
                buffers.append(np.zeros(size[0], new.dtype))
            ours[new] = number
            new.array = shaped.setdefault((number, new.shape), buffers[number].reshape(new.shape))
            new.name = f"%{number}"
            if last.get(new) == n:  # scratch of this call
                dying.append(new)
        for old in dying:
            free.setdefault((math.prod(old.shape), old.dtype), []).append(ours[old])
    return buffers
