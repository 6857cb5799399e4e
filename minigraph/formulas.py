"""How an op's local gradients are written and what numbers they have: the data behind the chips of a diagram.

An op lists one `Local` per input beside its ``backward``. ``backward`` stays the only code that training runs; a test
holds each `Local` to it, so what a diagram says about an edge is what the engine computes there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from minigraph.arrays import Array, sum_to_shape

__all__ = ["Local", "Rule", "filled"]

Rule = Literal["elementwise", "from right", "from left", "sum rows", "row by row"]


@dataclass(frozen=True)
class Local:
    """One edge's local gradient: ``downstream = upstream × local``, with the product that `rule` names.

    - symbol: the local gradient in symbols. ``{0}``, ``{1}`` … stand for the inputs' names, ``{y}`` for the output's; a
      callable gets (y, inputs …) as names.
    - value: (op, output, inputs …) → its numbers.
    - rule: how it meets the upstream gradient U. "elementwise": Σ-to-shape(U ⊙ local). "from right": U · local.
      "from left": local · U. "sum rows": Σₙ U[n]. "row by row": local[n] · U[n] for each row n. U is laid out by
      ``op.align`` first and the product by ``op.unalign`` last.
    - note: a remark for the second row of the chip, with the same placeholders and ``{N}`` for the number of rows.

    >>> class Square(mg.Op):
    ...     formula, locals = "{0}²", (mg.Local("2{0}", lambda op, y, x: 2 * x),)
    ...     def forward(self, x):
    ...         return x**2
    ...     def backward(self, upstream, y, x):
    ...         return (upstream * 2 * x,)
    >>> mg.check_op(Square(), [1.0, 2.0], verbose=False)
    <GradientReport: 2 checked, 0 wrong>
    """

    symbol: str | Callable[..., str]
    value: Callable[..., Any]
    rule: Rule = "elementwise"
    note: str = ""

    def text(self, output: str, inputs: Sequence[str]) -> str:
        """The local gradient in symbols, with the graph's own names."""
        if callable(self.symbol):
            return self.symbol(output, *inputs)
        return filled(self.symbol, *inputs, y=output)

    def apply(self, op: Any, upstream: Array, output: Array, operands: Sequence[Array], i: int) -> Array:
        """The gradient of input `i`: the product of `upstream` and this local gradient, as its chip shows it."""
        local, shape = self.value(op, output, *operands), operands[i].shape
        aligned = op.align(upstream, *operands)
        if self.rule == "elementwise":
            product = np.broadcast_to(aligned * local, np.broadcast_shapes(aligned.shape, shape))
            return sum_to_shape(product, shape)
        if self.rule == "from right":
            product = aligned @ local
        elif self.rule == "from left":
            product = local @ aligned
        elif self.rule == "sum rows":
            product = aligned.sum(axis=0)
        else:
            product = np.einsum("...ij,...j->...i", local, aligned)
        return np.asarray(op.unalign(product, shape))


def filled(pattern: str, *names: str, **more: object) -> str:
    """`pattern` with its {0}, {y} … filled in; as it stands where its braces are no placeholders."""
    try:
        return pattern.format(*names, **more)
    except (KeyError, IndexError, ValueError, AttributeError):
        return pattern
