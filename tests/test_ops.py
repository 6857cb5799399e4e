"""The contract of an op, held against every row of the table."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from cases import EVERY, Case
from helpers import Array, central_difference, read_only, subclasses
from pictures import ROOT

import minigraph as mg
from minigraph.graph import Op

every_case = pytest.mark.parametrize("case", EVERY, ids=[case.id for case in EVERY])
COMPOSITE = [case for case in EVERY if type(case.op).expand is not Op.expand]
every_composite = pytest.mark.parametrize("case", COMPOSITE, ids=[case.id for case in COMPOSITE])


def random_upstream(output: Array, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(size=output.shape).astype(output.dtype))


def pulled(case: Case, operands: tuple[Array, ...], upstream: Array) -> dict[int, Array]:
    """The gradients that ``backward`` gives, by position, where there is one."""
    needs = tuple(i in case.differentiable for i in range(len(operands)))
    gradients = case.op.pull(upstream, case.op.run(operands), operands, needs)
    return {i: np.asarray(gradient) for i, gradient in enumerate(gradients) if gradient is not None}


def test_every_op_of_the_library_is_in_the_table() -> None:
    for folder, package in ((ROOT / "minigraph", "minigraph"), (ROOT / "layers", "minigraph.layers")):
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder).with_suffix("").parts
            if parts[0] not in ("__main__", "distributed"):  # the one runs, the other needs MPI
                importlib.import_module(".".join([package, *parts]).removesuffix(".__init__"))
    ours = (cls for cls in subclasses(Op) if cls.__module__.split(".")[0] == "minigraph")
    there = {cls for cls in ours if not cls.__name__.startswith("_")}
    assert len(there) >= 21
    assert there - {type(case.op) for case in EVERY} == set()


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.id for case in EVERY}) == len(EVERY)


@every_case
def test_backward_agrees_with_central_differences(case: Case) -> None:
    upstream = random_upstream(case.op.run(case.operands))
    gradients = pulled(case, case.operands, upstream)
    for i in case.differentiable:

        def moved(a: Array, i: int = i) -> float:
            return float((case.op.forward(*case.operands[:i], a, *case.operands[i + 1:]) * upstream).sum())

        np.testing.assert_allclose(gradients[i], central_difference(moved, case.operands[i]), rtol=1e-6, atol=2e-8)


@every_case
def test_check_op_finds_nothing(case: Case) -> None:
    report = mg.check_op(case.op, *case.inputs, verbose=False)
    assert report.ok, str(report)
    assert len(report.checks) == len(case.differentiable) + bool(case.op.locals) + (case in COMPOSITE)


@every_case
def test_constants_get_no_gradient_and_all_others_do(case: Case) -> None:
    gradients = pulled(case, case.operands, random_upstream(case.op.run(case.operands)))
    assert tuple(gradients) == case.differentiable


@every_case
def test_twice_the_upstream_gives_twice_the_gradient(case: Case) -> None:
    upstream = random_upstream(case.op.run(case.operands))
    once, twice = pulled(case, case.operands, upstream), pulled(case, case.operands, np.asarray(2 * upstream))
    for i, gradient in once.items():
        np.testing.assert_allclose(twice[i], 2 * gradient, rtol=1e-12)


@every_case
def test_writes_to_nothing_and_keeps_nothing(case: Case) -> None:
    operands = tuple(map(read_only, case.operands))
    output = read_only(case.op.run(operands))
    upstream = read_only(random_upstream(output))
    needs = (True,) * len(operands)
    first = case.op.pull(upstream, output, operands, needs)
    case.op.pull(np.asarray(upstream + 1), output, operands, needs)
    for before, again in zip(first, case.op.pull(upstream, output, operands, needs)):
        assert (before is None) is (again is None)
        if before is not None and again is not None:
            np.testing.assert_array_equal(before, again)
    np.testing.assert_array_equal(case.op.run(operands), output)


@every_case
def test_float32_stays_float32(case: Case) -> None:
    operands = tuple(a.astype(np.float32) if a.dtype == np.float64 else a for a in case.operands)
    output = case.op.run(operands)
    assert output.dtype == np.float32
    for i, gradient in pulled(case, operands, random_upstream(output)).items():
        assert gradient.dtype == np.float32, f"input {i}"


@every_case
def test_the_layout_in_memory_does_not_matter(case: Case) -> None:
    output = case.op.run(case.operands)
    upstream = random_upstream(output)
    expected = pulled(case, case.operands, upstream)

    def reversed_twice(a: Array) -> Array:
        return np.array(np.flip(a), order="F")[(slice(None, None, -1),) * a.ndim]

    operands = tuple(map(reversed_twice, case.operands))
    np.testing.assert_allclose(case.op.run(operands), output, rtol=1e-13, atol=1e-14)
    for i, gradient in pulled(case, operands, reversed_twice(upstream)).items():
        np.testing.assert_allclose(gradient, expected[i], rtol=1e-12, atol=1e-14)


@every_case
def test_leaving_out_what_nobody_needs_changes_nothing_else(case: Case) -> None:
    output = case.op.run(case.operands)
    upstream = random_upstream(output)
    everything = pulled(case, case.operands, upstream)
    for i in case.differentiable:
        needs = tuple(k == i for k in range(len(case.operands)))
        np.testing.assert_array_equal(case.op.pull(upstream, output, case.operands, needs)[i], everything[i])


@every_case
def test_called_on_nodes_it_computes_and_records_the_same(case: Case) -> None:
    nodes = [mg.Node(a) for a in case.inputs]
    result = case.op(*nodes)
    np.testing.assert_array_equal(result.value, case.op.forward(*case.operands))
    assert result.op is case.op
    assert result.inputs == (*nodes, *case.op.parameters)


@every_composite
@pytest.mark.parametrize("depth", [1, 99])
def test_expand_is_the_same_function_with_the_same_gradients(case: Case, depth: int) -> None:
    nodes = [mg.Node(a) for a in case.inputs]
    closed = case.op(*nodes)
    opened = mg.expand(closed, depth)
    assert opened.op is not case.op
    np.testing.assert_allclose(opened.value, closed.value, rtol=1e-12, atol=1e-14)
    seed = random_upstream(closed.value)
    expected, found = mg.Graph(closed).gradients(seed), mg.Graph(opened).gradients(seed)
    for i in case.differentiable:
        leaf = closed.inputs[i]
        np.testing.assert_allclose(found[leaf], expected[leaf], rtol=1e-11, atol=1e-13)


@every_composite
def test_expand_keeps_float32(case: Case) -> None:
    single = [a.astype(np.float32) if a.dtype == np.float64 else a for a in case.operands]
    opened = case.op.expand(*map(mg.Node, single))
    assert opened is not None and opened.value.dtype == np.float32


@every_case
def test_local_gradients_as_drawn_agree_with_backward(case: Case) -> None:
    assert len(case.op.locals) > max(case.differentiable, default=-1)
    output = case.op.run(case.operands)
    for seed in (1, 2):
        upstream = random_upstream(output, seed)
        gradients = pulled(case, case.operands, upstream)
        for i in case.differentiable:
            drawn = case.op.locals[i].apply(case.op, upstream, output, case.operands, i)
            assert drawn.shape == case.operands[i].shape
            np.testing.assert_allclose(drawn, gradients[i], rtol=1e-12, atol=1e-14)


@every_case
def test_formulas_have_a_place_for_every_name_and_no_other(case: Case) -> None:
    names = [f"«{i}»" for i in range(len(case.operands))]
    formula = case.op.formula.format(*names, y="«y»")
    assert all(name in formula for name in names)
    for i in case.differentiable:
        symbol = case.op.locals[i].text("«y»", names)
        assert symbol and not set("{}") & set(symbol)
        assert "{" not in case.op.locals[i].note.format(*names, y="«y»", N=7)
