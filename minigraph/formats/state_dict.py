"""Parameters by the names that PyTorch gives them. What is exchanged are arrays in a dict: no file, and no pickle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formats.extras import needed
from minigraph.graph import Op, Parameter
from minigraph.layers.affine import Affine
from minigraph.layers.convolution import Conv2D
from minigraph.layers.embedding import Embedding
from minigraph.layers.normalization import BatchNorm, LayerNorm
from minigraph.sequential import Sequential

__all__ = ["Net", "load_state_dict", "state_dict"]

Net = Op | Sequential | Mapping[str, Any]

NAMES: dict[type[Op], tuple[str, ...]] = {  # of a layer's parameters, in their order here
    Affine: ("weight", "bias"),
    Conv2D: ("weight", "bias"),
    BatchNorm: ("weight", "bias", "running_mean", "running_var"),
    LayerNorm: ("weight", "bias"),
    Embedding: ("weight",),
}
UNUSED = "num_batches_tracked"  # PyTorch counts batches, and with its default momentum never reads the count


@dataclass(frozen=True)
class Entry:
    """A parameter, and whether PyTorch has it the other way round: Linear keeps W as [outputs, inputs]."""

    parameter: Parameter
    transposed: bool

    def there(self, array: Array) -> Array:
        return array.T if self.transposed else array


def state_dict(net: Net, *, as_tensors: bool = False) -> dict[str, Any]:
    """The parameters of a net as PyTorch's ``load_state_dict`` takes them: {"0.weight": …, "0.bias": …}.

    | minigraph | PyTorch | keys |
    |---|---|---|
    | `Affine` | `Linear` | weight (transposed), bias |
    | `Conv2D` | `Conv2d` | weight, bias |
    | `BatchNorm` | `BatchNorm1d`, `BatchNorm2d` | weight, bias, running_mean, running_var |
    | `LayerNorm` | `LayerNorm` | weight, bias |
    | `Embedding` | `Embedding` | weight |
    | `Sequential` | `Sequential` | those of its layers, behind "0.", "1.", … |
    | a dict {"fc1": layer, …} | a `Module` with such attributes | those of its layers, behind "fc1.", … |

    Layers without parameters count as places. Settings (ε, stride, padding) are in no state dict: they must agree.
    as_tensors: PyTorch tensors instead of arrays. Errors: TypeError for a layer with other parameters.

    >>> net = mg.Sequential(Affine(4, 5), ReLU(), Affine(5, 3))
    >>> {name: array.shape for name, array in mg.state_dict(net).items()}
    {'0.weight': (5, 4), '0.bias': (5,), '2.weight': (3, 5), '2.bias': (3,)}
    """
    arrays = {name: entry.there(entry.parameter.value) for name, entry in _entries("state_dict", net, "")}
    found = {name: np.array(a, a.dtype.newbyteorder("="), order="C") for name, a in arrays.items()}
    if not as_tensors:
        return found
    torch = needed("state_dict", "torch", "pip install torch")
    return {name: torch.from_numpy(array) for name, array in found.items()}


def load_state_dict(net: Net, state: Mapping[str, Any]) -> None:
    """Put what PyTorch's ``state_dict()`` gave into the layers of `net`; see `state_dict` for which match.

    state: tensors (on any device) or arrays by name. They are converted to the parameters' types.
    Errors: ValueError where names or shapes differ; then nothing has changed.

    >>> net = mg.Sequential(Affine(1, 2))
    >>> mg.load_state_dict(net, {"0.weight": [[1.0], [2.0]], "0.bias": [3.0, 4.0]})
    >>> [parameter.value.tolist() for parameter in net.parameters]
    [[[1.0, 2.0]], [3.0, 4.0]]
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict: the state is {type(state).__name__}, but must be module.state_dict()")
    wanted = list(_entries("load_state_dict", net, ""))
    found = {name: _array(name, value) for name, value in state.items() if name.split(".")[-1] != UNUSED}
    names = dict.fromkeys(name for name, _ in wanted)
    missing, unknown = [n for n in names if n not in found], [n for n in found if n not in names]
    if missing or unknown:
        said = [f"{what} {', '.join(keys)}" for what, keys in (("lacks", missing), ("has also", unknown)) if keys]
        raise ValueError(f"load_state_dict: the state {' and '.join(said)}; needed: {', '.join(names) or 'nothing'}")
    for name, entry in wanted:
        need = entry.there(entry.parameter.value).shape
        if found[name].shape != need:
            raise ValueError(
                f"load_state_dict: {name} is {shape_text(found[name].shape)}, but must be {shape_text(need)}"
            )
    for name, entry in wanted:
        entry.parameter.value = np.array(entry.there(found[name]), entry.parameter.value.dtype, order="C")
        entry.parameter.grad = None


def _entries(who: str, net: object, prefix: str) -> Iterator[tuple[str, Entry]]:
    if isinstance(net, (Sequential, Mapping)):
        parts = net.items() if isinstance(net, Mapping) else enumerate(net)
        for name, layer in parts:
            yield from _entries(who, layer, f"{prefix}{name}.")
    elif isinstance(net, Op) and type(net) in NAMES:
        for name, parameter in zip(NAMES[type(net)], net.parameters):
            yield prefix + name, Entry(parameter, type(net) is Affine and name == "weight")
    elif getattr(net, "parameters", ()):
        known = ", ".join(kind.__name__ for kind in NAMES)
        at = prefix.rstrip(".") or "the net"
        raise TypeError(f"{who}: {at} is {net!r}, whose parameters have no name in PyTorch; known are {known}")
    elif not callable(net):
        raise TypeError(
            f"{who}: {prefix.rstrip('.') or 'the net'} is {net!r}, but must be a layer, or a dict of layers"
        )


def _array(name: str, value: Any) -> Array:
    if hasattr(value, "detach"):  # a tensor, without importing its library to ask
        try:
            value = value.detach().cpu()
            value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
        except (TypeError, NotImplementedError) as error:  # it is sparse, has no numbers, or a type that NumPy lacks
            raise TypeError(
                f"load_state_dict: {name} must be a tensor that an array can be made of ({error})"
            ) from error
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise TypeError(f"load_state_dict: {name} is {array.dtype}, but must be floating-point")
    return array
