"""The right answers, however they are written: integer labels t[n], or distributions t[n, c], one-hot or not."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, shape_text

__all__ = ["as_distribution", "check_targets", "cross_terms"]


def check_targets(owner: str, scores: Array, t: Array) -> None:
    """ValueError where t fits `scores` neither as labels nor as distributions."""
    if not scores.ndim or not scores.size:
        raise ValueError(
            f"{owner}: the scores are {shape_text(scores.shape)}; they must be [..., classes] and not empty"
        )
    classes = scores.shape[-1]
    if t.dtype.kind in "iu" and t.shape == scores.shape[:-1]:
        if t.min() < 0 or t.max() >= classes:
            raise ValueError(
                f"{owner}: labels go from {t.min()} to {t.max()}, but must lie in 0 … {classes - 1} ({classes} classes)"
            )
        return
    if t.shape != scores.shape:
        raise ValueError(
            f"{owner}: the targets are {t.dtype} {shape_text(t.shape)}, but for scores of {shape_text(scores.shape)} "
            f"must be integer labels {shape_text(scores.shape[:-1])} or distributions {shape_text(scores.shape)}"
        )
    if not (t.min() >= 0 and abs(t.sum(axis=-1) - 1).max() < 1e-3):
        raise ValueError(
            f"{owner}: each row of the targets must be a distribution: numbers ≥ 0 that sum to 1, and no NaN"
        )


def cross_terms(t: Array, log_p: Array) -> Array:
    """−Σ_c t[..., c] · log_p[..., c] for each row, in nats. A class with t = 0 adds 0, even where log_p = −∞."""
    if t.ndim < log_p.ndim:
        return -np.take_along_axis(log_p, t[..., None], axis=-1)[..., 0]
    q = as_distribution(t, log_p)
    return -(q * np.where(q > 0, log_p, 0)).sum(axis=-1)


def as_distribution(t: Array, like: Array) -> Array:
    """t[..., c] in the shape and type of `like`: labels become one-hot rows, distributions stay what they are."""
    one_hot = t if t.shape == like.shape else np.arange(like.shape[-1]) == t[..., None]
    return one_hot.astype(like.dtype, copy=False)
