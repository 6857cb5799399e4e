"""Parity with PyTorch, forwards and backwards, for every op that it has too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import EVERY, Case

TWINS = [case for case in EVERY if case.twin]
pytestmark = pytest.mark.torch


def test_every_op_has_a_twin() -> None:
    assert {type(case.op) for case in EVERY} == {type(case.op) for case in TWINS}


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-5)], ids=["float64", "float32"])
@pytest.mark.parametrize("case", TWINS, ids=[case.id for case in TWINS])
def test_parity(torch: Any, case: Case, dtype: type, tolerance: float) -> None:
    assert case.twin is not None
    operands = tuple(a.astype(dtype) if a.dtype == np.float64 else a for a in case.operands)
    tensors = [torch.tensor(a) for a in operands]
    for i in case.differentiable:
        tensors[i].requires_grad_()
    expected = case.twin(torch, *tensors)
    output = case.op.run(operands)
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=tolerance, atol=tolerance)

    if not case.differentiable:
        return
    upstream = np.asarray(np.random.default_rng(5).normal(size=output.shape).astype(dtype))
    expected.backward(torch.tensor(upstream))
    gradients = case.op.pull(upstream, output, operands, (True,) * len(operands))
    for i in case.differentiable:
        np.testing.assert_allclose(gradients[i], tensors[i].grad.numpy(), rtol=tolerance, atol=tolerance)
