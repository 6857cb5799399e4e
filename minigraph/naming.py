"""Names for everything in a graph: the ones that were given, and short ones for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minigraph.graph import Node

__all__ = ["is_number", "node_names", "op_titles", "scalar_letters", "unique_names"]


def node_names(nodes: Sequence[Node]) -> dict[Node, str]:
    """A name for each of a graph's nodes, the last being its output: given ones, else by the op, else a letter."""
    named = [node for node in nodes if node.name]
    unnamed = [node for node in nodes if not node.name and not is_number(node)]
    given = [node.name or "" for node in named]
    results, leaves = scalar_letters([*given, "f"], "qrsuvpgh"), scalar_letters(given, "abcde")
    output = nodes[-1]

    def wish(node: Node) -> str:
        if node.op is None:
            return "C" if node.value.ndim else next(leaves)
        if any(source.value.ndim for source in node.inputs):
            return "L" if node is output and not node.value.ndim else node.op.symbol
        return "f" if node is output and "f" not in given else next(results)

    names = dict(zip(named, unique_names(given)))
    names |= zip(unnamed, unique_names(map(wish, unnamed), taken=names.values()))
    names |= {node: f"{node.value.item():g}" for node in nodes if is_number(node)}
    return {node: names[node] for node in nodes}


def is_number(node: Node) -> bool:
    """Whether it is a bare number of the formula, like the 2 of 2·x: it has no name but itself."""
    return node.op is None and not node.name and not node.value.ndim and not node.requires_grad


def op_titles(nodes: Iterable[Node]) -> dict[Node, str]:
    """What the op behind each node is called; equal ones are numbered in order (Affine 1, Affine 2)."""
    named = [(node, node.op.name) for node in nodes if node.op]
    totals = Counter(name for _, name in named)
    counters = {name: count(1) for name in totals}
    return {node: name if totals[name] == 1 else f"{name} {next(counters[name])}" for node, name in named}


def unique_names(wishes: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Each wish once: those wished for several times, or taken already, are numbered in order (W, W → W1, W2)."""
    wishes, used = list(wishes), set(taken)
    wanted = Counter(wishes)
    shared = {name for name, times in wanted.items() if times > 1 or name in used}
    used |= wanted.keys() - shared
    counters = {name: count(1) for name in shared}

    def numbered(name: str) -> str:
        fresh = next(candidate for n in counters[name] if (candidate := f"{name}{n}") not in used)
        used.add(fresh)
        return fresh

    return [numbered(name) if name in shared else name for name in wishes]


def scalar_letters(taken: Iterable[str], letters: str) -> Iterator[str]:
    """Names for the scalars of a circuit: these letters in turn, then the last one numbered, without those taken."""
    used = set(taken)
    yield from (letter for letter in letters if letter not in used)
    yield from (name for n in count(1) if (name := f"{letters[-1]}{n}") not in used)
