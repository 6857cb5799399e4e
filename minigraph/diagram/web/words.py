"""The words on a page's buttons and what a screen reader is told, by the names that the scripts use."""

from __future__ import annotations

from minigraph.scene.phrases import Language, translated

__all__ = ["words"]

WORDS = {
    "start": "start",
    "forward": "forward",
    "backward": "backward",
    "first": "to the start",
    "back": "back",
    "step": "step",
    "last": "to the end",
    "play": "play",
    "pause": "pause",
    "slider": "step of {0}",
    "expandAll": "expand all",
    "collapseAll": "collapse all",
    "expand": "expand {0}",
    "collapse": "collapse {0}",
    "follow": "follow",
    "fit": "fit",
    "zoomIn": "zoom in",
    "zoomOut": "zoom out",
    "dark": "dark",
    "light": "light",
    "hint": "← → step · Home End · Space play · E expand · F follow · D dark · 0 fit",
    "hover": "point at a card, or tap it, for all its numbers",
    "stepOf": "{0}/{1}",
    "value": "value",
    "gradient": "gradient",
    "local": "local gradient",
    "comesAt": "comes at step {0}",
    "notComputed": "not computed",
    "range": "min {0} · mean {1} · max {2}",
    "odd": "{0} NaN or ∞",
    "some": "the first {0} of {1} numbers",
    "diagram": "diagram: {0}",
    "controls": "steps",
    "panel": "what happens at this step",
    "legendForward": "forward value",
    "legendBackward": "gradient",
    "legendLocal": "local gradient",
    "downstream": "downstream",
    "upstream": "upstream",
    "times": "local",
    "empty": "empty",
    "needsScripts": "A diagram of this size needs JavaScript.",
    "slice": "[{0}] of {1}",
}


def words(language: Language) -> dict[str, str]:
    return {name: translated(text, language) for name, text in WORDS.items()}
