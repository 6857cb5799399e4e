"""Gradient clipping: by the norm of all gradients, and number by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array, read_only

import minigraph as mg


def parameters(*gradients: Any, dtype: type = np.float64) -> list[mg.Parameter]:
    made = []
    for gradient in gradients:
        array = np.asarray(gradient, dtype)
        made.append(mg.Parameter(np.zeros_like(array), "abc"[len(made)]))
        made[-1].grad = read_only(array)
    return made


def grads(found: list[mg.Parameter]) -> list[Array]:
    return [np.asarray(parameter.grad) for parameter in found]


def test_the_norm_goes_over_all_gradients_and_the_direction_stays() -> None:
    found = parameters([3.0, 0.0], 4.0)
    assert mg.clip_grad_norm(found, 1.0) == 5.0
    np.testing.assert_allclose(grads(found)[0], [0.6, 0.0], rtol=1e-15)
    np.testing.assert_allclose(grads(found)[1], 0.8, rtol=1e-15)
    assert mg.clip_grad_norm(found, math.inf) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("gradient", [[3.0, 4.0], [0.0, 0.0]])
def test_what_is_short_enough_stays_as_it_is(gradient: list[float]) -> None:
    found = parameters(gradient)
    before = found[0].grad
    assert mg.clip_grad_norm(found, 5.0) == math.hypot(*gradient)
    assert found[0].grad is before


@pytest.mark.torch
@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_as_pytorch_clips(torch: Any, limit: float, dtype: type) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((3, 2), (4,), ())]

    def theirs(clip: Callable[[Any, float], Any]) -> tuple[Any, list[Array]]:
        tensors = [torch.zeros(a.shape, requires_grad=True) for a in arrays]
        for tensor, array in zip(tensors, arrays):
            tensor.data = torch.tensor(np.asarray(array, dtype))
            tensor.grad = torch.tensor(np.asarray(array, dtype))
        return clip(tensors, limit), [tensor.grad.numpy() for tensor in tensors]

    found = parameters(*arrays, dtype=dtype)
    norm, expected = theirs(torch.nn.utils.clip_grad_norm_)
    assert mg.clip_grad_norm(found, limit) == pytest.approx(float(norm), rel=1e-6)
    for ours, other in zip(grads(found), expected):
        np.testing.assert_allclose(ours, other, rtol=2e-6)  # PyTorch divides by ‖g‖ + 10⁻⁶
        assert ours.dtype == dtype
    found = parameters(*arrays, dtype=dtype)
    _, expected = theirs(torch.nn.utils.clip_grad_value_)
    mg.clip_grad_value(found, limit)
    for ours, other in zip(grads(found), expected):
        np.testing.assert_array_equal(ours, other)
        assert ours.dtype == dtype


@pytest.mark.parametrize("dtype, size", [(np.float32, 1e30), (np.float32, 1e-30), (np.float64, 1e300)])
def test_no_square_overflows_or_vanishes(dtype: type, size: float) -> None:
    found = parameters([3 * size, 4 * size], dtype=dtype)
    assert mg.clip_grad_norm(found, size) == pytest.approx(5 * size, rel=1e-6)
    np.testing.assert_allclose(grads(found)[0], np.array([0.6 * size, 0.8 * size]), rtol=1e-6)


def test_values_are_clipped_each_by_itself() -> None:
    found = parameters([-5.0, 0.5, np.inf, np.nan])
    mg.clip_grad_value(found, 2.0)
    np.testing.assert_array_equal(grads(found)[0], [-2.0, 0.5, 2.0, np.nan])


def test_frozen_parameters_do_not_count() -> None:
    found = parameters([3.0], [4.0])
    found[1].requires_grad, found[1].grad = False, None
    assert mg.clip_grad_norm(found, 1.0) == 3.0
    mg.clip_grad_value(found, 0.5)
    assert found[0].grad == 0.5


def test_a_step_after_clipping_is_as_long_as_it_may_be() -> None:
    found = parameters([30.0], [40.0])
    mg.clip_grad_norm(found, 0.5)
    mg.SGD(found, 1.0).step()
    assert math.hypot(*(parameter.item() for parameter in found)) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize("clip", [mg.clip_grad_norm, mg.clip_grad_value])
def test_errors_change_nothing(clip: Any) -> None:
    name, setting = clip.__name__, {mg.clip_grad_norm: "max_norm"}.get(clip, "max_value")
    for bad in (0, -1.0, np.nan):
        with pytest.raises(ValueError, match=f"^{name}: {setting} is {bad}, but must be greater than 0$"):
            clip(parameters([1.0]), bad)
    found = parameters([3.0], [4.0])
    found[1].grad = None
    with pytest.raises(ValueError, match=f"^{name}: 'b' has no gradient; call backward"):
        clip(found, 1.0)
    assert found[0].grad == 3.0
    with pytest.raises(TypeError, match=f"^{name}: give a list of parameters, not one parameter"):
        clip(found[0], 1.0)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_no_factor_makes_a_norm_finite_that_is_not(odd: float, place: int) -> None:
    gradients = [[1.0, 2.0], [1.0, 2.0]]
    gradients[place][1] = odd
    found = parameters(*gradients)
    before = [parameter.grad for parameter in found]
    with pytest.raises(ValueError, match=f"^clip_grad_norm: .* the gradients of {'ab'[place]} have NaN or ∞$"):
        mg.clip_grad_norm(found, 1.0)
    assert all(parameter.grad is gradient for parameter, gradient in zip(found, before))
