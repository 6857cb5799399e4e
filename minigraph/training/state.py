"""Where training stands: everything that the next step depends on."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.graph import Graph
from minigraph.optim import Optimizer
from minigraph.optim.stateful import Stateful
from minigraph.training.checkpoint import read_state, write_state
from minigraph.training.history import History

__all__ = ["Training"]


@dataclass
class Position:
    """How far training is: whole epochs, all steps, and the batches of the epoch that has begun.

    order: the generator's state as that epoch began; the order of its rows follows from it · rows, total, norm: of
    those batches, the sum of their losses (each times its rows), and the largest norm · best, waited, kept: the lowest
    loss of an epoch, the epochs since, and what the parameters were then.
    """

    order: Mapping[str, Any]
    epoch: int = 0
    step: int = 0
    batch: int = 0
    rows: int = 0
    total: float = 0.0
    norm: float = math.nan
    best: float = math.inf
    waited: int = 0
    kept: list[Array] = field(default_factory=list)


class Training:
    """A graph, its optimizer, schedule and order of data, with where they stand; ``save`` and ``load`` keep all of it.

    plan: what a checkpoint has to agree with besides.
    """

    def __init__(
        self,
        graph: Graph,
        optimizer: Optimizer,
        schedule: Stateful | None,
        rng: np.random.Generator,
        plan: Mapping[str, str | int],
    ) -> None:
        self.graph, self.optimizer, self.schedule, self.rng, self.plan = graph, optimizer, schedule, rng, plan
        self.position, self.history = Position(rng.bit_generator.state), History()
        self.drawn_from: Mapping[str, Any] | None = None  # by ops too, if they have the same generator
        self.ops = [vars(op) for op in dict.fromkeys(node.op for node in graph.nodes) if op]

    def order(self) -> Array:
        """The rows of the epoch in the order of its batches; the generator is then where it was at the next of them."""
        rows = int(self.plan["rows"])
        order = self.rng.permutation(rows) if self.plan["shuffle"] else np.arange(rows)
        if self.drawn_from is not None:
            self.rng.bit_generator.state, self.drawn_from = self.drawn_from, None
        return order

    def record(self, rows: int, loss: float, norm: float) -> None:
        """A step was taken."""
        here = self.position
        here.step += 1
        here.batch += 1
        here.rows += rows
        here.total += loss * rows
        here.norm = float(np.fmax(here.norm, norm))  # NaN: not measured yet

    def close_epoch(self, validation_loss: float | None, metrics: Mapping[str, float], keep: bool) -> None:
        """An epoch is over: into the history, and if it was the best, its parameters to where they are kept."""
        here, history = self.position, self.history
        history.loss.append(here.total / here.rows)
        history.gradient_norm.append(here.norm)
        history.learning_rate.append(float(self.optimizer.learning_rate))
        if validation_loss is not None:
            history.validation_loss.append(validation_loss)
        for name, value in metrics.items():
            history.metrics.setdefault(name, []).append(value)
        here.epoch, here.batch, here.rows, here.total, here.norm = here.epoch + 1, 0, 0, 0.0, math.nan
        here.order = self.rng.bit_generator.state
        here.waited += 1
        if history.watched[-1] < here.best:
            here.best, here.waited, history.best_epoch = history.watched[-1], 0, here.epoch
            here.kept = [parameter.value.copy() for parameter in self.graph.parameters] if keep else []

    def restore_best(self) -> None:
        _assign(self.graph, self.position.kept)

    def save(self, path: str | os.PathLike[str]) -> None:
        state = {
            "made for": self._made_for(),
            "parameters": [parameter.value for parameter in self.graph.parameters],
            "clocks": [clock.value for clock in self.graph.clocks],
            "random": [_random(op) for op in self.ops],
            "generator": self.rng.bit_generator.state,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict() if self.schedule is not None else {},
            "position": vars(self.position),
            "history": asdict(self.history),
        }
        write_state(path, state)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Errors: ValueError where the file was made for something else; then nothing has changed."""
        state = read_state("fit", path)
        came, needed = state.get("made for"), self._made_for()
        if came is None:
            raise ValueError(f"fit: {os.fspath(path)} is a checkpoint, but none of fit")
        for what, value in needed.items():
            if came.get(what) != value:
                raise ValueError(
                    f"fit: the checkpoint {os.fspath(path)} was made for {what} {came.get(what)}, but here: {value}"
                )
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        _assign(self.graph, state["parameters"])
        for clock, value in zip(self.graph.clocks, state["clocks"]):
            clock.value = value
        for op, kept in zip(self.ops, state["random"]):
            for name, value in kept.items():
                if isinstance(value, np.random.Generator):
                    op[name].bit_generator.state = value.bit_generator.state
                else:
                    op[name] = value
        self.position, self.history = Position(**state["position"]), History(**state["history"])
        self.rng.bit_generator.state = self.position.order  # last: an op may draw from the same generator
        self.drawn_from = state["generator"] if self.position.batch else None

    def _made_for(self) -> dict[str, Any]:
        parameters = (f"{p.name or 'parameter'} {shape_text(p.shape)} {p.value.dtype}" for p in self.graph.parameters)
        return {
            **self.plan,
            "parameters": ", ".join(parameters),
            "clocks": len(self.graph.clocks),
            "random ops": [", ".join(found) for op in self.ops if (found := _random(op))],
            "order by": type(self.rng.bit_generator).__name__,
            "optimizer": _described(self.optimizer),
            "schedule": _described(self.schedule),
        }


def _assign(graph: Graph, values: Iterable[Array]) -> None:
    for parameter, value in zip(graph.parameters, values):
        parameter.value = value


def _random(op: Mapping[str, Any]) -> dict[str, Any]:
    """What an op draws from: its seeds and generators."""
    return {name: v for name, v in op.items() if name == "seed" or isinstance(v, np.random.Generator)}


def _described(owner: Stateful | None) -> str:
    return "None" if owner is None else f"{type(owner).__name__} ({', '.join(owner.state_dict())})"
