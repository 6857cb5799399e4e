"""An explanation says what the engine computes: its paths sum to the gradient, its formulas name the right factors."""

from __future__ import annotations

import copy
import gc
import time

import numpy as np
import pytest
from cases import CASES, Case
from helpers import Array, Double, network, spread
from hypothesis import given
from hypothesis import strategies as st
from pictures import circuit, classifier, perceptron
from test_random import SEEDS, STEP, STEPS

import minigraph as mg
from minigraph.explain import Explanation
from minigraph.layers import Affine, Softmax, SoftmaxWithLoss


def holds(explanation: Explanation, gradient: Array | None) -> None:
    """Every path leads from the output to the node edge by edge, and what they bring sums to the gradient."""
    assert gradient is not None
    shares = [path.gradient for path in explanation.paths]
    for path in explanation.paths:
        nodes = [explanation.output, *(edge.source for edge in path.edges)]
        assert [edge.node for edge in path.edges] == nodes[:-1] and nodes[-1] is explanation.node
        assert len(path.gradients) == len(nodes)
        assert all(brought.shape == node.shape for brought, node in zip(path.gradients, nodes))
    if explanation.rest is None:
        assert explanation.count == len(shares)
    else:
        assert explanation.count > len(shares)
        shares.append(explanation.rest)
    np.testing.assert_allclose(sum(shares), gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(explanation.gradient, gradient)


def node(root: mg.Node, name: str) -> mg.Node:
    return mg.Graph(root)[name]


def test_the_circuit() -> None:
    f = circuit()
    assert str(mg.explain(node(f, "x"))) == (
        "∂f/∂x = ∂f/∂q · ∂q/∂x          x → q → f\n"
        "      = z · 1\n"
        "      = −4 · 1 = −4"
    )  # fmt: skip
    assert mg.explain(node(f, "z")).text == "∂f/∂z = q          z → f\n      = 3"
    assert mg.explain(f).text == "∂f/∂f = 1          f"
    assert mg.explain(node(f, "x")).latex == (
        "\\begin{aligned}\n"
        r"\frac{\partial f}{\partial x} & = \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x} "
        "&& x \\to q \\to f \\\\\n"
        "& = z \\cdot 1 \\\\\n"
        "& = -4 \\cdot 1 = -4\n"
        "\\end{aligned}"
    )


def test_a_fork_is_one_line_per_path_and_their_sum() -> None:
    x, y = mg.Node(3.0, "x"), mg.Node(2.0, "y")
    f = (x * y) * (x - y) + x
    f.backward()
    explanation = mg.explain(x)
    assert explanation.text == (
        "∂f/∂x = (∂f/∂s · ∂s/∂q · ∂q/∂x) + (∂f/∂s · ∂s/∂r · ∂r/∂x) + 1\n"
        "\n"
        "  x → q → s → f    ∂f/∂s · ∂s/∂q · ∂q/∂x = 1 · r · y = 1 · 1 · 2 = 2\n"
        "  x → r → s → f    ∂f/∂s · ∂s/∂r · ∂r/∂x = 1 · q · 1 = 1 · 6 · 1 = 6\n"
        "  x → f            1                                             = 1\n"
        "\n"
        "∂f/∂x = 2 + 6 + 1 = 9"
    )
    holds(explanation, x.grad)
    assert mg.explain(y).text.endswith("∂f/∂y = 3 + (−6) = −3")


def test_parallel_edges_are_two_paths_and_equal_ones_are_told_once() -> None:
    x, w = mg.Node(3.0, "x"), mg.Node([[1.0, 2.0]], "W")
    for f, both in ((x * x, "2 · x"), (x + x, "2 · 1")):
        f.backward()
        explanation = mg.explain(x)
        assert explanation.count == 2 == len(explanation.paths)
        assert explanation.text.startswith(f"∂f/∂x = {both}          x → f (2 equal paths)\n")
        holds(explanation, x.grad)
    f = x / x * x
    f.backward()
    text = mg.explain(x).text
    assert "  x →₁ q → f " in text and "  x →₂ q → f " in text and "  x → f " in text
    assert "→₁ leads to the first input of its op, →₂ to the second" in text
    loss = (w * w).sum()
    loss.backward()
    assert mg.explain(w).text.startswith("∂L/∂W = 2 × W    W → M → L (2 equal paths)\n")
    assert "  ∂L/∂W = 2 × ∂L/∂M ⊙ W    [1×2]\n" in mg.explain(w).text
    assert mg.explain(w).text.endswith("∂L/∂W = 2 × [ 1  2 ] = [ 2  4 ]")
    holds(mg.explain(w), w.grad)


def test_a_classifiers_weight() -> None:
    loss = classifier()
    assert mg.explain(node(loss, "W")).text == (
        "∂L/∂W = Xᵀ · ((P − T)/N)    W → Y → L\n"
        "      with P = softmax(Y), N = 2\n"
        "\n"
        "  ∂L/∂Y = (P − T)/N     [2×3]\n"
        "  ∂L/∂W = Xᵀ · ∂L/∂Y    [2×3] = [2×2] · [2×3]\n"
        "\n"
        "∂L/∂W = ⎡ 1    −1 ⎤ · ⎡  0.37  −0.45  0.08 ⎤ = ⎡ 0.67  −0.69  0.02 ⎤\n"
        "        ⎣ 2  0.50 ⎦   ⎣ −0.30   0.24  0.06 ⎦   ⎣ 0.59  −0.78  0.19 ⎦"
    )


def test_a_perceptrons_weight() -> None:
    loss = perceptron()
    assert mg.explain(node(loss, "W1")).text == (
        "∂L/∂W₁ = Xᵀ · ((((P − T)/N) · W₂ᵀ) ⊙ 1[Y₁ > 0])    W₁ → Y₁ → H → Y₂ → L\n"
        "       with P = softmax(Y₂), N = 6\n"
        "\n"
        "  ∂L/∂Y₂ = (P − T)/N            [6×3]\n"
        "  ∂L/∂H  = ∂L/∂Y₂ · W₂ᵀ         [6×5] = [6×3] · [3×5]\n"
        "  ∂L/∂Y₁ = ∂L/∂H ⊙ 1[Y₁ > 0]    [6×5]    mask\n"
        "  ∂L/∂W₁ = Xᵀ · ∂L/∂Y₁          [4×5] = [4×6] · [6×5]\n"
        "\n"
        "∂L/∂W₁ = [4×5]  −0.16 … 0.24"
    )


@pytest.mark.parametrize("make", [circuit, classifier, perceptron])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_node_of_the_pictures(make: type, depth: int) -> None:
    root = mg.expand(make(), depth)
    root.backward()
    for each in mg.Graph(root).nodes:
        if each.grad is not None:
            holds(mg.explain(each), each.grad)


def test_the_fork_inside_an_opened_softmax() -> None:
    opened = mg.expand(classifier(), 2)
    explanation = mg.explain(node(opened, "W"), of=opened)
    assert explanation.count == 2
    assert explanation.text.startswith(
        "∂L/∂W = Xᵀ · ((Σₖ ((1/N) × (−1) × T ⊙ (1/P) ⊙ (−E/S²))) ⊙ E)\n"
        "        W → Z → Y → E → S → P → G → M → c → ℓ → L\n"
        "      + Xᵀ · ((1/N) × (−1) × T ⊙ (1/P) ⊙ (1/S) ⊙ E)\n"
        "        W → Z → Y → E → P → G → M → c → ℓ → L\n"
        "      with N = 2\n"
    )
    assert "  ∂L/∂E = ∂L/∂S + ∂L/∂P ⊙ (1/S)    [2×3]    via S: broadcast\n" in explanation.text
    holds(explanation, mg.Graph(opened).gradients()[explanation.node])


def test_a_shared_weight_gets_a_share_from_each_use() -> None:
    layer = Affine(2, 2, seed=0, bias=False)
    total = layer(layer(mg.Node([[1.0, 2.0]], "x"))).sum()
    total.backward()
    explanation = mg.explain(layer.parameters[0])
    assert explanation.count == 2
    assert "∂L/∂W  = xᵀ · ∂L/∂Y₁ + Y₁ᵀ · ∂L/∂Y₂" in explanation.text
    holds(explanation, layer.parameters[0].grad)


def test_a_seed_is_where_the_product_begins() -> None:
    x = mg.Node(3.0, "x")
    f = mg.tanh(x * 0.1)
    f.backward(2.5)
    explanation = mg.explain(x)
    assert explanation.text.startswith("∂L/∂x = ∂L/∂f · ∂f/∂q · ∂q/∂x ")
    assert "= 2.50 · " in explanation.text and explanation.text.endswith("∂L/∂f = 2.50, given by backward(seed)")
    holds(explanation, x.grad)
    v = mg.Node([1.0, 2.0], "v")
    (v * 3.0).backward([1.0, 10.0])
    with pytest.raises(ValueError, match=r"reached v no longer exists; keep it .* explain\(v, of=loss\)"):
        mg.explain(v)
    m = v * 3.0
    m.backward([1.0, 10.0])
    assert mg.explain(v).text.startswith("∂L/∂v = ∂L/∂M × 3    v → M\n      ∂L/∂M = [1, 10], given by backward(seed)\n")
    holds(mg.explain(v), np.array([3.0, 30.0]))
    nothing = mg.Node(np.zeros((0, 2)), "nothing")
    mg.explain(nothing, of=(nothing * 2.0).sum())
    m = nothing * 2.0
    m.backward(np.zeros((0, 2)))
    assert "∂L/∂M, given by backward(seed)" in mg.explain(nothing).text


def test_after_a_step_the_numbers_are_those_of_the_backward() -> None:
    loss = network("one-hot")
    loss.backward()
    mg.SGD(mg.Graph(loss).parameters, 0.5).step()
    holds(mg.explain(node(loss, "W1")), node(loss, "W1").grad)
    assert "W₂, b₂, W₁, b₁ changed after this forward" in mg.explain(node(loss, "x")).text
    mg.Graph(loss).forward()
    assert "changed" not in mg.explain(node(loss, "x"), of=loss).text


def test_of_another_output_and_of_a_graph_without_a_backward() -> None:
    x = mg.Node(2.0, "x")
    q = x * 3.0
    f, g = mg.exp(q), q + 1.0
    f.name, g.name, q.name = "f", "g", "q"
    assert mg.explain(x, of=g).text.startswith("∂g/∂x")
    assert mg.explain(x, of=mg.Graph(g)).gradient == 3.0
    assert x.grad is None and q.grad is None
    f.backward()
    g.backward()
    assert mg.explain(x).output is g and mg.explain(x, of=f).output is f
    assert mg.explain(x, of=q).text.startswith("∂q/∂x = 3 ")  # not the gradient that a later output sent to q


def test_what_cannot_be_explained() -> None:
    loss = network()
    x, t, w = (node(loss, name) for name in ("x", "t", "W1"))
    with pytest.raises(ValueError, match=r"no backward has reached x; run loss\.backward\(\), or pass of=loss"):
        mg.explain(x)
    loss.backward()
    with pytest.raises(ValueError, match="t gets no gradient: SoftmaxWithLoss takes it as given"):
        mg.explain(t)
    with pytest.raises(ValueError, match="stranger is not behind L"):
        mg.explain(mg.Node(1.0, "stranger"), of=loss)
    with pytest.raises(ValueError, match="t gets no gradient"):
        mg.explain(t, of=loss)
    mg.Graph(loss).forward()
    with pytest.raises(ValueError, match="W1 has no gradient since the last forward"):
        mg.explain(w)
    fixed = mg.Node(2.0, "data", requires_grad=False)
    f = fixed * x.sum() * 3.0
    with pytest.raises(ValueError, match="data gets no gradient: it was made with requires_grad=False"):
        mg.explain(fixed, of=f)
    with pytest.raises(ValueError, match="gets no gradient: it is a constant"):
        mg.explain(next(n for n in mg.Graph(f).nodes if n.op is None and not n.name), of=f)
    with pytest.raises(ValueError, match=r"Y1 is \[6, 5\], not a scalar; run Y1\.backward\(seed=…\) first"):
        hidden = node(loss, "Y1")
        hidden.name = "Y1"
        mg.explain(x, of=hidden)
    with pytest.raises(TypeError, match="needs a node or the name of one, got ndarray"):
        mg.explain(x.value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="of must be a node or a Graph, got str"):
        mg.explain(x, of="loss")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="most is 0"):
        mg.explain(x, of=loss, most=0)
    with pytest.raises(ValueError, match="digits is -1, but must be a number of decimals, 0 to 12"):
        mg.explain(x, of=loss, digits=-1)
    with pytest.raises(ValueError, match="language is 'fr'"):
        mg.explain(x, of=loss, language="fr")  # type: ignore[arg-type]


def test_by_name_and_with_swapped_arguments() -> None:
    loss = network()
    loss.backward()
    w = mg.explain("W1", of=loss)
    assert w.node is node(loss, "W1") and w.text == mg.explain("W1", of=mg.Graph(loss)).text
    with pytest.raises(TypeError, match="'W1' is only a name; pass of="):
        mg.explain("W1")
    with pytest.raises(ValueError, match="there is no node 'V'; there are x, W1"):
        mg.explain("V", of=loss)
    with pytest.raises(ValueError, match=r"L is not behind W1: did you mean explain\(W1, L\)\?"):
        mg.explain(loss, w.node)
    with pytest.raises(ValueError, match=r"a leaf of shape \[2\] without a name is not behind L"):
        mg.explain(mg.Node([1.0, 2.0]), loss)


def test_why_an_inner_node_gets_no_gradient() -> None:
    z, data = mg.Node([[1.0, 2.0]], "z"), mg.Node([[1.0, 2.0]], "data", requires_grad=False)
    scaled, p = data * 2.0, Softmax()(z)
    scaled.name, p.name = "scaled", "p"
    loss = SoftmaxWithLoss()(z + scaled, Softmax()(p))
    with pytest.raises(ValueError, match="scaled gets no gradient: it depends on no leaf that requires one"):
        mg.explain(scaled, of=loss)
    with pytest.raises(ValueError, match="p gets no gradient: every path to it leads through a target or an index"):
        mg.explain(p, of=loss)

    class Stop(Double):
        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[None]:  # type: ignore[override]
            return (None,)

    x = mg.Node(2.0, "x")
    with pytest.raises(ValueError, match="x gets no gradient: no op that reads it gives one"):
        mg.explain(x, of=Stop()(x))
    f = x * 3.0 + Stop()(x)
    holds(mg.explain(x, of=f), np.asarray(3.0))


def test_a_node_does_not_keep_its_output_alive() -> None:
    x = mg.Node(2.0, "x")
    f = x * 3.0
    f.backward()
    assert x.grad_of is not None and x.grad_of() is f
    twin = copy.deepcopy(x)
    assert twin.grad == 3.0 and twin.grad_of is None
    del f
    gc.collect()
    assert x.grad_of() is None


def test_nothing_changes() -> None:
    loss = network("one-hot")
    loss.backward()
    nodes = mg.Graph(loss).nodes
    before = [(n.value, n.grad, n.grad_of, n.name, n.inputs, n.operands) for n in nodes]
    mg.explain(node(loss, "W1"))
    mg.explain(node(loss, "W1"), of=loss)
    after = [(n.value, n.grad, n.grad_of, n.name, n.inputs, n.operands) for n in nodes]
    assert all(a is b for was, now in zip(before, after) for a, b in zip(was, now))


def test_an_explosion_of_paths_is_counted_and_not_walked() -> None:
    x = mg.Node(1.0, "x")
    f = x
    for _ in range(100):
        f = (f + f) * 0.5
    f.backward()
    start = time.perf_counter()
    explanation = mg.explain(x, most=3)
    assert time.perf_counter() - start < 2
    assert explanation.count == 2**100 and len(explanation.paths) == 3
    assert "Σ over 1.27·10³⁰ paths" in explanation.text
    assert "… and 1.27·10³⁰ more paths, together" in explanation.text
    holds(explanation, x.grad)
    assert len(explanation.text) < 3000


def test_left_out_paths_have_the_right_sum() -> None:
    x = mg.Node(2.0, "x")
    f = x * 1.0
    for k in range(2, 129):
        f = f + x * float(k)
    f.backward()
    text = mg.explain(x).text
    assert "  … and 120 more paths, together" in text
    assert text.endswith(f"= {128 * 129 // 2}")
    holds(mg.explain(x), x.grad)
    X = mg.Node(np.ones((5, 5)), "X")
    total = (X + X + X).sum()
    total.backward()
    assert "+ … and 1 more path, together [5×5]  1\n" in mg.explain(X, most=2).text


def test_a_long_chain_is_elided_in_the_middle() -> None:
    for start in (1.0, [[1.0, 2.0]]):
        x = mg.Node(start, "x")
        f = x
        for _ in range(10_000):
            f = f * 1.0001
        f = f.sum() if x.shape else f
        f.backward()
        explanation = mg.explain(x)
        assert f"⋯ {9_990 + len(x.shape) // 2:,} more ⋯" in explanation.text
        assert len(explanation.paths[0].edges) == 10_000 + len(x.shape) // 2 and len(explanation.text) < 2000
        holds(explanation, x.grad)


def test_a_jacobian_too_large_to_write_down_is_never_made() -> None:
    y = mg.Node(np.zeros((3000, 300)), "Y")
    loss = SoftmaxWithLoss()(Double()(y), np.zeros(3000, dtype=int))
    opened = mg.expand(loss, 1)
    opened.backward()
    holds(mg.explain(y), y.grad)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_op_of_the_table(case: Case) -> None:
    root = case.op(*(mg.Node(array, f"x{i}") for i, array in enumerate(case.inputs)))
    root.backward(seed=np.full(root.shape, 1.5))
    for each in mg.Graph(root).nodes:
        if each.grad is not None:
            explanation = mg.explain(each)
            holds(explanation, each.grad)
            assert explanation.text and explanation.latex


@given(steps=st.lists(STEP, min_size=1, max_size=6), leaves=st.integers(1, 3), seed=SEEDS)
@pytest.mark.thorough
def test_random_networks(steps: list[tuple[str, int, int]], leaves: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [mg.Node(spread(rng, *shape), f"x{i}") for i, shape in zip(range(leaves), [(3, 3), (1, 3), (3, 1)])]
    nodes = [inputs[0] + np.zeros((3, 3)), *(inputs[0] + node for node in inputs[1:])]
    for name, i, k in steps:
        nodes.append(STEPS[name](nodes[i % len(nodes)], nodes[k % len(nodes)]))
    loss = mg.tanh(nodes[-1]).sum() + mg.tanh(nodes[-2]).mean()
    loss.backward()
    for each in mg.Graph(loss).nodes:
        if each.grad is not None:
            holds(mg.explain(each, most=100), each.grad)


def test_products_of_batches_are_summed_back() -> None:
    a, b = mg.Node(np.ones((5, 2, 3)), "A"), mg.Node(np.ones((3, 4)), "B")
    mean = (a @ b).mean()
    mean.backward()
    assert "  ∂L/∂B = Σ Aᵀ · ∂L/∂Z    [3×4]\n" in mg.explain(b).text
    assert "  ∂L/∂A = ∂L/∂Z · Bᵀ    [5×2×3]\n" in mg.explain(a).text
