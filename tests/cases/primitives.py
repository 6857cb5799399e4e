"""Cases of the primitives that choose, index, rearrange and join."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cases.case import PAIRS, Case, Shape, Twin, text
from helpers import Array, positive, spread

from minigraph.graph import Op
from minigraph.ops import (  # fmt: skip
    Abs,
    BroadcastTo,
    Clip,
    Concat,
    GetItem,
    Minimum,
    Sqrt,
    Stack,
    Transpose,
    Where,
)

__all__ = ["CASES"]

RNG = np.random.default_rng(2026)


def elementwise() -> Iterator[Case]:
    table: list[tuple[Op, Any, Twin]] = [
        (Sqrt(), positive, lambda torch, x: x.sqrt()),
        (Abs(), spread, lambda torch, x: x.abs()),
        (Clip(-1.05, 0.95), spread, lambda torch, x: x.clamp(-1.05, 0.95)),
        (Clip(low=0.1), spread, lambda torch, x: x.clamp(min=0.1)),
        (Clip(high=-0.1), spread, lambda torch, x: x.clamp(max=-0.1)),
        (Clip(), spread, lambda torch, x: x * 1),
    ]
    for op, make, twin in table:
        for shape in ((), (3,), (2, 3), (2, 1, 3)):
            yield Case(f"{op!r} {text(shape)}", op, (make(RNG, *shape),), twin)


def choices() -> Iterator[Case]:
    for left, right in PAIRS:
        pair = spread(RNG, *left), spread(RNG, *right)
        yield Case(f"Minimum {text(left, right)}", Minimum(), pair, lambda torch, a, b: torch.minimum(a, b))
        for shape in dict.fromkeys((left, right)):
            yield chosen(np.asarray(spread(RNG, *shape) > 0), *pair)
    yield chosen(np.array([[True], [False]]), spread(RNG), spread(RNG, 3))
    yield chosen(np.array([True, False, True]), spread(RNG), spread(RNG))


def chosen(condition: Array, a: Array, b: Array) -> Case:
    names = text(condition.shape), text(a.shape, b.shape)
    return Case(f"Where {' of '.join(names)}", Where(), (condition, a, b), lambda torch, c, a, b: torch.where(c, a, b))


def indices() -> Iterator[Case]:
    table: list[tuple[Shape, Any]] = [
        ((3,), 1), ((3,), -1), ((2, 3), 0), ((2, 3), (1, 2)), ((2, 3), (slice(None), 1)), ((4, 3), slice(1, 3)),
        ((5, 2), slice(0, 5, 2)), ((2, 3), (slice(None), None, slice(1, None))), ((2, 3, 4), (..., 2)), ((2, 3), ()),
        ((2, 3), None), ((3,), [2, 0]), ((3,), [0, 0, 2, 0]), ((4, 3), np.array([[0, 3], [3, 1]])),
        ((4, 3), ([0, 3, 3], [1, 2, 2])), ((4, 3), (slice(1, None), [0, 0])),
        ((2, 3), np.array([[True, False, True], [False, False, True]])), ((3, 2), np.array([True, False, True])),
        ((2, 3), [[-1], [0]]), ((9,), [0, 1, 2, 3, 4, 5, 6, 7]), ((3,), np.int64(1)),
    ]  # fmt: skip
    for number, (shape, index) in enumerate(table):

        def twin(torch: Any, x: Any, index: Any = index) -> Any:
            return x[torch.tensor(index) if isinstance(index, list) else index]

        yield Case(f"GetItem {text(shape)} {number}: {index!r}", GetItem(index), (spread(RNG, *shape),), twin)
    apart = (1, slice(None), [-1, 0])  # PyTorch orders the axes of this one in another way
    yield Case("GetItem [2,3,4] arrays with a slice between", GetItem(apart), (spread(RNG, 2, 3, 4),))


def rearrangements() -> Iterator[Case]:
    orders: list[tuple[Shape, Shape]] = [
        ((), ()), ((3,), ()), ((2, 3), ()), ((1, 3), ()), ((2, 3, 4), ()), ((2, 3), (0, 1)), ((2, 3), (1, 0)),
        ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (0, -1, 1)), ((2, 1, 3, 2), (1, 3, 0, 2)),
    ]  # fmt: skip
    for shape, axes in orders:

        def permuted(torch: Any, x: Any, axes: Shape = axes) -> Any:
            return x.permute(axes or tuple(reversed(range(x.ndim))))

        yield Case(f"Transpose {text(shape)} by {axes}", Transpose(*axes), (spread(RNG, *shape),), permuted)
    targets: list[tuple[Shape, Shape]] = [
        ((), ()), ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 1), (2, 3)), ((2, 1), (4, 2, 3)),
        ((2, 3), (2, 3)),
    ]  # fmt: skip
    for shape, to in targets:

        def broadcast(torch: Any, x: Any, to: Shape = to) -> Any:
            return torch.broadcast_to(x, to)

        yield Case(f"BroadcastTo {text(shape)} to {text(to)}", BroadcastTo(to), (spread(RNG, *shape),), broadcast)


def joined() -> Iterator[Case]:
    unequal: list[tuple[list[Shape], int]] = [
        ([(2,), (3,)], 0), ([(3,)], 0), ([(2, 3), (1, 3)], 0), ([(2, 3), (2, 1), (2, 2)], 1), ([(2, 3), (2, 4)], -1),
        ([(1, 2, 3), (1, 1, 3)], 1), ([(2, 2, 3), (3, 2, 3)], -3), ([(1, 1), (1, 1)], 0),
    ]  # fmt: skip
    for shapes, axis in unequal:

        def concatenated(torch: Any, *xs: Any, axis: int = axis) -> Any:
            return torch.cat(xs, dim=axis)

        arrays = tuple(spread(RNG, *shape) for shape in shapes)
        yield Case(f"Concat {text(*shapes)} axis={axis}", Concat(len(shapes), axis), arrays, concatenated)
    equal: list[tuple[Shape, int, int]] = [
        ((), 2, 0), ((), 1, -1), ((3,), 2, 0), ((3,), 3, 1), ((2, 3), 2, 0), ((2, 3), 2, 1), ((2, 3), 3, -1),
        ((2, 3), 2, -3),
    ]  # fmt: skip
    for shape, parts, axis in equal:

        def stacked(torch: Any, *xs: Any, axis: int = axis) -> Any:
            return torch.stack(xs, dim=axis)

        arrays = tuple(spread(RNG, *shape) for _ in range(parts))
        yield Case(f"Stack {parts} of {text(shape)} axis={axis}", Stack(parts, axis), arrays, stacked)


CASES: tuple[Case, ...] = (*elementwise(), *choices(), *indices(), *rearrangements(), *joined())
