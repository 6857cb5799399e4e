"""The data of pages of steps, without a browser: states, steps, numbers, sizes, and hostile names."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from helpers import Double
from pictures import SCRIPT, circuit, classifier
from webpage import HOSTILE, array_of, data_of, hostile, steps_of

import minigraph as mg
from minigraph.diagram.web.states import MOST_STATES
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss


def data(root: mg.Node, **options: Any) -> dict[str, Any]:
    """What a page of one figure knows."""
    (found,) = data_of(mg.draw(root, **options).html())
    return found


def keys(root: mg.Node, state: int = 0, **options: Any) -> list[str]:
    found = data(root, **options)
    return [step["key"] for step in steps_of(found, found["states"][state])]


def backed(loss: mg.Node, seed: Any = None) -> mg.Node:
    with np.errstate(all="ignore"):
        loss.backward(seed)
    return loss


def test_an_op_that_says_nothing_of_its_local_gradient_shows_the_whole_jacobian() -> None:
    found = data(backed(Double()(mg.Node(np.arange(6.0).reshape(2, 3), "x")).sum()))
    (step,) = (step for step in steps_of(found, found["states"][0]) if step["key"].endswith("Y 0"))
    upstream, jacobian, product, gradient = (array_of(found, t["array"]) for t in step["terms"] if "array" in t)
    np.testing.assert_array_equal(jacobian, 2 * np.eye(6))
    np.testing.assert_array_equal(upstream @ jacobian, product)
    np.testing.assert_array_equal(gradient, np.full((2, 3), 2.0))


def test_an_empty_jacobian_is_shown_as_the_empty_array_it_is() -> None:
    found = data(backed(Double()(mg.Node(np.zeros((0, 3)), "x")).sum()))
    (step,) = (step for step in steps_of(found, found["states"][0]) if step["key"].endswith("Y 0"))
    shapes = [array_of(found, term["array"]).shape for term in step["terms"] if "array" in term]
    assert shapes == [(1, 0), (0, 0), (1, 0), (0, 3)]


# ---- states ----


def test_few_composites_are_open_in_every_combination() -> None:
    states = [frozenset(state["open"]) for state in data(classifier())["states"]]
    inner = [{"5"}, {"5", "5.1"}, {"5", "5.3"}, {"5", "5.1", "5.3"}]
    loss = [frozenset(), *map(frozenset, inner)]
    assert set(states) == {opened | more for opened in (frozenset(), frozenset({"3"})) for more in loss}
    assert len(states) == len(set(states)) == 10


@pytest.mark.thorough
def test_many_composites_open_one_at_a_time_or_all() -> None:
    states = [state["open"] for state in data(SCRIPT["deep"](), max_nodes=None)["states"]]
    assert 3 < len(states) <= MOST_STATES
    assert states[0] == [] and len(set(map(tuple, states))) == len(states)
    for state in states:
        outer = {place.partition(".")[0] for place in state}
        assert len(outer) <= 1 or len(outer) == len(max(states, key=len)) or state in states[-2:]


@pytest.mark.parametrize("name", ["classifier", "perceptron", "attention", "convnet", "deep", "recurrent"])
def test_each_state_opens_what_lies_around_what_is_open(name: str) -> None:
    for state in data(SCRIPT[name]())["states"]:
        for place in state["open"]:
            around = place.rpartition(".")[0]
            assert not around or around in state["open"]
            assert place in {cluster["place"] for cluster in state["clusters"]}


def test_what_is_expanded_is_the_first_state() -> None:
    assert data(classifier(), expand="Affine")["states"][0]["open"] == ["3"]
    states = data(classifier(), expand=2)["states"]
    assert states[0]["open"] == ["3", "5", "5.1", "5.3"] and [] in [state["open"] for state in states]


def test_a_graph_without_composites_has_one_state() -> None:
    assert [state["open"] for state in data(circuit())["states"]] == [[]]


def test_what_was_opened_before_it_was_drawn_stays_open() -> None:
    found = data(mg.expand(classifier(), 1))
    assert all(any("place" not in cluster for cluster in state["clusters"]) for state in found["states"])


def test_the_signs_of_what_opens_and_closes_are_where_it_does() -> None:
    for root in (classifier(), mg.expand(classifier(), 1), SCRIPT["deep"]()):
        found = data(root)
        parts = [part for state in found["states"] for part in (*state["clusters"], *state["nodes"])]
        signs = {True: 0, False: 0}
        for part in parts:
            does = "place" in (found["told"][part["told"]] if "told" in part else part)
            signs[does] += "composite" in part["kinds"] or "told" not in part
            assert bool(re.search("[⊞⊟]", found["pieces"][part["piece"]])) is does
        assert signs[True] and (signs[False] or root.op.name == "SoftmaxWithLoss")


# ---- steps ----


def test_steps_of_a_circuit() -> None:
    assert keys(circuit()) == ["start", "forward q", "forward f", "seed", "backward f 0", "backward f 1",
                               "backward q 0", "backward q 1"]  # fmt: skip


def test_without_a_backward_the_way_ends_at_the_output() -> None:
    found = data(classifier(backward=False))
    for state in found["states"]:
        its_steps = steps_of(found, state)
        assert {step["phase"] for step in its_steps} == {"start", "forward"}
        assert "Backward has not run" in its_steps[0]["says"]
        assert not any("gradientAt" in node for node in state["nodes"])
        assert all(node["at"] for node in state["nodes"] if "chip" in node["kinds"].split())  # once its op was computed
        assert all(wire["at"][0] for wire in state["wires"] if "bwd" in wire["kinds"])


def test_a_seed_that_is_no_1() -> None:
    found = data(SCRIPT["softmax"]())
    (seed,) = [step for step in steps_of(found, found["states"][0]) if step["key"] == "seed"]
    np.testing.assert_allclose(array_of(found, seed["terms"][0]["array"]), [[1, 0, 0], [0, 0.5, -0.5]])
    assert seed["says"] == "The way back starts with the gradient that backward was given."


def test_a_value_that_is_used_twice_shows_its_gradient_when_all_of_it_has_come() -> None:
    x = mg.Node(3.0, "x")
    found = data(backed(x + x))
    card = next(node for node in found["states"][0]["nodes"] if found["told"][node["told"]]["key"] == "card x")
    assert card["gradientAt"] == 4
    last = steps_of(found, found["states"][0])[4]
    assert array_of(found, last["terms"][-1]["array"]) == 2 and "last of 2 paths" in last["says"]


def test_what_was_broadcast_has_its_sum_in_the_equation() -> None:
    x, b = mg.Node(np.arange(6.0).reshape(3, 2), "x"), mg.Node([1.0, 2.0], "b")
    found = data(backed((x * b).sum()))
    written = ["".join(text for text, _ in step["equation"]) for step in steps_of(found, found["states"][0])]
    assert written[-2:] == ["∂L/∂x=∂L/∂M⊙b", "∂L/∂b=Σₙ (∂L/∂M⊙x)"]


def test_the_same_op_twice_and_a_shared_parameter() -> None:
    w, affine = mg.Parameter([[1.0, 2.0], [0.5, -1.0]], "W"), ReLU()
    h = affine(affine(mg.Node([[1.0, 2.0]], "x") @ w) @ w)
    its_keys = keys(backed(h.sum()))
    assert len(set(its_keys)) == len(its_keys)
    assert sum(key.startswith("backward") for key in its_keys) == 7


def test_two_values_of_one_name_are_told_apart() -> None:
    a, b = mg.Node(1.0, "a"), mg.Node(2.0, "a")
    product = a * b
    product.name = "a"
    found = data(backed(product + a))
    for state in found["states"]:
        its_keys = [found["told"][node["told"]]["key"] for node in state["nodes"]]
        assert len(set(its_keys)) == len(its_keys)


@pytest.mark.parametrize(
    ("name", "options"), [("deep", {}), ("recurrent", {"max_nodes": 20}), ("woven", {"max_nodes": 16})]
)
def test_a_folded_graph_has_a_step_for_all_that_is_drawn(name: str, options: dict[str, Any]) -> None:
    found = data(SCRIPT[name](), **options)
    for state in found["states"]:
        its_steps = steps_of(found, state)
        drawn = [found["told"][node["told"]]["key"] for node in state["nodes"]]
        cards = [key for key in drawn if key.startswith("card ")]
        chips = [key.removeprefix("chip ") for key in drawn if key.startswith("chip ")]
        backward = [step["key"].removeprefix("backward ") for step in its_steps if step["key"].startswith("backward ")]
        assert sorted(chips) == sorted(backward)
        last = len(its_steps) - 1
        assert all(0 <= node["at"] <= last and node.get("gradientAt", 0) <= last for node in state["nodes"])
        assert all(0 <= at <= last for wire in state["wires"] for at in wire["at"])
        folds = [step for step in its_steps if "fold" in step["key"] or "more blocks" in step["title"]]
        assert cards and (folds or name == "woven")
    steps = [term["array"] for step in found["steps"] for term in step["terms"] if "array" in term]
    told = [part[kind] for part in found["told"] for kind in ("value", "gradient", "local") if kind in part]
    turned = [array["turned"] for array in found["arrays"] if "turned" in array]
    assert {*steps, *told, *turned} == {*range(len(found["arrays"]))}, "nothing is there of what is folded away"


def test_every_wire_comes_with_what_it_joins() -> None:
    for name in ("circuit", "squares", "residual", "convnet"):
        found = data(SCRIPT[name]())
        for state in found["states"]:
            last = len(state["steps"]) - 1
            for wire in state["wires"]:
                assert wire["at"] and max(wire["at"]) <= last, (name, wire["kinds"])
                phases = {steps_of(found, state)[at]["phase"] for at in wire["at"]}
                assert phases == ({"forward"} if "fwd" in wire["kinds"] else {"backward"}), (name, wire)


# ---- numbers ----


@pytest.mark.parametrize(
    "value",
    [
        3.0, -0.25, [], np.zeros((0, 3)), np.zeros((3, 0)), [[1.5, -2.5]], np.sin(np.arange(24.0)).reshape(2, 3, 4),
        [np.nan, np.inf, -np.inf, 1.0], [[1e-300, 1e300]], [1e-12, 3e-11], [1e9, 2.5e8, 3.0],
        np.array([[0.1, 0.2]], dtype=np.float32), np.eye(4)[:, ::-1],
    ],
)  # fmt: skip
def test_every_array_is_there_to_the_digits_that_are_shown(value: Any) -> None:
    x = mg.Node(value, "x")
    found = data(backed((x * 1.0).sum()))
    card = next(part for part in found["told"] if part["key"] == "card x")
    array = array_of(found, card["value"])
    assert array.shape == x.shape
    finite = x.value[np.isfinite(x.value)]
    largest = np.abs(finite).max(initial=0.0)
    np.testing.assert_allclose(array, x.value, atol=float(0.0005001 * largest) if largest else 0, rtol=1e-3)


def test_what_is_no_number_is_counted_and_left_out_of_the_range() -> None:
    found = data(backed((mg.Node([np.nan, np.inf, -2.0, 4.0], "x") * 1.0).sum()))
    card = next(part for part in found["told"] if part["key"] == "card x")
    assert found["arrays"][card["value"]]["odd"] == 2
    assert found["arrays"][card["value"]]["range"] == [-2, 1, 4]


def test_the_range_of_a_large_array_is_that_of_all_of_it() -> None:
    x = mg.Node(np.arange(100_000.0).reshape(1000, 100), "x")
    found = data(backed((x * 2.0).sum()))
    packed = found["arrays"][next(part for part in found["told"] if part["key"] == "card x")["value"]]
    assert packed["range"] == [0, 49999.5, 99999] and len(packed["data"]) < 100_000


def test_labels_are_integers() -> None:
    found = data(SCRIPT["iris"]())
    card = next(part for part in found["told"] if part["key"] == "card t")
    assert found["arrays"][card["value"]]["data"] == [0, 1, 2] and "gradient" not in card


# ---- sizes ----


def iris_network() -> mg.Node:
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(150, 4)).round(1), rng.integers(0, 3, 150)
    return backed(SoftmaxWithLoss()(Affine(4, 3, seed=rng)(mg.Node(x, "X")), labels))


def test_the_page_of_the_iris_network_has_less_than_300_kb() -> None:
    assert len(mg.draw(iris_network()).html().encode()) < 300_000


def test_the_page_of_large_arrays_has_less_than_a_megabyte() -> None:
    rng = np.random.default_rng(0)
    x = mg.Node(rng.normal(size=(1000, 100)), "X")
    loss = backed(SoftmaxWithLoss()(Affine(100, 100, seed=1)(x), rng.integers(0, 100, 1000)))
    assert len(mg.draw(loss).html().encode()) < 1_000_000


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert mg.draw(classifier()).html() == mg.draw(classifier()).html()
    loss = classifier()
    assert mg.draw(loss).html() == mg.draw(loss).html()


def test_a_page_changes_nothing_in_the_graph() -> None:
    loss = classifier()
    before = [(node, node.name, node.value.copy(), node.scope) for node in mg.Graph(loss).nodes]
    grads = [None if node.grad is None else node.grad.copy() for node, *_ in before]
    mg.draw(loss).html()
    assert list(mg.Graph(loss).nodes) == [node for node, *_ in before]
    for (node, name, value, scope), grad in zip(before, grads):
        assert (node.name, node.scope) == (name, scope)
        np.testing.assert_array_equal(node.value, value)
        np.testing.assert_array_equal(node.grad, grad)


# ---- options ----


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return data(classifier())


def test_a_dark_theme_stays_dark() -> None:
    assert '<html lang="en" data-theme="dark" data-fixed-theme="dark">' in mg.draw(circuit(), theme="dark").html()
    assert '<html lang="en">' in mg.draw(circuit()).html()


@pytest.mark.parametrize(
    "options",
    [{"direction": "TB"}, {"detail": "symbols"}, {"detail": "full"}, {"sample": 1}, {"check": True}, {"digits": 4},
     {"theme": "auto"}, {"theme": "print"}, {"title": "A & B"}],
)  # fmt: skip
def test_other_options(plain: dict[str, Any], options: dict[str, Any]) -> None:
    found, usual = data(classifier(), **options), plain
    assert [state["open"] for state in found["states"]] == [state["open"] for state in usual["states"]]
    assert len(found["steps"]) == len(usual["steps"])
    assert found["title"] == options.get("title", "Affine → SoftmaxWithLoss")
    wide, high = found["states"][0]["size"]
    usually = usual["states"][0]["size"]
    assert (wide / high < 0.5 * usually[0] / usually[1]) is (options.get("direction") == "TB")


def test_one_row_of_the_batch() -> None:
    found = data(SCRIPT["softmax"](), sample=1)
    (step,) = [step for step in steps_of(found, found["states"][0]) if step["key"] == "backward P 0"]
    names = [term["name"] for term in step["terms"] if "name" in term]
    assert any("row 1" in name for name in names), names


# ---- hostile names ----


class Elements(HTMLParser):
    """The tags of a page with their attributes, outside its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def elements(html: str) -> Elements:
    reader = Elements()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def tame() -> Elements:
    return elements(mg.draw(hostile("x"), title="x").html())


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text(name: str, tame: Elements) -> None:
    html = mg.draw(hostile(name), title=name).html()
    html.encode()
    found, usual = elements(html), tame
    outside = {"svg", "g", "path", "polygon", "polyline", "ellipse", "text", "title", "desc"}  # the still picture
    assert [tag for tag in found.tags if tag not in outside] == [tag for tag in usual.tags if tag not in outside]
    assert not found.handlers
    (knows,) = data_of(html)
    for piece in knows["pieces"]:
        assert not {"script", "img", "b", "style"} & {*elements(piece).tags} and not elements(piece).handlers
    assert "<script>alert" not in html
