"""What a page of steps shows, read off it in a browser, against the graph: every number of the steps of some states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array, network
from pictures import SCRIPT
from reader import watched
from webpage import WALK, Shown, Truth, first_cell, read_number, read_table, read_term

import minigraph as mg

pytestmark = pytest.mark.browser

MOST_STATES = 4  # of a page; all closed and all open are among them


def two_layers() -> mg.Node:
    loss = network()
    loss.backward()
    return loss


def tied() -> mg.Node:
    """One W, used twice, and a value that is added to itself."""
    x, w = mg.Node([[1.0, -2.0], [0.5, 0.25]], "x"), mg.Parameter([[0.3, -0.6], [1.1, 0.4]], "W")
    h = mg.tanh(x @ w) @ w
    loss = ((h + h) * 0.5).mean()
    loss.backward()
    return loss


def float32() -> mg.Node:
    loss = network("one-hot", dtype=np.float32)
    loss.backward()
    return loss


def extremes() -> mg.Node:
    """Numbers from 10⁻¹² to 10⁹, integers, and what is no number."""
    a = mg.Node([[1e-12, 3e-11], [-2e-12, 0.0]], "a")
    b = mg.Node([[1e9, -2.5e8], [3.0, 1234567.0]], "b")
    c = mg.Node([[np.nan, np.inf], [-np.inf, 2.0]], "c")
    with np.errstate(all="ignore"):
        loss = (a * b).sum() + (c * 2.0).sum()
        loss.backward()
    return loss


def many_axes() -> mg.Node:
    x = mg.Node(np.sin(np.arange(24.0)).reshape(2, 3, 4), "x")
    loss = (mg.tanh(x) * mg.Node(2.0, "k")).sum() * 0.5
    loss.backward()
    return loss


GRAPHS: dict[str, Callable[[], mg.Node]] = {
    **{name: SCRIPT[name] for name in ("circuit", "classifier", "squares", "iris", "softmax", "attention", "residual",
                                       "convnet", "overflowing", "perceptron")},
    "two_layers": two_layers, "tied": tied, "float32": float32, "extremes": extremes, "many_axes": many_axes,
}  # fmt: skip


@pytest.fixture(params=GRAPHS, scope="module")  # so each page is walked through once
def walked(
    request: pytest.FixtureRequest, browser: Any, saved: Callable[..., Path]
) -> list[tuple[Truth, dict[str, Any]]]:  # fmt: skip
    """Some states of a page with all their steps, and the graph that it is about."""
    root = GRAPHS[request.param]()
    with watched(browser) as open_it:
        (states,) = open_it(saved(root)).evaluate(WALK, MOST_STATES)
    assert states
    return [(Truth(root, state["open"]), state) for state in states]


def agrees(term: dict[str, Any], array: Array, what: str) -> None:
    array = np.asarray(array, dtype=float)
    found = read_term(term, array.shape)
    if found is not None:
        assert found.agrees_with(array), f"{what}: {term} shows {found.numbers}, but it is {array}"
    elif array.size:
        assert first_cell(term).agrees_with(array.ravel()[0]), f"{what}: {term} begins with {array.ravel()[0]}"


def test_each_step_shows_the_arrays_of_the_graph(walked: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, state in walked:
        for step in state["steps"]:
            arrays = [term for term in step["terms"] if "name" in term]
            kind, *rest = step["key"].split(" ")
            if kind == "forward":
                node = truth.nodes[" ".join(rest)]
                agrees(arrays[-1], node.value, step["key"])
                values = [np.asarray(operand, dtype=float) for operand in node.operands]
                for term in arrays[:-1]:
                    shown = [read_term(term, value.shape) for value in values]
                    assert any(s is None or s.agrees_with(v) for s, v in zip(shown, values)), (step["key"], term)
            elif kind == "backward":
                name, i = " ".join(rest[:-1]), int(rest[-1])
                if "⊕ →" in [term.get("sign") for term in step["terms"]]:  # the last of several paths, then their sum
                    agrees(arrays.pop(), truth.gradients[truth.nodes[name].inputs[i]], step["key"])
                agrees(arrays[-1], truth.downstream(name, i), step["key"])
            elif kind == "seed":
                agrees(arrays[-1], truth.gradients[truth.graph.output], step["key"])
            else:
                assert kind == "start" and not arrays


def bounds(sign: str, a: Shown, b: Shown) -> tuple[Array, Array]:
    """The product of two arrays that are shown, and by how much the rounding of both may have moved it."""
    if sign == "·":
        product: Callable[[Array, Array], Array] = np.matmul
    else:
        product = np.multiply
    with np.errstate(invalid="ignore"):
        off = product(np.abs(a.numbers), b.grain) + product(a.grain, np.abs(b.numbers)) + product(a.grain, b.grain)
        return product(a.numbers, b.numbers), off


def fitted(array: Array, shape: tuple[int, ...]) -> Array:
    """Summed where an input was broadcast, broadcast where it was summed, or written as the row that a table is."""
    if array.size < int(np.prod(shape)):
        return np.broadcast_to(array, shape)
    if array.size > int(np.prod(shape)):
        extra = array.ndim - len(shape)
        array = array.sum(axis=tuple(range(extra)))
        array = array.sum(axis=tuple(n for n, size in enumerate(shape) if size < array.shape[n]), keepdims=True)
    return array.reshape(shape)


def whole(term: dict[str, Any]) -> Shown | None:
    if term["number"]:
        number, grain = read_number(term["number"])
        return Shown(np.array(number), np.array(grain))
    found = read_table(term["tables"][0]) if len(term["tables"]) == 1 and not term["factor"] else None
    return found if found and term["label"].count("×") < 2 else None  # of more axes only a slice is shown


def test_upstream_times_local_as_shown_is_downstream_as_shown(walked: list[tuple[Truth, dict[str, Any]]]) -> None:
    compared = 0
    for _, state in walked:
        for step in state["steps"]:
            signs = [term.get("sign", "") for term in step["terms"]]
            arrays = [whole(term) for term in step["terms"] if "name" in term]
            if step["phase"] != "backward" or None in arrays or not any(sign.endswith("=") for sign in signs):
                continue
            shown, (sign, *more) = [array for array in arrays if array is not None], [sign for sign in signs if sign]
            result = shown[2] if len(shown) > 2 else shown[-1]  # a part of it, if another comes
            if sign.startswith("Σ") and len(shown) == 2:
                product, off = shown[0].numbers, shown[0].grain
            else:
                product, off = bounds(more[0] if sign.startswith("Σ") else sign, *shown[:2])
            product, off = fitted(product, result.numbers.shape), fitted(off, result.numbers.shape)
            with np.errstate(invalid="ignore"):
                near = np.abs(product - result.numbers) <= off + result.grain + 1e-9
            odd = ~np.isfinite(product) | ~np.isfinite(result.numbers)
            assert np.all(near | odd), f"{step['key']}: {product} was shown as {result.numbers} in {step['terms']}"
            compared += 1
    assert compared


def test_a_tooltip_has_the_values_and_gradients_of_the_graph(walked: list[tuple[Truth, dict[str, Any]]]) -> None:
    for truth, state in walked:
        assert state["told"]
        for part in state["told"]:
            kind, _, name = part["key"].partition(" ")
            if kind != "card":
                continue
            node = truth.nodes[name]
            expected = [node.value, *([truth.gradients[node]] if node in truth.gradients else [])]
            assert len(part["figures"]) == len(expected), part["key"]
            for figure, array in zip(part["figures"], expected):
                agrees(figure | {"factor": next(iter(figure["notes"]), "")}, np.asarray(array), part["key"])
                if array.ndim < 3 and array.size:
                    assert figure["number"] or sum(map(len, figure["tables"][0])) == array.size


def test_there_is_a_step_for_each_op_and_each_chip_in_an_order_that_computes(
    walked: list[tuple[Truth, dict[str, Any]]],
) -> None:
    for truth, state in walked:
        steps = [step["key"] for step in state["steps"]]
        forward = [key.partition(" ")[2] for key in steps if key.startswith("forward ")]
        backward = [key.removeprefix("backward ").rpartition(" ") for key in steps if key.startswith("backward ")]
        made = [node for node in truth.graph.nodes if node.op]
        assert sorted(forward) == sorted(truth.names[node] for node in made)
        assert {(name, int(i)) for name, _, i in backward} == truth.chips()
        assert len(backward) == len(truth.chips())
        assert steps == ["start", *(f"forward {name}" for name in forward), "seed",
                         *(f"backward {name} {i}" for name, _, i in backward)]  # fmt: skip
        done = {node for node in truth.graph.nodes if not node.op}
        for name in forward:
            assert {*truth.nodes[name].inputs} <= done, f"{name} comes before what it is made of"
            done.add(truth.nodes[name])
        last = last_arrivals(truth, steps)
        for n, (name, _, _) in enumerate(backward, steps.index("seed") + 1):
            assert last[truth.nodes[name]] < n, f"{name} passes on a gradient that is not complete"


def last_arrivals(truth: Truth, steps: list[str]) -> dict[mg.Node, int]:
    """The step with which each gradient is complete."""
    found = {truth.graph.output: steps.index("seed")}
    for n, key in enumerate(steps):
        if key.startswith("backward "):
            name, _, i = key.removeprefix("backward ").rpartition(" ")
            found[truth.nodes[name].inputs[int(i)]] = n
    return found


def kind_of(node: mg.Node) -> str:
    return "gate" if node.op is not None and node.op.gate else "block"


def test_what_lights_up_at_a_step_is_what_the_step_says_and_nothing_else(
    walked: list[tuple[Truth, dict[str, Any]]],
) -> None:
    for truth, state in walked:
        steps = [step["key"] for step in state["steps"]]
        comes = {f"card {name} v": 0 for name, node in truth.nodes.items() if not node.op}
        for n, key in enumerate(steps):
            kind, _, rest = key.partition(" ")
            if kind == "forward":
                comes |= {f"card {rest} v": n, f"{kind_of(truth.nodes[rest])} {rest}": n}
            elif kind == "backward":
                comes[f"chip {rest}"] = n
        comes |= {f"card {truth.names[node]} g": n for node, n in last_arrivals(truth, steps).items()}
        for n, step in enumerate(state["steps"]):
            for part, when in step["parts"].items():
                if part in comes:
                    expected = "future" if comes[part] > n else "now" if comes[part] == n > 0 else "past"
                    assert when == expected, f"{part} is {when} at step {n}, {step['key']}, but came at {comes[part]}"
            assert comes.keys() <= step["parts"].keys(), comes.keys() - step["parts"].keys()
            lit = [when for when in step["wires"] if when == "now"]
            assert bool(lit) == (step["key"] not in ("start", "seed")), step["key"]


def test_head_slider_and_buttons_say_which_step_it_is(walked: list[tuple[Truth, dict[str, Any]]]) -> None:
    for _, state in walked:
        last = len(state["steps"]) - 1
        for n, step in enumerate(state["steps"]):
            assert step["slider"] == [str(n), str(last)]
            assert f" {n}/{last}" in step["head"]
            assert step["said"].startswith(f"{n}/{last}: ")
            assert step["says"].endswith(".") and "{" not in step["says"] + step["equation"]
            phase = {"start": "start", "seed": "backward"}.get(step["key"], step["key"].partition(" ")[0])
            assert step["phase"] == phase
            assert step["disabled"] == 2 * (n == 0) + 2 * (n == last)
