"""Who is compared: one module a peer, each with MODELS, which says how it does each kind of workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.workloads import Array, Workload

__all__ = ["PEERS", "Peer", "Trainer"]


@dataclass(frozen=True)
class Peer:
    """module: in benchmarks.peers; where it has several forms, `form` names that one. packages: what it needs."""

    title: str
    module: str
    packages: tuple[str, ...] = ()
    form: str = "MODELS"
    slow_start: bool = False


@dataclass(frozen=True)
class Trainer:
    """A network ready to train.

    step(*feed) → loss, in whatever form the peer has it. state: the parameters now, in the order and shapes of the
    workload; where it has none, the gradient of the input at the last step. held: a feed in the form in which
    the peer keeps its data, made before the clock starts. wait: for work begun by the last step.
    """

    step: Callable[..., Any]
    state: Callable[[], list[Array]]
    held: Callable[[Array], Any] = field(default=lambda array: array)
    wait: Callable[[Any], object] = field(default=lambda loss: None)


Model = Callable[[Workload], Trainer]

PEERS = {
    "minigraph": Peer("minigraph compiled", "minigraph_graph", form="COMPILED"),
    "minigraph-eager": Peer("minigraph eager", "minigraph_graph", form="EAGER"),
    "numpy": Peer("NumPy, straightforward", "numpy_by_hand"),
    "torch": Peer("PyTorch eager, idiomatic", "torch_modules", ("torch",)),
    "torch-best": Peer("PyTorch eager, best form", "torch_functions", ("torch",), "EAGER"),
    "torch-compile": Peer("torch.compile, whole step", "torch_functions", ("torch",), "COMPILED", slow_start=True),
    "jax": Peer("JAX jit, donated, async", "jax_jit", ("jax",), "ASYNC"),
    "jax-script": Peer("JAX jit, NumPy in, float out", "jax_jit", ("jax",), "SCRIPT"),
    "autograd": Peer("HIPS autograd", "hips_autograd", ("autograd",)),
    "tinygrad": Peer("tinygrad TinyJit", "tinygrad_jit", ("tinygrad",), slow_start=True),
    "micrograd": Peer("micrograd", "micrograd_scalars", ("micrograd",)),
}
