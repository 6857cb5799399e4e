"""JAX: the whole step under jit. Async: data on the device, weights donated, nothing waited for within a block.

As a script uses it: NumPy arrays in and ``float(loss)`` out at each step, to print it or to see that it falls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Array, Workload

__all__ = ["ASYNC", "SCRIPT"]

Loss = Callable[..., jax.Array]


def cross_entropy(scores: jax.Array, t: jax.Array) -> jax.Array:
    """As a difference: of several forms the one that XLA makes fastest by far where there are many classes."""
    picked = jnp.take_along_axis(scores, t[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(scores, axis=-1) - picked).mean()


def classifier(w: list[jax.Array], x: jax.Array, t: jax.Array) -> jax.Array:
    h = x @ w[0] + w[1]
    for i in range(2, len(w), 2):
        h = jax.nn.relu(h) @ w[i] + w[i + 1]
    return cross_entropy(h, t)


def penalised(w: list[jax.Array], x: jax.Array, t: jax.Array) -> jax.Array:
    return cross_entropy(x @ w[0], t) + Workload.penalty * jnp.sum(w[0] ** 2)


def loss_alone(w: list[jax.Array], x: jax.Array, t: jax.Array) -> jax.Array:
    return cross_entropy(x, t)


def chain(workload: Workload) -> Loss:
    links = workload.links()
    acts = {"multiply": jnp.multiply, "add": jnp.add, "subtract": jnp.subtract}

    def loss(w: list[jax.Array], h: jax.Array) -> jax.Array:
        for name, constant in links:
            h = jnp.tanh(h) if constant is None else acts[name](h, constant)
        return h.sum()

    return loss


def convnet(w: list[jax.Array], x: jax.Array, t: jax.Array) -> jax.Array:
    def convolution(x: jax.Array, kernels: jax.Array, bias: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(x, kernels, (1, 1), "SAME") + bias[:, None, None]

    h = jax.nn.relu(convolution(jax.nn.relu(convolution(x, w[0], w[1])), w[2], w[3]))
    n, c, height, width = h.shape
    pooled = h.reshape(n, c, height // 2, 2, width // 2, 2).max(axis=(3, 5))
    return cross_entropy(pooled.reshape(n, -1) @ w[4] + w[5], t)


def attention(w: list[jax.Array], x: jax.Array, t: jax.Array) -> jax.Array:
    def norm(x: jax.Array, gamma: jax.Array, beta: jax.Array) -> jax.Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        return gamma * centred * jax.lax.rsqrt(jnp.square(centred).mean(axis=-1, keepdims=True) + 1e-5) + beta

    n1 = norm(x, w[0], w[1])
    q, k, v = (n1 @ each for each in w[2:5])
    a = jax.nn.softmax(q @ k.swapaxes(-1, -2) / np.float32(np.sqrt(x.shape[-1])))
    x1 = x + a @ v @ w[5]
    x2 = x1 + jax.nn.gelu(norm(x1, w[6], w[7]) @ w[8] + w[9], approximate=True) @ w[10] + w[11]
    return cross_entropy(norm(x2, w[12], w[13]) @ w[14] + w[15], t)


LOSSES: dict[str, Callable[[Workload], Loss]] = {
    "classifier": lambda workload: classifier, "penalised": lambda workload: penalised,
    "loss": lambda workload: loss_alone, "chain": chain, "convnet": lambda workload: convnet,
    "attention": lambda workload: attention,
}  # fmt: skip


def jitted(workload: Workload, script: bool) -> Trainer:
    loss_of, rate = LOSSES[workload.model](workload), workload.learning_rate
    w = [jnp.asarray(array) for array in workload.parameters()]
    by_weights, by_input = jax.value_and_grad(loss_of), jax.value_and_grad(loss_of, argnums=1)

    @partial(jax.jit, donate_argnums=0)
    def whole(w: list[jax.Array], *feed: jax.Array) -> tuple[Any, Any]:
        if not w:
            return by_input(w, *feed)
        loss, gradients = by_weights(w, *feed)
        return loss, [each - rate * gradient for each, gradient in zip(w, gradients)]

    if w:

        def step(*feed: Any) -> Any:
            nonlocal w
            loss, w = whole(w, *feed)
            return float(loss) if script else loss

    else:

        def step(*feed: Any) -> Any:
            nonlocal last
            loss, last = whole(w, *feed)
            return float(loss) if script else loss

    last: Any = None

    def state() -> list[Array]:
        return [np.asarray(each) for each in (w or [last])]

    def wait(loss: Any) -> None:
        jax.block_until_ready((loss, w, last))

    return Trainer(step, state, (lambda array: array) if script else jnp.asarray, wait)


ASYNC: dict[str, Model] = dict.fromkeys(LOSSES, partial(jitted, script=False))
SCRIPT: dict[str, Model] = dict.fromkeys(LOSSES, partial(jitted, script=True))
