"""The training loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import numpy as np

from minigraph.arrays import Array, ArrayLike, Seed, shape_text
from minigraph.graph import Graph, Node
from minigraph.optim import Optimizer, ReduceOnPlateau, Schedule
from minigraph.optim.needs import at_least_one, positive
from minigraph.training.history import History
from minigraph.training.interrupts import Interrupts
from minigraph.training.progress import progress_bar
from minigraph.training.state import Training
from minigraph.training.step import Step

__all__ = ["fit"]

Feeds = Mapping[Node | str, ArrayLike]

EVALUATED_AT_ONCE = 1024  # rows of validation data: more would only need more memory


def fit(
    graph: Graph,
    data: Feeds,
    epochs: int,
    optimizer: Optimizer,
    *,
    batch_size: int | None = 32,
    shuffle: bool = True,
    seed: Seed = None,
    validation: Feeds | None = None,
    metrics: Mapping[str, Callable[[], float]] | None = None,
    patience: int | None = None,
    schedule: Schedule | ReduceOnPlateau | None = None,
    schedule_every: Literal["epoch", "step"] = "epoch",
    max_norm: float | None = None,
    compile: bool = False,
    watch: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> History:
    """Train: for each epoch and batch forward, backward, clip, step, and what layers learn otherwise (`BatchNorm`).

    data, validation: arrays for leaves, by name or node: {"x": X, "t": labels}, all of the same number of rows ·
    epochs: how many in all, those before a resumption included · batch_size: the last batch of an epoch may be smaller
    (`BatchNorm` refuses one row); None: all rows at once · seed: of the order of the rows, as in `batches` · metrics:
    functions without arguments, called after each epoch · patience: stop when the loss (on validation data, if given)
    was not lower than its lowest for that many epochs on end; the parameters of the best epoch are restored, also if
    all epochs were run · schedule: its ``step()`` is called after every "epoch" or "step" (`schedule_every`) ·
    max_norm: of the gradients, as in `clip_grad_norm` · compile: run `graph.compile(optimizer)` · watch: stop at the
    first NaN or ∞, before it is learnt, with a NotFiniteError that names where it began · progress: a bar by tqdm;
    None: if it is installed and there is a terminal, True: always, False: never.

    checkpoint: a file, replaced as a whole at the start, after each epoch, at each `checkpoint_every` steps, and when
    interrupted. With ``resume=True`` training goes on from it, if it is there, bit for bit as if it had never stopped,
    in a program that builds the same graph, data and optimizer; the settings of the optimizer and schedule come from
    the file.

    The first Ctrl-C lets the step finish, writes the checkpoint and returns, with ``history.ended == "interrupted"``;
    parameters are those of the last step. A second one raises KeyboardInterrupt at once; the file stays whole.
    Errors: ValueError and TypeError, before anything has changed; FileExistsError for a checkpoint that nobody resumes.

    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> net = Affine(1, 1, weight=[[0.0]])
    >>> graph = mg.Graph(MeanSquaredError()(net(mg.Node(X, "x")), mg.Node(2 * X + 1, "t")))
    >>> sgd = mg.SGD(graph.parameters, learning_rate=0.1)
    >>> history = mg.fit(graph, {"x": X, "t": 2 * X + 1}, 200, sgd, progress=False)
    >>> [np.round(parameter.value, 2).item() for parameter in net.parameters]
    [2.0, 1.0]
    >>> history.loss[0], history.loss[-1] < 1e-6
    (21.0, True)
    """
    at_least_one("fit", "epochs", epochs)
    for name, number in ("batch_size", batch_size), ("patience", patience), ("checkpoint_every", checkpoint_every):
        if number is not None:
            at_least_one("fit", name, number)
    if max_norm is not None:
        positive("fit", "max_norm", max_norm)
    if checkpoint is None and (resume or checkpoint_every is not None):
        raise ValueError("fit: resume and checkpoint_every need a checkpoint, the path of its file")
    _check_arguments(graph, optimizer, schedule, schedule_every)
    _check_metrics(metrics)
    arrays = _by_name("data", graph, data)
    held_out = None if validation is None else _by_name("validation", graph, validation)
    if held_out is not None and held_out.keys() != arrays.keys():
        raise ValueError(f"fit: validation has {', '.join(held_out)}, but data has {', '.join(arrays)}: needs the same")
    rows = len(next(iter(arrays.values())))
    size = min(batch_size or rows, rows)

    rng = np.random.default_rng(seed)
    plan: dict[str, str | int] = {
        "rows": rows,
        "batch_size": size,
        "shuffle": shuffle,
        "validation": held_out is not None,
        "metrics": ", ".join(metrics or ()),
        "patience": patience is not None,
    }
    training = Training(graph, optimizer, schedule, rng, plan)
    if checkpoint is not None and Path(checkpoint).exists():
        if not resume:
            path = os.fspath(checkpoint)
            raise FileExistsError(f"fit: {path} is there already; resume=True goes on from it, or remove it first")
        training.load(checkpoint)
    here, history = training.position, training.history
    history.ended = ""
    step = Step(graph, optimizer, compile, max_norm, watch)
    batches = -(-rows // size)
    bar = progress_bar(progress, epochs * batches, min(here.step, epochs * batches))

    def keep() -> None:
        if checkpoint is not None:
            training.save(checkpoint)

    with Interrupts() as interrupts, closing(bar):
        keep()  # what cannot be written is known before anything was trained
        while here.epoch < epochs and (patience is None or here.waited < patience):
            order = training.order()
            for start in range(here.batch * size, rows, size):
                if interrupts.asked:
                    history.ended = "interrupted"
                    keep()
                    return history
                chosen = order[start : start + size]
                feeds = {name: array[chosen] for name, array in arrays.items()}
                training.record(len(chosen), *step(feeds, here.epoch + 1, here.step + 1))
                if schedule_every == "step" and isinstance(schedule, Schedule):
                    schedule.step()
                bar.update()
                if checkpoint_every is not None and here.step % checkpoint_every == 0:
                    keep()
            validation_loss = None if held_out is None else _loss(graph, held_out)
            measured = {name: float(f()) for name, f in (metrics or {}).items()}
            training.close_epoch(validation_loss, measured, keep=patience is not None)
            if schedule_every == "epoch":
                _step_schedule(schedule, history)
            bar.set_postfix({name: f"{value:.4g}" for name, value in history.latest.items()})
            keep()
    history.ended = "finished" if here.epoch >= epochs else "early"
    if patience is not None:
        training.restore_best()
    return history


def _check_arguments(graph: Graph, optimizer: Optimizer, schedule: Any, schedule_every: str) -> None:
    if not isinstance(graph, Graph):
        raise TypeError(f"fit: needs a graph, mg.Graph(loss); got {type(graph).__name__}")
    if graph.output.value.size != 1:
        name, shape = graph.names[graph.output], shape_text(graph.output.shape)
        raise ValueError(f"fit: {name} is {shape}, but the output of the graph must be a loss: one number")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"fit: needs an optimizer, such as mg.SGD(graph.parameters); got {type(optimizer).__name__}")
    if strange := [p.name or "a parameter" for p in optimizer.parameters if p not in graph.parameters]:
        raise ValueError(f"fit: the optimizer changes {', '.join(strange)}, which the graph does not have")
    if schedule is not None and not isinstance(schedule, (Schedule, ReduceOnPlateau)):
        raise TypeError(f"fit: needs a schedule, such as mg.StepDecay(sgd, 10); got {type(schedule).__name__}")
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("fit: the schedule is of another optimizer")
    if schedule_every not in ("epoch", "step"):
        raise ValueError(f"fit: schedule_every is {schedule_every!r}, but must be 'epoch' or 'step'")
    if schedule_every == "step" and isinstance(schedule, ReduceOnPlateau):
        raise ValueError("fit: ReduceOnPlateau goes by the loss of an epoch; leave out schedule_every='step'")


def _check_metrics(metrics: Any) -> None:
    if metrics is not None and not (isinstance(metrics, Mapping) and all(map(callable, metrics.values()))):
        raise TypeError(
            f"fit: metrics must be a dict of functions without arguments, {{'accuracy': lambda: …}}; got {metrics!r}"
        )


def _by_name(what: str, graph: Graph, data: Feeds) -> dict[str, Array]:
    """The arrays that leaves are fed, as they were recorded."""
    if not isinstance(data, Mapping) or not data:
        raise TypeError(f"fit: {what} must be a dict of arrays by leaf, such as {{'x': X, 't': labels}}; got {data!r}")
    arrays = {graph.names[node]: array for node, array in graph.feeding(data, {}).items()}
    sizes = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        came = ", ".join(f"{name} {shape_text(array.shape)}" for name, array in arrays.items())
        raise ValueError(f"fit: {what} is {came}; all need the same number of rows, at least 1")
    return arrays


def _loss(graph: Graph, arrays: Mapping[str, Array]) -> float:
    """The loss on all rows, not training."""
    rows = len(next(iter(arrays.values())))
    total = 0.0
    for start in range(0, rows, EVALUATED_AT_ONCE):
        part = {name: array[start : start + EVALUATED_AT_ONCE] for name, array in arrays.items()}
        total += float(graph.evaluate(None, **part).item()) * len(next(iter(part.values())))
    return total / rows


def _step_schedule(schedule: Schedule | ReduceOnPlateau | None, history: History) -> None:
    if isinstance(schedule, ReduceOnPlateau):
        schedule.step(history.watched[-1])
    elif schedule is not None:
        schedule.step()
