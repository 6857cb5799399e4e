"""What the engine needs to know about arrays: their types, their shapes in words, broadcasting and its reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Axis = int | tuple[int, ...] | None
Seed = int | np.random.Generator | None

NUMBERS = "fiub"  # kinds of dtype: floating-point, integers with and without sign, bool
FEW = 6  # of which all are shown

__all__ = [
    "NUMBERS", "Array", "ArrayLike", "Axis", "Seed", "as_numbers", "in_short", "positive_axes", "put_back_axes",
    "shape_text", "sum_to_shape",
]  # fmt: skip


def as_numbers(who: str, value: ArrayLike) -> Array:
    """`value` as an array of real numbers, without a copy where it is one already."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{who}: the value is a masked array, whose mask would be lost; use .filled() or .compressed()")
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{who}: the value is not an array of numbers ({error})") from error
    if array.dtype.kind not in NUMBERS:
        raise TypeError(f"{who}: the value is {array.dtype}, but must be real numbers")
    return array


def shape_text(shape: tuple[int, ...]) -> str:
    """``[100, 784]``, as it stands in error messages; ``[]`` is a scalar."""
    return "[" + ", ".join(map(str, shape)) + "]"


def in_short(array: Array) -> str:
    """The number, or shape and type, with the numbers if they are few."""
    if not array.ndim:
        return f"{array.item():g}"
    numbers = f" {' '.join(np.array2string(array, precision=4).split())}" if array.size <= FEW else ""
    return f"{shape_text(array.shape)} {array.dtype}{numbers}"


def sum_to_shape(gradient: Array, shape: tuple[int, ...]) -> Array:
    """The reverse of broadcasting: an array that was copied along an axis collects the gradients of its copies.

    gradient[..., n, k] → Σ over every axis that `shape` lacks or has as 1, so that the result has exactly `shape`.
    """
    if gradient.shape == shape:
        return gradient
    lacking = gradient.ndim - len(shape)
    stretched = [axis + lacking for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis + lacking] != 1]
    return gradient.sum(axis=(*range(lacking), *stretched), keepdims=True).reshape(shape)


def positive_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that a NumPy `axis` argument means, counted from the front: None is all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    there = max(ndim, 1)  # NumPy lets axis 0 of a scalar pass
    if missing := [a for a in axes if not -there <= a < there]:
        raise ValueError(f"axis {missing[0]} does not exist: the array has {ndim} axes")
    return tuple(a % ndim for a in axes) if ndim else ()


def put_back_axes(reduced: Array, axis: Axis, ndim: int) -> Array:
    """`reduced` with the axes that a reduction over `axis` dropped put back as 1: it lines up with its input again."""
    return reduced if reduced.ndim == ndim else np.expand_dims(reduced, positive_axes(axis, ndim))
