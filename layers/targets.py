"""The right answers, however they are written: integer labels t[n], or distributions t[n, c], one-hot or not."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, ArrayLike, as_numbers, shape_text
from minigraph.graph import Node
from minigraph.ops import Weigh, pick

__all__ = [
    "as_distribution", "at_targets", "check_distributions", "check_labels", "check_one_hot", "check_targets",
    "check_unit", "check_values", "cross_terms", "from_one_hot", "one_hot",
]  # fmt: skip


def check_targets(owner: str, scores: Array, t: Array) -> None:
    """ValueError where t fits `scores` neither as labels nor as distributions."""
    if not scores.ndim or not scores.size:
        raise ValueError(
            f"{owner}: the scores are {shape_text(scores.shape)}; they must be [..., classes] and not empty"
        )
    classes = scores.shape[-1]
    if t.dtype.kind in "iu" and t.shape == scores.shape[:-1]:
        return check_labels(owner, t, classes)
    if t.shape != scores.shape:
        raise ValueError(
            f"{owner}: the targets are {t.dtype} {shape_text(t.shape)}, but for scores of {shape_text(scores.shape)} "
            f"must be integer labels {shape_text(scores.shape[:-1])} or distributions {shape_text(scores.shape)}"
            + "; .astype(int) makes labels of them" * (t.shape == scores.shape[:-1])
        )
    check_distributions(owner, "the targets", t)


def check_labels(owner: str, labels: Array, classes: int) -> None:
    """ValueError where some label is none of the `classes`."""
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"{owner}: labels go from {labels.min()} to {labels.max()}, "
            f"but must lie in 0 … {classes - 1} ({classes} classes)"
        )


def check_distributions(owner: str, what: str, p: Array) -> None:
    """ValueError where some row of `p` is no distribution over its last axis."""
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is wrong, and said so below
        right = (p >= 0).all(axis=-1) & (abs(p.sum(axis=-1) - 1) < 1e-3)
    if not right.all():
        raise ValueError(
            f"{owner}: each row of {what} must be a distribution: numbers ≥ 0 that sum to 1, and no NaN; "
            + _first_wrong_row(p, right)
        )


def check_one_hot(owner: str, t: Array) -> None:
    """ValueError where some row of `t` is anything but one 1 among zeros."""
    right = ((t == 0) | (t == 1)).all(axis=-1) & ((t == 1).sum(axis=-1) == 1)
    if not right.all():
        raise ValueError(
            f"{owner}: each row of the targets must be one-hot: a single 1, and 0 elsewhere; "
            + _first_wrong_row(t, right)
        )


def check_values(owner: str, x: Array, t: Array) -> None:
    """ValueError where `t` is not one number for each of `x`."""
    if t.shape != x.shape or not x.size:
        raise ValueError(
            f"{owner}: the predictions are {shape_text(x.shape)} and the targets {shape_text(t.shape)}; "
            "both must have the same shape, and not be empty"
        )
    if np.isnan(t).any():
        raise ValueError(f"{owner}: the targets have {np.isnan(t).sum()} NaN of {t.size} values")


def check_unit(owner: str, what: str, p: Array) -> None:
    """ValueError where some number of `p` is no probability."""
    if not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"{owner}: {what} go from {p.min():g} to {p.max():g}, but must lie in 0 … 1")


def cross_terms(t: Array, log_p: Array) -> Array:
    """−Σ_c t[..., c] · log_p[..., c] for each row, in nats. A class with t = 0 adds 0, even where log_p = −∞."""
    if t.ndim < log_p.ndim:
        rows = log_p.reshape(t.size, -1)
        return -rows[np.arange(t.size), t.ravel()].reshape(t.shape)
    q = as_distribution(t, log_p)
    return -(q * np.where(q > 0, log_p, 0)).sum(axis=-1)


def as_distribution(t: Array, like: Array) -> Array:
    """t[..., c] in the shape and type of `like`: labels become one-hot rows, distributions stay what they are."""
    rows = t if t.shape == like.shape else _rows(t, like.shape[-1])
    return rows.astype(like.dtype, copy=False)


def at_targets(x: Node, t: Node) -> Node:
    """Σ_c t[..., c] · x[..., c] for each row, on nodes: x at the label, or x weighed by a distribution."""
    if t.shape != x.shape:
        return pick(x, t)
    m = Weigh()(x, t)
    c = m.sum(axis=-1)
    m.name, c.name = "M", "c"
    return c


def one_hot(labels: ArrayLike, classes: int) -> Array:
    """T[..., c] = 1 where c = labels[...], else 0: integer labels [...] as float64 rows [..., classes].

    Errors: TypeError for labels or classes that are no integers; ValueError for labels outside 0 … classes − 1.
    Source: the unit vectors; by this name in digital circuits, where one wire is hot.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    t = as_numbers("one_hot", labels)
    if t.dtype.kind not in "iu":
        raise TypeError(f"one_hot: the labels are {t.dtype}, but must be integers")
    if not isinstance(classes, (int, np.integer)):
        raise TypeError(f"one_hot: classes is {classes!r}, but must be an integer")
    if classes < 1:
        raise ValueError(f"one_hot: there are {classes} classes, but there must be at least 1")
    check_labels("one_hot", t, classes)
    return _rows(t, classes).astype(np.float64)


def from_one_hot(rows: ArrayLike) -> Array:
    """labels[...] = the c with rows[..., c] = 1: the inverse of `one_hot`. For probabilities take ``argmax`` instead.

    Errors: ValueError for a row that is anything but a single 1 among zeros.

    >>> from_one_hot([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    array([2, 0])
    """
    t = as_numbers("from_one_hot", rows)
    if not t.ndim:
        raise ValueError("from_one_hot: the targets are a single number, but must be [..., classes]")
    check_one_hot("from_one_hot", t)
    return np.asarray(t.argmax(axis=-1))


def _first_wrong_row(rows: Array, right: Array) -> str:
    index = tuple(np.argwhere(~right)[0])
    numbers = rows[index].astype(float)
    shown = ", ".join(f"{number:g}" for number in numbers[:6]) + ", …" * (len(numbers) > 6)
    with np.errstate(invalid="ignore"):
        return f"row {', '.join(map(str, index)) or 0} is [{shown}], with sum {numbers.sum():g}"


def _rows(labels: Array, classes: int) -> Array:
    return np.asarray(np.arange(classes) == labels[..., None])
