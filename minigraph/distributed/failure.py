"""One rank's failure is everybody's: without this the others would wait for its message for ever."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

try:
    from mpi4py import MPI
except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py is there, but finds no MPI library
    raise ImportError(
        f'minigraph.distributed needs mpi4py and an MPI library: pip install "minigraph[mpi]" mpich ({error})'
    ) from error

__all__ = ["MPI", "abort_on_uncaught", "failing_together"]


@contextmanager
def failing_together(comm: Any) -> Iterator[None]:
    """Whatever is raised here ends all ranks of `comm`, even where somebody would catch it; alone it is just raised."""
    try:
        yield
    except BaseException as error:
        if comm.size == 1:
            raise
        # in one piece, or two ranks would write between each other's lines
        sys.stderr.write(f"rank {comm.rank} of {comm.size} failed:\n{''.join(traceback.format_exception(error))}")
        _abort(comm)


def abort_on_uncaught() -> None:
    """From here on an uncaught error ends all ranks, after its traceback."""
    if MPI.COMM_WORLD.size == 1:
        return
    show = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        show(kind, error, trace)
        _abort(MPI.COMM_WORLD)

    sys.excepthook = hook


def _abort(comm: Any) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(0.5)  # mpiexec drops what it has not read yet when a rank aborts
    comm.Abort(1)
