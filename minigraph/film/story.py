"""The frames of a film with what follows from them: the values of all nodes for a fixed batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Graph, Node
from minigraph.scene.content import Scene

__all__ = ["Frame", "Story"]


@dataclass(frozen=True)
class Frame:
    """One moment of a training: parameters after `step` steps; the loss and the gradients that this step was made with.

    Parameters whose gradient was not computed are missing in `gradients`; loss is None where nothing was computed.
    """

    step: int
    loss: float | None
    parameters: Mapping[Node, Array]
    gradients: Mapping[Node, Array]


@dataclass(frozen=True)
class Story:
    """batch: values of all leaves that are no parameters."""

    graph: Graph
    batch: Mapping[Node, Array]
    frames: Sequence[Frame]

    def values(
        self, frame: Frame, until: Node | None = None, feeds: Mapping[Node, Array] | None = None
    ) -> dict[Node, Array]:
        """What the nodes are for the batch at that moment, not training. Errors: ValueError where an op cannot say yet,
        as a batch normalization that has seen no batch."""
        resting: dict[Node, Array] = {clock: np.zeros_like(clock.value) for clock in self.graph.clocks}
        with np.errstate(all="ignore"):
            return self.graph.replay({**self.batch, **frame.parameters, **resting, **(feeds or {})}, until)

    def scenes(self) -> Iterator[Scene]:
        """A scene of each frame. All are of the same copied nodes, so one must be done with before the next.

        Errors: as `values`.
        """
        twins: dict[Node, Node] = {}
        for node in self.graph.nodes:
            twins[node] = copy.copy(node)
            twins[node].inputs = tuple(twins[source] for source in node.inputs)
        root = twins[self.graph.output]
        for frame in self.frames:
            values = self.values(frame)
            for node, twin in twins.items():
                twin.value, twin.grad = values[node], None
                twin.operands = tuple(values[source] for source in node.inputs)
            yield Scene(root)

    @cached_property
    def widest(self) -> dict[Node, tuple[float, float]]:
        """The largest number of each parameter in all frames, and that of its gradient."""
        return {
            node: (
                _largest([frame.parameters[node] for frame in self.frames]),
                _largest([frame.gradients[node] for frame in self.frames if node in frame.gradients]),
            )
            for node in self.graph.parameters
        }

    def largest(self, leaf: Node) -> float:
        """Its largest number in all frames."""
        return self.widest[leaf][0] if leaf in self.widest else _largest([self.batch[leaf]])


def _largest(arrays: Sequence[Array]) -> float:
    return max((float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in arrays), default=0.0)
