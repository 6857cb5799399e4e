"""expand=, direction=, sample=, title=, language=, id=, theme=: each does what it says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from cases import EVERY
from helpers import network
from pictures import FIGURES, SCRIPT, SVG, circuit, classifier, figure, groups, iris, labels, perceptron, texts
from readings import take_table

import minigraph as mg
from minigraph.diagram.labels.widths import SANS, SERIF_ITALIC, text_width
from minigraph.layers import Affine, ReLU, Softmax, SoftmaxWithLoss
from minigraph.scene.content import Scene
from minigraph.scene.phrases import KOREAN


def ran(root: mg.Node) -> mg.Node:
    root.backward(np.ones(root.shape))
    return root


def opened(root: mg.Node, which: Any) -> list[str]:
    """The ops of a picture, in the order in which they run."""
    return [node.op.name for node in Scene(root, which).graph.nodes if node.op]


# expand


@pytest.mark.parametrize(
    "which, expected",
    [
        ("Affine 1", ["MatMul", "Add", "ReLU", "Affine", "SoftmaxWithLoss"]),
        ("Affine 2", ["Affine", "ReLU", "MatMul", "Add", "SoftmaxWithLoss"]),
        ("Affine", ["MatMul", "Add", "ReLU", "MatMul", "Add", "SoftmaxWithLoss"]),
        ("ReLU", ["Affine", "Maximum", "Affine", "SoftmaxWithLoss"]),
        (["ReLU", "Affine 2"], ["Affine", "Maximum", "MatMul", "Add", "SoftmaxWithLoss"]),
        ("SoftmaxWithLoss", ["Affine", "ReLU", "Affine", "Softmax", "CrossEntropy"]),
        ({"SoftmaxWithLoss", "Softmax"}, ["Affine", "ReLU", "Affine", "Exp", "Sum", "Div", "CrossEntropy"]),
        ((), ["Affine", "ReLU", "Affine", "SoftmaxWithLoss"]),
    ],
)
def test_opens_what_is_named(which: Any, expected: list[str]) -> None:
    root = perceptron()
    assert opened(root, which) == expected
    shown = mg.draw(root, expand=which).svg()
    assert len(groups(shown, "op")) == len(expected)


def test_a_node_is_opened_by_the_name_that_it_was_given() -> None:
    root = perceptron()
    mg.Graph(root)["Y2"].name = "logits"
    assert opened(root, "logits") == ["Affine", "ReLU", "MatMul", "Add", "SoftmaxWithLoss"]


class Pair(mg.Op):
    """Two layers without biases as one op."""

    def __init__(self) -> None:
        self.parameters = (mg.Parameter([[1.0, 0.5], [2.0, 1.0]], "A"), mg.Parameter([[0.5, 1.0], [1.0, 3.0]], "B"))

    def forward(self, x: Any, a: Any, b: Any) -> Any:
        return x @ a @ b

    def backward(self, upstream: Any, y: Any, x: Any, a: Any, b: Any) -> Any:
        return upstream @ (a @ b).T, x.T @ upstream @ b.T, (x @ a).T @ upstream

    def expand(self, x: Any, a: Any, b: Any) -> Any:
        first, second = (Affine(2, 2, weight=p.value, bias=False) for p in (a, b))
        first.parameters, second.parameters = (a,), (b,)
        return second(first(x))


@pytest.mark.parametrize("before", [lambda x: x, Affine(2, 2, seed=0), ReLU()])
def test_what_is_inside_is_numbered_whatever_stands_before_it(before: Callable[[mg.Node], mg.Node]) -> None:
    root = Pair()(before(mg.Node([[1.0, 2.0]], "x"))).sum()
    inside = [node for node in Scene(root, ["Pair", "Affine 2"]).graph.nodes if node.op and len(node.scope) > 1]
    assert [node.op.name for node in inside if node.op] == ["MatMul"]
    assert Scene(root, ["Pair", "Affine 2"]).graph["B"] in inside[0].inputs


@pytest.mark.parametrize("which", ["Affine 3", "affine", "", "Add", "W1", ["ReLU", "nothing"]])
def test_an_unknown_name_is_an_error_that_says_what_opens(which: Any) -> None:
    with pytest.raises(ValueError, match="nothing here is called .*; what opens is Affine, Affine 1, ReLU"):
        mg.draw(perceptron(), expand=which)


# direction


@pytest.mark.parametrize("make", [circuit, classifier, perceptron, SCRIPT["squares"], SCRIPT["deep"]])
@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("detail", ["symbols", "values", "full"])
def test_running_down_says_the_same(make: Callable[[], mg.Node], depth: int, detail: Any) -> None:
    across, down = (
        labels(mg.draw(make(), expand=depth, direction=direction, detail=detail).source)
        for direction in ("LR", "TB")  # type: ignore[arg-type]
    )
    assert {name: sorted(each) for name, each in across.items()} == {name: sorted(each) for name, each in down.items()}


def test_running_down_wires_leave_below_and_enter_above() -> None:
    source = mg.draw(classifier(), expand=1, direction="TB").source
    ends = re.findall(r"^\s*(t\d+:\w+:\w) -> |-> (t\d+:\w+:\w)", source, re.MULTILINE)
    assert {end[0][-1] for end in ends if end[0]} == {"s"} and {end[1][-1] for end in ends if end[1]} == {"n"}
    svg = ElementTree.fromstring(mg.draw(circuit(), direction="TB").svg())
    y = {name: float(t.get("y", 0)) for name in "xf" for t in svg.iter(f"{SVG}text") if t.text == name}
    assert y["x"] < y["f"]


# sample


@pytest.mark.parametrize("sample", [0, 1, 5, np.int64(3)])
@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("targets", ["labels", "one-hot"])
def test_a_sample_is_its_row_and_parameters_stay_whole(sample: int, depth: int, targets: str) -> None:
    root = network(targets)
    root.backward()
    scene = Scene(root, depth)
    shown = labels(mg.draw(root, expand=depth, sample=sample, max_nodes=None).source)
    rows = 0
    for n, node in enumerate(scene.graph.nodes):
        each = [t for t in shown[f"t{n}"] if not t.startswith(("row ", "∂"))]
        batched = node.value.ndim > 0 and not isinstance(node, mg.Parameter)
        assert shown[f"t{n}"].count(f"row {sample} (of 0 … 5)") == (2 if node in scene.graph.wanted else 1) * batched
        cut = slice(sample, sample + 1) if batched else slice(None)
        value = node.value[cut] if node.value.ndim else node.value
        if len(each) > 2 and node.value.ndim:
            assert take_table(each[2:], value)[0].shows(value)
            rows += batched
    assert rows >= 5


@pytest.mark.parametrize("sample", [-1, 6, 10**9])
def test_a_sample_out_of_range_is_an_error(sample: int) -> None:
    with pytest.raises(ValueError, match=f"sample is {sample}, but the batch has rows 0 to 5"):
        mg.draw(perceptron(), sample=sample)


@pytest.mark.parametrize("sample", [True, False, np.True_, 1.0, "1", [1]])
@pytest.mark.parametrize("view", ["graph", "neurons", "neuron-gradients"])
def test_a_sample_that_is_no_int_is_an_error(sample: Any, view: Any) -> None:
    with pytest.raises(TypeError, match="draw: sample is .*, but must be an int"):
        mg.draw(iris(), sample=sample, view=view)


def test_without_a_batch_there_is_no_sample() -> None:
    with pytest.raises(ValueError, match="no input here has a batch axis"):
        mg.draw(circuit(), sample=0)


def test_features_as_many_as_rows_are_no_batch() -> None:
    x, w = mg.Node(np.arange(9.0).reshape(3, 3), "x"), mg.Parameter([1.0, 2.0, 4.0], "w")
    columns = (x * w).sum(axis=0)
    columns.name = "columns"
    root = ran(columns.sum())
    shown = labels(mg.draw(root, sample=1, detail="full").source)
    assert "row 1 (of 0 … 2)" in shown["t0"] and "row 1 (of 0 … 2)" not in shown["t3"]
    assert shown["t3"][2:5] == ["9", "24", "60"]
    assert shown["g2_0"][-3:] == ["1", "2", "4"]


def test_an_array_of_another_length_is_no_batch() -> None:
    middle, x = mg.Node([1.0, 1.0], "m"), mg.Node(np.arange(6.0).reshape(3, 2), "x")
    shown = labels(mg.draw(ran((middle - x).sum()), sample=2).source)
    assert not [t for t in shown["t0"] if t.startswith("row")] and "row 2 (of 0 … 2)" in shown["t1"]


# language


def words(svg: str) -> set[str]:
    """Every word of at least two letters in the texts, tooltips, title and description of an SVG."""
    root = ElementTree.fromstring(svg)
    read = [e.text or "" for e in root.iter() if e.tag.removeprefix(SVG) in ("text", "title", "desc")]
    return {word for text in read for word in re.findall(r"[A-Za-z]{2,}", text)}


OPS = {word for case in EVERY for name in (case.op.name, case.op.gate) for word in re.findall("[A-Za-z]{2,}", name)}
OPS |= {"Cube", "SGD"}
FORMULAS = {
    "softmax", "log", "exp", "max", "tanh", "diag", "onehot", "mean", "NaN", "pᵀ", "pp", "ln", "ReLU", "one", "hot",
    "causal", "of", "windows", "im", "col", "backward",
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_no_english_is_left_in_a_korean_picture(name: str) -> None:
    code = re.sub(r"language='ko', |title='[^']*'|titles=\([^)]*\)", "", FIGURES[name][1])
    code = re.sub(r"[, ]*\)$", ", language='ko', id='k')", code)
    svg = eval(code, {**SCRIPT}).svg()  # the gallery's own line of code
    assert words(svg) <= OPS | FORMULAS, words(svg) - OPS - FORMULAS
    assert re.search("[가-힣]", svg)


@pytest.mark.parametrize(
    "root",
    [
        pytest.param(lambda: ran(mg.Node(np.ones((2, 0)), "가") * 2.0), id="empty"),
        pytest.param(lambda: mg.Node(np.full((5, 5), np.nan), "가") * 2.0, id="nothing finite"),
        pytest.param(lambda: mg.Node(np.where(np.eye(5) > 0, np.inf, 1.0), "가") * 2.0, id="some infinite"),
        pytest.param(lambda: ran(mg.Node(np.ones((2, 3, 2)), "가") * 2.0), id="three axes"),
        pytest.param(lambda: ran(Softmax(temperature=2.0)(mg.Node([[1.0, 2.0]], "가"))), id="temperature"),
        pytest.param(lambda: ran(mg.Node([[1.0, 2.0]], "가").max()), id="tie"),
        pytest.param(lambda: mg.Node([1.0], "가"), id="one leaf"),
    ],
)
def test_rare_words_are_korean_too(root: Callable[[], mg.Node]) -> None:
    for detail in ("symbols", "values", "full"):
        svg = mg.draw(root(), language="ko", detail=detail).svg()  # type: ignore[arg-type]
        assert words(svg) <= OPS | FORMULAS


def test_korean_has_no_particle_that_depends_on_how_a_name_is_read() -> None:
    """은 or 는, 을 or 를: L is read 엘, W 더블유; 의, 에 and 입니다 follow either."""
    either = re.compile(r"\{\d\}\)*(?:은|는|이|가|을|를|과|와|로|으로|나|이나|라|이라)(?![가-힣])")
    assert [text for text in KOREAN.values() if either.search(re.sub(r"[가-힣]\(\{\d\}\)", "", text))] == []
    assert either.search("{0}는 작을수록 좋습니다") and not either.search("{0}의 값은")


def test_wide_characters_are_given_their_width() -> None:
    for face in (SANS, SERIF_ITALIC):
        assert text_width("정답", face, 10) == 20 and text_width("정답 a", face, 10) > 22
    narrow, wide = (mg.draw(mg.Node([1.0], name) * 2.0).source for name in ("ab", "매개변수이름"))
    sizes = [
        max(int(w) for w in re.findall(r'WIDTH="(\d+)"', s.partition("t0 [")[2].partition("]")[0]))
        for s in (narrow, wide)
    ]
    assert sizes[1] >= 6 * 15 > sizes[0]


# title, id, theme


def test_a_title_stands_above_and_names_the_svg() -> None:
    root = ElementTree.fromstring(mg.draw(circuit(), title="A & B <c>").svg())
    assert root.findtext(f"{SVG}title") == "A & B <c>"
    places = {t.text: float(t.get("y", 0)) for t in root.iter(f"{SVG}text")}
    assert places["A & B <c>"] < min(y for text, y in places.items() if text != "A & B <c>")


def test_every_id_begins_with_the_one_that_was_given() -> None:
    for diagram in (mg.draw(classifier(), expand=2, id="fig-1"), mg.draw(iris(), view="neurons", id="fig-1")):
        first, *ids = [e.get("id", "") for e in ElementTree.fromstring(diagram.svg()).iter() if e.get("id")]
        assert first == "fig-1" and len(ids) == len(set(ids)) > 30 and all(name.startswith("fig-1-") for name in ids)
        assert "href" not in diagram.svg()


@pytest.mark.parametrize("id", ["", "1a", "a b", "a\n", "ä", 'a"', "a" * 42, "-a", "_a"])
def test_an_id_that_could_break_a_page_is_refused(id: str) -> None:
    with pytest.raises(ValueError, match="draw: id is"):
        mg.draw(circuit(), id=id)
    with pytest.raises(ValueError, match="compare: id is"):
        mg.compare(circuit(), circuit(), id=id)


@pytest.mark.parametrize(
    "name", ["classifier-full", "wrong", "overflow", "deep", "compare", "step", "neurons-gradients"]
)
def test_auto_turns_every_colour_dark(name: str) -> None:
    code = re.sub(r"[, ]*\)$", ", theme='auto')", FIGURES[name][1])
    root = ElementTree.fromstring(eval(code, {**SCRIPT}).svg())
    css = root.findtext(f"{SVG}style") or ""
    for kind in ("fill", "stroke"):
        colours = {(e.get(kind) or "none").lower() for e in root.iter()} - {"none", "transparent"}
        assert (colours or kind == "stroke") and colours <= set(re.findall(rf'\[{kind}="(#\w+)" i\]', css))


def test_print_has_no_hues() -> None:
    colours = set(re.findall(r"#[0-9A-Fa-f]{6}", mg.draw(classifier(), detail="full", theme="print").svg()))
    assert len(colours) > 5 and all(c[1:3] == c[3:5] == c[5:7] for c in colours)


# rows that can be addressed


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("detail", ["symbols", "values"])
def test_each_row_of_a_card_has_an_id_and_says_what_it_is(direction: Any, detail: Any) -> None:
    root = ran(mg.Node(np.arange(6.0).reshape(2, 3), "X") * 2.0)
    svg = mg.draw(root, direction=direction, detail=detail, id="p").svg()
    rows = {
        g.get("id"): g.findtext(f"{SVG}title")
        for g in ElementTree.fromstring(svg).iter(f"{SVG}g")
        if g.get("class") == "row"
    }
    assert rows["p-t0_v"] == "X 2×3: 0 … 5" and rows["p-t0_g"] == "∂L/∂X 2×3: 2"
    assert rows["p-t2_v"] == "M 2×3: 0 … 10" and set(rows) == {"p-t0_v", "p-t0_g", "p-t1_v", "p-t2_v", "p-t2_g"}


def test_gallery_figures_have_every_id_once() -> None:
    for name in FIGURES:
        ids = [e.get("id") for e in ElementTree.fromstring(figure(name).svg()).iter() if e.get("id")]
        assert len(ids) == len(set(ids)), name


def test_the_description_tells_the_steps() -> None:
    says = ElementTree.fromstring(mg.draw(classifier(), expand=1).svg()).findtext(f"{SVG}desc") or ""
    for step in ("Z = MatMul(X, W)", "Y = Add(Z, b)", "P = Softmax(Y)", "L = CrossEntropy(P, T)", "∂L/∂W = Xᵀ · ∂L/∂Z"):
        assert step in says
    assert texts(mg.draw(SoftmaxWithLoss()(mg.Node([[1.0, 2.0]], "z"), [1])).svg())


def test_the_remarks_of_every_op_are_said_in_korean() -> None:
    remarks = {part for case in EVERY for local in case.op.locals if local.note for part in local.note.split(", ")}
    english = {part for part in remarks if re.search("[a-z]{3}", re.sub("softmax|exp|log|onehot|tanh", "", part))}
    assert {part for part in english if not part.startswith("all ")} <= KOREAN.keys()
