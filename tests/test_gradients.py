"""Gradients one by one: the Jacobian of an edge, and finite differences."""

from __future__ import annotations

import tracemalloc

import numpy as np
from helpers import spread

import minigraph as mg
from minigraph.layers import Affine, Softmax, SoftmaxWithLoss

RNG = np.random.default_rng(14)


def test_the_jacobian_of_softmax_is_diag_p_minus_p_p() -> None:
    p = Softmax()(mg.Node(spread(RNG, 2, 3)))
    expected = np.zeros((2, 3, 2, 3))
    for n, row in enumerate(p.value):
        expected[n, :, n, :] = np.diag(row) - np.outer(row, row)
    np.testing.assert_allclose(mg.local_gradient(p), expected, rtol=1e-13, atol=1e-16)


def test_the_jacobians_of_affine() -> None:
    x = mg.Node(spread(RNG, 2, 3))
    y = Affine(3, 4, seed=0)(x)
    w = y.inputs[1].value
    np.testing.assert_allclose(mg.local_gradient(y, 0), np.einsum("nm,io->nomi", np.eye(2), w), rtol=1e-14)
    np.testing.assert_allclose(mg.local_gradient(y, 1), np.einsum("ni,op->noip", x.value, np.eye(4)), rtol=1e-14)
    np.testing.assert_array_equal(mg.local_gradient(y, 2), np.stack([np.eye(4)] * 2))


def test_the_jacobian_of_a_scalar_edge_is_a_number() -> None:
    x, y = mg.Node(3.0), mg.Node(-2.0)
    product = x * y
    assert mg.local_gradient(product, 0).shape == ()
    assert (mg.local_gradient(product, 0), mg.local_gradient(product, 1)) == (-2, 3)


def test_an_edge_without_gradient_has_a_jacobian_of_zeros() -> None:
    z = mg.Node(spread(RNG, 2, 3).astype(np.float32))
    loss = SoftmaxWithLoss()(z, np.array([0, 1]))
    np.testing.assert_array_equal(mg.local_gradient(loss, 1), np.zeros(2))
    assert mg.local_gradient(loss, 0).dtype == np.float32


def test_the_jacobian_is_of_the_values_that_were_computed_last() -> None:
    x = mg.Node(3.0, "x")
    square = x * x
    mg.Graph(square).forward(x=5.0)
    assert mg.local_gradient(square, 0) == 5


def test_a_jacobian_takes_no_more_room_than_it_needs() -> None:
    y = mg.Node(1.0) * np.ones(3000)
    tracemalloc.start()
    jacobian = mg.local_gradient(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert jacobian.shape == (3000,)
    assert peak < 50 * jacobian.nbytes


def test_numerical_gradient_of_known_functions() -> None:
    x = spread(RNG, 2, 3)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: (a**3).sum(), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: mg.exp(mg.Node(a)).sum(), x), np.exp(x), rtol=1e-8)
    np.testing.assert_allclose(mg.numerical_gradient(np.sin, 0.0), 1, rtol=1e-8)
    for point in (1e6, 1e-6, -1e3, 0.0):
        np.testing.assert_allclose(mg.numerical_gradient(lambda a: a * a, point), 2 * point, rtol=1e-7)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: (a * a).sum(), [1, 2]), [2, 4], rtol=1e-8)
    assert mg.numerical_gradient(lambda a: a.sum(), np.zeros((0, 2))).shape == (0, 2)


def test_numerical_gradient_does_not_write_to_x() -> None:
    x = spread(RNG, 3)
    x.flags.writeable = False
    mg.numerical_gradient(lambda a: a.sum(), x)
