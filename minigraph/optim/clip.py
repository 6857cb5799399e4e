"""Gradient clipping, between backward and step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Parameter
from minigraph.optim.needs import gradient_of, parameters_of, positive

__all__ = ["clip_grad_norm", "clip_grad_value", "norm_of"]


def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """g ← g · min(1, c / ‖g‖), where ‖g‖ = √Σ g² goes over all numbers of all gradients; returns the ‖g‖ before.

    max_norm c: with ∞ it only measures. The direction of the step stays what it was.
    Afterwards `grad` is no gradient of the loss any more, so draw and explain before you clip.
    Errors: ValueError where a gradient was not computed, or is not finite: no factor could mend it. Then nothing has
    changed. Source: Pascanu, Mikolov & Bengio (2013).

    >>> w = mg.Parameter([3.0, 4.0], "w")
    >>> (w * w).sum().backward()
    >>> mg.clip_grad_norm([w], max_norm=1.0)
    10.0
    >>> w.grad
    array([0.6, 0.8])
    """
    who = "clip_grad_norm"
    positive(who, "max_norm", max_norm)
    gradients = _gradients(who, parameters)
    norm = norm_of(gradients.values())
    if not math.isfinite(norm):
        odd = [p.name or repr(p) for p, gradient in gradients.items() if not np.isfinite(gradient).all()]
        raise ValueError(f"{who}: the norm is {norm}: the gradients of {', '.join(odd) or 'all'} have NaN or ∞")
    if norm > max_norm:
        _replace(gradients, {p: gradient * (max_norm / norm) for p, gradient in gradients.items()})
    return norm


def clip_grad_value(parameters: Iterable[Parameter], max_value: float) -> None:
    """g ← min(max(g, −c), c), each number by itself: ∞ becomes c, NaN stays.

    max_value c. Afterwards `grad` is no gradient of the loss any more, so draw and explain before you clip.
    Errors: ValueError where a gradient was not computed; then nothing has changed. Source: Mikolov (2012).

    >>> w = mg.Parameter([3.0, -0.1], "w")
    >>> (w * w).sum().backward()
    >>> mg.clip_grad_value([w], max_value=1.0)
    >>> w.grad
    array([ 1. , -0.2])
    """
    who = "clip_grad_value"
    positive(who, "max_value", max_value)
    gradients = _gradients(who, parameters)
    _replace(gradients, {p: np.clip(gradient, -max_value, max_value) for p, gradient in gradients.items()})


def _gradients(who: str, parameters: Iterable[Parameter]) -> dict[Parameter, Array]:
    return {p: gradient_of(who, p) for p in parameters_of(who, parameters) if p.requires_grad}


def _replace(old: dict[Parameter, Array], new: dict[Parameter, Array]) -> None:
    for parameter, gradient in new.items():
        parameter.grad = np.asarray(gradient, old[parameter].dtype)


def norm_of(gradients: Iterable[Array]) -> float:
    """‖g‖ = √Σ g² over all numbers of all gradients."""
    return math.hypot(*map(_norm, gradients))


def _norm(array: Array) -> float:
    """√Σ a², in units of the largest number where a square might overflow or vanish."""
    if array.dtype == np.float64 and 1e-200 < (square := float(np.vdot(array, array))) < 1e200:
        return math.sqrt(square)
    largest = float(np.abs(array).max(initial=0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(float(np.square(array / largest, dtype=np.float64).sum()))
