"""The title above a diagram and the legend below it."""

from __future__ import annotations

from textwrap import wrap

from minigraph.diagram.labels.boxes import Box, Run, beside, gap, line, stacked, write
from minigraph.diagram.labels.look import Look
from minigraph.diagram.labels.style import shade
from minigraph.diagram.labels.tables import WITH_DIGITS
from minigraph.scene.text import clean

__all__ = ["headline", "legend"]

LINE = 100  # letters of a title on one line
NAMED = 6  # values that are named in one line


def headline(look: Look, title: str) -> Box:
    lines = [piece for text in title.split("\n") for piece in wrap(clean(text, 400), LINE)] or [""]
    rows = [line([Run(text, look.palette.ink, 16, bold=True)]) for text in lines[:4] if text]
    return stacked([gap(1, 4), *rows, gap(1, 4)])


def legend(look: Look) -> Box:
    p, say = look.palette, look.symbols.say
    of = say("the loss") if look.scene.role(look.scene.root) == "loss" else look.symbols.end
    dashes = [part for _ in range(3) for part in (Box("", 5, 2, p.backward), gap(2, 1))]
    product = [("downstream", p.backward), ("=", p.mute), ("upstream", p.backward), ("×", p.mute), ("local", p.local)]
    parts = [
        _sign(
            Box("", 20, 2, p.forward),
            write(Run("▶", p.forward, 9), 10),
            gap(3, 1),
            Run(say("forward value"), p.forward, 11),
        ),
        _sign(
            write(Run("◀", p.backward, 9), 10),
            *dashes,
            gap(2, 1),
            Run(say("gradient of {0} (backward)", of), p.backward, 11),
        ),
        _sign(Box("", 14, 11, p.local_heat[0], border=p.local), gap(4, 1), Run(say("local gradient"), p.local, 11)),
        line([Run(say(text), colour, 11) for text, colour in product], 5),
    ]
    if any(node.value.size > WITH_DIGITS for node in look.scene.nodes):
        swatches = [Box("", 9, 9, shade(p.forward_heat, n / 2)) for n in range(3)]
        parts.append(_sign(*swatches, gap(4, 1), Run(say("size, and − if negative"), p.mute, 11)))
    if look.checks:
        parts.append(line([Run(say("✓ ✗: each local gradient against finite differences"), p.forward, 11)]))
    per_line = 2 if look.runs_down else len(parts)
    rows = [beside(_spaced(parts[n : n + per_line])) for n in range(0, len(parts), per_line)]
    if look.changed:
        names = [look.symbols.name(node) for node in look.changed]
        says = say("{0} changed after this forward: stale values and all gradients are from before", _some(names))
        rows.append(line([Run(says, p.mute, 11)]))
    elif look.scene.wants_gradient(look.scene.root) and look.scene.root not in look.scene.gradients:
        says = say("Backward has not run: backward() on {0} computes the gradients", look.symbols.end)
        rows.append(line([Run(says, p.on_highlight, 11)]))
    rows += [line([Run(text, p.on_highlight, 11)]) for text in _not_drawn(look)]
    return stacked([gap(1, 14), *(part for row in rows for part in (row, gap(1, 4)))])


def _not_drawn(look: Look) -> list[str]:
    """What is wrong in the part of a graph that is folded away."""
    scene, names = look.scene, look.symbols
    wrong = [edge for edge, check in look.checks.items() if not check.ok and edge.node in scene.folding.hidden]
    hidden = scene.folding.hidden - {*scene.nodes}
    odd = [node for node in scene.graph.nodes if node in look.origins and node in hidden]
    found = {
        "✗ wrong, but not drawn: {0}": [f"∂{names.name(edge.node)}/∂{names.name(edge.source)}" for edge in wrong],
        "NaN or ∞ begins where nothing is drawn: {0}": [names.name(node) for node in odd],
    }
    return [names.say(text, _some(each)) for text, each in found.items() if each]


def _some(names: list[str]) -> str:
    return ", ".join([*names[:NAMED], *(["⋯"] if len(names) > NAMED else [])])


def _sign(*parts: Box | Run) -> Box:
    """A sign and what it means, on one line."""
    boxes = [write(part) if isinstance(part, Run) else part for part in parts]
    return beside([_at_height(box, 15) for box in boxes])


def _spaced(parts: list[Box]) -> list[Box]:
    return [box for part in parts for box in (part, gap(28, 1))][:-1]


def _at_height(box: Box, height: int) -> Box:
    """`box` in the middle of a line of text."""
    above = (height - box.height) // 2
    return stacked([gap(1, above), box, gap(1, height - box.height - above)])
