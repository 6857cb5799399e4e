"""Cases of the losses beyond those of the core, and of the penalties on weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
from cases.case import Case, Twin
from helpers import Array, distribution, spread

from minigraph.graph import Op
from minigraph.layers import (
    L1,
    L2,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    FocalLoss,
    MeanAbsoluteError,
    MeanSquaredError,
    MulticlassHinge,
    NLLLoss,
    RootMeanSquaredError,
    SigmoidWithLoss,
    SparseCategoricalCrossEntropy,
)
from minigraph.layers.losses import Reduction
from minigraph.layers.regression import Residual

__all__ = ["CASES"]

RNG = np.random.default_rng(1948)
REDUCTIONS: tuple[Reduction, ...] = get_args(Reduction)
Shape = tuple[int, ...]


def targets(shape: Shape) -> dict[str, Array]:
    """The right answers for scores of `shape`, in every way to write them."""
    labels = RNG.integers(shape[-1], size=shape[:-1])
    one_hot = np.eye(shape[-1])[labels]
    found = {"labels": labels, "one-hot": one_hot, "soft targets": distribution(RNG, *shape)}
    return found | {"bytes": labels.astype(np.uint8), "bool one-hot": one_hot > 0} if shape == (4, 3) else found


def rows(torch: Any, log_p: Any, t: Any) -> Any:
    """−Σ t · log p for each row, by PyTorch."""
    if t.shape == log_p.shape:
        return -(t.to(log_p.dtype) * log_p).sum(dim=-1)
    flat = torch.nn.functional.nll_loss(log_p.reshape(-1, log_p.shape[-1]), t.reshape(-1).long(), reduction="none")
    return flat.reshape(t.shape)


def reduced(each: Any, reduction: str) -> Any:
    return each if reduction == "none" else each.mean() if reduction == "mean" else each.sum()


def classifiers() -> Iterator[Case]:
    for shape in ((4, 3), (3,), (2, 2, 3), (1, 3), (2, 1)):
        for kind, t in targets(shape).items():
            thin = SparseCategoricalCrossEntropy if t.ndim < len(shape) else CategoricalCrossEntropy
            for reduction in REDUCTIONS:
                what = f"{shape}, {kind}, {reduction}"
                yield Case(
                    f"NLLLoss {what}", NLLLoss(reduction), (np.log(distribution(RNG, *shape)), t),
                    lambda torch, g, t, reduction=reduction: reduced(rows(torch, g, t), reduction),
                )  # fmt: skip
                yield Case(
                    f"{thin.__name__} {what}", thin(reduction), (distribution(RNG, *shape), t),
                    lambda torch, p, t, reduction=reduction: reduced(rows(torch, p.log(), t), reduction),
                )  # fmt: skip
                yield from focal(what, shape, t, reduction)
                if kind != "soft targets":
                    yield from hinge(what, shape, t, reduction)


def focal(what: str, shape: Shape, t: Array, reduction: Reduction) -> Iterator[Case]:
    for gamma in (0.0, 0.5, 2.0) if shape == (4, 3) else (1.0,):  # opened, γ < 1 has an infinite slope where p is 1
        for alpha in (None, tuple(0.25 + np.arange(shape[-1]))):
            yield Case(
                f"FocalLoss γ = {gamma:g}{', α' * bool(alpha)}, {what}", FocalLoss(gamma, alpha, reduction),
                (2 * spread(RNG, *shape), t),
                lambda torch, z, t, gamma=gamma, alpha=alpha, reduction=reduction: reduced(
                    focal_twin(torch, z, t, gamma, alpha), reduction
                ),
            )  # fmt: skip


def focal_twin(torch: Any, z: Any, t: Any, gamma: float, alpha: tuple[float, ...] | None) -> Any:
    log_p = z.log_softmax(dim=-1)
    rest = 1 - log_p.exp()
    power = torch.ones_like(rest) if not gamma else rest.clamp(min=1e-30) ** gamma  # else 0 · ∞ where p is 1
    return rows(torch, power * log_p * (1 if alpha is None else torch.tensor(alpha, dtype=z.dtype)), t)


def hinge(what: str, shape: Shape, t: Array, reduction: Reduction) -> Iterator[Case]:
    for delta in (0.25, 5.0) if shape == (4, 3) else (1.0,):
        yield Case(
            f"MulticlassHinge Δ = {delta:g}, {what}", MulticlassHinge(delta, reduction), (spread(RNG, *shape), t),
            lambda torch, s, t, delta=delta, reduction=reduction: hinge_twin(torch, s, t, delta, reduction),
        )  # fmt: skip


def hinge_twin(torch: Any, s: Any, t: Any, delta: float, reduction: str) -> Any:
    classes = s.shape[-1]  # PyTorch divides by them
    labels = (t.int().argmax(dim=-1) if t.shape == s.shape else t).reshape(-1).long()
    hinge = torch.nn.functional.multi_margin_loss
    loss = classes * hinge(s.reshape(-1, classes), labels, margin=delta, reduction=reduction)
    return loss.reshape(s.shape[:-1]) if reduction == "none" else loss


def elementwise() -> Iterator[Case]:
    functional: dict[type[Op], str] = {
        BinaryCrossEntropy: "binary_cross_entropy", SigmoidWithLoss: "binary_cross_entropy_with_logits",
        MeanSquaredError: "mse_loss", MeanAbsoluteError: "l1_loss",
    }  # fmt: skip
    for shape in ((2, 3), (2, 1, 2), ()):
        x = {make: spread(RNG, *shape) for make in functional}
        x[BinaryCrossEntropy] = np.asarray(0.5 + x[BinaryCrossEntropy] / 5)
        chances = np.asarray(0.5 + spread(RNG, *shape) / 5)
        hard = RNG.integers(2, size=shape)
        answers = {"integers": np.asarray(hard), "bools": np.asarray(hard > 0), "numbers": chances}
        for make, name in functional.items():
            for kind, t in answers.items():
                for reduction in REDUCTIONS:
                    yield Case(
                        f"{make.__name__} {shape}, {kind}, {reduction}", make(reduction), (x[make], t),
                        lambda torch, x, t, name=name, reduction=reduction: getattr(torch.nn.functional, name)(
                            x, t.to(x.dtype), reduction=reduction
                        ),
                    )  # fmt: skip
        for kind, t in answers.items():
            root: Twin = lambda torch, x, t: torch.nn.functional.mse_loss(x, t.to(x.dtype)).sqrt()  # noqa: E731
            yield Case(f"RootMeanSquaredError {shape}, {kind}", RootMeanSquaredError(), (spread(RNG, *shape), t), root)
            difference: Twin = lambda torch, x, t: x - t.to(x.dtype)  # noqa: E731
            yield Case(f"Residual {shape}, {kind}", Residual(), (spread(RNG, *shape), t), difference)
    for left, right in (((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3))):
        yield Case(f"Residual {left} and {right}", Residual(), (spread(RNG, *left), spread(RNG, *right)), difference)


def penalties() -> Iterator[Case]:
    for strength in (0.0, 0.1, 3.0):
        for shape in ((), (3,), (2, 3), (2, 1, 3)):
            yield Case(
                f"L2({strength:g}) {shape}", L2(strength), (spread(RNG, *shape),),
                lambda torch, w, strength=strength: strength * (w**2).sum(),
            )  # fmt: skip
            yield Case(
                f"L1({strength:g}) {shape}", L1(strength), (spread(RNG, *shape),),
                lambda torch, w, strength=strength: strength * w.abs().sum(),
            )  # fmt: skip


CASES: tuple[Case, ...] = (*classifiers(), *elementwise(), *penalties())
