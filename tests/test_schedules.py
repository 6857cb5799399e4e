"""Learning-rate schedules: their formulas, and the rates that PyTorch's give."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigraph as mg

STEPS = 25


def sgd(rate: float = 0.4) -> mg.SGD:
    return mg.SGD([mg.Parameter(1.0)], rate)


def rates(make: Callable[[mg.Optimizer], mg.Schedule]) -> list[float]:
    optimizer = sgd()
    schedule = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.learning_rate)
        schedule.step()
    return found


PAIRS: dict[str, tuple[Callable[[mg.Optimizer], mg.Schedule], Callable[[Any, Any], Any], int]] = {
    "constant": (mg.ConstantRate, lambda s, o: s.LambdaLR(o, lambda t: 1.0), STEPS),
    "step": (lambda o: mg.StepDecay(o, 4, 0.5), lambda s, o: s.StepLR(o, 4, 0.5), STEPS),
    "exponential": (lambda o: mg.ExponentialDecay(o, 0.9), lambda s, o: s.ExponentialLR(o, 0.9), STEPS),
    "cosine": (  # PyTorch's rises again after T
        lambda o: mg.CosineDecay(o, 10, lowest=0.1), lambda s, o: s.CosineAnnealingLR(o, 10, 0.1), 11,
    ),
    "cosine with warm-up": (
        lambda o: mg.CosineDecay(o, 15, warmup=5),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.2, total_iters=4), s.CosineAnnealingLR(o, 15)], [5]), 20,
    ),
    "step with warm-up": (
        lambda o: mg.StepDecay(o, 3, warmup=5),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.2, total_iters=4), s.StepLR(o, 3)], [5]), STEPS,
    ),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")  # PyTorch's SequentialLR, of itself
@pytest.mark.parametrize("ours, theirs, until", PAIRS.values(), ids=PAIRS)
def test_the_rates_of_pytorch(torch: Any, ours: Any, theirs: Any, until: int) -> None:
    reference = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.4)
    scheduler = theirs(torch.optim.lr_scheduler, reference)
    expected = []
    for _ in range(until):
        expected.append(reference.param_groups[0]["lr"])
        reference.step()
        scheduler.step()
    np.testing.assert_allclose(rates(ours)[:until], expected, rtol=1e-9, atol=1e-12)


def test_formulas() -> None:
    assert rates(mg.ConstantRate) == [0.4] * STEPS
    np.testing.assert_allclose(rates(lambda o: mg.StepDecay(o, 10)), [0.4] * 10 + [0.04] * 10 + [0.004] * 5)
    np.testing.assert_allclose(rates(lambda o: mg.ExponentialDecay(o, 0.5))[:4], [0.4, 0.2, 0.1, 0.05])
    cosine = rates(lambda o: mg.CosineDecay(o, 10, lowest=0.1, warmup=4))
    np.testing.assert_allclose(cosine[:5], [0.1, 0.2, 0.3, 0.4, 0.4])
    assert cosine[9] == pytest.approx(0.25) and cosine[14:] == [0.1] * 11


def test_a_schedule_of_ones_own_writes_only_rate() -> None:
    class Inverse(mg.Schedule):
        def rate(self, t: int) -> float:
            return self.start / (1 + t)

    np.testing.assert_allclose(rates(Inverse)[:3], [0.4, 0.2, 0.4 / 3])


@pytest.mark.parametrize("make", [mg.SGD, mg.AdaGrad, mg.RMSProp, mg.Adam, mg.AdamW])
def test_the_next_step_has_the_new_rate(make: type[mg.Optimizer]) -> None:
    long, short = mg.Parameter(1.0), mg.Parameter(1.0)
    first, second = make([long], 0.1), make([short], 0.1)
    schedule = mg.StepDecay(second, 1, 0.5)
    schedule.step()
    long.grad = short.grad = np.array(0.3)
    first.step()
    second.step()
    assert 1 - float(long) == pytest.approx(2 * (1 - float(short)), rel=1e-12)


LOSSES = [1.0, 0.9, 0.9, 0.9, 0.89, 0.89, 0.9, 0.89, 0.95, 0.9, 0.5, 0.49999, 0.5, 0.5, 0.5, math.nan, 0.4, 0.6]


@pytest.mark.torch
@pytest.mark.parametrize("patience", [0, 1, 2, 5])
@pytest.mark.parametrize("lowest", [0.0, 0.05])
def test_plateaus_are_those_of_pytorch(torch: Any, patience: int, lowest: float) -> None:
    reference = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.4)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, factor=0.5, patience=patience, min_lr=lowest)
    optimizer = sgd()
    ours = mg.ReduceOnPlateau(optimizer, factor=0.5, patience=patience, lowest=lowest)
    for loss in LOSSES:
        theirs.step(loss)
        ours.step(loss)
        assert optimizer.learning_rate == pytest.approx(reference.param_groups[0]["lr"], rel=1e-12)


def test_a_plateau_is_reduced_after_patience_and_losses_may_be_negative() -> None:
    optimizer = sgd()
    plateau = mg.ReduceOnPlateau(optimizer, patience=2)
    for loss, rate in ((-1.0, 0.4), (-1.1, 0.4), (-1.1, 0.4), (-1.1, 0.4), (-1.1, 0.04), (-2.0, 0.04)):
        plateau.step(loss)
        assert optimizer.learning_rate == pytest.approx(rate)
    assert plateau.best == -2


def test_a_plateau_never_raises_a_rate_that_is_below_the_lowest() -> None:
    optimizer = sgd(0.01)
    plateau = mg.ReduceOnPlateau(optimizer, patience=0, lowest=0.1)
    for _ in range(3):
        plateau.step(1.0)
    assert optimizer.learning_rate == 0.01


ERRORS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda o: mg.StepDecay(o, 0), "^StepDecay: every is 0, but must be a whole number, at least 1$"),
    (lambda o: mg.StepDecay(o, 2.5), "^StepDecay: every is 2.5"),  # type: ignore[arg-type]
    (lambda o: mg.StepDecay(o, 1, -0.5), "^StepDecay: factor is -0.5, but must be greater than 0$"),
    (lambda o: mg.ExponentialDecay(o, 0), "^ExponentialDecay: factor is 0, but must be greater than 0$"),
    (lambda o: mg.CosineDecay(o, -3), "^CosineDecay: steps is -3, but must be a whole number, at least 1$"),
    (lambda o: mg.CosineDecay(o, 3, -1), "^CosineDecay: lowest is -1, but must be 0 or more$"),
    (lambda o: mg.ConstantRate(o, warmup=-1), "^ConstantRate: warmup is -1, but must be a whole number, at least 1$"),
    (lambda o: mg.ReduceOnPlateau(o, 1.0), "^ReduceOnPlateau: factor is 1.0, but must be 0 or more and less than 1$"),
    (lambda o: mg.ReduceOnPlateau(o, patience=-1), "^ReduceOnPlateau: patience is -1, but must be 0 or more$"),
]


@pytest.mark.parametrize("make, message", ERRORS)
def test_errors_leave_the_rate_alone(make: Callable[[Any], Any], message: str) -> None:
    optimizer = sgd()
    with pytest.raises(ValueError, match=message):
        make(optimizer)
    assert optimizer.learning_rate == 0.4


@pytest.mark.parametrize("make", [mg.ConstantRate, mg.ReduceOnPlateau])
def test_a_rate_is_no_optimizer(make: Any) -> None:
    with pytest.raises(TypeError, match=f"^{make.__name__}: needs an optimizer, such as SGD, got float$"):
        make(0.1)
