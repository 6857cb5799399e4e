"""Two or more threads for calls that are long enough: NumPy lets go of the interpreter inside of its loops."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

__all__ = ["in_parts", "workers"]

LIMITS = ("MINIGRAPH_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def workers() -> int:
    """How many threads to use: as many as the process may, or what the environment says for BLAS, if that is less."""
    may = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = [int(os.environ[name]) for name in LIMITS if os.environ.get(name, "").isdigit()]
    return max(1, min([may, *said]))


@cache
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="minigraph")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has no threads but the one that forked


def in_parts(function: Callable[[slice], None], length: int, parts: int) -> None:
    """function(rows) for that many parts of `length` rows, each in a thread of its own."""
    cuts = [length * n // parts for n in range(parts + 1)]
    rows = [slice(a, b) for a, b in zip(cuts, cuts[1:])]
    waiting = [_pool(parts - 1).submit(function, part) for part in rows[1:]] if parts > 1 else []
    try:
        function(rows[0])
    finally:  # they write to memory that the next run reads
        for future in waiting:
            future.result()
