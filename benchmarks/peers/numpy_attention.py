"""A pre-norm Transformer block in straightforward NumPy."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.numpy_softmax import softmax_with_loss
from benchmarks.workloads import Array

__all__ = ["attention"]

Cache = tuple[Array, Array]


def layer_norm(x: Array, gamma: Array, beta: Array) -> tuple[Array, Cache]:
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
    xhat = centred / sigma
    return gamma * xhat + beta, (xhat, sigma)


def layer_norm_backward(d: Array, gamma: Array, cache: Cache) -> tuple[Array, Array, Array]:
    xhat, sigma = cache
    g = d * gamma
    dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / sigma
    return dx, (d * xhat).sum(axis=(0, 1)), d.sum(axis=(0, 1))


def gelu(x: Array) -> tuple[Array, Array]:
    """GELU by tanh, and its derivative."""
    root = float(np.sqrt(2 / np.pi))
    tanh = np.tanh(root * (x + 0.044715 * x * x * x))
    slope = 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * root * (1 + 3 * 0.044715 * x * x)
    return 0.5 * x * (1 + tanh), slope


def weight_gradient(x: Array, d: Array) -> Array:
    return x.reshape(-1, x.shape[-1]).T @ d.reshape(-1, d.shape[-1])


def attention(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    g1, b1, Wq, Wk, Wv, Wo, g2, b2, Wup, bup, Wdown, bdown, g3, b3, Ws, bs = parameters
    scale = 1 / float(np.sqrt(x.shape[-1]))
    n1, norm1 = layer_norm(x, g1, b1)
    q, k, v = n1 @ Wq, n1 @ Wk, n1 @ Wv
    scores = q @ k.transpose(0, 2, 1) * scale
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    a = exps / exps.sum(axis=-1, keepdims=True)
    y = a @ v
    x1 = x + y @ Wo
    n2, norm2 = layer_norm(x1, g2, b2)
    h, slope = gelu(n2 @ Wup + bup)
    x2 = x1 + h @ Wdown + bdown
    n3, norm3 = layer_norm(x2, g3, b3)
    logits = n3 @ Ws + bs
    loss, d = softmax_with_loss(logits.reshape(-1, logits.shape[-1]), t.reshape(-1))

    d = d.reshape(logits.shape)
    dWs, dbs = weight_gradient(n3, d), d.sum(axis=(0, 1))
    dx2, dg3, db3 = layer_norm_backward(d @ Ws.T, g3, norm3)
    dWdown, dbdown = weight_gradient(h, dx2), dx2.sum(axis=(0, 1))
    du = dx2 @ Wdown.T * slope
    dWup, dbup = weight_gradient(n2, du), du.sum(axis=(0, 1))
    dn2, dg2, db2 = layer_norm_backward(du @ Wup.T, g2, norm2)
    dx1 = dx2 + dn2
    dWo = weight_gradient(y, dx1)
    dy = dx1 @ Wo.T
    da = dy @ v.transpose(0, 2, 1)
    dscores = a * (da - (da * a).sum(axis=-1, keepdims=True)) * scale
    dq, dk, dv = dscores @ k, dscores.transpose(0, 2, 1) @ q, a.transpose(0, 2, 1) @ dy
    dn1 = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    _, dg1, db1 = layer_norm_backward(dn1, g1, norm1)
    gradients = [dg1, db1, *(weight_gradient(n1, each) for each in (dq, dk, dv)), dWo, dg2, db2]
    gradients += [dWup, dbup, dWdown, dbdown, dg3, db3, dWs, dbs]
    for parameter, gradient in zip(parameters, gradients):
        parameter -= rate * gradient
    return loss
