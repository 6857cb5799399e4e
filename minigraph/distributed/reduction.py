"""The one message of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.distributed.failure import MPI

__all__ = ["Reduction"]


class Reduction:
    """Σ over the ranks of share · (loss, gradients), in one vector and one Allreduce.

    The rows travel along, or ranks that were fed different batches would never know.
    """

    def __init__(self, comm: Any) -> None:
        self.comm = comm
        self.buffer = np.empty(0)

    def __call__(self, rows: int, total: int, loss: Any, gradients: list[Array]) -> tuple[Any, list[Array]]:
        """The loss and the gradients of the whole batch, of which `rows` of `total` are here.

        The arrays are good until the next call. Errors: RuntimeError where the ranks' rows are not the `total` of all.
        """
        buffer = self._buffer(loss, gradients)
        places = self._places(buffer, gradients)
        if rows:
            share = rows / total
            for place, gradient in zip(places, gradients):
                np.multiply(gradient, share, out=place)
            buffer[-3] = share * loss
        else:
            buffer[:] = 0  # not share · gradient: 0 · ∞ is NaN
        buffer[-2:] = rows, total
        self.comm.Allreduce(MPI.IN_PLACE, buffer)
        together, totals = buffer[-2:]
        if together != total or totals != total * self.comm.size:
            raise RuntimeError(
                f"DataParallel: this rank has {rows} of {total} rows, and all ranks have {together:.0f}: "
                "they were fed batches of different sizes"
            )
        return np.asarray(buffer[-3], np.asarray(loss).dtype)[()], places

    def _buffer(self, loss: Any, gradients: list[Array]) -> Array:
        size = sum(gradient.size for gradient in gradients) + 3
        if self.buffer.size != size:
            # MPI has no float16
            self.buffer = np.empty(size, np.result_type(np.float32, loss, *(g.dtype for g in gradients)))
        return self.buffer

    @staticmethod
    def _places(buffer: Array, gradients: list[Array]) -> list[Array]:
        ends = np.cumsum([gradient.size for gradient in gradients])
        return [buffer[end - g.size : end].reshape(g.shape) for end, g in zip(ends, gradients)]
