"""Names for everything in a graph: the ones that were given, and short ones for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count

__all__ = ["scalar_letters", "unique_names"]


def unique_names(wishes: Iterable[str]) -> list[str]:
    """Each wish once: names that were wished for several times are numbered in order (W, W → W1, W2)."""
    wishes = list(wishes)
    wanted = Counter(wishes)
    taken = {name for name, times in wanted.items() if times == 1}
    counters = {name: count(1) for name in wanted}

    def numbered(name: str) -> str:
        fresh = next(candidate for n in counters[name] if (candidate := f"{name}{n}") not in taken)
        taken.add(fresh)
        return fresh

    return [name if wanted[name] == 1 else numbered(name) for name in wishes]


def scalar_letters(taken: Iterable[str]) -> Iterator[str]:
    """Letters for the intermediate values of a scalar circuit, in the order a blackboard uses them: q, r, s, u, v …"""
    used = set(taken)
    yield from (letter for letter in "qrsuvwpgh" if letter not in used)
    yield from (f"v{n}" for n in count(1) if f"v{n}" not in used)
