"""Two graphs in one picture, and a step of an optimizer in one: what they say is what is, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import Array, Double, network
from pictures import SCRIPT, SVG, classifier, labels, plain_id, texts
from readings import take_table

import minigraph as mg
from minigraph.layers import SoftmaxWithLoss

FUSED = "fused", "opened"


class Wrong(Double):
    """2x, whose backward is off by one part in a hundred."""

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (2.02 * upstream,)


def snapshot(*roots: mg.Node) -> list[tuple[Any, ...]]:
    nodes = [node for root in roots for node in mg.Graph(root).nodes]
    return [(n.value, n.grad, n.grad_of, n.name, n.inputs, n.operands, n.scope, n.value.tobytes()) for n in nodes]


def same(before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> bool:
    return all(a is b or a == b for old, new in zip(before, after, strict=True) for a, b in zip(old, new))


def verdicts(diagram: mg.Diagram) -> list[str]:
    """name =, difference: what the description says of each pair."""
    return diagram.description.partition(": ")[2].split("; ")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("targets", ["labels", "one-hot"])
@pytest.mark.parametrize("seed", [None, 2.5])
def test_a_fused_network_equals_its_definition(dtype: type, targets: str, seed: float | None) -> None:
    loss = network(targets, dtype=dtype)
    loss.backward(seed)
    diagram = mg.compare(loss, mg.expand(loss, 3), titles=FUSED)
    found = verdicts(diagram)
    assert len(found) == 1 + 5 and all(" =, " in verdict for verdict in found)
    shown = texts(diagram.svg())
    assert shown.count("=") >= 6 and "≠" not in shown and not [t for t in shown if "DIFFERENT" in t]


def test_a_wrong_backward_is_found_named_measured_and_highlighted() -> None:
    x = mg.Node([1.0, -2.0], "x")
    w = mg.Node([3.0, 0.5], "w")
    right, wrong = (op()(x * w).sum() for op in (Double, Wrong))
    diagram = mg.compare(right, wrong)
    assert verdicts(diagram) == ["L =, 0", "∂L/∂x ≠, 0.0099", "∂L/∂w ≠, 0.0099"]
    shown = texts(diagram.svg())
    assert shown.count("≠") == 2 and shown.count("DIFFERENT by 0.0099, relatively") == 2
    assert diagram.source.lower().count('bgcolor="#f7c948"') == 2


def test_the_arrays_in_the_table_are_those_of_both_graphs() -> None:
    a, b = mg.Node([1.0, 2.0], "x"), mg.Node([1.0, 3.0], "x")
    diagram = mg.compare((a * a).sum(), (b * b * b).sum())
    assert verdicts(diagram)[0].startswith("L ≠") and verdicts(diagram)[1].startswith("∂L/∂x ≠")
    shown = texts(diagram.svg())
    output, gradient = shown.index("L"), shown.index("∂L/∂x")
    assert shown[output + 1 : output + 5] == ["5", "≠", "28", "DIFFERENT by 0.82, relatively"]
    assert shown[gradient + 1 : gradient + 6] == ["2", "4", "≠", "3", "27"]


def test_leaves_are_paired_by_identity_before_their_names() -> None:
    shared = mg.Node([1.0], "x")
    other, mine = mg.Node([5.0], "y"), mg.Node([7.0], "y")
    diagram = mg.compare((shared * other).sum(), (shared * mine).sum())
    assert [verdict.split()[0] for verdict in verdicts(diagram)] == ["L", "∂L/∂x", "∂L/∂y"]
    assert ["≠" in verdict for verdict in verdicts(diagram)] == [True, True, False]


def test_a_shared_leaf_is_nobody_elses_twin() -> None:
    shared, first, second = mg.Node([1.0], "w"), mg.Node([2.0], "w1"), mg.Node([3.0], "w")
    diagram = mg.compare((shared * first).sum(), (shared * second).sum())
    assert [verdict.split()[0] for verdict in verdicts(diagram)] == ["L", "∂L/∂w"]


def test_leaves_of_one_name_but_another_shape_are_no_pair() -> None:
    a, b = mg.Node([1.0, 2.0], "x"), mg.Node([3.0], "x")
    assert len(verdicts(mg.compare((a * 1.0).sum(), (b * 1.0).sum()))) == 1


def test_outputs_of_another_shape_are_refused() -> None:
    x = mg.Node([1.0, 2.0], "x")
    with pytest.raises(ValueError, match=r"the outputs are \[2\] and \[\], but must have the same shape"):
        mg.compare(x * 2.0, x.sum())
    with pytest.raises(TypeError, match="compare: needs a Node or a Graph, got float"):
        mg.compare(x, 3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="titles is .*, but must be two"):
        mg.compare(x, x, titles=("A",))  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_taken_for_equal_to_a_number(odd: float) -> None:
    x, y = mg.Node([1.0, 2.0], "x"), mg.Node([1.0, odd], "y")
    assert " ≠, " in verdicts(mg.compare(x * 1.0, y * 1.0))[0]
    assert " ≠, " in verdicts(mg.compare(y * 1.0, x * 1.0))[0]
    assert (" =, " in verdicts(mg.compare(y * 1.0, y + 0.0))[0]) == (not np.isnan(odd))


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_differences_are_relative_at_every_size(scale: float) -> None:
    a, b = mg.Node([3.0 * scale, 4.0 * scale], "x"), mg.Node([3.0 * scale, 4.05 * scale], "y")
    assert verdicts(mg.compare(a * 1.0, b * 1.0)) == ["M ≠, 0.0099"]
    assert verdicts(mg.compare(a * 1.0, a + 0.0))[0] == "M =, 0"


@pytest.mark.parametrize("dtype, off", [(np.float64, 1e-7), (np.float32, 1e-3), (np.longdouble, 1e-7)])
def test_more_than_rounding_is_a_difference(dtype: type, off: float) -> None:
    a = np.array([1.0, 2.0], dtype)
    assert " ≠, " in verdicts(mg.compare(mg.Node(a, "x") * 1.0, mg.Node(a * dtype(1 + off), "x") * 1.0))[0]
    assert " =, " in verdicts(mg.compare(mg.Node(a, "x") * 1.0, mg.Node(a, "x") * 1.0))[0]


def test_before_backward_and_without_any_gradient_outputs_are_compared() -> None:
    loss = network("one-hot")
    assert len(verdicts(mg.compare(loss, mg.expand(loss, 2)))) == 6 and loss.grad is None
    fixed = mg.Node([1.0, 2.0], "x", requires_grad=False)
    assert verdicts(mg.compare(fixed * 2.0, fixed + fixed)) == ["M =, 0"]


def test_comparing_changes_neither_graph() -> None:
    a, b = network("one-hot"), network("one-hot", seed=4)
    a.backward(seed=3.0)
    before = snapshot(a, b)
    mg.compare(a, b, detail="full").svg()
    mg.compare(mg.Graph(b), a, direction="TB").svg()
    assert same(before, snapshot(a, b))


@pytest.mark.parametrize("direction, axis", [("LR", "y"), ("TB", "x")])
def test_the_first_is_above_the_second_or_left_of_it(direction: Any, axis: str) -> None:
    loss = classifier()
    places: dict[str, list[float]] = {"a": [], "b": []}
    svg = mg.compare(loss, mg.expand(loss, 2), titles=FUSED, direction=direction).svg()
    root = ElementTree.fromstring(svg)
    for group in root.iter(f"{SVG}g"):
        name = plain_id(group)
        if name[1:2] == "t" and name[:1] in places and name[2:].isdigit():
            places[name[0]] += [float(t.get(axis, "nan")) for t in group.iter(f"{SVG}text")]
    assert max(places["a"]) < min(places["b"])
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 100


def test_a_graph_can_be_compared_with_itself() -> None:
    loss = classifier()
    assert all(verdict.endswith(" =, 0") for verdict in verdicts(mg.compare(loss, loss)))


# one step of an optimizer

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {}, "momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.8, "nesterov": True},
    "decay": {"weight_decay": 0.1}, "all": {"momentum": 0.5, "nesterov": True, "weight_decay": 0.3},
}  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("steps_before", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_picture_of_a_step_is_what_the_step_then_does(
    settings: dict[str, Any], steps_before: int, dtype: type
) -> None:
    loss = network("one-hot", dtype=dtype)
    graph = mg.Graph(loss)
    sgd = mg.SGD(graph.parameters, learning_rate=0.5, **settings)
    for _ in range(steps_before):
        graph.forward()
        graph.backward()
        sgd.step()
    graph.forward()
    graph.backward()
    before, velocity, old = snapshot(loss), dict(sgd.velocity), {p: p.value for p in graph.parameters}
    diagram = mg.draw_step(loss, sgd)
    preview = sgd.preview()
    assert same(before, snapshot(loss)) and all(sgd.velocity[i] is v for i, v in velocity.items())
    assert sgd.velocity.keys() == velocity.keys() and list(preview) == list(graph.parameters)
    was = loss.item()
    sgd.step()
    rest = labels(diagram.source)["step"]
    for parameter in graph.parameters:
        np.testing.assert_array_equal(preview[parameter], parameter.value)
        assert parameter.value.dtype == dtype
        for n, array in enumerate((old[parameter], old[parameter] - parameter.value, parameter.value)):
            title, rest = rest[0], rest[1:]
            table, rest = take_table(rest, array)
            assert table.shows(array), (title, table)
            sign = {0: "−", 1: "=", 2: ""}[n]
            rest = rest[1:] if rest[0] == sign else rest  # a minus may have been taken for the sign of a swatch
    assert rest[0] == "L" and rest[2] == "→"
    now = float(graph.forward())
    assert [f"{was:.3f}", f"{now:.3f}"] == [rest[1], rest[3]]
    assert diagram.description.endswith(f"L: {was:.3f} → {now:.3f}")


def test_the_step_is_named_learning_rate_times_gradient_only_where_it_is_that() -> None:
    class Clipped(mg.SGD):
        def update(self, i: int, value: Array, gradient: Array) -> Array:
            return value - np.sign(gradient)

    loss = classifier()
    parameters = mg.Graph(loss).parameters
    assert "0.5 × ∂L/∂W" in labels(mg.draw_step(loss, mg.SGD(parameters, 0.5)).source)["step"]
    for optimizer in (mg.SGD(parameters, 0.5, momentum=0.9), Clipped(parameters, 0.5)):
        shown = labels(mg.draw_step(loss, optimizer).source)["step"]
        assert "step" in shown and not [t for t in shown if "×" in t and "∂" in t]


def test_after_a_step_without_a_forward_no_step_is_drawn_whose_loss_before_would_be_another() -> None:
    loss = SCRIPT["stale"]()
    with pytest.raises(ValueError, match="W has changed since the forward; call it before step"):
        mg.draw_step(loss, mg.SGD(mg.Graph(loss).parameters, 0.1))


def test_a_gradient_of_another_loss_is_no_step_of_this_one() -> None:
    w = mg.Parameter([1.0, 2.0], "w")
    first, second = (w * w).sum(), (w * 3.0).sum()
    first.backward()
    with pytest.raises(ValueError, match="the gradient of w is of another output than L"):
        mg.draw_step(second, mg.SGD([w]))


def test_a_step_that_an_optimizer_wrote_itself_is_the_one_that_is_drawn() -> None:
    class Clipped(mg.SGD):
        def step(self) -> None:
            for parameter in self.parameters:
                parameter.value = parameter.value - 0.25

    w = mg.Parameter([1.0, 2.0], "w")
    (w * w).sum().backward()
    assert np.array_equal(Clipped([w]).preview()[w], [0.75, 1.75]) and np.array_equal(w.value, [1.0, 2.0])


def test_errors_of_a_step_name_what_is_missing() -> None:
    loss = classifier(backward=False)
    sgd = mg.SGD(mg.Graph(loss).parameters)
    with pytest.raises(ValueError, match="'W' has no gradient; call backward"):
        mg.draw_step(loss, sgd)
    loss.backward()
    other = mg.Parameter([1.0], "q")
    (other * 2.0).sum().backward()
    with pytest.raises(ValueError, match="no parameter of SGD is behind L"):
        mg.draw_step(loss, mg.SGD([other]))
    for option in ({"theme": "pink"}, {"language": "fr"}, {"id": "1"}):
        with pytest.raises(ValueError, match=f"draw_step: {next(iter(option))} is"):
            mg.draw_step(loss, sgd, **option)  # type: ignore[arg-type]


def test_frozen_parameters_and_those_of_other_networks_are_left_out() -> None:
    x, w, b = (
        mg.Node([[1.0, 2.0]], "x"),
        mg.Parameter([[1.0], [2.0]], "W"),
        mg.Parameter([0.5], "b", requires_grad=False),
    )
    loss, other = (x @ w + b).sum(), mg.Parameter([1.0], "q")
    for output in (loss, (other * 2.0).sum()):
        output.backward()
    shown = labels(mg.draw_step(loss, mg.SGD([w, b, other], 0.5)).source)["step"]
    assert "W" in shown and not {"b", "q", "new b", "new q"} & set(shown)


def test_a_preview_of_randomness_is_what_the_step_then_does() -> None:
    class Noisy(mg.SGD):
        rng = np.random.default_rng(0)

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.rng = np.random.default_rng(0)

        def update(self, i: int, value: Array, gradient: Array) -> Array:
            return value - gradient * self.rng.random()

    loss = classifier()
    noisy = Noisy(mg.Graph(loss).parameters, 0.1)
    preview = noisy.preview()
    noisy.step()
    assert all(np.array_equal(value, parameter.value) for parameter, value in preview.items())


def test_a_loss_per_sample_has_a_table_before_and_after() -> None:
    x, w = mg.Node([[1.0, 2.0], [0.5, -1.0]], "x"), mg.Parameter([[1.0, 0.0], [0.5, 2.0]], "W")
    losses = SoftmaxWithLoss("none")(x @ w, np.array([0, 1]))
    losses.backward(seed=[1.0, 1.0])
    rest = labels(mg.draw_step(losses, mg.SGD([w], 0.5)).source)["step"]
    at = rest.index("→")
    assert take_table(rest[at - 2 :], losses.value)[0].shows(losses.value)
    w.value = mg.SGD([w], 0.5).preview()[w]
    after = mg.Graph(losses).evaluate()
    assert take_table(rest[at + 1 :], after)[0].shows(after)


MAKE: list[Callable[[], mg.Diagram]] = [
    lambda: mg.compare(loss := classifier(), mg.expand(loss, 1)),
    lambda: mg.draw_step(loss := classifier(), mg.SGD(mg.Graph(loss).parameters)),
]


@pytest.mark.parametrize("make", MAKE, ids=["compare", "step"])
def test_the_same_graphs_give_the_same_bytes(make: Callable[[], mg.Diagram]) -> None:
    assert make().source == make().source
