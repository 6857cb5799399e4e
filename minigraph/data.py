"""Data in portions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minigraph.arrays import Array, ArrayLike, Seed, as_numbers, shape_text

__all__ = ["batches"]


def batches(
    x: ArrayLike, t: ArrayLike, *, size: int, seed: Seed = None, shuffle: bool = True
) -> Iterator[tuple[Array, Array]]:
    """One epoch: the rows of x and t in shuffled portions of `size`, each row once; the last portion may be smaller.

    seed: an int gives the same order at every call; a NumPy Generator goes on, so each epoch has an order of its own.

    >>> for x, t in mg.batches([[0.0], [1.0], [2.0]], [0, 1, 0], size=2, shuffle=False):
    ...     print(x.ravel(), t)
    [0. 1.] [0 1]
    [2.] [0]
    """
    xs, ts = as_numbers("batches: x", x), as_numbers("batches: t", t)
    if not xs.ndim or not ts.ndim or len(xs) != len(ts) or not len(xs):
        raise ValueError(
            f"batches: x is {shape_text(xs.shape)} and t is {shape_text(ts.shape)}; "
            "both need the same number of rows, at least 1"
        )
    if size < 1:
        raise ValueError(f"batches: size is {size}, but must be at least 1")
    order = np.random.default_rng(seed).permutation(len(xs)) if shuffle else np.arange(len(xs))
    return ((xs[rows], ts[rows]) for rows in (order[start : start + size] for start in range(0, len(xs), size)))
