"""Parameters in files, by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minigraph.archives import read_arrays, write_arrays
from minigraph.arrays import shape_text
from minigraph.formats.tensors import read_tensors, write_tensors
from minigraph.graph import Node, Parameter
from minigraph.naming import unique_names

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], parameters: Iterable[Parameter]) -> None:
    """Write parameters by name, whole or not at all. The suffix of the path decides how.

    | suffix | who else reads it | types | needs |
    |---|---|---|---|
    | `.safetensors` | PyTorch, JAX, Hugging Face | kept; `load` refuses another | `minigraph[safetensors]` |
    | any other: an .npz file | NumPy | kept; `load` converts | – |

    Equal names are numbered in the order given (W, W → W1, W2), so give `load` the same order.

    >>> affine = Affine(2, 3, seed=0)
    >>> mg.save("net.npz", affine.parameters)
    >>> {name: array.shape for name, array in np.load("net.npz").items()}
    {'W': (2, 3), 'b': (3,)}
    """
    arrays = {name: parameter.value for name, parameter in _named(parameters).items()}
    if _is_safetensors(path):
        write_tensors(path, arrays)
    else:
        write_arrays(path, arrays)


def load(path: str | os.PathLike[str], parameters: Iterable[Parameter]) -> None:
    """Read what `save` wrote into these parameters, in the same order.

    Errors: ValueError where names or shapes differ, or in a .safetensors file types; then nothing has changed.

    >>> there, here = Affine(2, 3, seed=0), Affine(2, 3, seed=1)
    >>> mg.save("net.npz", there.parameters)
    >>> mg.load("net.npz", here.parameters)
    >>> np.array_equal(here.parameters[0].value, there.parameters[0].value)
    True
    """
    wanted = _named(parameters)
    exact = _is_safetensors(path)
    found = read_tensors("load", path) if exact else read_arrays("load", path)
    have = {name: array.shape for name, array in found.items()}
    need = {name: parameter.shape for name, parameter in wanted.items()}
    if have != need:
        raise ValueError(f"load: {os.fspath(path)} has {_listing(have)}, but expected {_listing(need)}")
    for name, parameter in wanted.items():
        if exact and found[name].dtype != parameter.value.dtype:
            raise ValueError(
                f"load: {name} is {found[name].dtype} in {os.fspath(path)}, but must be {parameter.value.dtype}"
            )
    for name, parameter in wanted.items():
        parameter.value = found[name].astype(parameter.value.dtype)
        parameter.grad = None


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix.lower() == ".safetensors"


def _named(parameters: Iterable[Parameter]) -> dict[str, Parameter]:
    several = isinstance(parameters, Iterable) and not isinstance(parameters, Node)
    found: tuple[Any, ...] = tuple(parameters) if several else (parameters,)
    for parameter in found:
        if not isinstance(parameter, Parameter):
            raise TypeError(f"save and load: {parameter!r} is not a Parameter; give graph.parameters or net.parameters")
    return dict(zip(unique_names(p.name or "parameter" for p in found), found))


def _listing(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape_text(shape)}" for name, shape in sorted(shapes.items())) or "nothing"
