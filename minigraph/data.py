"""Data in portions, and parameters in files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy as np

from minigraph.archives import read_arrays, write_arrays
from minigraph.arrays import Array, ArrayLike, Seed, as_numbers, shape_text
from minigraph.graph import Parameter
from minigraph.naming import unique_names

__all__ = ["batches", "load", "save"]


def batches(
    x: ArrayLike, t: ArrayLike, *, size: int, seed: Seed = None, shuffle: bool = True
) -> Iterator[tuple[Array, Array]]:
    """One epoch: the rows of x and t in shuffled portions of `size`, each row once; the last portion may be smaller.

    seed: an int gives the same order at every call; a NumPy Generator goes on, so each epoch has an order of its own.
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


def save(path: str | os.PathLike[str], parameters: Iterable[Parameter]) -> None:
    """Write parameters by name as an .npz file, whole or not at all.

    Equal names are numbered in the order given (W, W → W1, W2), so give `load` the same order.
    """
    write_arrays(path, {name: parameter.value for name, parameter in _named(parameters).items()})


def load(path: str | os.PathLike[str], parameters: Iterable[Parameter]) -> None:
    """Read what `save` wrote into these parameters, in the same order.

    Errors: ValueError where names or shapes differ; then nothing has changed.
    """
    wanted = _named(parameters)
    found = read_arrays("load", path)
    have = {name: array.shape for name, array in found.items()}
    need = {name: parameter.shape for name, parameter in wanted.items()}
    if have != need:
        raise ValueError(f"load: {os.fspath(path)} has {_listing(have)}, but expected {_listing(need)}")
    for name, parameter in wanted.items():
        parameter.value = found[name].astype(parameter.value.dtype)
        parameter.grad = None


def _named(parameters: Iterable[Parameter]) -> dict[str, Parameter]:
    found = tuple(parameters)
    for parameter in found:
        if not isinstance(parameter, Parameter):
            raise TypeError(f"save and load: {parameter!r} is not a Parameter; give graph.parameters or net.parameters")
    return dict(zip(unique_names(p.name or "parameter" for p in found), found))


def _listing(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape_text(shape)}" for name, shape in sorted(shapes.items())) or "nothing"
