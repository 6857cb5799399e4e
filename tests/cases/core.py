"""Cases of the primitives and of the first layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from cases.case import PAIRS, Case, Shape, Twin, text
from helpers import Array, distribution, positive, spread

from minigraph.graph import Op
from minigraph.layers import Affine, CrossEntropy, Softmax, SoftmaxWithLoss
from minigraph.ops import (  # fmt: skip
    Add,
    Div,
    Exp,
    Log,
    MatMul,
    Max,
    Maximum,
    Mean,
    Min,
    Mul,
    Neg,
    Pick,
    Pow,
    Reshape,
    Sub,
    Sum,
    Tanh,
    Weigh,
)

__all__ = ["CASES"]

RNG = np.random.default_rng(2024)


def binary() -> Iterator[Case]:
    any_sign: list[tuple[Op, Twin]] = [
        (Add(), lambda torch, a, b: a + b),
        (Sub(), lambda torch, a, b: a - b),
        (Mul(), lambda torch, a, b: a * b),
        (Div(), lambda torch, a, b: a / b),
        (Maximum(), lambda torch, a, b: torch.maximum(a, b)),
    ]
    for op, twin in any_sign:
        for left, right in PAIRS:
            yield Case(f"{op.name} {text(left, right)}", op, (spread(RNG, *left), spread(RNG, *right)), twin)
    for shape, t in PAIRS:
        pair = spread(RNG, *shape), spread(RNG, *t)
        yield Case(f"Weigh {text(shape, t)}", Weigh(), pair, lambda torch, a, t: a * t)
    for kind in (int, np.uint8, bool, np.float64):
        one_hot = np.eye(3)[[2, 0]].astype(kind)
        yield Case(f"Weigh by {kind.__name__}", Weigh(), (spread(RNG, 2, 3), one_hot), lambda torch, a, t: a * t)
    for left, right in PAIRS:
        yield power(f"Pow {text(left, right)}", positive(RNG, *left), spread(RNG, *right))
    for exponent in (-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0):
        yield power(f"Pow x^{exponent:g}", positive(RNG, 2, 3), np.array(exponent))
    yield power("Pow exponents with zeros", positive(RNG, 2, 3), np.array([0.0, 1.0, 2.0]))


def power(name: str, a: Array, b: Array) -> Case:
    return Case(name, Pow(), (a, b), lambda torch, a, b: a**b)


def unary() -> Iterator[Case]:
    table: list[tuple[Op, Callable[..., Array], Twin]] = [
        (Neg(), spread, lambda torch, x: -x),
        (Exp(), spread, lambda torch, x: x.exp()),
        (Log(), positive, lambda torch, x: x.log()),
        (Tanh(), spread, lambda torch, x: x.tanh()),
    ]
    for op, make, twin in table:
        for shape in ((), (3,), (2, 3), (2, 1, 3)):
            yield Case(f"{op.name} {text(shape)}", op, (make(RNG, *shape),), twin)


def reductions() -> Iterator[Case]:
    twins: list[tuple[type[Sum] | type[Mean] | type[Max] | type[Min], Twin]] = [
        (Sum, lambda torch, x, axes, keep: x.sum(dim=axes, keepdim=keep)),
        (Mean, lambda torch, x, axes, keep: x.mean(dim=axes, keepdim=keep)),
        (Max, lambda torch, x, axes, keep: x.amax(dim=axes, keepdim=keep)),
        (Min, lambda torch, x, axes, keep: x.amin(dim=axes, keepdim=keep)),
    ]
    settings: list[tuple[Shape, Any]] = [
        ((), None), ((3,), None), ((3,), 0), ((1, 3), 0), ((2, 3), -1), ((2, 1, 4), (1,)), ((2, 3, 4), None),
        ((2, 3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((2, 3, 4), -2), ((2, 3, 4), (0, 2)), ((2, 3, 4), (-1, 0)),
        ((2, 3, 4), (0, 1, 2)), ((2, 3, 4), ()),
    ]  # fmt: skip
    for make, twin in twins:
        for shape, axis in settings:
            axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
            for keep in (False, True):
                name = f"{make.__name__} {text(shape)} axis={axis}{' keepdims' * keep}"
                yield Case(
                    name, make(axis, keep), (spread(RNG, *shape),),
                    lambda torch, x, twin=twin, axes=axes, keep=keep: twin(torch, x, axes, keep) if axes else x,
                )  # fmt: skip


def products() -> Iterator[Case]:
    shapes: list[tuple[Shape, Shape]] = [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 1), (1, 3)),
        ((1, 3), (3, 1)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((4, 1, 2, 3), (3,)), ((3,), (2, 1, 3, 4)),
    ]  # fmt: skip
    for a, b in shapes:
        yield Case(f"MatMul {text(a, b)}", MatMul(), (spread(RNG, *a), spread(RNG, *b)), lambda torch, a, b: a @ b)
    affine: list[tuple[Shape, int, int]] = [
        ((3,), 3, 2), ((2, 3), 3, 4), ((1, 3), 3, 2), ((2, 4, 3), 3, 2), ((2, 1), 1, 1),
    ]  # fmt: skip
    for x, inputs, outputs in affine:
        op = Affine(inputs, outputs, weight=spread(RNG, inputs, outputs), bias=spread(RNG, outputs))
        yield Case(
            f"Affine {text(x)} to {outputs}", op, (spread(RNG, *x),),
            lambda torch, x, w, b: torch.nn.functional.linear(x, w.T, b),
        )  # fmt: skip
        plain = Affine(inputs, outputs, weight="xavier", bias=False, seed=RNG)
        yield Case(
            f"Affine {text(x)} to {outputs}, no bias", plain, (spread(RNG, *x),),
            lambda torch, x, w: torch.nn.functional.linear(x, w.T),
        )  # fmt: skip


def rearrangements() -> Iterator[Case]:
    picks: list[tuple[Shape, Any]] = [
        ((2, 3), [2, 0]), ((3,), 1), ((2, 3, 4), [[0, 3, 1], [2, 2, 0]]), ((2, 1), [0, 0]), ((3, 2), [1, 1, 1]),
    ]  # fmt: skip
    for shape, index in picks:
        yield Case(
            f"Pick {text(shape)} at {index}", Pick(), (spread(RNG, *shape), np.array(index)),
            lambda torch, x, i: x.gather(-1, i[..., None])[..., 0],
        )  # fmt: skip
    targets: list[tuple[Shape, Shape]] = [
        ((6,), (2, 3)), ((2, 3), (-1,)), ((2, 3), (3, -1)), ((), (1, 1)), ((2, 3, 4), (6, 4)), ((1, 1), ()),
        ((2, 3), (2, 3)),
    ]  # fmt: skip
    for shape, to in targets:
        yield Case(
            f"Reshape {text(shape)} to {text(to)}", Reshape(*to), (spread(RNG, *shape),),
            lambda torch, x, to=to: x.reshape(to),
        )  # fmt: skip


def softmaxes() -> Iterator[Case]:
    settings: list[tuple[Shape, dict[str, Any]]] = [
        ((3,), {}), ((2, 3), {}), ((2, 1), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": 1}), ((2, 3, 4), {"axis": 1}),
        ((2, 3, 4), {"axis": -3}), ((2, 3), {"temperature": 0.5}), ((2, 3), {"temperature": 3.0}),
        ((2, 6), {"groups": 2}), ((6,), {"groups": 3}), ((2, 6, 3), {"axis": 1, "groups": 3}), ((2, 4), {"groups": 4}),
        ((4, 3), {"axis": 0, "groups": 2}), ((3, 2, 4), {"axis": -2, "groups": 2, "temperature": 2.0}),
    ]  # fmt: skip
    for shape, options in settings:
        setting = ", ".join(f"{key}={value}" for key, value in options.items())
        yield Case(
            f"Softmax {text(shape)} {setting}".rstrip(), Softmax(**options), (spread(RNG, *shape),),
            lambda torch, x, options=options: softmax_twin(torch, x, **options),
        )  # fmt: skip


def softmax_twin(torch: Any, x: Any, axis: int = -1, temperature: float = 1.0, groups: int = 1) -> Any:
    return torch.cat([(part / temperature).softmax(dim=axis) for part in x.chunk(groups, dim=axis)], dim=axis)


def losses() -> Iterator[Case]:
    for shape in ((4, 3), (3,), (2, 2, 3), (1, 3), (2, 1)):
        labels = RNG.integers(shape[-1], size=shape[:-1])
        one_hot = np.eye(shape[-1])[labels]
        targets: dict[str, Array] = {"labels": labels, "one-hot": one_hot, "soft targets": distribution(RNG, *shape)}
        if shape == (4, 3):
            targets |= {"bytes": labels.astype(np.uint8), "bool one-hot": one_hot > 0}
            targets |= {"integer one-hot": one_hot.astype(int)}
        for kind, t in targets.items():
            for reduction in ("mean", "sum", "none"):
                what = f"{text(shape)}, {kind}, {reduction}"
                yield Case(
                    f"CrossEntropy {what}", CrossEntropy(reduction), (distribution(RNG, *shape), t),
                    lambda torch, p, t, reduction=reduction: cross_entropy_twin(torch, p, t, reduction),
                )  # fmt: skip
                yield Case(
                    f"SoftmaxWithLoss {what}", SoftmaxWithLoss(reduction), (3 * spread(RNG, *shape), t),
                    lambda torch, z, t, reduction=reduction: logits_twin(torch, z, t, reduction),
                )  # fmt: skip


def cross_entropy_twin(torch: Any, p: Any, t: Any, reduction: str) -> Any:
    if t.shape == p.shape:
        rows = -(t.to(p.dtype) * p.log()).sum(dim=-1)
    else:
        picked = torch.nn.functional.nll_loss(p.log().reshape(-1, p.shape[-1]), t.reshape(-1).long(), reduction="none")
        rows = picked.reshape(t.shape)
    return rows if reduction == "none" else rows.mean() if reduction == "mean" else rows.sum()


def logits_twin(torch: Any, z: Any, t: Any, reduction: str) -> Any:
    classes = z.shape[-1]
    targets = t.reshape(-1, classes).to(z.dtype) if t.shape == z.shape else t.reshape(-1).long()
    loss = torch.nn.functional.cross_entropy(z.reshape(-1, classes), targets, reduction=reduction)
    return loss.reshape(z.shape[:-1]) if reduction == "none" else loss


CASES: tuple[Case, ...] = (
    *binary(), *unary(), *reductions(), *products(), *rearrangements(), *softmaxes(), *losses(),
)  # fmt: skip
