"""The diagram in words, for those who cannot see it: how each value was made, and how each gradient came back."""

from __future__ import annotations

from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean

__all__ = ["described"]

LONGEST = 8000


def described(symbols: Symbols) -> str:
    scene = symbols.scene
    forward = [
        f"{scene.names[node]} = {node.op.name}({', '.join(scene.names[source] for source in node.inputs)})"
        for node in scene.ops
        if node.op
    ]
    backward = [
        " ".join(term.text for term in symbols.statement(edge))
        for node in reversed(scene.ops)
        for edge in scene.returns[node]
    ]
    if not scene.gradients:
        way_back = symbols.say("Backward has not run.")
    elif backward:
        way_back = f"{symbols.say('Backward')}: {'; '.join(backward)}."
    else:
        way_back = symbols.say("No gradient flows back.")
    steps = "; ".join(forward) or symbols.say("nothing is computed")
    return clean(f"{symbols.say('Forward')}: {steps}. {way_back}", LONGEST)
