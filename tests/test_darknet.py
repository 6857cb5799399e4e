"""Darknet's softmax layer by its definition, in plain loops of NumPy, against ours. docs/names.md has the names."""

from __future__ import annotations

import numpy as np
import pytest
from cases.structure import TREES
from helpers import Array, spread

import minigraph as mg
from minigraph.layers import PathProduct, Sequential, Softmax, SoftmaxWithLoss, TreeSoftmax

RNG = np.random.default_rng(53)


def softmax_of_run(z: Array, temperature: float = 1.0) -> Array:
    """One run of numbers: e to the power of each, less the largest, over the temperature; divided by their sum."""
    e = [np.exp((v - max(z)) / temperature) for v in z]
    return np.array(e) / sum(e)


def by_groups(x: Array, groups: int, temperature: float) -> Array:
    """x: [batch, inputs]. Each sample is cut into `groups` runs of inputs/groups numbers."""
    run = x.shape[1] // groups
    y = np.empty_like(x)
    for sample, out in zip(x, y):
        for g in range(groups):
            out[g * run : (g + 1) * run] = softmax_of_run(sample[g * run : (g + 1) * run], temperature)
    return y


def spatial(x: Array) -> Array:
    """x: [batch, channels, height, width]. At each position, over the channels."""
    y = np.empty_like(x)
    for n, _, i, j in np.ndindex(x.shape):
        y[n, :, i, j] = softmax_of_run(x[n, :, i, j])
    return y


def by_tree(x: Array, group_sizes: list[int]) -> Array:
    """x: [batch, nodes]. One softmax after another, each over as many numbers as its group has."""
    y = np.empty_like(x)
    for sample, out in zip(x, y):
        start = 0
        for size in group_sizes:
            out[start : start + size] = softmax_of_run(sample[start : start + size])
            start += size
    return y


def down_the_tree(q: Array, parents: tuple[int, ...]) -> Array:
    """A node is as probable as all the choices that lead to it, together."""
    p = np.ones_like(q)
    for i in range(len(parents)):
        node = i
        while node >= 0:
            p[:, i] *= q[:, node]
            node = parents[node]
    return p


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_groups_and_temperature(groups: int, temperature: float) -> None:
    x = 3 * spread(RNG, 5, 6)
    ours = Softmax(groups=groups, temperature=temperature)(x).value
    np.testing.assert_allclose(ours, by_groups(x, groups, temperature), rtol=1e-13)


def test_spatial_softmax_is_over_the_channels_at_each_position() -> None:
    x = 3 * spread(RNG, 2, 4, 3, 5)
    np.testing.assert_allclose(Softmax(axis=1)(x).value, spatial(x), rtol=1e-13)


@pytest.mark.parametrize("kind", TREES)
def test_softmax_tree(kind: str) -> None:
    parents = TREES[kind]
    x = 3 * spread(RNG, 4, len(parents))
    q = TreeSoftmax(parents)(x)
    expected = by_tree(x, [len(list(filter(parent.__eq__, parents))) for parent in dict.fromkeys(parents)])
    np.testing.assert_allclose(q.value, expected, rtol=1e-13)
    np.testing.assert_allclose(PathProduct(parents)(q).value, down_the_tree(expected, parents), rtol=1e-13)


@pytest.mark.parametrize("kind", TREES)
def test_the_leaves_of_a_tree_are_a_distribution(kind: str) -> None:
    parents = TREES[kind]
    tree = PathProduct(parents)
    p = Sequential(TreeSoftmax(parents), tree)(3 * spread(RNG, 4, len(parents))).value
    np.testing.assert_allclose(p[:, list(tree.leaves)].sum(axis=-1), 1, rtol=1e-13)
    assert sum(group.stop - group.start for group in tree.groups) == len(parents)


def test_a_tree_of_one_level_is_softmax() -> None:
    x = spread(RNG, 3, 5)
    np.testing.assert_allclose(TreeSoftmax([-1] * 5)(x).value, Softmax()(x).value, rtol=1e-14)


def test_a_tree_of_huge_scores_is_exact() -> None:
    x = mg.Node([[1000.0, -1000.0, -1000.0, -1000.0]])
    p = Sequential(TreeSoftmax([-1, -1, 0, 0]), PathProduct([-1, -1, 0, 0]))(x)
    np.testing.assert_array_equal(p.value, [[1, 0, 0.5, 0.5]])
    p.backward(np.array([[0.0, 0, 1, 0]]))
    np.testing.assert_array_equal(x.grad, [[0, 0, 0.25, -0.25]])


def test_a_product_along_a_path_with_zeros_has_its_gradient() -> None:
    q = mg.Node([[0.0, 3.0, 5.0]])
    PathProduct([-1, 0, 1])(q).backward(np.array([[0.0, 0, 1]]))
    np.testing.assert_array_equal(q.grad, [[15, 0, 0]])


def test_cost_is_the_sum_of_losses_and_delta_the_negative_gradient() -> None:
    x, labels = 3 * spread(RNG, 4, 3), np.array([0, 2, 1, 2])
    truth = np.eye(3)[labels]
    prediction = by_groups(x, 1, 1.0)
    z = mg.Node(x)
    cost = SoftmaxWithLoss("sum")(z, labels)
    cost.backward()
    assert cost.item() == pytest.approx(-np.log(prediction[truth == 1]).sum(), rel=1e-13)
    assert z.grad is not None
    np.testing.assert_allclose(-z.grad, truth - prediction, rtol=1e-12)
