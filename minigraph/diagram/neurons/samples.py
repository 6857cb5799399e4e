"""The loss of each sample by itself, where the loss of the batch is their mean or their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.neurons.chain import Chain
from minigraph.graph import Node

__all__ = ["Losses", "losses"]

MOST = 1000  # samples that a picture computes the loss of


@dataclass(frozen=True)
class Losses:
    each: Array
    together: Literal["mean", "sum"]


def losses(chain: Chain) -> Losses | None:
    """What the loss is of: found by computing it for one sample at a time, and believed where it adds up."""
    if chain.loss is None or chain.loss.value.size != 1 or chain.entry.value.ndim != 2 or not 1 < chain.batch <= MOST:
        return None
    try:
        with np.errstate(all="ignore"):
            each = np.array([_alone(chain, n) for n in range(chain.batch)])
            is_mean, is_sum = (np.allclose(total, chain.loss.value) for total in (each.mean(), each.sum()))
    except Exception:  # whatever an op that wants the whole batch may raise
        return None
    return Losses(each, "mean" if is_mean else "sum") if is_mean or is_sum else None


def _alone(chain: Chain, n: int) -> float:
    """The loss of a batch of that sample only."""

    def part(node: Node) -> Array:
        value = node.value
        return value[n : n + 1] if value.ndim and len(value) == chain.batch else value

    values = {chain.entry: part(chain.entry)}
    for node in chain.ending:
        assert node.op is not None
        values[node] = node.op.run(tuple(values[x] if x in values else part(x) for x in node.inputs))
    return float(values[chain.ending[-1]].item())
