"""What explain says where not all can be said: paths that are not listed, values that are not finite."""

from __future__ import annotations

import numpy as np

import minigraph as mg


def test_what_unlisted_paths_bring_is_summed_where_a_difference_of_infinities_would_say_nothing() -> None:
    x = mg.Node(0.0, "x")
    with np.errstate(all="ignore"):
        f = mg.log(x) + 2.0 * x + 3.0 * x + 4.0 * x
        f.backward()
    told = mg.explain(x, most=2)
    assert told.rest is not None and float(told.rest) == 7.0
    assert told.text.endswith("∂f/∂x = ∞ + 2 + 7 = ∞") and "NaN" not in told.text
