"""One step of an optimizer as a picture: old value − step = new value, and what that does to the loss."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.figure import Diagram
from minigraph.diagram.labels.boxes import Box, Run, beside, columns, gap, stacked, write
from minigraph.diagram.labels.legend import headline
from minigraph.diagram.labels.look import Look
from minigraph.diagram.layout.dot import canvas
from minigraph.diagram.options import Language, Theme, as_root, checked, colours
from minigraph.graph import Graph, Node
from minigraph.optim import SGD, Optimizer
from minigraph.scene.content import Scene
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean, constant, scalar

__all__ = ["draw_step"]


@np.errstate(all="ignore")  # NaN and ∞ are drawn and marked
def draw_step(
    loss: Node | Graph,
    optimizer: Optimizer,
    *,
    theme: Theme = "light",
    language: Language = "en",
    title: str | None = None,
    digits: int = 2,
    id: str | None = None,
) -> Diagram:
    """θ − η·∂L/∂θ = new θ for each parameter, in numbers, and the loss before and after.

    It shows what ``optimizer.step()`` is about to do, so call it after ``backward`` and before ``step``; neither the
    parameters nor the optimizer change. With momentum and the like the step is whatever the optimizer takes away.
    Errors: ValueError where a gradient was not computed, or none of the optimizer's parameters is behind `loss`.

    >>> w = mg.Parameter(3.0, "w")
    >>> loss = w * w
    >>> loss.backward()
    >>> mg.draw_step(loss, mg.SGD([w], learning_rate=0.1)).save("step.svg").name
    'step.svg'
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"draw_step: needs an optimizer, such as SGD, got {type(optimizer).__name__}")
    checked("draw_step", title=title, digits=digits, theme=theme, language=language, id=id)
    root, (palette, css) = as_root("draw_step", loss), colours(theme)
    scene = Scene(root)
    look = Look(scene, Symbols(scene, language), palette, digits=digits)
    mine = [parameter for parameter in optimizer.parameters if parameter in scene.ids]
    if not mine:
        raise ValueError(f"draw_step: no parameter of {type(optimizer).__name__} is behind {scene.names[root]}")
    for parameter in mine:
        if scene.is_stale(parameter):
            changed = f"{scene.names[parameter]} has changed since the forward"
            raise ValueError(f"draw_step: {changed}; call it before step(), or run forward and backward again")
        if parameter.grad is not None and parameter.grad_of is not None and parameter.grad_of() is not root:
            other = f"the gradient of {scene.names[parameter]} is of another output than {scene.names[root]}"
            raise ValueError(f"draw_step: {other}; run its backward first")
    updated = {parameter: value for parameter, value in optimizer.preview().items() if parameter in scene.ids}
    before, after = root.value, scene.graph.replay(updated)[root]
    rows = [_equation(look, optimizer, parameter, new) for parameter, new in updated.items()]
    lines = columns(rows)
    lines.append(_loss(look, before, after))
    heading = title or look.symbols.say("One step of {0}: {1}", type(optimizer).__name__, _settings(look, optimizer))
    dot = canvas(look, headline(look, heading), above=True)
    body = stacked([part for text in lines for part in (text, gap(1, 16))][:-1])
    dot.node("step", label=f"<{body.content}>", id="step")
    says = ", ".join(look.symbols.name(parameter) for parameter in updated)
    return Diagram(
        str(dot.source), clean(heading, 200), clean(f"{heading}: {says}. {_change(look, before, after)}", 2000), id, css
    )


def _settings(look: Look, optimizer: Optimizer) -> str:
    """The settings that are not 0: learning rate 0.1, momentum 0.9, betas (0.9, 0.999)."""
    return ", ".join(_setting(look, name, value) for name, value in optimizer.settings.items() if value)


def _setting(look: Look, name: str, value: Any) -> str:
    word = look.symbols.say(name.replace("_", " "))
    if isinstance(value, tuple):
        return f"{word} ({', '.join(constant(float(v)) if isinstance(v, Real) else str(v) for v in value)})"
    return word if value is True else f"{word} {constant(value)}"


def _equation(look: Look, optimizer: Optimizer, parameter: Node, new: Array) -> list[Box]:
    """old − step = new, each with its name above it."""
    p, name, old = look.palette, look.symbols.name(parameter), parameter.value
    is_plain = type(optimizer) is SGD and not optimizer.momentum and not optimizer.weight_decay
    step = f"{constant(optimizer.learning_rate)} × {look.symbols.gradient(parameter)}"
    parts = [
        (Run(name, p.forward, 14, True, True), old, p.forward, p.forward_heat),
        (
            Run(step if is_plain else look.symbols.say("step"), p.backward, 13, True),
            old - new,
            p.backward,
            p.backward_heat,
        ),
        (Run(look.symbols.say("new {0}", name), p.forward, 14, True, True), new, p.forward, p.forward_heat),
    ]
    columns = [stacked([write(run, height=20), look.table(array, colour, heat)]) for run, array, colour, heat in parts]
    minus, equals = (_sign(look, text, columns) for text in ("−", "="))
    return [columns[0], minus, columns[1], equals, columns[2]]


def _sign(look: Look, text: str, columns: list[Box]) -> Box:
    """A sign at the height of the tables, below their names."""
    height = max(column.height for column in columns)
    return stacked([gap(1, 20), write(Run(text, look.palette.ink, 16, bold=True), 36, height - 20)])


def _loss(look: Look, before: Array, after: Array) -> Box:
    """The output before and after the step."""
    p, name = look.palette, look.symbols.name(look.scene.root)
    tables = [look.table(array, p.forward, p.forward_heat) for array in (before, after)]
    first, arrow = Run(name, p.forward, 14, True, True), Run("→", p.ink, 16)
    parts = [write(first, 30), tables[0], write(arrow, 36, 22), tables[1]]
    if before.ndim == 0:
        parts.append(write(Run(f"({scalar(float(after - before), 3)})", p.mute, 11), 70))
    return beside([stacked([box]) for box in parts])


def _change(look: Look, before: Array, after: Array) -> str:
    if before.ndim:
        return ""
    return f"{look.symbols.name(look.scene.root)}: {scalar(float(before), 3)} → {scalar(float(after), 3)}"
