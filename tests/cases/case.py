"""What a case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpers import Array

from minigraph.graph import Op

__all__ = ["PAIRS", "Case", "Shape", "Twin", "text"]

Shape = tuple[int, ...]
Twin = Callable[..., Any]  # (torch, *operands as tensors) → tensor

PAIRS: list[tuple[Shape, Shape]] = [
    ((), ()), ((1,), (1, 1)), ((2, 3), (2, 3)), ((2, 1), (1, 3)), ((3, 1, 2), (1, 4, 1)), ((1, 3), (1, 1)),
    ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((2, 3), ()), ((2, 3), (1, 1, 3)),
    ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (2, 3)), ((), (2, 3)), ((1, 1, 3), (2, 3)),
]  # fmt: skip


def text(*shapes: Shape) -> str:
    return " and ".join("[" + ",".join(map(str, shape)) + "]" for shape in shapes)


@dataclass(frozen=True, eq=False)
class Case:
    """One op on one set of inputs. twin: the same function by PyTorch, of (torch, *tensors)."""

    id: str
    op: Op
    inputs: tuple[Array, ...]
    twin: Twin | None = None

    @property
    def operands(self) -> tuple[Array, ...]:
        """The inputs and the op's own parameters, as ``forward`` takes them."""
        return (*self.inputs, *(parameter.value for parameter in self.op.parameters))

    @property
    def differentiable(self) -> tuple[int, ...]:
        """The positions of the operands that get a gradient."""
        return tuple(i for i in range(len(self.operands)) if i not in self.op.constants)
