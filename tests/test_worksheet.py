"""Worksheets: what is asked, that no answer stands in an exercise, that the key is the graph, and variants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import EVERY
from helpers import Double
from pictures import SVG, circuit, classifier, perceptron, texts

import minigraph as mg
from minigraph.layers import Affine, MeanSquaredError, ReLU, Sigmoid, SoftmaxWithLoss
from minigraph.scene.content import Scene
from minigraph.scene.phrases import KOREAN
from minigraph.scene.text import scalar
from minigraph.worksheet.cells import letters
from minigraph.worksheet.mistakes import KINDS, Mistakes, as_shown
from minigraph.worksheet.page import INTRODUCTION, WORDS
from minigraph.worksheet.variants import variant


def odd_circuit() -> mg.Node:
    """A circuit with a fork, none of whose numbers is like another."""
    x, y, z = mg.Node(-2.3, "x"), mg.Node(5.1, "y"), mg.Node(-4.7, "z")
    f = (x + y) * z * x
    f.backward()
    return f


def network() -> mg.Node:
    x, t = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X"), mg.Node([[0.0, 1.0], [1.0, 0.0]], "T")
    first = Affine(2, 3, weight=[[0.2, -0.5, 0.8], [0.6, 0.1, -0.4]], bias=[0.1, -0.2, 0.3])
    second = Affine(3, 2, weight=[[0.7, -0.3], [0.4, 0.9], [-0.6, 0.5]])
    loss = SoftmaxWithLoss()(mg.Sequential(first, ReLU(), second)(x), t)
    loss.backward()
    return loss


def squares() -> mg.Node:
    """A batch mean: three samples, one output."""
    x, t = mg.Node([[1.3, 0.4], [-0.7, 2.1], [0.9, -1.6]], "X"), mg.Node([[0.3], [1.7], [-0.8]], "T")
    loss = MeanSquaredError()(Sigmoid()(Affine(2, 1, weight=[[0.6], [-1.1]], bias=[0.25])(x)), t)
    loss.backward()
    return loss


GRAPHS: dict[str, Callable[[], mg.Node]] = {
    "circuit": circuit, "fork": odd_circuit, "classifier": classifier, "network": network, "squares": squares,
}  # fmt: skip


def words(svg: str) -> list[str]:
    """Everything in an SVG that can be read, pointed at or told."""
    return [text for element in ElementTree.fromstring(svg).iter() if (text := (element.text or "").strip())]


def numbers(text: str) -> set[str]:
    return set(re.findall(r"[-−]?\d+\.?\d*", text))


def data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" class="mg-data">(.*?)</script>', html)
    assert found
    return dict(json.loads(found[1]))


def geometry(svg: str) -> list[str]:
    """Every shape of a picture, without its colours."""
    kinds = ("points", "d", "cx", "cy", "rx", "ry", "transform", "viewBox", "width", "height")
    shapes = (e for e in ElementTree.fromstring(svg).iter() if e.tag != f"{SVG}text")
    return [f"{e.tag} {[e.get(kind) for kind in kinds]}" for e in shapes]


# what is asked


@pytest.mark.parametrize(
    "blank, expected",
    [
        ("gradients", {"∂Y": 6, "∂b": 3, "∂W": 6, "∂X": 4}),
        ("values", {"Y": 6, "L": 1}),
        ("both", {"Y": 6, "L": 1, "∂Y": 6, "∂b": 3, "∂W": 6, "∂X": 4}),
        ("Y", {"Y": 6}),
        ("∂W", {"∂W": 6}),
        ("∂L/∂W", {"∂W": 6}),
        (["dW", "L"], {"∂W": 6, "L": 1}),
        (1.0, {"Y": 6, "L": 1, "∂Y": 6, "∂b": 3, "∂W": 6, "∂X": 4}),
    ],
)
def test_what_blank_says_is_asked(blank: Any, expected: dict[str, int]) -> None:
    sheet = mg.worksheet(classifier(), blank=blank)
    found: dict[str, int] = {}
    for cell in sheet.page.asked:
        name = "∂" * cell.is_gradient + sheet.page.scene.names[cell.node]
        found[name] = found.get(name, 0) + 1
    assert found == expected
    assert list(sheet.answers) == letters(sum(expected.values()))


def test_a_share_is_chosen_by_seed() -> None:
    chosen = [mg.worksheet(classifier(), blank=0.3, seed=seed) for seed in (0, 0, 1)]
    assert [len(sheet.answers) for sheet in chosen] == [8, 8, 8]
    assert chosen[0].source == chosen[1].source != chosen[2].source


def test_letters_go_on_after_z() -> None:
    assert letters(54)[24:29] == ["y", "z", "a1", "b1", "c1"]
    assert len(set(letters(200))) == 200


@pytest.mark.parametrize(
    "make, options, error, says",
    [
        (lambda: mg.Node(1.0, "x") * 2.0, {}, ValueError, "backward has not run"),
        (classifier, {"blank": "nothing"}, ValueError, "names 'nothing', but what can be blanked here is Y, L, ∂Y"),
        (classifier, {"blank": "W"}, ValueError, "leaves are given"),
        (classifier, {"blank": 0.0}, ValueError, "above 0"),
        (classifier, {"blank": 1.5}, ValueError, "at most 1"),
        (classifier, {"blank": True}, TypeError, "blank is True"),
        (classifier, {"blank": []}, TypeError, r"blank is \[\]"),
        (classifier, {"blank": [1]}, TypeError, "blank is"),
        (classifier, {"detail": "all"}, ValueError, "detail is 'all'"),
        (perceptron, {}, ValueError, "X is 6×4, but every value needs 1 to 16 elements"),
        (lambda: "loss", {}, TypeError, "worksheet: needs a Node or a Graph"),
    ],
)
def test_what_is_no_exercise_is_refused(make: Any, options: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        mg.worksheet(make(), **options)


def test_a_graph_that_is_out_of_date_or_infinite_is_refused() -> None:
    loss = classifier()
    mg.Graph(loss)["W"].value = np.ones((2, 3))
    with pytest.raises(ValueError, match="W changed after this forward"):
        mg.worksheet(loss)
    x = mg.Node(0.0, "x")
    with np.errstate(all="ignore"):
        f = mg.log(x) * 2.0
        f.backward()
    with pytest.raises(ValueError, match="NaN or ∞"):
        mg.worksheet(f)
    y: mg.Node = mg.Node(1.5, "y")
    for _ in range(70):
        y = Double()(y)
    y.backward()
    with pytest.raises(ValueError, match="room for 60"):
        mg.worksheet(y)


# exercise and key


@pytest.mark.parametrize("detail", ["values", "full"])
@pytest.mark.parametrize("blank", ["gradients", "values", "both"])
@pytest.mark.parametrize("name", ["fork", "classifier", "network", "squares"])
def test_no_answer_is_in_an_exercise(name: str, blank: str, detail: Any) -> None:
    loss = GRAPHS[name]()
    sheet = mg.worksheet(loss, blank=blank, detail=detail, digits=3)
    scene = sheet.page.scene
    given = [node.value for node in scene.nodes if node.op is None or blank == "gradients"]
    shown = {scalar(float(v), n) for array in given for v in array.flat for n in (2, 3, 4)}
    hidden = {scalar(answer, n) for answer in sheet.answers.values() for n in (2, 3, 4)} - shown
    hidden = {text for text in hidden if len(text.strip("−")) > 1}  # 1, 2, … are also counts and shapes
    assert len(hidden) > 3
    written = [part for pair in re.findall(r'>([^<>]*)</|TITLE="([^"]*)"', sheet.source) for part in pair]
    for said in (written, words(sheet.svg())):
        found = set().union(*(numbers(re.sub("[-−]", "", text)) for text in said))
        assert found & {"2", "0.600", "5.100"}
        assert not {text.strip("−") for text in hidden} & (found - {text.strip("−") for text in shown})
    assert len(hidden & numbers(" ".join(texts(sheet.key.svg())))) >= len(set(sheet.answers.values()) - {0.0}) / 2


def test_an_exercise_is_the_same_whatever_the_answers_are() -> None:
    """The gradients of these two differ, and nothing else: so nothing of them is in the picture."""

    class Tripled(Double):
        name = "Double"
        factor = 3.0

        def backward(self, upstream: Any, y: Any, x: Any) -> tuple[Any, ...]:
            return (self.factor * upstream,)

    def made(factor: float) -> mg.Worksheet:
        op, x = Tripled(), mg.Node([[1.5, -0.5]], "X")
        op.factor = factor
        loss = (op(x) * mg.Node([[0.3, 0.7]], "A", requires_grad=False)).sum()
        loss.backward()
        return mg.worksheet(loss, detail="full")

    one, other = made(2.0), made(-3.25)
    assert one.source == other.source
    assert one.key.source != other.key.source


@pytest.mark.parametrize("blank", ["gradients", "values", "both", 0.4])
@pytest.mark.parametrize("name", GRAPHS)
def test_exercise_and_key_have_one_geometry(name: str, blank: Any) -> None:
    sheet = mg.worksheet(GRAPHS[name](), blank=blank)
    assert geometry(sheet.svg()) == geometry(sheet.key.svg())


@pytest.mark.parametrize("name", GRAPHS)
def test_the_key_says_what_the_graph_says(name: str) -> None:
    loss = GRAPHS[name]()
    sheet = mg.worksheet(loss, blank="both")
    key = sheet.key.svg()
    for (cell, letter), answer in zip(sheet.page.asked.items(), sheet.answers.values()):
        gradients = mg.Graph(loss).gradients()
        array = gradients[cell.node] if cell.is_gradient else cell.node.value
        assert answer == array.flat[cell.place] == sheet.answers[letter]
        digits = 3 if not cell.node.value.ndim and not sheet.page.scene.is_circuit else 2
        assert texts(key, f"blank-{letter}") == [letter, scalar(answer, digits)]
    assert "Answer key" in texts(key) and "Answer key" not in texts(sheet.svg())


def test_a_worksheet_changes_nothing_in_the_graph_and_has_the_same_bytes() -> None:
    loss = network()
    before = [(node.value, node.grad) for node in mg.Graph(loss).nodes]
    first, second = mg.worksheet(loss), mg.worksheet(loss)
    assert (first.svg(), first.html(), first.key.html()) == (second.svg(), second.html(), second.key.html())
    after = [(node.value, node.grad) for node in mg.Graph(loss).nodes]
    assert all(a is c and b is d for (a, b), (c, d) in zip(before, after))


def test_it_is_saved_and_shown(tmp_path: Path, dot: str) -> None:
    sheet = mg.worksheet(circuit(), title="Chain rule", id="ex")
    for name, each in (("sheet", sheet), ("key", sheet.key)):
        for suffix in (".svg", ".html", ".pdf", ".dot"):
            assert each.save(tmp_path / f"{name}{suffix}").stat().st_size > 500
    assert "Chain rule" in texts(sheet.svg())
    assert sheet.key.id == "ex-key"
    assert set(sheet._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}
    assert repr(sheet) == "<Worksheet: 4 blanks; .save('sheet.pdf'), .key.save('key.pdf')>"
    assert "Name" in texts(sheet.svg())
    assert "Name" not in texts(mg.worksheet(circuit(), name_line=False).svg())


def test_korean_has_every_word() -> None:
    assert {*WORDS.values(), *KINDS.values(), INTRODUCTION} <= KOREAN.keys()
    sheet = mg.worksheet(classifier(), language="ko")
    assert "빈칸에 알맞은 수 구하기" in texts(sheet.svg())
    page = data(sheet.html())
    assert page["words"]["check"] == "채점"
    assert page["cells"][0]["says"] == "∂L/∂Y, 1행 1열"


def test_hostile_names_stay_names() -> None:
    bad = '</script><img src=x onerror="alert(1)">\\N{0}&<'
    x, y = mg.Node(1.5, bad), mg.Node(2.5, "'\"]]>")
    f = x * y
    f.name = "<b>"
    f.backward()
    sheet = mg.worksheet(f, title=bad, blank="both")
    for html in (sheet.html(), sheet.key.html()):
        assert "<img" not in html and "<b>" not in html
        assert html.count("<script") == html.count("</script>")
    assert data(sheet.html())["cells"][0]["says"] == "<b>"
    ElementTree.fromstring(sheet.svg())


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
        if not all(np.isfinite(n.value).all() and np.isfinite(n.grad or 0).all() for n in mg.Graph(output).nodes):
            continue
        sheet = mg.worksheet(output, blank="both")
        cells = data(sheet.html())["cells"]
        for cell, answer in zip(cells, sheet.answers.values()):
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
