"""Worksheets: typical mistakes, what counts as right, and class sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import EVERY
from exercises import GRAPHS, data, network, odd_circuit, squares
from pictures import circuit, classifier, texts

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss
from minigraph.scene.content import Scene
from minigraph.worksheet.mistakes import Mistakes, as_shown
from minigraph.worksheet.variants import variant

# mistakes


def wrong(loss: mg.Node, name: str, **options: Any) -> dict[str, list[Any]]:
    scene = Scene(loss)
    node = next(node for node in scene.nodes if scene.names[node] == name.lstrip("∂"))
    return Mistakes(scene, **options).of(node, name.startswith("∂"))


def near(found: list[Any], expected: Any) -> bool:
    return any(np.allclose(each, expected) for each in found)


def test_mistakes_of_a_circuit() -> None:
    found = wrong(odd_circuit(), "∂x")
    x, y, z = -2.3, 5.1, -4.7
    assert near(found["sign"], -((x + y) * z + z * x))
    assert near(found["path"], (x + y) * z) and near(found["path"], z * x)


def test_mistakes_of_an_affine_layer_and_its_loss() -> None:
    loss = classifier()
    graph = mg.Graph(loss)
    x, w, dy = (graph["X"].value, graph["W"].value, graph["Y"].grad)
    assert dy is not None
    assert near(wrong(loss, "∂Y")["mean"], 2 * dy)
    assert near(wrong(loss, "∂W")["mean"], 2 * x.T @ dy)
    assert near(wrong(loss, "∂W")["transposed"], x @ dy)
    assert near(wrong(loss, "∂W")["batch"], np.outer(x[0], dy[0]))
    assert near(wrong(loss, "∂b")["batch"], dy[1])
    assert near(wrong(loss, "∂X")["sign"], -dy @ w.T)
    assert {tuple(a.flat)[1] for a in wrong(loss, "∂X")["transposed"]} >= {(dy @ w.T)[1, 0]}


def test_mistakes_at_an_activation_go_on_from_there() -> None:
    loss = network()
    graph = mg.Graph(loss)
    h, x = graph["H"].grad, graph["X"].value
    assert h is not None and (graph["H"].value == 0).any()
    first = next(node for node in graph.nodes if node.op and node.op.name == "Affine")
    name = graph.names[first]
    assert near(wrong(loss, f"∂{name}")["activation"], h)
    weight = graph.names[first.inputs[1]]
    assert near(wrong(loss, f"∂{weight}")["activation"], x.T @ h)


def test_mistakes_of_values() -> None:
    loss = squares()
    graph = mg.Graph(loss)
    assert near(wrong(loss, "L")["mean"], 3 * loss.value)
    assert near(wrong(loss, "P")["apply"], graph["Y"].value)


@pytest.mark.thorough
def test_every_op_makes_an_exercise_whose_answers_are_right() -> None:
    made = 0
    for case in EVERY:
        output = case.op(*map(mg.Node, case.inputs))
        small = all(0 < n.value.size <= 16 and n.value.ndim < 3 for n in mg.Graph(output).nodes)
        if not small or output not in mg.Graph(output).wanted:
            continue
        output.backward(np.cos(np.arange(output.value.size)).reshape(output.shape))
        arrays = (array for n in mg.Graph(output).nodes for array in (n.value, n.grad) if array is not None)
        if not all(np.isfinite(array).all() for array in arrays):
            continue
        sheet = mg.worksheet(output, blank="both")
        for cell, answer in zip(sheet.page.checks(), sheet.answers.values()):
            assert any(abs(right - answer) <= cell["near"] for right in cell["right"]), case.id
            assert not any(abs(wrong - answer) <= cell["near"] for wrong, _ in cell["wrong"]), case.id
        made += 1
    assert made > 200


def test_numbers_as_they_are_shown() -> None:
    assert np.allclose(as_shown(np.array([1.234, -0.056]), 2), [1.23, -0.06])
    assert np.allclose(as_shown(np.array([0.001234, 0.02]), 2), [0.0012, 0.02])
    assert as_shown(np.array([3, 4]), 2).tolist() == [3, 4]


def test_what_is_right_may_be_computed_from_the_numbers_on_the_sheet() -> None:
    """Who multiplies what is printed, rounded as it is, must not be called wrong."""
    loss = squares()
    page = data(mg.worksheet(loss).html())
    scene = Scene(loss)
    w = next(node for node in scene.nodes if scene.names[node] == "W")
    y = next(node for node in scene.nodes if scene.names[node] == "Y")
    by_hand = w.value * 0 + scene.nodes[0].value.T @ np.round(scene.gradients[y], 2)
    cells = [cell for cell in page["cells"] if cell["says"].startswith("∂L/∂W")]
    assert [any(abs(v - right) <= cell["near"] for right in cell["right"])
            for v, cell in zip(by_hand.flat, cells)] == [True, True]  # fmt: skip


# class sets


@pytest.mark.parametrize("name", GRAPHS)
def test_variants_have_other_friendly_numbers(name: str) -> None:
    root = GRAPHS[name]()
    before = [node.value.copy() for node in mg.Graph(root).nodes]
    sheets = mg.worksheets(root, 3, seed=4)
    assert len({sheet.source for sheet in sheets}) == 3
    assert [s.source for s in sheets] == [s.source for s in mg.worksheets(root, 3, seed=4)]
    assert sheets[0].source != mg.worksheets(root, 1, seed=5)[0].source
    for sheet in sheets:
        for node in sheet.page.scene.nodes:
            assert np.isfinite(node.value).all()
            if node.op is None and sheet.page.scene.role(node) != "target":
                assert np.allclose(node.value * 10, np.round(node.value * 10)) and (node.value != 0).all()
        assert any(abs(answer) > 0.01 for answer in sheet.answers.values())
    assert all((a == b.value).all() for a, b in zip(before, mg.Graph(root).nodes))


def test_targets_stay_targets() -> None:
    graph = mg.Graph(classifier())
    seen = set()
    for seed in range(6):
        found = mg.Graph(variant(graph.output, np.random.default_rng(seed)))["T"].value
        assert sorted(found.flat) == [0, 0, 0, 0, 1, 1] and (found.sum(axis=1) == 1).all()
        seen.add(found.tobytes())
    assert len(seen) > 1
    x, t = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X"), mg.Node([0, 2], "t")
    loss = SoftmaxWithLoss()(Affine(2, 3, seed=1)(x), t)
    loss.backward()
    labels = [mg.Graph(variant(loss, np.random.default_rng(seed)))["t"].value for seed in range(8)]
    assert {int(label) for found in labels for label in found} == {0, 1, 2}
    assert labels[0].dtype == t.value.dtype


def test_domains_and_constants_are_kept() -> None:
    x = mg.Node(2.5, "x")
    f = mg.log(x) * 3.0 + mg.sqrt(x)
    f.backward()
    for seed in range(5):
        other = mg.Graph(variant(f, np.random.default_rng(seed)))
        assert other["x"].value > 0
        assert any(node.value == 3.0 and node.op is None for node in other.nodes)
    g = -mg.relu(x)  # as large as x, whatever that is
    g.backward()
    assert mg.Graph(variant(g, np.random.default_rng(0)))["x"].value > 0
    dead = mg.relu(mg.Node(1.0, "x")) * 0.0
    dead.backward()
    with pytest.raises(ValueError, match="no other numbers"):
        mg.worksheets(dead, 1)


def test_a_class_set_is_written(tmp_path: Path) -> None:
    made = mg.worksheets(circuit(), 2, folder=tmp_path / "class", title="Set")
    assert sorted(p.name for p in (tmp_path / "class").iterdir()) == ["01-key.svg", "01.svg", "02-key.svg", "02.svg"]
    assert (tmp_path / "class" / "01.svg").read_text("utf-8") == made[0].svg()
    assert "Set · 2" in texts(made[1].svg())
    for n in (0, True, "3"):
        with pytest.raises(ValueError, match="worksheets: n is"):
            mg.worksheets(circuit(), n)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="backward has not run"):
        mg.worksheets(classifier(backward=False), 2)
