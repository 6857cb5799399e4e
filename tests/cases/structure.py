"""Cases of normalization, dropout, embedding and trees, and of what tells training from evaluating."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cases.case import Case
from helpers import Array, distribution, positive, spread

from minigraph.layers import BatchNorm, Dropout, Embedding, LayerNorm, PathProduct, TreeSoftmax
from minigraph.ops import Choose, DropoutMask

__all__ = ["CASES", "TREES"]

RNG = np.random.default_rng(2025)
TREES = {
    "flat": (-1, -1, -1),
    "binary": (-1, -1, 0, 0, 1, 1),
    "uneven": (-1, -1, -1, 1, 1, 3, 3, 3),
    "chain": (-1, 0, 1),
    "one": (-1,),
}


def normalizations() -> Iterator[Case]:
    for shape in ((4,), (3, 4), (1, 4), (2, 3, 5)):
        layer = LayerNorm(shape[-1], eps=1e-3)
        randomize(layer)
        yield Case(
            f"LayerNorm {list(shape)}", layer, (spread(RNG, *shape),),
            lambda torch, x, g, b: torch.nn.functional.layer_norm(x, g.shape, g, b, 1e-3),
        )  # fmt: skip
    settings: list[tuple[tuple[int, ...], int]] = [
        ((5, 3), -1), ((2, 1), -1), ((2, 4, 3), -1), ((2, 3, 4), 1), ((2, 3, 2, 2), 1), ((2, 3, 2, 2), -3), ((3, 5), 0),
    ]  # fmt: skip
    for shape, axis in settings:
        for step in (0, 1, 7):
            norm = BatchNorm(shape[axis], eps=1e-3, axis=axis)
            randomize(norm)
            yield Case(
                f"BatchNorm {list(shape)} axis={axis} step={step}", norm, (spread(RNG, *shape), np.array(step)),
                lambda torch, x, *rest, axis=axis: batch_norm_twin(torch, x, *rest, axis=axis),
            )  # fmt: skip
    one = BatchNorm(3)
    randomize(one)
    yield Case("BatchNorm of one sample, evaluating", one, (spread(RNG, 1, 3), np.array(0)), batch_norm_twin)


def randomize(layer: Any) -> None:
    for parameter in layer.parameters:
        parameter.value = positive(RNG, *parameter.shape)


def batch_norm_twin(
    torch: Any, x: Any, step: Any, g: Any, b: Any, mean: Any, variance: Any, axis: int = -1
) -> Any:
    eps = 1e-5 if len(x) == 1 else 1e-3
    known = (mean.clone(), variance.clone())
    y = torch.nn.functional.batch_norm(x.movedim(axis, 1), *known, g, b, training=bool(step > 0), eps=eps)
    return y.movedim(1, axis)


def dropouts() -> Iterator[Case]:
    for shape in ((), (3,), (2, 3), (2, 1, 3)):
        mask = RNG.choice([0.0, 2.0], size=shape)
        yield Case(f"Dropout {list(shape)}", Dropout(0.5), (spread(RNG, *shape), mask), lambda torch, x, m: x * m)
        off = Case(
            f"DropoutMask {list(shape)} evaluating", DropoutMask(0.3, 5), (spread(RNG, *shape), np.array(0)),
            lambda torch, x, step: torch.nn.functional.dropout(torch.ones_like(x), 0.3, training=False),
        )  # fmt: skip
        yield off
    yield Case("DropoutMask training", DropoutMask(0.3, 5), (spread(RNG, 2, 3), np.array(4)))
    yield Case(
        "DropoutMask of p = 0", DropoutMask(0.0, 5), (spread(RNG, 2, 3), np.array(4)),
        lambda torch, x, step: torch.nn.functional.dropout(torch.ones_like(x), 0.0),
    )  # fmt: skip
    for step in (0, 1):
        yield Case(
            f"Choose at step {step}", Choose(), (spread(RNG, 2, 3), spread(RNG, 2, 3), np.array(step)),
            lambda torch, a, b, step: torch.where(step > 0, a, b),
        )  # fmt: skip


def embeddings() -> Iterator[Case]:
    indices: dict[str, Array] = {
        "one": np.array(2), "some": np.array([0, 3, 1]), "repeated": np.array([2, 2, 0, 2]),
        "sentences": np.array([[0, 1, 1], [3, 3, 3]]), "bytes": np.array([1, 1], np.uint8),
    }  # fmt: skip
    for kind, index in indices.items():
        yield Case(
            f"Embedding, {kind}", Embedding(4, 3, seed=RNG), (index,),
            lambda torch, i, w: torch.nn.functional.embedding(i.long(), w),
        )  # fmt: skip


def trees() -> Iterator[Case]:
    for kind, parents in TREES.items():
        for lead in ((), (3,), (2, 2)):
            shape = (*lead, len(parents))
            yield Case(
                f"TreeSoftmax {kind} {list(shape)}", TreeSoftmax(parents), (spread(RNG, *shape),),
                lambda torch, x, parents=parents: tree_softmax_twin(torch, x, parents),
            )  # fmt: skip
            yield Case(
                f"PathProduct {kind} {list(shape)}", PathProduct(parents), (distribution(RNG, *shape),),
                lambda torch, q, parents=parents: path_product_twin(torch, q, parents),
            )  # fmt: skip


def tree_softmax_twin(torch: Any, x: Any, parents: tuple[int, ...]) -> Any:
    sizes = [parents.count(parent) for parent in dict.fromkeys(parents)]
    return torch.cat([group.softmax(dim=-1) for group in x.split(sizes, dim=-1)], dim=-1)


def path_product_twin(torch: Any, q: Any, parents: tuple[int, ...]) -> Any:
    p: list[Any] = []
    for i, parent in enumerate(parents):
        p.append(q[..., i] * p[parent] if parent >= 0 else q[..., i])
    return torch.stack(p, dim=-1)


CASES: tuple[Case, ...] = (*normalizations(), *dropouts(), *embeddings(), *trees())
