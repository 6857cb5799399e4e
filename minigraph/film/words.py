"""The words of a film's page, by the names that its scripts use."""

from __future__ import annotations

from minigraph.scene.phrases import Language, translated

__all__ = ["film_words"]

WORDS = {
    "film": "training: {0}",
    "first": "to the start",
    "back": "back",
    "step": "next",
    "last": "to the end",
    "play": "play",
    "pause": "pause",
    "controls": "steps of training",
    "slider": "frame of {0}",
    "dark": "dark",
    "light": "light",
    "hint": "← → frame · Home End · Space play · D dark",
    "loss": "loss",
    "losses": "loss over the steps",
    "noLoss": "not computed",
    "parameters": "parameters and gradients",
    "after": "parameters after the step; loss and gradients that the step was made with",
    "value": "value",
    "gradient": "gradient",
    "notComputed": "not computed",
    "network": "network",
    "regions": "decision regions",
    "right": "{0} of {1} points right ({2} %)",
    "klass": "class {0}",
    "range": "min {0} · mean {1} · max {2}",
    "odd": "{0} NaN or ∞",
    "some": "the first {0} of {1} numbers",
    "empty": "empty",
    "slice": "[{0}] of {1}",
    "more": "{0} more parameters are not shown",
}


def film_words(language: Language) -> dict[str, str]:
    return {name: translated(text, language) for name, text in WORDS.items()}
