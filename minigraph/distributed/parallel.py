"""`DataParallel`: every rank a copy of the network, and a share of each batch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import numpy as np

from minigraph.arrays import Array, ArrayLike, as_numbers, shape_text
from minigraph.distributed.failure import MPI, failing_together
from minigraph.distributed.reduction import Reduction
from minigraph.graph import Graph, Node, Parameter
from minigraph.optim import Optimizer
from minigraph.optim.needs import gradient_of
from minigraph.training.checkpoint import read_state, write_state

__all__ = ["DataParallel"]

Feeds = Mapping[Node | str, ArrayLike]


class DataParallel:
    """``parallel(x=…, t=…)``: one step of training by all ranks together; returns the loss of the whole batch.

    Every rank runs the same script and is fed the same batch, of which it takes its share of rows; the shares differ by
    one row at most. The gradients, weighted by the shares, are summed in one Allreduce, and every rank takes the same
    step: so the numbers are those of one process, up to rounding. A rank without a row takes it too.

    The loss must be a mean over the rows, plus terms that no row changes, such as a penalty; the first step tries that.
    At the start all ranks get the parameters and the optimizer of rank 0. A `Dropout` draws other masks on each rank,
    and other ones than one process would; BatchNorm is refused, since its statistics are those of a whole batch.
    An error in a step, or one that nobody catches, ends all ranks, with its traceback.

    compiled: run `Graph.compile` instead of node by node · comm: the ranks; left out, all of them.
    """

    def __init__(self, graph: Graph, optimizer: Optimizer, *, compiled: bool = False, comm: Any = None) -> None:
        self.comm = MPI.COMM_WORLD if comm is None else comm
        self.rank, self.size = int(self.comm.rank), int(self.comm.size)
        with failing_together(self.comm):
            if not isinstance(graph, Graph) or not isinstance(optimizer, Optimizer):
                raise TypeError(f"DataParallel: needs a Graph and an Optimizer; got {graph!r} and {optimizer!r}")
            if graph.output.value.size != 1:
                shape, name = shape_text(graph.output.shape), graph.names[graph.output]
                raise ValueError(f"DataParallel: {name} is {shape}, not a scalar; the output must be the loss")
            if self.size > 1:
                _refuse_whole_batches(graph)
            self.graph, self.optimizer = graph, optimizer
            self.steps = 0
            self._parameters = tuple(dict.fromkeys((*graph.parameters, *optimizer.parameters)))
            self._clocks = [int(clock.value) for clock in graph.clocks]
            self._reduction = Reduction(self.comm)
            self._tried = False
            self._program = graph.compile(optimizer, reduce=self._reduce) if compiled else None
            self._go_on(self._by_rank_0(lambda: self._state({})), "rank 0")
            self.check()

    def __call__(self, feeds: Feeds | None = None, /, **named: ArrayLike) -> Any:
        """A step on a batch that every rank is fed alike. What has no axes goes to each as it is."""
        with failing_together(self.comm):
            fed, total = self._checked(feeds, named)
            own = self.rows(total)
            if not self._tried and self.size > 1:
                self._try(fed, own, total)
            count = own.stop - own.start
            rows = own if count else slice(0, 1)  # somebody else's row, with the weight 0
            return self._step(_taken(fed, rows), count, total)

    def local(self, total: int, feeds: Feeds | None = None, /, **named: ArrayLike) -> Any:
        """A step on a batch of `total` rows, of which each rank is fed its own only, at least one.

        Here nobody can try whether the loss is a mean.
        """
        with failing_together(self.comm):
            fed, count = self._checked(feeds, named)
            if total < count:
                raise ValueError(f"DataParallel.local: total is {total}, but this rank alone has {count} rows of it")
            return self._step(fed, count, total)

    def rows(self, total: int) -> slice:
        """Which of so many rows are this rank's."""
        return slice(self.rank * total // self.size, (self.rank + 1) * total // self.size)

    def check(self) -> None:
        """RuntimeError, on all ranks, where parameters are not the same on all of them to the last bit."""
        self._agree("the parameters", [parameter.value for parameter in self._parameters])

    def save(self, path: str | os.PathLike[str], **notes: Any) -> None:
        """Write a checkpoint, whole or not at all: rank 0 does, but all ranks call it, and wait for it.

        In it are the parameters, the optimizer's memory and settings, the count of steps, and your notes, which may be
        numbers, texts, arrays, generators, and lists and dicts of them: ``save(path, epoch=3, rng=rng)``.
        Errors, on all ranks: as `check`; OSError where it can't be written; TypeError for other notes.
        """
        self.check()
        self._by_rank_0(lambda: write_state(path, self._state(notes)))

    def load(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Go on from a checkpoint that rank 0 reads, on all ranks; returns the notes.

        On as many ranks as before, the rest is the same to the last bit as if there had been no break.
        Errors, on all ranks: OSError; ValueError for another network or optimizer. Then nothing has changed.
        """
        state = self._by_rank_0(lambda: read_state("DataParallel.load", path))
        self._go_on(state, os.fspath(path))
        self.check()
        return state["notes"]

    def _checked(self, feeds: Feeds | None, named: Mapping[str, ArrayLike]) -> tuple[dict[Node | str, Array], int]:
        """The arrays, and how many rows they have."""
        leaves = self.graph.feeding.leaves
        fed: dict[Node | str, Array] = {}
        for key, value in chain((feeds or {}).items(), named.items()):
            node = leaves.get(key) if isinstance(key, str) else key
            name = key if isinstance(key, str) else key.name or repr(key)
            if isinstance(node, Parameter):
                raise ValueError(f"DataParallel: {name} is a parameter, which is no part of a batch; set its value")
            fed[key] = as_numbers(f"DataParallel: {name}", value)
        counts = {array.shape[0] for array in fed.values() if array.ndim}
        if len(counts) != 1 or 0 in counts:
            shapes = ", ".join(shape_text(array.shape) for array in fed.values()) or "nothing"
            raise ValueError(f"DataParallel: fed was {shapes}; all need the same number of rows, at least 1")
        return fed, counts.pop()

    def _try(self, fed: Mapping[Node | str, Array], own: slice, total: int) -> None:
        """Before the first step: is the batch the same everywhere, and its loss the mean over the rows?"""
        self._agree("the rows", list(fed.values()))
        whole = float(self.graph.evaluate(None, fed))
        part = float(self.graph.evaluate(None, _taken(fed, own))) if own.stop > own.start else 0.0
        mean = self.comm.allreduce(part * (own.stop - own.start) / total)
        close = 1e-6 if self.graph.output.value.dtype.itemsize >= 8 else 1e-2
        if abs(mean - whole) > close * max(abs(mean), abs(whole), close):
            raise ValueError(
                f"DataParallel: the loss of the batch is {whole:.6g}, but the ranks' losses have the mean {mean:.6g}; "
                "it must be a mean over the rows (reduction='mean'), plus terms that no row changes"
            )
        self._tried = True

    def _step(self, fed: Mapping[Node | str, Array], rows: int, total: int) -> Any:
        self._count = rows, total
        for clock, start in zip(self.graph.clocks, self._clocks):  # a count of its own for each rank: other masks
            clock.value = np.asarray(start + self.steps * self.size + self.rank)
        nodes: Feeds = {key: array for key, array in fed.items() if not isinstance(key, str)}
        named = {key: array for key, array in fed.items() if isinstance(key, str)}
        if self._program is not None:
            self._program(nodes or None, **named)
        else:
            loss = self.graph.forward(nodes, **named)
            self.graph.backward()
            trained = [parameter for parameter in self.optimizer.parameters if parameter.requires_grad]
            gradients = [gradient_of("DataParallel", parameter).copy() for parameter in trained]
            self._reduce(loss, gradients)
            for parameter, gradient in zip(trained, gradients):
                parameter.grad = gradient
            self.optimizer.step()
        self.steps += 1
        return self._loss

    def _reduce(self, loss: Any, gradients: list[Array]) -> None:
        self._loss, found = self._reduction(*self._count, loss, gradients)
        for gradient, whole in zip(gradients, found):
            np.copyto(gradient, whole, casting="same_kind")

    def _state(self, notes: dict[str, Any]) -> dict[str, Any]:
        return {
            "ranks train": self._described(),
            "parameters": [parameter.value for parameter in self._parameters],
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "clocks": self._clocks,
            "notes": notes,
        }

    def _go_on(self, state: dict[str, Any], where: object) -> None:
        came, needed = state.get("ranks train"), self._described()
        if came != needed:
            raise ValueError(f"DataParallel: {where} has {came or 'no checkpoint of ranks'}; needed are {needed}")
        self.optimizer.load_state_dict(state["optimizer"])
        for parameter, value in zip(self._parameters, state["parameters"]):
            parameter.value, parameter.grad = value, None
        self.steps, self._clocks = state["steps"], state["clocks"]

    def _described(self) -> str:
        found = (f"{p.name or 'a parameter'} {shape_text(p.shape)} {p.value.dtype}" for p in self._parameters)
        return f"{', '.join(found)} and {type(self.optimizer).__name__}"

    def _by_rank_0(self, action: Callable[[], Any]) -> Any:
        """What `action` gives on rank 0, to all ranks; or its error."""
        found: Any = None
        if self.rank == 0:
            try:
                found = action()
            except Exception as error:
                found = error
        found = self.comm.bcast(found)
        if isinstance(found, Exception):
            raise found
        return found

    def _agree(self, what: str, arrays: list[Array]) -> None:
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(f"{shape_text(array.shape)} {array.dtype}".encode() + array.tobytes())
        digests = self.comm.allgather(digest.hexdigest())
        if others := [rank for rank, other in enumerate(digests) if other != digests[0]]:
            raise RuntimeError(f"DataParallel: {what} of rank {others[0]} are not those of rank 0")


def _taken(fed: Mapping[Node | str, Array], rows: slice) -> dict[Node | str, Array]:
    return {key: array[rows] if array.ndim else array for key, array in fed.items()}


def _refuse_whole_batches(graph: Graph) -> None:
    for node in graph.nodes:
        if node.op is not None and node.op.remembers:
            raise ValueError(
                f"DataParallel: {node.op.name} takes statistics of the whole batch, and a rank sees only its rows; "
                "use a layer that treats each row by itself, such as LayerNorm, or train in one process"
            )
