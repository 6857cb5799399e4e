"""Dropout, normalization and embedding in a graph: training against evaluating, replay, running statistics, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array, spread

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout, Embedding, LayerNorm, Sequential, SoftmaxWithLoss
from minigraph.ops import DropoutMask

RNG = np.random.default_rng(41)
X = spread(RNG, 6, 4)


def dropped(p: float = 0.5, seed: int = 0, x: Array = X) -> tuple[mg.Graph, mg.Node]:
    """The graph of y = dropout(x), and its mask."""
    y = Dropout(p, seed=seed)(mg.Node(x, "x"))
    return mg.Graph(y), y.inputs[1]


def masks(graph: mg.Graph, mask: mg.Node, times: int) -> list[Array]:
    found = []
    for _ in range(times):
        graph.forward()
        found.append(mask.value)
    return found


def test_dropout_keeps_values_scaled_or_drops_them() -> None:
    graph, mask = dropped(0.25)
    assert set(np.unique(mask.value)) <= {0, 1 / 0.75}
    np.testing.assert_array_equal(graph.output.value, X * mask.value)
    graph.backward(np.ones_like(X))
    np.testing.assert_array_equal(graph["x"].grad, mask.value)


def test_dropout_drops_as_often_as_it_says_and_keeps_the_mean() -> None:
    graph, mask = dropped(0.3, x=np.ones((200, 500)))
    assert (mask.value == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert graph.output.value.mean() == pytest.approx(1, abs=0.01)


def test_the_mask_is_drawn_anew_at_each_forward_and_the_same_by_seed() -> None:
    first, again, other = (masks(*dropped(seed=seed), times=4) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len({mask.tobytes() for mask in first}) == 4


def test_evaluating_drops_nothing_and_changes_nothing() -> None:
    graph, mask = dropped()
    before, step = mask.value, graph["step"].value
    for _ in range(2):
        np.testing.assert_array_equal(graph.evaluate(), X)
        np.testing.assert_array_equal(graph.evaluate(None, x=X[:2]), X[:2])
    assert mask.value is before and graph["step"].value is step


def test_a_step_may_be_fed() -> None:
    graph, mask = dropped()
    _, second, *_ = masks(graph, mask, 3)
    np.testing.assert_array_equal(graph.forward(step=3), X * second)
    np.testing.assert_array_equal(graph.forward(step=0), X)
    graph.forward()
    assert graph["step"].item() == 1
    with pytest.raises(ValueError, match="^DropoutMask: step is int64 -1, but must be one integer"):
        graph.forward(step=-1)
    assert graph["step"].item() == 1


def test_a_failed_forward_is_no_step() -> None:
    graph, mask = dropped()
    before = mask.value
    with pytest.raises(ValueError, match="NaN"):
        graph.forward(x=X * np.nan)
    assert graph["step"].item() == 1 and mask.value is before


def test_a_dropout_used_twice_draws_two_masks() -> None:
    layer = Dropout(0.5, seed=3)
    x = mg.Node(np.ones((10, 10)), "x")
    a, b = layer(x), layer(x)
    assert not np.array_equal(a.value, b.value)
    assert mg.Graph(a + b).names.keys() >= {a.inputs[1], b.inputs[1]}


def test_dropout_takes_a_mask_of_ones_own() -> None:
    mask = np.array([[True, False, True, True]] * 6)
    np.testing.assert_array_equal(Dropout()(mg.Node(X), mask).value, X * mask)


def test_dropout_grows_with_the_batch_and_keeps_float32() -> None:
    graph, mask = dropped(x=X.astype(np.float32))
    assert graph.forward(x=np.ones((9, 4))).shape == mask.shape == (9, 4)
    assert graph.output.value.dtype == mask.value.dtype == np.float32


@pytest.mark.parametrize("depth", [1, 2])
def test_a_network_in_training_is_checked_expanded_and_drawn_at_its_step(depth: int) -> None:
    net = Sequential(Affine(4, 5, seed=1), BatchNorm(5), Dropout(0.4, seed=2), Affine(5, 3, seed=3), LayerNorm(3))
    loss = SoftmaxWithLoss()(net(mg.Node(X, "x")), mg.Node(np.array([0, 1, 2, 0, 1, 2]), "t"))
    graph = mg.Graph(loss)
    graph.forward()
    graph.backward()
    assert mg.check_gradients(graph, verbose=False)
    opened = mg.expand(loss, depth)
    assert opened.item() == pytest.approx(loss.item(), rel=1e-12)
    ours = graph.gradients()
    theirs = mg.Graph(opened).gradients()
    for parameter in net.parameters:
        if parameter.requires_grad:
            np.testing.assert_allclose(theirs[parameter], ours[parameter], rtol=1e-9, atol=1e-14)
    assert "step" in mg.draw(loss).source
    net[1].update(graph)  # type: ignore[attr-defined]
    assert mg.Graph(opened).evaluate() == pytest.approx(float(graph.evaluate()), rel=1e-12)


def normalized(layer: BatchNorm, x: Array = X) -> mg.Graph:
    return mg.Graph(layer(mg.Node(x, "x")))


def test_batch_norm_makes_mean_0_and_variance_1_of_a_batch() -> None:
    y = normalized(BatchNorm(4, eps=1e-12)).output.value
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-9)


def test_running_statistics_change_by_update_alone() -> None:
    layer = BatchNorm(4, momentum=0.25)
    graph = normalized(layer)
    batch = 3 * X + 1
    graph.forward(x=batch)
    graph.backward(np.ones_like(X))
    np.testing.assert_array_equal(layer.mean.value, np.zeros(4))
    layer.update(graph)
    np.testing.assert_allclose(layer.mean.value, 0.25 * batch.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(layer.variance.value, 0.75 + 0.25 * batch.var(axis=0, ddof=1), rtol=1e-14)
    expected = (X - layer.mean.value) / np.sqrt(layer.variance.value + 1e-5)
    for rows in (6, 1):
        np.testing.assert_allclose(graph.evaluate(None, x=X[:rows]), expected[:rows], rtol=1e-12)
    assert layer.mean.grad is None and layer.variance.grad is None


def test_evaluating_before_any_update_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^BatchNorm: evaluating needs running statistics.*layer\.update\(graph\)"):
        normalized(BatchNorm(4)).evaluate()


def test_update_wants_a_graph_with_this_layer() -> None:
    with pytest.raises(ValueError, match="^BatchNorm.update: this layer is not in that graph$"):
        BatchNorm(4).update(normalized(BatchNorm(4)))


def test_training_leaves_running_statistics_alone_and_files_keep_them(tmp_path: Path) -> None:
    layer = BatchNorm(4)
    graph = mg.Graph((layer(mg.Node(X, "x")) ** 2 * X).sum())
    sgd = mg.SGD(graph.parameters, 0.1)
    for _ in range(3):
        graph.forward()
        graph.backward()
        sgd.step()
        layer.update(graph)
    assert not np.allclose(layer.parameters[0].value, 1)
    mg.save(tmp_path / "net.npz", layer.parameters)
    fresh = BatchNorm(4)
    mg.load(tmp_path / "net.npz", fresh.parameters)
    np.testing.assert_array_equal(normalized(fresh).evaluate(), normalized(layer).evaluate())


@pytest.mark.torch
@pytest.mark.parametrize("shape, axis", [((6, 4), -1), ((2, 4, 3, 3), 1)], ids=str)
def test_running_statistics_are_those_of_pytorch(torch: Any, shape: tuple[int, ...], axis: int) -> None:
    layer = BatchNorm(4, momentum=0.1, axis=axis)
    graph = normalized(layer, spread(RNG, *shape))
    theirs = (torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d)(4, dtype=torch.float64)
    for _ in range(5):
        batch = spread(RNG, *shape) + 2
        np.testing.assert_allclose(graph.forward(x=batch), theirs(torch.tensor(batch)).detach().numpy(), rtol=1e-9)
        layer.update(graph)
    np.testing.assert_allclose(layer.mean.value, theirs.running_mean.numpy(), rtol=1e-9)
    np.testing.assert_allclose(layer.variance.value, theirs.running_var.numpy(), rtol=1e-9)
    x = spread(RNG, *shape)
    np.testing.assert_allclose(graph.evaluate(None, x=x), theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-9)


def test_layer_norm_makes_mean_0_and_variance_1_of_each_sample_alone() -> None:
    x = mg.Node(X, "x")
    graph = mg.Graph(LayerNorm(4, eps=1e-12)(x))
    np.testing.assert_allclose(graph.output.value.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(graph.output.value.var(axis=-1), 1, rtol=1e-9)
    np.testing.assert_array_equal(graph.evaluate(None, x=X[:1]), graph.output.value[:1])


def test_formulas_of_normalization_keep_their_hat_in_latex() -> None:
    graph = mg.Graph(LayerNorm(4)(mg.Node(X, "x")).sum())
    graph.backward()
    assert r"\hat{x}" in mg.explain(graph["γ"]).latex
    assert r"\frac{\partial \hat{x}}{\partial x}" in mg.explain(graph["x"]).latex


def test_a_row_looked_up_twice_gets_both_gradients_and_others_none() -> None:
    layer = Embedding(4, 2, weight=np.arange(8.0).reshape(4, 2))
    y = layer(np.array([[1, 3], [1, 1]]))
    np.testing.assert_array_equal(y.value[0], [[2, 3], [6, 7]])
    y.backward(np.array([[[1.0, 0], [5, 5]], [[10, 1], [100, 0]]]))
    np.testing.assert_array_equal(layer.parameters[0].grad, [[0, 0], [111, 1], [0, 0], [5, 5]])


def test_an_embedding_is_the_product_with_one_hot_rows() -> None:
    layer = Embedding(5, 3, seed=0)
    index = np.array([4, 0, 4])
    np.testing.assert_array_equal(layer(index).value, np.eye(5)[index] @ layer.parameters[0].value)


def test_a_mask_depends_on_seed_and_step_only() -> None:
    op = DropoutMask(0.5, 8)
    first = op.forward(X, np.array(1))
    op.forward(X, np.array(2))
    np.testing.assert_array_equal(op.forward(-X, np.array(1)), first)
