"""The one table of cases that all tests of ops read: every op, in every shape and setting that could go wrong.

A new op gets its rows in the file of its family, and with them finite differences, the test of its expand and of its
formulas, float32, read-only inputs and parity with PyTorch. Values are moderate and away from kinks; extremes have
tests of their own.
"""

from __future__ import annotations

from cases.activations import CASES as ACTIVATIONS
from cases.attention import CASES as ATTENTION
from cases.case import Case
from cases.core import CASES as CORE
from cases.images import CASES as IMAGES
from cases.losses import CASES as LOSSES
from cases.primitives import CASES as PRIMITIVES
from cases.structure import CASES as STRUCTURE

__all__ = ["CASES", "EVERY", "Case"]

EVERY: tuple[Case, ...] = (
    *CORE, *PRIMITIVES, *ACTIVATIONS, *LOSSES, *STRUCTURE, *IMAGES, *ATTENTION,
)  # fmt: skip
CASES = tuple(case for case in EVERY if case.differentiable)  # without what no gradient flows through
