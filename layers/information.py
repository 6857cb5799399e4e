"""How much there is to say: entropies of distributions, as plain functions of arrays; no nodes, no gradients.

Sources: C. Shannon, "A mathematical theory of communication" (1948); S. Kullback and R. Leibler, "On information and
sufficiency" (1951).
"""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array, ArrayLike, as_numbers, shape_text
from minigraph.layers.targets import check_distributions, cross_terms

__all__ = ["cross_entropy", "entropy", "kl_divergence"]


def entropy(p: ArrayLike, base: float = math.e) -> Array:
    """H(p) = −Σ p · log p over the last axis, of distributions [..., C]: what one answer tells, on average.

    In nats; with base=2 in bits: a fair coin has 1 bit, a die log₂ 6. 0 · log 0 is 0.
    Errors: ValueError for what is no distribution, and for a base that no logarithm has.

    >>> entropy([0.5, 0.5], base=2).item()
    1.0
    """
    distributions = _distributions("entropy", p=p)["p"]
    return _in_base("entropy", base, cross_terms(distributions, _log(distributions)))


def cross_entropy(p: ArrayLike, q: ArrayLike, base: float = math.e) -> Array:
    """H(p, q) = −Σ p · log q = H(p) + KL(p‖q) over the last axis: what answers from p cost in a code made for q.

    p, q: distributions [..., C] of one shape, the truth first. In nats; with base=2 in bits. ∞ where something happens
    that q excludes. Errors: as `entropy`, and for shapes that differ.

    >>> cross_entropy([0.5, 0.5], [0.25, 0.75], base=2).round(4).item()
    1.2075
    """
    given = _distributions("cross_entropy", p=p, q=q)
    return _in_base("cross_entropy", base, cross_terms(given["p"], _log(given["q"])))


def kl_divergence(p: ArrayLike, q: ArrayLike, base: float = math.e) -> Array:
    """KL(p‖q) = Σ p · log(p/q) over the last axis: what it costs to take q for p. 0 where they agree, else more.

    p, q: distributions [..., C] of one shape, the truth first: it is not symmetric. In nats; with base=2 in bits.
    ∞ where something happens that q excludes. Errors: as `cross_entropy`.

    >>> kl_divergence([0.5, 0.5], [0.25, 0.75], base=2).round(4).item()
    0.2075
    """
    given = _distributions("kl_divergence", p=p, q=q)
    truth = given["p"]
    log_p = np.log(truth, where=truth > 0, out=np.zeros_like(truth))
    return _in_base("kl_divergence", base, cross_terms(truth, _log(given["q"]) - log_p))


def _distributions(owner: str, **given: ArrayLike) -> dict[str, Array]:
    arrays = {name: np.asarray(as_numbers(owner, value), dtype=np.float64) for name, value in given.items()}
    shapes = {name: shape_text(array.shape) for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"{owner}: p is {shapes['p']} but q is {shapes['q']}; they must have the same shape")
    for name, array in arrays.items():
        if not array.ndim or not array.size:
            raise ValueError(f"{owner}: {name} is {shapes[name]}, but must be [..., classes] and not empty")
        check_distributions(owner, name, array)
    return arrays


def _log(p: Array) -> Array:
    """ln p, and −∞ of 0 without a warning: here that is an answer."""
    return np.log(p, where=p > 0, out=np.full_like(p, -np.inf))


def _in_base(owner: str, base: float, nats: Array) -> Array:
    if not 1 < base < np.inf:
        raise ValueError(f"{owner}: base is {base}, but must be greater than 1: 2 for bits, math.e for nats")
    return np.asarray(nats / math.log(base)) + 0.0  # + 0 turns −0 into 0
