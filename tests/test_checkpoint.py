"""Training that was interrupted goes on bit for bit as if it had never been."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout, ReLU, SoftmaxWithLoss
from minigraph.training.checkpoint import read_state, write_state
from tests.helpers import Array

RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 4)).astype(np.float32)
T = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
OPTIMIZERS: dict[str, Callable[[mg.Graph], mg.Optimizer]] = {
    "momentum": lambda graph: mg.SGD(graph.parameters, 0.1, momentum=0.9, nesterov=True),
    "Adam": lambda graph: mg.Adam(graph.parameters, 0.01, amsgrad=True),
    "AdamW": lambda graph: mg.AdamW(graph.parameters, 0.01),
    "RMSProp": lambda graph: mg.RMSProp(graph.parameters, 0.01, momentum=0.5, centered=True),
}


class Pressed(mg.CosineDecay):
    """A schedule that presses Ctrl-C after some step."""

    after = 0  # set for the class: it is not part of what the schedule has come to

    def step(self) -> None:
        super().step()
        if self.t == self.after:
            signal.raise_signal(signal.SIGINT)


class Noise(mg.Op):
    """y = x + ε, drawn from a generator at every forward."""

    def __init__(self, seed: int | np.random.Generator) -> None:
        self.rng = np.random.default_rng(seed)

    def forward(self, x: Array) -> Array:
        return x + self.rng.normal(0, 0.01, x.shape).astype(x.dtype)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream,)


def network(seed: int) -> mg.Graph:
    """Two precisions, running statistics, two masks; whatever is random in it follows from `seed`."""
    rng = np.random.default_rng(seed)
    first = mg.Sequential(
        Affine(4, 9, seed=rng, dtype=np.float32), BatchNorm(9, dtype=np.float32), ReLU(), Dropout(0.3, seed=rng)
    )
    last = mg.Sequential(BatchNorm(9), Dropout(0.2, seed=rng), Affine(9, 3, seed=rng))
    logits = last(first(mg.Node(X[:4], "x")))
    return mg.Graph(SoftmaxWithLoss()(logits, mg.Node(T[:4], "t")))


def train(
    path: Path, make: Callable[[mg.Graph], mg.Optimizer], *, seed: int, after: int = 0, epochs: int = 4, **options: Any
) -> tuple[mg.Graph, mg.History]:
    graph = network(seed)
    optimizer = make(graph)
    schedule = Pressed(optimizer, steps=40)
    options = {"seed": seed, "validation": {"x": X[:20], "t": T[:20]}, "patience": 20, "batch_size": 8} | options
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pressed, "after", after)
        history = mg.fit(
            graph, {"x": X, "t": T}, epochs, optimizer, schedule=schedule, schedule_every="step", max_norm=1.0,
            checkpoint=path, **options,
        )  # fmt: skip
    return graph, history


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_goes_on_bit_for_bit(tmp_path: Path, name: str, compiled: bool) -> None:
    make, straight, broken = OPTIMIZERS[name], tmp_path / "straight.npz", tmp_path / "broken.npz"
    graph, history = train(straight, make, seed=1, compile=compiled)
    for number, after in enumerate((3, 17, 21)):  # 7 steps an epoch: within it, and at its end; then one more
        # other weights, masks and orders each time: all of them come from the file
        _, interrupted = train(broken, make, seed=1 + number, after=after, compile=compiled, resume=number > 0)
        assert interrupted.ended == "interrupted"
    resumed, rest = train(broken, make, seed=9, compile=compiled, resume=True)
    assert broken.read_bytes() == straight.read_bytes()
    assert rest == history and history.ended == "finished"
    for ours, theirs in zip(resumed.parameters, graph.parameters):
        assert ours.value.dtype == theirs.value.dtype and ours.value.tobytes() == theirs.value.tobytes()


@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM])
def test_generators_of_every_kind_go_on(tmp_path: Path, generator: Any) -> None:
    def run(path: Path, seed: int, **options: Any) -> mg.Graph:
        logits = mg.Sequential(Affine(4, 3, seed=0), Noise(seed))(mg.Node(X[:4].astype(float), "x"))
        graph = mg.Graph(SoftmaxWithLoss()(logits, mg.Node(T[:4], "t")))
        sgd = mg.SGD(graph.parameters, 0.1)
        mg.fit(
            graph, {"x": X, "t": T}, options.pop("epochs", 2), sgd, seed=np.random.Generator(generator(seed)),
            checkpoint=path, **options,
        )  # fmt: skip
        return graph

    straight = run(tmp_path / "straight.npz", 1)
    run(tmp_path / "broken.npz", 1, epochs=1)
    resumed = run(tmp_path / "broken.npz", 2, resume=True)
    assert resumed["W"].value.tobytes() == straight["W"].value.tobytes()


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_generator_that_an_op_shares_with_the_order_goes_on(tmp_path: Path, shuffle: bool) -> None:
    def run(path: Path, seed: int, after: int = 0, resume: bool = False) -> mg.Graph:
        rng = np.random.default_rng(seed)
        logits = mg.Sequential(Affine(4, 3, seed=0), Noise(rng))(mg.Node(X[:4].astype(float), "x"))
        graph = mg.Graph(SoftmaxWithLoss()(logits, mg.Node(T[:4], "t")))
        schedule = Pressed(mg.SGD(graph.parameters, 0.1), steps=40)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Pressed, "after", after)
            mg.fit(
                graph, {"x": X, "t": T}, 3, schedule.optimizer, seed=rng, batch_size=8, shuffle=shuffle,
                schedule=schedule, schedule_every="step", checkpoint=path, resume=resume,
            )  # fmt: skip
        return graph

    straight = run(tmp_path / "straight.npz", 1)
    for after in (10, 14):  # within an epoch of 7 steps, and at its end
        run(tmp_path / f"{after}.npz", 1, after)
        resumed = run(tmp_path / f"{after}.npz", 2, resume=True)
        assert resumed["W"].value.tobytes() == straight["W"].value.tobytes()


def test_more_epochs_and_early_stops_go_on_too(tmp_path: Path) -> None:
    make, path = OPTIMIZERS["momentum"], tmp_path / "run.npz"
    straight, whole = train(tmp_path / "straight.npz", make, seed=1, epochs=6)
    train(path, make, seed=1, epochs=2)
    longer, history = train(path, make, seed=2, epochs=6, resume=True)
    assert history == whole
    again, same = train(path, make, seed=3, epochs=6, resume=True)  # nothing is left to do
    assert same == whole and again.parameters[0].value.tobytes() == straight.parameters[0].value.tobytes()
    wrong = {"x": X, "t": (T + 1) % 3}
    stopped, early = train(tmp_path / "early.npz", make, seed=1, epochs=30, validation=wrong, patience=2)
    assert early.ended == "early"
    still, ended = train(tmp_path / "early.npz", make, seed=2, epochs=30, validation=wrong, patience=2, resume=True)
    assert ended == early and still.parameters[0].value.tobytes() == stopped.parameters[0].value.tobytes()


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="resume=True goes on from it, or remove it first"):
        train(path, OPTIMIZERS["Adam"], seed=1)
    assert path.read_bytes() == b"precious"


def test_a_file_that_cannot_be_written_is_known_before_training(tmp_path: Path) -> None:
    graph = network(1)
    sgd, before = mg.SGD(graph.parameters), [p.value for p in graph.parameters]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        mg.fit(graph, {"x": X, "t": T}, 1, sgd, checkpoint=tmp_path / "missing" / "run.npz")
    sgd.note = object()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"checkpoint: state\.optimizer\.note is <object"):
        mg.fit(graph, {"x": X, "t": T}, 1, sgd, checkpoint=tmp_path / "run.npz")
    assert all(p.value is value for p, value in zip(graph.parameters, before)) and not any(tmp_path.iterdir())


def test_what_does_not_fit_is_refused_and_nothing_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    train(path, OPTIMIZERS["Adam"], seed=1, epochs=1)

    def refused(message: str, graph: mg.Graph, rate: float = 0.01, **options: Any) -> None:
        before = [p.value for p in graph.parameters]
        adam = options.pop("make", mg.Adam)(graph.parameters, rate)
        schedule = mg.CosineDecay(adam, 40) if options.pop("other", False) else Pressed(adam, 40)
        held_out = (
            {} if "patience" in options or "validation" in options else {"validation": {"x": X, "t": T}, "patience": 2}
        )
        settings = {"batch_size": 8, "data": {"x": X, "t": T}} | held_out | options
        with pytest.raises(ValueError, match=message):
            mg.fit(graph, epochs=2, optimizer=adam, schedule=schedule, checkpoint=path, resume=True, **settings)
        assert all(p.value is value for p, value in zip(graph.parameters, before)) and not adam.steps

    class Another(mg.Adam):
        pass

    refused("was made for batch_size 8, but here: 10", network(1), batch_size=10)
    refused("was made for rows 50, but here: 40", network(1), data={"x": X[:40], "t": T[:40]})
    refused("was made for shuffle True, but here: False", network(1), shuffle=False)
    refused("was made for patience True, but here: False", network(1), validation={"x": X, "t": T})
    refused("was made for validation True, but here: False", network(1), patience=2)
    refused("was made for optimizer Adam .*, but here: Another", network(1), make=Another)
    refused("was made for schedule Pressed .*, but here: CosineDecay", network(1), other=True)
    refused("was made for order by PCG64, but here: SFC64", network(1), seed=np.random.Generator(np.random.SFC64(1)))
    logits = Affine(4, 3)(mg.Node(X[:4].astype(float), "x"))
    refused(
        "was made for parameters W1 |was made for parameters W",
        mg.Graph(SoftmaxWithLoss()(logits, mg.Node(T[:4], "t"))),
    )
    write_state(path, {"parameters": []})
    refused("run.npz is a checkpoint, but none of fit", network(1))
    mg.save(path, network(1).parameters)
    refused("is an .npz file, but no checkpoint", network(1))
    path.write_bytes(b"PK\x03\x04 no archive")
    refused("fit: .* is not an .npz file of real-valued arrays", network(1))


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    state = {
        "numbers": [1, 2**100, 0.1, -0.0, np.inf, True, None, "η"],
        "nested": {0: {"a": (1, (2, [3]))}, "1": np.float32(0.1), 2: np.array(5)},
        "arrays": [np.zeros((0, 3)), np.asfortranarray(np.arange(6.0).reshape(2, 3))],
    }
    write_state(tmp_path / "state.npz", {**state, "rng": rng})
    found = read_state("test", tmp_path / "state.npz")
    drawn = found.pop("rng").random(3)
    assert repr(found) == repr(state) and type(found["nested"]["1"]) is np.float32
    np.testing.assert_array_equal(drawn, rng.random(3))
    with pytest.raises(TypeError, match=r"checkpoint: state\.a\.0 is <object .*, but only numbers, texts"):
        write_state(tmp_path / "state.npz", {"a": [object()]})
    assert read_state("test", tmp_path / "state.npz")  # the old one is still there


def test_states_of_optimizers_and_schedules_are_copies_and_held_to_their_names() -> None:
    graph = network(1)
    adam = mg.Adam(graph.parameters, 0.01)
    graph.backward()
    adam.step()
    state = adam.state_dict()
    first = adam.means[0].copy()
    graph.backward()
    adam.step()
    np.testing.assert_array_equal(state["means"][0], first)
    adam.load_state_dict(state)
    np.testing.assert_array_equal(adam.means[0], first)
    assert adam.steps[0] == 1 and adam.parameters == graph.parameters
    with pytest.raises(ValueError, match="SGD.load_state_dict: got amsgrad, betas, .*, but needs learning_rate, mom"):
        mg.SGD(graph.parameters).load_state_dict(state)
    schedule = mg.StepDecay(adam, 2)
    schedule.step()
    other = mg.StepDecay(adam, 5)
    other.load_state_dict(schedule.state_dict())
    assert (other.t, other.every, other.optimizer) == (1, 2, adam)


ENDLESS = """
import sys
import numpy as np
import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

rng = np.random.default_rng(0)
X, T = rng.normal(size=(64, 200)), rng.integers(3, size=64)
graph = mg.Graph(SoftmaxWithLoss()(Affine(200, 3, seed=0)(mg.Node(X, "x")), mg.Node(T, "t")))
adam = mg.Adam(graph.parameters)
mg.fit(graph, {"x": X, "t": T}, 1000000, adam, checkpoint=sys.argv[1], checkpoint_every=1)
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def taken() -> int:
        return int(read_state("test", path)["position"]["step"]) if path.exists() else 0

    child = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)])
    try:
        end = time.monotonic() + 60
        while not taken() and child.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    assert taken() >= 1
