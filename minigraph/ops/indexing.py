"""The same numbers: fewer of them, some more than once, or in another arrangement."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["BroadcastTo", "GetItem", "Index", "Pick", "Reshape", "Transpose"]

Index = Any  # an int, slice, None, …, or array of integers or bools; or a tuple of these: as NumPy takes it


class Pick(Op):
    """y[n] = x[n, index[n]]: one element of each row, by its label. ∂y[n]/∂x[n, k] = 1 for k = index[n], else 0."""

    constants = (1,)
    constant_role = "target"
    formula, gate, symbol = "{0}[n, {1}]", "pick", "c"
    locals = (Local("1[k = {1}]", lambda op, y, x, index: op.one_hot(x, index), note="one-hot"),)

    def forward(self, x: Array, index: Array) -> Array:
        if index.dtype.kind not in "iu" or index.shape != x.shape[:-1]:
            raise ValueError(
                f"Pick: index is {index.dtype} {shape_text(index.shape)}, "
                f"but must be integers of shape {shape_text(x.shape[:-1])}"
            )
        if index.size and (index.min() < 0 or index.max() >= x.shape[-1]):
            raise ValueError(f"Pick: index has {index.min()} … {index.max()}, but must lie in 0 … {x.shape[-1] - 1}")
        return np.take_along_axis(x, index[..., None], axis=-1)[..., 0]

    def backward(self, upstream: Array, y: Array, x: Array, index: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.one_hot(x, index), None

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream[..., None]

    def one_hot(self, x: Array, index: Array) -> Array:
        return (np.arange(x.shape[-1]) == index[..., None]).astype(x.dtype)


class GetItem(Op):
    """y = x[index], as NumPy does it: ints, slices, None, … and arrays of integers or bools. ∂y/∂x = 1 where taken.

    The gradient goes back to where each element came from, and is summed where one was taken several times.
    The index is part of the record: a replay takes the same places. Errors: TypeError for an index of other things,
    IndexError for one that x does not have.
    """

    gate, symbol, laid_back = "[ ]", "V", "put_back"
    locals = (Local("1[taken]", lambda op, y, x: op.put_back(np.ones_like(y), x) > 0, note="mask"),)

    def __init__(self, index: Index) -> None:
        parts = [np.asarray(i) if isinstance(i, list) else i for i in (index if isinstance(index, tuple) else (index,))]
        for part in parts:
            kind = part.dtype.kind if isinstance(part, (np.ndarray, np.generic)) else ""
            if kind not in ("i", "u", "b") and not isinstance(part, (int, slice, type(None), type(...))):
                came = f"{part.dtype} {shape_text(part.shape)}" if kind else type(part).__name__
                raise TypeError(
                    f"GetItem: the index is {came}, but must be of ints, slices, None, … and arrays of ints or bools"
                )
        self.index = tuple(parts)
        self.formula = f"{{0}}[{', '.join(map(_index_text, parts))}]"

    def forward(self, x: Array) -> Array:
        return np.asarray(x[self.index])

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (self.put_back(upstream, x),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return self.put_back(upstream, operands[0])

    def put_back(self, y: Array, x: Array) -> Array:
        places = np.zeros_like(x)
        np.add.at(places, self.index, y)  # unlike +=, it counts a place as often as it was taken
        return places

    def __repr__(self) -> str:
        return f"GetItem({self.formula.removeprefix('{0}')})"


def _index_text(part: Any) -> str:
    """A part of an index as one writes it: 0, 1:3, ::2, …, [0, 2]; an array that is longer by its shape."""
    if isinstance(part, slice):
        start, stop, step = ("" if at is None else str(at) for at in (part.start, part.stop, part.step))
        return f"{start}:{stop}" + f":{step}" * bool(step)
    if isinstance(part, np.ndarray) and part.ndim:
        return str(part.tolist()) if part.ndim == 1 and part.size <= 6 else f"{part.dtype} {shape_text(part.shape)}"
    return "…" if part is ... else str(part)


class Reshape(Op):
    """The same numbers in another shape, given as sizes or as one tuple; one size may be −1. ∂y/∂x = 1.

    The gradient is given its old shape back.
    """

    formula, gate, symbol = "reshape {0}", "reshape", "R"
    locals = (Local("1", lambda op, y, x: 1.0, note="reshape"),)

    def __init__(self, *shape: int | tuple[int, ...]) -> None:
        self.shape = _flat(shape)

    def forward(self, x: Array) -> Array:
        return x.reshape(self.shape)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream.reshape(x.shape),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.reshape(operands[0].shape)


class Transpose(Op):
    """y = x with its axes in the order `axes`, sizes or one tuple; none: reversed, xᵀ of a matrix. ∂y/∂x = 1.

    As in NumPy, these are all axes, not two to be swapped. The gradient goes back by the inverse permutation.
    """

    formula, gate, symbol, laid_back = "transpose {0}", "transpose", "R", "transpose"
    locals = (Local("1", lambda op, y, x: 1.0, note="transpose"),)

    def __init__(self, *axes: int | tuple[int, ...]) -> None:
        self.axes = _flat(axes)
        if not self.axes:
            self.formula = "{0}ᵀ"

    def forward(self, x: Array) -> Array:
        return x.transpose(self.axes or None)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (self.align(upstream, x),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.transpose(np.argsort([axis % upstream.ndim for axis in self.axes]) if self.axes else None)


class BroadcastTo(Op):
    """y = x repeated to `shape` by NumPy's rules. ∂y/∂x = 1 for every copy: their gradients are summed."""

    formula, gate, symbol = "broadcast {0}", "broadcast", "R"
    locals = (Local("1", lambda op, y, x: 1.0),)

    def __init__(self, *shape: int | tuple[int, ...]) -> None:
        self.shape = _flat(shape)

    def forward(self, x: Array) -> Array:
        return np.broadcast_to(x, self.shape)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (sum_to_shape(upstream, x.shape),)


def _flat(sizes: tuple[int | tuple[int, ...], ...]) -> tuple[int, ...]:
    """Sizes given one by one, or as one tuple."""
    return tuple(size for given in sizes for size in (given if isinstance(given, (tuple, list)) else (given,)))
