"""The one table of cases that all tests of ops read: every op, in every shape and setting that could go wrong.

A new op gets its rows in the file of its family, and with them finite differences, the test of its expand and of its
formulas, float32, read-only inputs and parity with PyTorch. Values are moderate and away from kinks; extremes have
tests of their own.
"""

from __future__ import annotations

from cases.attention import CASES as ATTENTION
from cases.case import Case
from cases.core import CASES as CORE
from cases.images import CASES as IMAGES

__all__ = ["CASES", "Case"]

CASES: tuple[Case, ...] = (
    *CORE, *IMAGES, *ATTENTION,
)  # fmt: skip
