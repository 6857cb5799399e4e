"""Worksheets: what is asked, that no answer stands in an exercise, and that the key is the graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from exercises import GRAPHS, data, geometry, network, numbers, words
from helpers import Double
from pictures import circuit, classifier, perceptron, texts

import minigraph as mg
from minigraph.scene.phrases import KOREAN
from minigraph.scene.text import scalar
from minigraph.worksheet.cells import letters
from minigraph.worksheet.mistakes import KINDS
from minigraph.worksheet.page import INTRODUCTION, WORDS

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
