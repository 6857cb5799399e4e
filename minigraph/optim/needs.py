"""What settings, parameters and gradients have to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from numbers import Real

from minigraph.arrays import Array, shape_text
from minigraph.graph import Parameter

__all__ = ["at_least_one", "at_least_zero", "below_one", "gradient_of", "parameters_of", "positive"]


def at_least_zero(owner: object, name: str, value: float) -> float:
    return _number(owner, name, value, lambda v: v >= 0, "0 or more")


def positive(owner: object, name: str, value: float) -> float:
    return _number(owner, name, value, lambda v: v > 0, "greater than 0")


def below_one(owner: object, name: str, value: float) -> float:
    return _number(owner, name, value, lambda v: 0 <= v < 1, "0 or more and less than 1")


def at_least_one(owner: object, name: str, value: int) -> int:
    _number(owner, name, value, lambda v: v >= 1 and v == int(v), "a whole number, at least 1")
    return value


def _number(owner: object, name: str, value: float, is_right: Callable[[float], bool], needed: str) -> float:
    if not isinstance(value, Real):
        raise TypeError(f"{_who(owner)}: {name} is {value!r}, but must be a number, {needed}")
    if not is_right(value):
        raise ValueError(f"{_who(owner)}: {name} is {value}, but must be {needed}")
    return value


def _who(owner: object) -> str:
    """A function is called by its name (given as text), an object by that of its class."""
    return owner if isinstance(owner, str) else type(owner).__name__


def parameters_of(owner: object, parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    if isinstance(parameters, Parameter):
        raise TypeError(f"{_who(owner)}: give a list of parameters, not one parameter")
    found = tuple(dict.fromkeys(parameters))  # one that was given twice still takes one step
    if not found:
        raise ValueError(f"{_who(owner)}: there are no parameters to change")
    for parameter in found:
        if not isinstance(parameter, Parameter):
            raise TypeError(f"{_who(owner)}: {parameter!r} is not a Parameter")
    return found


def gradient_of(owner: object, parameter: Parameter) -> Array:
    name = f"{_who(owner)}: {parameter.name or parameter!r}"
    if parameter.grad is None:
        raise ValueError(f"{name} has no gradient; call backward() after each forward()")
    if parameter.grad.shape != parameter.shape:
        came, needed = shape_text(parameter.grad.shape), shape_text(parameter.shape)
        raise ValueError(f"{name} has a gradient of {came}, but is {needed}")
    return parameter.grad
