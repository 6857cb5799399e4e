"""Noise against overfitting."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, Seed, shape_text
from minigraph.formulas import Local
from minigraph.graph import Clock, Node, Op, Operand
from minigraph.ops import DropoutMask, Weigh
from minigraph.ops.training import drop_probability

__all__ = ["Dropout"]


class Dropout(Op):
    """y = x ⊙ M elementwise, M[i] being 0 with probability p and else 1/(1−p). dx = dy ⊙ M.

    M is a node: while recording and at each `Graph.forward` it is drawn anew; in `Graph.evaluate` it is 1 throughout.
    The layer used twice draws two masks; a mask of your own may be given as the second input.
    seed: an int or a NumPy Generator. Errors: ValueError for p outside [0, 1), a mask of another shape.
    Source: N. Srivastava et al. (2014), scaled while training ("inverted"), so that evaluating needs no factor.

    >>> y = Dropout(0.5, seed=0)(mg.Node(np.ones(6), "x"))
    >>> mg.Graph(y).forward()  # training: some are 0, the others make up for them
    array([2., 0., 2., 2., 0., 2.])
    >>> mg.Graph(y).evaluate()
    array([1., 1., 1., 1., 1., 1.])
    """

    constants = (1,)
    constant_role = "mask"
    formula, symbol = "{0} ⊙ {1}", "Y"
    locals = (Local("{1}", lambda op, y, x, m: m, note="mask"),)

    def __init__(self, p: float = 0.5, *, seed: Seed = None) -> None:
        self.p, self.rng = drop_probability(self.name, p), np.random.default_rng(seed)

    def __call__(self, *inputs: Operand) -> Node:
        nodes = self._as_nodes(inputs)
        if len(nodes) == 1:
            nodes.append(DropoutMask(self.p, int(self.rng.integers(2**63)))(nodes[0], Clock()))
        return super().__call__(*nodes)

    def forward(self, x: Array, mask: Array) -> Array:
        if mask.shape != x.shape:
            raise ValueError(f"Dropout: the mask is {shape_text(mask.shape)}, but must be {shape_text(x.shape)}")
        return x * mask.astype(x.dtype, copy=False)

    def backward(self, upstream: Array, y: Array, x: Array, mask: Array) -> tuple[Array, None]:
        return upstream * mask.astype(x.dtype, copy=False), None

    def expand(self, x: Node, mask: Node) -> Node:
        return Weigh()(x, mask)
