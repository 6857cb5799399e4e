"""The end of every classifier in straightforward NumPy."""

from __future__ import annotations

import numpy as np

from benchmarks.workloads import Array

__all__ = ["softmax_with_loss"]


def softmax_with_loss(scores: Array, t: Array) -> tuple[float, Array]:
    """The mean cross-entropy of scores [N, C] and labels t [N], and its gradient with respect to the scores."""
    n = scores.shape[0]
    exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exps / np.sum(exps, axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(n), t])) / n
    d = probs.copy()
    d[np.arange(n), t] -= 1
    d /= n
    return loss, d
