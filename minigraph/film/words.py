"""The words of a film's page, by the names that its scripts use."""

from __future__ import annotations

from minigraph.diagram.web.words import SHARED

__all__ = ["WORDS"]

WORDS = SHARED | {
    "step": "next",
    "controls": "steps of training",
    "slider": "frame of {0}",
    "hint": "← → frame · Home End · Space play · D dark",
    "losses": "loss over the steps",
    "parameters": "parameters and gradients",
    "after": "parameters after the step; loss and gradients that the step was made with",
    "network": "network",
    "regions": "decision regions",
    "right": "{0} of {1} points right ({2} %)",
    "class": "class {0}",
    "more": "{0} more parameters are not shown",
}
