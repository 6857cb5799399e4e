"""`mg.fit`: the same numbers as the loop written by hand, and what it does besides."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

import numpy as np
import pytest

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, ReLU, SoftmaxWithLoss
from tests.helpers import Array

RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
DATA: dict[Any, Any] = {"x": X, "t": T}


def network(batch_norm: bool = False) -> tuple[mg.Graph, mg.Node]:
    middle = [BatchNorm(8)] if batch_norm else []
    logits = mg.Sequential(Affine(4, 8, seed=1), *middle, ReLU(), Affine(8, 3, seed=2))(mg.Node(X[:4], "x"))
    return mg.Graph(SoftmaxWithLoss()(logits, mg.Node(T[:4], "t"))), logits


def values(graph: mg.Graph) -> list[Array]:
    return [parameter.value for parameter in graph.parameters]


def by_hand(graph: mg.Graph, epochs: int, max_norm: float = np.inf) -> list[float]:
    """The loop of the README, with clipping, BatchNorm and a schedule; the mean loss of each epoch."""
    sgd = mg.SGD(graph.parameters, 0.2, momentum=0.9)
    schedule, rng, losses = mg.ExponentialDecay(sgd, 0.9), np.random.default_rng(7), []
    for _ in range(epochs):
        total = 0.0
        for x, t in mg.batches(X, T, size=16, seed=rng):
            total += float(graph.forward(x=x, t=t)) * len(x)
            graph.backward()
            mg.clip_grad_norm(graph.parameters, max_norm)
            sgd.step()
            for node in graph.nodes:
                if isinstance(node.op, BatchNorm):
                    node.op.update(graph)
        schedule.step()
        losses.append(total / len(X))
    return losses


@pytest.mark.parametrize("max_norm", [None, 0.3], ids=["free", "clipped"])
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_it_is_the_loop_written_by_hand(compiled: bool, max_norm: float | None) -> None:
    graph, same = network(batch_norm=True)[0], network(batch_norm=True)[0]
    losses = by_hand(same, 4, max_norm or np.inf)
    sgd = mg.SGD(graph.parameters, 0.2, momentum=0.9)
    schedule = mg.ExponentialDecay(sgd, 0.9)
    history = mg.fit(graph, DATA, 4, sgd, batch_size=16, seed=7, schedule=schedule, max_norm=max_norm, compile=compiled)
    tolerance = 1e-9 if compiled else 0
    np.testing.assert_allclose(history.loss, losses, rtol=tolerance)
    for ours, theirs in zip(values(graph), values(same)):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert history.ended == "finished" and len(history.gradient_norm) == 4
    np.testing.assert_allclose(history.learning_rate, 0.2 * 0.9 ** np.arange(4))


def test_clipping_holds_every_step_and_the_history_has_the_norm_before() -> None:
    for compiled in (False, True):
        graph, _ = network()
        before = values(graph)
        history = mg.fit(
            graph, DATA, 1, mg.SGD(graph.parameters, 1.0), batch_size=None, max_norm=0.01, compile=compiled
        )
        moved = np.sqrt(sum(np.square(b - a).sum() for a, b in zip(before, values(graph))))
        np.testing.assert_allclose(moved, 0.01)
        assert history.gradient_norm[0] > 0.1


def test_validation_is_the_mean_over_its_rows_and_changes_nothing() -> None:
    graph, logits = network(batch_norm=True)
    same, _ = network(batch_norm=True)
    held_out = {"x": np.tile(X, (30, 1)), "t": np.tile(T, 30)}  # more rows than are evaluated at once
    history = mg.fit(
        graph, DATA, 3, mg.SGD(graph.parameters, 0.1), seed=0, validation=held_out,
        metrics={"accuracy": lambda: (graph.evaluate(logits, x=X).argmax(axis=1) == T).mean()},
    )  # fmt: skip
    mg.fit(same, DATA, 3, mg.SGD(same.parameters, 0.1), seed=0)
    np.testing.assert_allclose(history.validation_loss[-1], float(graph.evaluate(None, x=X, t=T)))
    assert history.metrics["accuracy"][-1] == (graph.evaluate(logits, x=X).argmax(axis=1) == T).mean()
    for ours, theirs in zip(values(graph), values(same)):
        np.testing.assert_array_equal(ours, theirs)
    assert "3 epochs: loss " in repr(history) and "accuracy" in repr(history)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_early_stopping_restores_the_best_epoch(compiled: bool) -> None:
    graph, _ = network(batch_norm=True)
    wrong = {"x": X, "t": (T + 1) % 3}  # so that it gets worse as training goes on
    seen: list[list[Array]] = []

    def remember() -> float:
        seen.append([value.copy() for value in values(graph)])
        return 0.0

    history = mg.fit(
        graph, DATA, 50, mg.SGD(graph.parameters, 0.3), seed=0, validation=wrong, patience=3, compile=compiled,
        metrics={"remember": remember},
    )  # fmt: skip
    assert history.ended == "early"
    assert len(history.loss) == history.best_epoch + 3
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1
    for value, best in zip(values(graph), seen[history.best_epoch - 1]):
        np.testing.assert_array_equal(value, best)


def test_schedules_step_by_epoch_by_step_or_by_the_loss() -> None:
    rates = {}
    for every in ("epoch", "step"):
        graph, _ = network()
        sgd = mg.SGD(graph.parameters, 0.1)
        mg.fit(graph, DATA, 2, sgd, schedule=mg.ExponentialDecay(sgd, 0.5), schedule_every=every)
        rates[every] = sgd.learning_rate
    assert rates == {"epoch": 0.1 * 0.5**2, "step": 0.1 * 0.5**4}
    graph, _ = network()
    sgd = mg.SGD(graph.parameters, 0.0)
    history = mg.fit(graph, DATA, 4, sgd, shuffle=False, schedule=mg.ReduceOnPlateau(sgd, 0.5, patience=0))
    assert history.loss[0] == history.loss[3] and sgd.learning_rate == 0.0
    sgd.learning_rate = 1e-12
    mg.fit(graph, DATA, 4, sgd, shuffle=False, schedule=mg.ReduceOnPlateau(sgd, 0.5, patience=0))
    assert sgd.learning_rate == 1e-12 * 0.5**3


def test_data_by_node_in_other_types_and_without_shuffling() -> None:
    graph, same = network()[0], network()[0]
    a = mg.fit(graph, {graph["x"]: X.astype("f4"), graph["t"]: T.tolist()}, 2, mg.SGD(graph.parameters), shuffle=False)
    b = mg.fit(same, {"x": X.astype("f4").astype("f8"), "t": T}, 2, mg.SGD(same.parameters), shuffle=False, seed=9)
    assert a.loss == b.loss


def test_without_watching_nan_is_learnt_as_it_comes() -> None:
    graph, _ = network()
    graph["W1"].value = np.full((4, 8), np.nan)
    history = mg.fit(graph, DATA, 1, mg.SGD(graph.parameters), watch=False)
    assert np.isnan(history.loss[0]) and np.isnan(history.gradient_norm[0]) and history.best_epoch == 0


def unchanged(**options: Any) -> None:
    graph, logits = network()
    sgd, start = mg.SGD(graph.parameters, 0.1), values(graph)
    given = {"graph": graph, "data": DATA, "epochs": 1, "optimizer": sgd, **options}
    if "schedule" in given:
        given["schedule"] = given["schedule"](sgd)
    if given["graph"] is None:
        given["graph"] = mg.Graph(logits)
    try:
        mg.fit(**given)
    finally:
        assert all(a is b for a, b in zip(values(graph), start))


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"graph": None}, ValueError, r"fit: Y2 is \[4, 3\], but the output of the graph must be a loss: one number"),
        ({"graph": X}, TypeError, "fit: needs a graph, mg.Graph.loss.; got ndarray"),
        ({"data": {"x": X}, "batch_size": 7}, ValueError, "7"),
        ({"data": X}, TypeError, "fit: data must be a dict of arrays by leaf"),
        ({"data": {"x": X, "t": T[1:]}}, ValueError, r"fit: data is x \[50, 4\], t \[49\]; all need the same number"),
        ({"data": {"x": X[:0], "t": T[:0]}}, ValueError, r"at least 1"),
        ({"data": {"x": X, "u": T}}, ValueError, "there is no leaf named 'u'; the leaves are"),
        ({"data": {"x": np.where(X > 2, np.nan, X), "t": T}}, ValueError, "x has .* NaN of 200 values, the first"),
        ({"validation": {"x": X, "t": T[1:]}}, ValueError, "fit: validation is"),
        ({"validation": {"x": X}}, ValueError, "fit: validation has x, but data has x, t: needs the same"),
        ({"metrics": {"accuracy": 0.5}}, TypeError, "fit: metrics must be a dict of functions without arguments"),
        ({"metrics": [len]}, TypeError, "fit: metrics must be a dict of functions without arguments"),
        ({"resume": True}, ValueError, "fit: resume and checkpoint_every need a checkpoint"),
        ({"checkpoint_every": 5}, ValueError, "fit: resume and checkpoint_every need a checkpoint"),
        ({"epochs": 0}, ValueError, "fit: epochs is 0, but must be a whole number, at least 1"),
        ({"epochs": 2.5}, ValueError, "fit: epochs is 2.5"),
        ({"epochs": "3"}, TypeError, "fit: epochs is '3'"),
        ({"batch_size": 0}, ValueError, "fit: batch_size is 0, but must be a whole number, at least 1"),
        ({"patience": 0}, ValueError, "fit: patience is 0"),
        ({"checkpoint_every": 0}, ValueError, "fit: checkpoint_every is 0"),
        ({"max_norm": 0}, ValueError, "fit: max_norm is 0"),
        ({"optimizer": "sgd"}, TypeError, "fit: needs an optimizer, such as mg.SGD.graph.parameters.; got str"),
        ({"optimizer": mg.SGD([mg.Parameter(1.0, "v")])}, ValueError, "fit: the optimizer changes v, which the graph"),
        ({"schedule": lambda sgd: 0.5}, TypeError, "fit: needs a schedule, .* got float"),
        ({"schedule": lambda sgd: mg.ConstantRate(mg.SGD(sgd.parameters))}, ValueError, "of another optimizer"),
        ({"schedule_every": "batch"}, ValueError, "schedule_every is 'batch', but must be 'epoch' or 'step'"),
        ({"schedule": mg.ReduceOnPlateau, "schedule_every": "step"}, ValueError, "goes by the loss of an epoch"),
    ],
)
def test_bad_arguments_say_what_came_and_change_nothing(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        unchanged(**options)


def test_a_loss_of_one_element_in_an_array() -> None:
    for compiled in (False, True):
        loss = (mg.Node(X, "x", requires_grad=False) @ mg.Parameter(np.ones((4, 1)), "w")).mean(axis=0)
        graph = mg.Graph(loss * loss)
        history = mg.fit(graph, {"x": X}, 2, mg.SGD(graph.parameters, 0.1), batch_size=None, compile=compiled)
        assert graph.output.shape == (1,) and history.loss[1] < history.loss[0]


class CtrlC(mg.ConstantRate):
    """A schedule that presses Ctrl-C, so many times, after the fifth step."""

    times = 1

    def step(self) -> None:
        super().step()
        for _ in range(self.times if self.t == 5 else 0):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_ends_after_the_step_and_keeps_what_was_trained() -> None:
    graph, same = network()[0], network()[0]
    adam, twin = mg.Adam(graph.parameters), mg.Adam(same.parameters)
    history = mg.fit(graph, DATA, 9, adam, batch_size=10, seed=1, schedule=CtrlC(adam), schedule_every="step")
    mg.fit(same, DATA, 1, twin, batch_size=10, seed=1)
    assert history.ended == "interrupted" and len(history.loss) == 1
    for ours, theirs in zip(values(graph), values(same)):
        np.testing.assert_array_equal(ours, theirs)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_raises_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CtrlC, "times", 2)
    graph, _ = network()
    sgd = mg.SGD(graph.parameters)
    with pytest.raises(KeyboardInterrupt):
        mg.fit(graph, DATA, 9, sgd, schedule=CtrlC(sgd), schedule_every="step")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_your_own_and_other_threads_are_left_alone() -> None:
    pressed = []
    previous = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        graph, _ = network()
        sgd = mg.SGD(graph.parameters)
        history = mg.fit(graph, DATA, 3, sgd, schedule=CtrlC(sgd), schedule_every="step")
    finally:
        signal.signal(signal.SIGINT, previous)
    assert pressed == [1] and history.ended == "finished"
    found: list[mg.History] = []
    thread = threading.Thread(target=lambda: found.append(mg.fit(graph, DATA, 1, mg.SGD(graph.parameters))))
    thread.start()
    thread.join()
    assert found[0].ended == "finished"


def test_progress_is_shown_if_asked_and_names_its_extra(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, _ = network()
    sgd = mg.SGD(graph.parameters)
    mg.fit(graph, DATA, 1, sgd)
    mg.fit(graph, DATA, 1, sgd, progress=False)
    assert capfd.readouterr() == ("", "")  # this is no terminal
    mg.fit(graph, DATA, 2, sgd, progress=True)
    shown = capfd.readouterr().err
    assert "4/4" in shown and "loss" in shown
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert mg.fit(graph, DATA, 1, sgd).ended == "finished"
    with pytest.raises(ImportError, match=r'pip install "minigraph\[progress\]"'):
        mg.fit(graph, DATA, 1, sgd, progress=True)
