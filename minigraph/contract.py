"""What an op is on arrays alone, and the contract that it is held to; `graph` adds the nodes."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text, sum_to_shape
from minigraph.formulas import Local

__all__ = ["ArrayFunction"]

EXPECTED = (ValueError, TypeError, IndexError)  # what NumPy raises where shapes and types do not fit


class ArrayFunction:
    """A pair of pure functions of arrays: ``forward`` and, for any upstream gradient, its ``backward``. See `Op`."""

    constants: tuple[int, ...] = ()  # positions that no gradient flows to: labels, targets, indices
    constant_role = ""  # what a leaf there is called in a diagram; "": "target" of a loss, else "input"
    locals: tuple[Local, ...] = ()  # one per input that gets one: the local gradients in symbols and numbers
    formula: str = ""  # the output in symbols: "{0}·{1} + {2}"
    gate: str = ""  # the sign on its circle in a diagram; "" draws a block with the op's name
    symbol: str = "Y"  # what its output is called when nobody named it
    labels_as_one_hot = False  # whether its formulas mean one-hot rows where its constants are integer labels
    laid_back = "reshape"  # what `align` does to the upstream gradient, where it does more than put axes back
    remembers = False  # whether somebody asks for its first input after a run
    _reads_needs = False

    def __init_subclass__(cls) -> None:
        cls._reads_needs = "needs" in inspect.signature(cls.backward).parameters

    @property
    def name(self) -> str:
        return type(self).__name__

    # any signature may override these two: hence **options, which no op receives but backward's needs
    def forward(self, *inputs: Any, **options: Any) -> Array:
        raise NotImplementedError(f"{self.name} has no forward")

    def backward(self, *arrays: Any, **options: Any) -> tuple[Array | None, ...]:
        raise NotImplementedError(f"{self.name} has no backward")

    def count(self, x: Array) -> int:
        """N, as formulas write it: how many rows the first input has."""
        return math.prod(x.shape[:-1])

    def align(self, upstream: Array, *operands: Array) -> Array:
        """`upstream` laid out so that times a local gradient is plain algebra: reduced axes are put back as 1."""
        return upstream

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        """A product of that layout as a gradient of `shape`."""
        return product.reshape(shape) if product.size == math.prod(shape) else sum_to_shape(product, shape)

    def run(self, operands: tuple[Array, ...]) -> Array:
        """``forward``, held to numbers in and floating-point numbers out, with errors that say which op it was."""
        for i, operand in enumerate(operands):
            if operand.dtype.kind != "f" and i not in self.constants:
                raise TypeError(
                    f"{self.name}: input {i} is {operand.dtype}, but must be floating-point: "
                    "write 1.0 for 1, or .astype(float)"
                )
        try:
            output = np.asarray(self.forward(*operands))
        except EXPECTED as error:
            if str(error).startswith(self.name):
                raise
            raise self._named(error, operands) from error
        if output.dtype.kind != "f":
            raise TypeError(f"{self.name}: forward gave {output.dtype}, but must give floating-point numbers")
        return output

    def pull(
        self, upstream: Array, output: Array, operands: tuple[Array, ...], needs: tuple[bool, ...]
    ) -> tuple[Array | None, ...]:
        """``backward``, held to its contract: one gradient per input, each of its input's shape."""
        hint = {"needs": needs} if self._reads_needs else {}
        try:
            gradients = self.backward(upstream, output, *operands, **hint)
        except EXPECTED as error:
            if str(error).startswith(self.name):
                raise
            raise self._named(error, operands) from error
        if not isinstance(gradients, tuple) or len(gradients) != len(operands):
            raise ValueError(
                f"{self.name}.backward must return a tuple of {len(operands)} gradients, "
                f"one per input; got {type(gradients).__name__}"
                + (f" of {len(gradients)}" if isinstance(gradients, tuple) else "")
            )
        for i, (gradient, operand) in enumerate(zip(gradients, operands)):
            if gradient is None:
                continue
            came = np.asarray(gradient)
            if came.shape != operand.shape:
                raise ValueError(
                    f"{self.name}.backward: the gradient for input {i} is {shape_text(came.shape)}, "
                    f"but the input is {shape_text(operand.shape)}"
                )
            if came.dtype.kind != "f":
                raise TypeError(
                    f"{self.name}.backward: the gradient for input {i} is {came.dtype}, but must be floating-point"
                )
        return gradients

    def _named(self, error: Exception, operands: tuple[Array, ...]) -> Exception:
        """The same error, saying which op it was and what came."""
        came = ", ".join(shape_text(a.shape) for a in operands)
        kind = next(kind for kind in EXPECTED if isinstance(error, kind))
        return kind(f"{self.name}: the inputs are {came}; {error}")

    def __repr__(self) -> str:
        settings = [
            f"{name}={value!r}"
            for name, parameter in inspect.signature(type(self)).parameters.items()
            if isinstance(value := getattr(self, name, None), (int, float, str, tuple)) and value != parameter.default
        ]
        return f"{self.name}({', '.join(settings)})"
