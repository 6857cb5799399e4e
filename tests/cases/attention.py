"""Cases of attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cases.case import Case
from helpers import Array, spread

from minigraph.layers import Attention
from minigraph.layers.attention import Mask

__all__ = ["CASES"]

RNG = np.random.default_rng(2017)
Shape = tuple[int, ...]
Sizes = tuple[Shape, Shape, Shape]

SIZES: list[Sizes] = [
    ((3, 2), (4, 2), (4, 3)), ((3, 4), (3, 4), (3, 4)), ((1, 2), (1, 2), (1, 1)), ((2, 3, 2), (2, 4, 2), (2, 4, 3)),
    ((2, 2, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2)), ((2, 3, 2), (4, 2), (4, 2)), ((3, 2), (2, 4, 2), (2, 4, 3)),
    ((2, 1, 3, 1), (1, 3, 4, 1), (4, 2)), ((1, 3), (4, 3), (4, 2)), ((2, 3), (1, 3), (1, 2)),
]  # fmt: skip


def attentions() -> Iterator[Case]:
    for sizes in SIZES:
        q, k, v = inputs = tuple(spread(RNG, *size) for size in sizes)
        what = " ".join(str(list(size)) for size in sizes)
        yield Case(f"Attention {what}", Attention(), inputs, twin)
        yield Case(f"Attention {what} causal", Attention(causal=True), inputs, causal_twin)
        m = hiding(q.shape[-2], k.shape[-2])
        yield Case(f"Attention {what} masked", Attention(masked=True), (*inputs, m), twin)
        yield Case(f"Attention {what} by a bias", Attention(masked=True), (*inputs, spread(RNG, *m.shape)), twin)
        yield Case(
            f"Attention {what} causal and masked", Attention(causal=True, masked=True), (*inputs, m), causal_twin
        )


def hiding(queries: int, keys: int) -> Array:
    """A mask that hides about a third, but never the first key."""
    m = np.where(RNG.random((queries, keys)) < 0.3, -np.inf, 0.0)
    m[:, 0] = 0.0
    return np.asarray(m)


def twin(torch: Any, q: Any, k: Any, v: Any, m: Any = None) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=m)


def causal_twin(torch: Any, q: Any, k: Any, v: Any, m: Any = None) -> Any:
    visible = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    hidden = torch.zeros(visible.shape, dtype=q.dtype).masked_fill(~visible, -torch.inf)
    return twin(torch, q, k, v, hidden if m is None else hidden + m)


def masks() -> Iterator[Case]:
    shapes: list[tuple[Shape, Shape]] = [((2, 3), (2, 3)), ((4, 2, 3), (2, 3)), ((2, 2, 3), (2, 1, 3)), ((2, 3), (3,))]
    for scores, mask in shapes:
        pair = spread(RNG, *scores), spread(RNG, *mask)
        yield Case(f"Mask {list(scores)} by {list(mask)}", Mask(), pair, lambda torch, z, m: z + m)


CASES: tuple[Case, ...] = (*attentions(), *masks())
