"""What a case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpers import Array

from minigraph.graph import Op

__all__ = ["Case", "Twin"]

Twin = Callable[..., Any]  # (torch, *operands as tensors) → tensor


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
