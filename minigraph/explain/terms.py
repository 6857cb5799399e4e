"""Terms with the shape that they have as they are written, so that whoever evaluates them gets the gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigraph.explain.pieces import NOTHING, Piece, bracketed, plain, product
from minigraph.scene.content import Edge
from minigraph.scene.text import size_text

__all__ = ["ONE", "Term", "put_back", "sign"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """A product, and the shape of its value if it is evaluated as it stands: 1/N is one number, of however many."""

    piece: Piece
    shape: Shape

    def filled(self, shape: Shape) -> Term:
        """The same numbers in full shape, for what sums over them: Xᵀ · 1 is no matrix product."""
        if self.shape == shape:
            return self
        ones = plain(f"ones[{size_text(shape)}]")
        if self.piece.text in ("", "1"):
            return Term(ones, shape)
        return Term(product(self.piece, sign(self.shape, shape), ones), shape)

    def lined_up(self, edge: Edge) -> Term:
        """As upstream gradient of an edge that puts axes back, which plain broadcasting would put elsewhere."""
        index = put_back(edge)
        if not index or not self.shape:
            return self
        if not index.startswith("["):
            inside = bracketed(self.filled(edge.node.shape).piece)
            name = index.replace("_", r"\_")
            return Term(Piece(index + inside.text, rf"\operatorname{{{name}}}{inside.latex}"), edge.source.shape)
        whole = self if len(self.shape) == edge.node.value.ndim else self.filled(edge.node.shape)
        sizes = iter(whole.shape)
        inside = whole.piece if whole.piece.text.isalnum() else bracketed(whole.piece)
        shape = tuple(1 if part == "None" else next(sizes) for part in index[1:-1].split(", "))
        return Term(Piece(inside.text + index, inside.latex + plain("x" + index).latex[1:]), shape)


ONE = Term(NOTHING, ())  # what the way back begins with, and nobody writes


def sign(a: Shape, b: Shape) -> str:
    """⊙ between arrays, × with a number."""
    return "⊙" if a and b else "×"


def put_back(edge: Edge) -> str:
    """ "[:, None]" where an elementwise edge puts an axis back that plain broadcasting would put in front.

    Where it does more than that, the name that its op has for it: "reshape".
    """
    if edge.local is None or edge.local.rule != "elementwise" or edge.node.op is None:
        return ""
    shape = edge.node.shape
    laid = edge.node.op.align(np.broadcast_to(0.0, shape), *edge.node.operands).shape
    if laid == (1,) * (len(laid) - len(shape)) + shape:
        return ""
    index, left = [], list(shape)
    for size in laid:
        is_old = bool(left) and size == left[0]
        if is_old:
            left.pop(0)
        elif size != 1:
            return edge.node.op.laid_back
        index.append(":" if is_old else "None")
    return edge.node.op.laid_back if left else f"[{', '.join(index)}]"
