"""Entropies in nats and bits: known numbers, equations, and what scipy says."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import distribution

import minigraph as mg
from minigraph.layers import CrossEntropy, cross_entropy, entropy, kl_divergence

RNG = np.random.default_rng(1948)
P, Q = distribution(RNG, 5, 4), distribution(RNG, 5, 4)


def test_coin_and_die() -> None:
    assert entropy([0.5, 0.5], base=2) == 1
    assert entropy([0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-15)
    assert entropy(np.full(6, 1 / 6), base=2) == pytest.approx(math.log2(6), rel=1e-15)
    assert entropy([1, 0, 0]) == 0 and not np.signbit(entropy([1, 0, 0]))


@pytest.mark.parametrize("base", [2, math.e, 10])
def test_cross_entropy_is_entropy_and_divergence(base: float) -> None:
    whole = entropy(P, base) + kl_divergence(P, Q, base)
    np.testing.assert_allclose(cross_entropy(P, Q, base), whole, rtol=1e-13)
    np.testing.assert_array_equal(kl_divergence(P, P, base), np.zeros(5))
    assert (kl_divergence(P, Q, base) > 0).all()


@pytest.mark.parametrize("base", [2, math.e, 10])
def test_scipy_agrees(base: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    np.testing.assert_allclose(entropy(P, base), stats.entropy(P, base=base, axis=-1), rtol=1e-12)
    np.testing.assert_allclose(kl_divergence(P, Q, base), stats.entropy(P, Q, base=base, axis=-1), rtol=1e-11)


def test_the_loss_is_the_mean_cross_entropy() -> None:
    assert CrossEntropy()(mg.Node(Q), P).item() == pytest.approx(cross_entropy(P, Q).mean(), rel=1e-14)


def test_what_is_excluded_costs_infinitely_much_and_what_never_happens_nothing() -> None:
    assert cross_entropy([0.5, 0.5], [1, 0]) == kl_divergence([0.5, 0.5], [1, 0]) == np.inf
    assert cross_entropy([1, 0], [1, 0]) == kl_divergence([1, 0], [1, 0]) == 0
    assert kl_divergence([1, 0], [0.5, 0.5], base=2) == 1


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: entropy([0.5, 0.4]), r"^entropy: each row of p must be a distribution: numbers ≥ 0 that sum to 1"),
    (lambda: entropy([1.5, -0.5]), r"^entropy: each row of p must be a distribution"),
    (lambda: entropy([0.5, float("nan")]), r"^entropy: each row of p .* no NaN"),
    (lambda: entropy(1.0), r"^entropy: p is \[\], but must be \[\.\.\., classes\] and not empty"),
    (lambda: entropy(np.zeros((0, 3))), r"^entropy: p is \[0, 3\]"),
    (lambda: entropy([1.0], base=1), r"^entropy: base is 1, but must be greater than 1: 2 for bits"),
    (lambda: cross_entropy([0.5, 0.5], [1.0, 1.0]), r"^cross_entropy: each row of q must be a distribution"),
    (lambda: kl_divergence([0.5, 0.5], [1.0]), r"^kl_divergence: p is \[2\] but q is \[1\]; .* same shape"),
]  # fmt: skip


@pytest.mark.parametrize("call, message", REFUSED, ids=[row[1][:50] for row in REFUSED])
def test_message(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
