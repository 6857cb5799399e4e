"""A ConvNet in straightforward NumPy: windows as rows of a matrix (im2col), then one product."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.numpy_softmax import softmax_with_loss
from benchmarks.workloads import Array

__all__ = ["convnet"]


def im2col(x: Array) -> Array:
    """The 3×3 windows of x [N, C, H, W], padded by 1, as [N·H·W, C·3·3]."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    col = np.empty((n, c, 3, 3, h, w), x.dtype)
    for i in range(3):
        for j in range(3):
            col[:, :, i, j] = padded[:, :, i : i + h, j : j + w]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * h * w, -1)


def col2im(col: Array, shape: tuple[int, ...]) -> Array:
    """The reverse for gradients: a pixel gets the sum over all windows that it is in."""
    n, c, h, w = shape
    col = col.reshape(n, h, w, c, 3, 3).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((n, c, h + 2, w + 2), col.dtype)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + h, j : j + w] += col[:, :, i, j]
    return padded[:, :, 1:-1, 1:-1]


def convolution(x: Array, K: Array, b: Array) -> tuple[Array, Array]:
    n, _, h, w = x.shape
    col = im2col(x)
    y = col @ K.reshape(len(K), -1).T + b
    return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2), col


def kernel_gradients(dy: Array, col: Array, K: Array) -> tuple[Array, Array, Array]:
    """dY with a row for each window, and from it the gradients of the kernels and of the bias."""
    rows = dy.transpose(0, 2, 3, 1).reshape(-1, len(K))
    return rows, (rows.T @ col).reshape(K.shape), rows.sum(axis=0)


def convnet(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    K1, b1, K2, b2, W, b = parameters
    y1, col1 = convolution(x, K1, b1)
    h1 = np.maximum(y1, 0)
    y2, col2 = convolution(h1, K2, b2)
    h2 = np.maximum(y2, 0)
    n, c, height, width = h2.shape
    windows = h2.reshape(n, c, height // 2, 2, width // 2, 2)
    pooled = windows.max(axis=(3, 5))
    flat = pooled.reshape(n, -1)
    loss, d = softmax_with_loss(flat @ W + b, t)

    dW = flat.T @ d
    db = d.sum(axis=0)
    dpooled = (d @ W.T).reshape(pooled.shape)
    largest = windows == pooled[:, :, :, None, :, None]  # ties are zeros, which ReLU stops
    dh2 = (largest * dpooled[:, :, :, None, :, None]).reshape(h2.shape)
    rows, dK2, db2 = kernel_gradients(dh2 * (h2 > 0), col2, K2)
    dh1 = col2im(rows @ K2.reshape(len(K2), -1), h1.shape)
    _, dK1, db1 = kernel_gradients(dh1 * (h1 > 0), col1, K1)
    for parameter, gradient in zip(parameters, (dK1, db1, dK2, db2, dW, db)):
        parameter -= rate * gradient
    return loss
