"""Parameters and their gradients as views of one vector each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.graph import Node, Parameter

__all__ = ["Flat"]


class Flat:
    """Holds parameters while a program trains them: all numbers in one vector, all gradients in another.

    vectors: (numbers, gradients), one pair for each dtype, and the parameters in them, in order ·
    memory, places: of each parameter, its part of them in its own shape.
    A parameter that is read gets a copy; one that is given a value releases them all, until the next run takes them.
    lent: those whose own array is that of the last step: somebody may have written into it.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self.vectors: list[tuple[Array, Array]] = []
        self.members: list[tuple[Parameter, ...]] = []
        self.memory: dict[Node, Array] = {}
        self.places: dict[Node, Array] = {}
        for dtype in dict.fromkeys(parameter.value.dtype for parameter in self.parameters):
            members = tuple(p for p in self.parameters if p.value.dtype == dtype)
            size = sum(parameter.value.size for parameter in members)
            pair = np.zeros(size, dtype), np.zeros(size, dtype)
            for parameter, *views in zip(members, *(parts(vector, members) for vector in pair)):
                self.memory[parameter], self.places[parameter] = views
            self.vectors.append(pair)
            self.members.append(members)
        self.holds = False
        self.lent: set[Parameter] = set()

    def take(self) -> None:
        """Read the parameters, from whoever has them, and hold them."""
        values = {parameter: parameter.value for parameter in self.parameters}
        for parameter, value in values.items():
            memory = self.memory[parameter]
            if value.shape != memory.shape or value.dtype != memory.dtype:
                came, was = (f"{a.dtype} {shape_text(a.shape)}" for a in (value, memory))
                raise ValueError(f"Program: {parameter.name or 'a parameter'} is {came}, but was {was}; compile again")
        for parameter, value in values.items():
            np.copyto(self.memory[parameter], value)
            if parameter.holder is not None and parameter.holder is not self:
                parameter.holder.release()
        for parameter in self.parameters:
            parameter.holder = self
        self.lent = set(self.parameters)
        self.holds = True

    def take_back(self) -> None:
        """Read the arrays that are lent, with what was written into them."""
        for parameter in self.lent:
            np.copyto(self.memory[parameter], parameter.value)

    def hand_out(self, parameter: Parameter) -> None:
        if parameter not in self.lent:
            self.lent.add(parameter)
            parameter.receive(self.memory[parameter].copy())

    def release(self) -> None:
        for parameter in self.parameters:
            if parameter.holder is self:
                self.hand_out(parameter)
                parameter.holder = None
        self.holds = False

    def change(self) -> None:
        """The numbers become others from here on: whoever asks gets them anew."""
        self.lent.clear()


def parts(vector: Array, parameters: Iterable[Parameter]) -> list[Array]:
    """The part of a vector that is for each parameter, in its shape."""
    found, start = [], 0
    for parameter in parameters:
        size = parameter.value.size
        found.append(vector[start : start + size].reshape(parameter.shape))
        start += size
    return found
