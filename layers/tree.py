"""Classes in a tree (animal → dog → terrier): a softmax among the children of each parent, then products of paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.softmax import Softmax
from minigraph.ops import exp, log

__all__ = ["PathProduct", "TreeSoftmax"]


class _Tree(Op):
    """A tree as the parent of each node; −1 for those at the top. Parents come first, and siblings side by side.

    groups: the sets of siblings as slices, in order. leaves: the nodes that are nobody's parent.
    """

    def __init__(self, parents: Sequence[int]) -> None:
        self.parents = tuple(int(parent) for parent in parents)
        if not self.parents or any(not -1 <= parent < i for i, parent in enumerate(self.parents)):
            raise ValueError(
                f"{self.name}: parents is {self.parents}; needs for each node the number of an earlier one, or -1"
            )
        starts = [i for i, parent in enumerate(self.parents) if not i or parent != self.parents[i - 1]]
        if len(starts) > len(set(self.parents)):
            raise ValueError(f"{self.name}: parents is {self.parents}; siblings must stand side by side")
        self.groups = tuple(slice(a, b) for a, b in zip(starts, [*starts[1:], len(self.parents)]))
        self.leaves = tuple(i for i in range(len(self.parents)) if i not in self.parents)

    def check(self, x: Array) -> None:
        if not x.size or x.shape[-1:] != (len(self.parents),):
            raise ValueError(
                f"{self.name}: x is {shape_text(x.shape)}, but must be [..., {len(self.parents)}], "
                "a number for each node of the tree, and not empty"
            )


class TreeSoftmax(_Tree):
    """q[..., i] = exp(x[..., i]) / Σⱼ exp(x[..., j]) over the siblings j of i: P(node i | its parent), for each node.

    x, q: [..., nodes]. parents: the parent of each node, −1 at the top; siblings stand side by side.
    ∂q[i]/∂x[j] = q[i](1 − q[i]) if i = j, −q[i]q[j] for siblings, else 0. Errors: ValueError for what is no such
    tree, or x of another length. Source: F. Morin & Y. Bengio (2005); J. Redmon & A. Farhadi, "YOLO9000" (2017).

    >>> parents = [-1, -1, 0, 0]  # 2 and 3 are kinds of 0
    >>> TreeSoftmax(parents)([[0.0, 0.0, 0.0, np.log(3)]]).value
    array([[0.5 , 0.5 , 0.25, 0.75]])
    """

    formula, symbol = "softmax({0}) among siblings", "Q"
    locals = (Local("(diag(q) − q qᵀ) ⊙ S", lambda op, q, x: op.jacobian(q), "row by row", "S: siblings"),)

    def forward(self, x: Array) -> Array:
        self.check(x)
        return np.concatenate([Softmax().forward(x[..., group]) for group in self.groups], axis=-1)

    def backward(self, upstream: Array, q: Array, x: Array) -> tuple[Array]:
        parts = [Softmax().backward(upstream[..., g], q[..., g], x[..., g])[0] for g in self.groups]
        return (np.concatenate(parts, axis=-1),)

    def expand(self, x: Node) -> Node:
        e = exp(x)
        return e / (e @ Node(self.siblings(x.value), "S", requires_grad=False))

    def siblings(self, like: Array) -> Array:
        """S[i, j] = 1 where i and j have the same parent, else 0."""
        return np.equal.outer(self.parents, self.parents).astype(like.dtype)

    def jacobian(self, q: Array) -> Array:
        return Softmax().jacobian(q) * self.siblings(q)


class PathProduct(_Tree):
    """p[..., i] = q[..., i] · p[..., parent of i], with 1 above the top: the product of q along the path down to i.

    With q = `TreeSoftmax`, p is the probability of node i, and those of the leaves sum to 1. q, p: [..., nodes].
    ∂p[i]/∂q[j] = the product along the path without q[j] if j lies on it, else 0. parents, errors: as `TreeSoftmax`.
    Source: the chain rule of probability.

    >>> PathProduct([-1, -1, 0, 0])([[0.5, 0.5, 0.25, 0.75]]).value
    array([[0.5  , 0.5  , 0.125, 0.375]])
    """

    formula, symbol = "Π {0} along paths", "P"
    locals = (Local("∂{y}/∂{0}", lambda op, p, q: op.jacobian(p, q), "row by row", "the path without it"),)

    def forward(self, q: Array) -> Array:
        self.check(q)
        p = q.copy()
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                p[..., i] *= p[..., parent]
        return p

    def backward(self, upstream: Array, p: Array, q: Array) -> tuple[Array]:
        dp, dq = upstream.copy(), upstream.copy()
        for i, parent in reversed([*enumerate(self.parents)]):  # a product swaps its inputs, from the leaves to the top
            dq[..., i] = dp[..., i]
            if parent >= 0:
                dq[..., i] *= p[..., parent]
                dp[..., parent] += dp[..., i] * q[..., i]
        return (dq,)

    def expand(self, q: Node) -> Node:
        return exp(log(q) @ Node(self.paths(q.value), "A", requires_grad=False))

    def paths(self, like: Array) -> Array:
        """A[j, i] = 1 where j lies on the path down to i, itself included, else 0."""
        a = np.eye(len(self.parents), dtype=like.dtype)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                a[:, i] += a[:, parent]
        return a

    def jacobian(self, p: Array, q: Array) -> Array:
        """J[..., j, i] = ∂p[i]/∂q[j]: from parent to child all are multiplied by q[i], and its own one begins."""
        j = np.zeros((*q.shape, q.shape[-1]), dtype=q.dtype)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                j[..., i] = j[..., parent] * q[..., i, None]
            j[..., i, i] = p[..., parent] if parent >= 0 else 1
        return j
