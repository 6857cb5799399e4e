"""What stands on and around the circles of the neuron view: names, numbers, functions, probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.neurons.arrows import RADIUS
from minigraph.diagram.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.neurons.chain import Chain, Layer, rows
from minigraph.diagram.look import Look
from minigraph.diagram.style import shade
from minigraph.diagram.text import SUBSCRIPTS, clean, scalar, size_text
from minigraph.formulas import filled
from minigraph.graph import Node
from minigraph.naming import is_number

__all__ = ["Units"]

BAR = 74
TITLES = (15, 12, 10.5, 9)


class Units:
    """The labels of one neuron diagram: those of values (forward), or those of gradients in the same places."""

    def __init__(self, look: Look, chain: Chain, forward: bool, sample: int) -> None:
        self.scene, self.chain, self.forward, self.at = look.scene, chain, forward, sample
        p = self.palette = look.palette
        self.colour, self.heat = (p.forward, p.forward_heat) if forward else (p.backward, p.backward_heat)
        self.say, self.name, self.end = look.symbols.say, look.symbols.name, look.symbols.end

    def array(self, node: Node) -> Array | None:
        """What is shown of a node: its value, or its gradient, None where that was not computed."""
        return node.value if self.forward else self.scene.gradients.get(node)

    def row(self, node: Node) -> Array | None:
        """The sample's part of it."""
        array = self.array(node)
        return None if array is None else rows(array)[self.at]

    def number(self, row: Array | None, k: int) -> str:
        return self.say("not computed") if row is None else scalar(float(row[k]))

    def of_sample(self, array: Array) -> float:
        """Of a loss: the number, or that of the sample where each has its own."""
        return float(array.ravel()[self.at if array.size > 1 else 0])

    def title(self, node: Node) -> str:
        return self.name(node) if self.forward else f"∂{self.end}/∂{self.name(node)}"

    def letter(self, node: Node) -> str:
        """x for X, h for H₂, and "" for what is called by a whole word."""
        base = self.name(node).rstrip("₀₁₂₃₄₅₆₇₈₉0123456789")
        return base.lower() if len(base) == 1 else base if len(base) == 2 else ""

    def unit(self, node: Node, k: int) -> str:
        """x₁ for the first unit of X; only the number, where the name is a word."""
        letter = self.letter(node)
        return letter + str(k + 1).translate(SUBSCRIPTS) if letter else str(k + 1)

    def face(self, node: Node, k: int) -> Box:
        """The name and the number inside a circle."""
        p, row, name = self.palette, self.row(node), self.unit(node, k)
        if row is not None:
            digits = fitted(self.number(row, k), p.ink, (12, 10.5, 9, 8, 7), 2 * RADIUS - 6, bold=True)
            head = write(Run(name if self.forward else f"∂{name}", p.ink, 10.5, True))
            return stacked([head, write(digits, height=16), gap(1, 3)])
        words = self.number(row, k).split() if self.scene.wants_gradient(node) else []
        texts = [fitted(word, p.mute, (8, 7), 2 * RADIUS - 6) for word in words]
        return stacked([write(Run(name, p.mute, 10.5, True)), *(write(text, height=9) for text in texts)])

    def fill(self, node: Node, k: int) -> str:
        row = self.row(node)
        if row is None:
            return self.palette.op
        sizes = np.where(np.isfinite(row), np.abs(row), 0.0)
        return shade(self.heat, float(sizes[k] / (sizes.max() or 1.0)))

    def tip(self, node: Node, k: int) -> str:
        unit = self.unit(node, k)
        name, row = unit if self.forward else f"∂{self.end}/∂{unit}", self.row(node)
        return f"{name}{':' if row is None else ' ='} {self.number(row, k)}"

    def bias(self, layer: Layer, k: int) -> Box | None:
        """On the yellow of parameters, above the circle."""
        if layer.bias is None or (array := self.array(layer.bias)) is None:
            return None
        text = f"{self.letter(layer.bias) or 'b'} {scalar(float(array.ravel()[k]))}"
        if self.forward:
            return write(Run(text, self.palette.ink, 8.5), height=12, fill=self.palette.parameter, pad=4)
        return write(Run(f"∂{text}", self.colour, 8.5), height=12, fill=self.palette.background, pad=4)

    def function(self, layer: Layer, k: int) -> Box | None:
        """ReLU(−0.32): what the number in the circle was made from; or the gradient before the function."""
        row = self.row(layer.before)
        if not layer.functions or row is None:
            return None
        text = self.number(row, k)
        text = self.applied(layer, text) if self.forward else f"∂{self.letter(layer.before) or 'z'} {text}"
        return write(Run(clean(text, 24), self.colour, 8.5), height=12, fill=self.palette.background, pad=2)

    def applied(self, layer: Layer, text: str) -> str:
        """The layer's functions of `text`, in symbols: ReLU(text), text × 2."""
        for node in layer.functions:
            assert node.op is not None
            word = node.op.gate or node.op.name
            if len(node.inputs) == 1 and word.isidentifier():
                text = f"{word}({text})"
            else:
                names = [scalar(float(source.value)) if is_number(source) else text for source in node.inputs]
                text = filled(node.op.formula, *names) if node.op.formula else f"{word}({text})"
        return text

    def left_out(self, count: int) -> Box:
        dots, p = Run("⋮", self.palette.mute, 18), self.palette
        return stacked([write(dots, width=20, height=22), write(Run(self.say("{0} more", count), p.mute, 9))])

    def column_title(self, node: Node, layer: Layer | None, some: int) -> Box:
        """X over "4 inputs"; H = ReLU(Z) over "5 units"."""
        count, text = node.shape[-1], self.title(node)
        if layer is not None and layer.functions and self.forward:
            text = f"{text} = {self.applied(layer, self.name(layer.before))}"
        said = self.say(_plural("{0} input" if layer is None else "{0} unit", count), count)
        said += "" if some == count else f", {self.say('{0} shown', some)}"
        if layer is not None and layer.functions and not self.forward:
            said += f"; {self.say('below: {0}', self.title(layer.before))}"
        return self._heading(text, self.palette.ink if self.forward else self.colour, [said])

    def layer_title(self, layer: Layer) -> Box:
        """W over "4×3 = 12 weights", and the size that the widest arrow stands for."""
        weight, array = layer.weight, self.array(layer.weight)
        count = weight.value.size
        notes = [f"{size_text(weight.shape)} = {self.say(_plural('{0} weight', count), count)}"]
        sizes = np.abs([] if array is None else array[np.isfinite(array)])
        widest = scalar(float(sizes.max(initial=0.0)))
        notes.append(self.say("not computed") if array is None else self.say("widest: {0}", widest))
        if self.scene.is_stale(weight):
            notes.append(self.say("stale: forward again"))
        return self._heading(self.title(weight), self.colour, notes)

    def _heading(self, text: str, colour: str, notes: Sequence[str]) -> Box:
        title = write(fitted(text, colour, TITLES, 150, serif=True, bold=True), height=20)
        return stacked([title, write(Run(", ".join(notes), self.palette.mute, 9))])

    def weight_number(self, value: float) -> Box:
        text = fitted(_short(float(value)), self.colour, (9, 8, 7), 32)
        return write(text, height=11, fill=self.palette.background, pad=2)

    def weight_tip(self, column: int, i: int, o: int) -> str:
        """W[1, 3] = −0.730 (x₁ → y₃)."""
        weight, columns = self.chain.layers[column].weight, self.chain.columns
        array, ends = self.array(weight), f"{self.unit(columns[column], i)} → {self.unit(columns[column + 1], o)}"
        says = f": {self.say('not computed')}" if array is None else f" = {scalar(float(array[i, o]), 3)}"
        return f"{self.title(weight)}[{i + 1}, {o + 1}]{says} ({ends})"

    def softmax_box(self, height: int) -> Box:
        p = self.palette
        inside = write(Run("softmax", p.ink, 11), width=58, height=height)
        return Box(framed(stacked([inside]), p.op_line, p.panel, 1.5), inside.width, inside.height)

    def answers(self, units: Iterable[int]) -> dict[int, Box]:
        """For each class p as a bar, and under it which one is the target; nothing where neither is known."""
        if self.chain.chances is None and self.chain.targets is None:
            return {}
        names = {k: Run(f"p{str(k + 1).translate(SUBSCRIPTS)}", self.palette.ink, 12, True, True) for k in units}
        width = max(name.width for name in names.values())
        return {k: self._answer(k, name, width) for k, name in names.items()}

    def _answer(self, k: int, name: Run, width: int) -> Box:
        target = self._target(k)
        if self.chain.chances is None:
            return target or gap(1, 15)
        p, chance = self.palette, float(self.chain.chances[self.at, k])
        full = round(BAR * chance) if 0 <= chance <= 1 else 0
        parts = [Box("", length, 10, fill) for length, fill in ((full, p.forward), (BAR - full, p.pill)) if length]
        bar = stacked([gap(1, 3), beside(parts), gap(1, 3)])
        digits = write(fitted(scalar(chance), p.forward, (11, 9, 8, 7), 40), width=40, height=16)
        row = beside([write(name, width, 16), gap(6, 1), bar, gap(2, 1), digits])
        below = (
            beside([gap(width + 6, 1), target, gap(row.width - width - 6 - target.width, 1)]) if target else gap(1, 15)
        )
        return stacked([gap(1, 19), row, gap(1, 4), below])

    def _target(self, k: int) -> Box | None:
        if self.chain.targets is None:
            return None
        p, t, word = self.palette, self.chain.targets[self.at], self.say("target")
        if (answer := self.target_class()) not in (k, None):
            return None
        text = f"{word} {scalar(float(t[k]))}" if answer is None else word
        return write(Run(text, p.ink, 9), height=15, fill=p.parameter, pad=6)

    def target_class(self) -> int | None:
        """The right class of the sample, if its target is one."""
        t = np.zeros(0) if self.chain.targets is None else self.chain.targets[self.at]
        is_class = t.size > 1 and np.all((t == 0) | (t == 1)) and t.sum() == 1
        return int(t.argmax()) if is_class else None

    def loss_card(self, loss: Node) -> Box:
        p, array = self.palette, self.array(loss)
        text = self.say("not computed") if array is None else scalar(self.of_sample(array), 3)
        number = fitted(text, self.colour, (14, 12, 9), 60, bold=array is not None)
        parts = [
            gap(1, 6),
            write(fitted(self.title(loss), p.ink, TITLES, 120, serif=True, bold=True), height=20),
            gap(1, 3),
            write(number, width=52, height=22, fill=self.heat[0], pad=6),
            gap(1, 6),
        ]
        if self.forward and loss.value.size == 1 and self.chain.batch > 1:
            parts[-1:] = [
                gap(1, 4),
                line([Run(self.say("over the batch of {0}", self.chain.batch), p.mute, 9)]),
                gap(1, 5),
            ]
        width = max(part.width for part in parts) + 16
        card = stacked([wide(part, width) for part in parts])
        return Box(framed(card, p.rule, p.background), card.width, card.height)

    def legend(self) -> Box:
        say, last = self.say, self.chain.batch - 1
        what = "weight" if self.forward else "gradient"
        ball = beside([write(Run("●", self.heat[1], 14), 14, 14), gap(3, 1)])
        parts = [
            self._key("▶" if self.forward else "◀", say(f"positive {what}")),
            self._key("○", say(f"negative {what}")),
            line([Run(say("width: size, relative to the layer's widest"), self.colour, 11)]),
            beside([ball, line([Run(say("fill: size, relative to the column's largest"), self.colour, 11)])]),
        ]
        notes = [say("units: sample {0} (of 0 … {1})", self.at, last) if last else say("units: the only sample")]
        if not self.forward:
            parameters = [node for layer in self.chain.layers for node in (layer.weight, layer.bias) if node]
            names = ", ".join([*map(self.title, parameters[:4]), *(["…"] if len(parameters) > 4 else [])])
            notes = [
                say("units: ∂{0}/∂unit of sample {1} (of 0 … {2})", self.end, self.at, last),
                say("{0}: over the batch of {1}", names, last + 1),
            ]
        first = beside([box for part in parts for box in (part, gap(26, 1))][:-1])
        return stacked([first, gap(1, 6), line([Run(note, self.palette.mute, 10.5) for note in notes], 26)])

    def _key(self, head: str, text: str) -> Box:
        """A little arrow, and what it means."""
        dash = [Box("", 5, 3, self.colour), gap(2, 1)]
        shaft = [Box("", 22, 3, self.colour)] if self.forward else dash * 3
        drawn = [stacked([gap(1, 6), part, gap(1, 5)]) for part in shaft]
        end = write(Run(head, self.colour, 9 if head != "○" else 14), 12, 14)
        arrow = [*drawn, end] if self.forward else [end, *drawn]
        return beside([*arrow, gap(5, 1), line([Run(text, self.colour, 11)])])


def fitted(
    text: str, colour: str, sizes: Sequence[float], width: int, *, serif: bool = False, bold: bool = False
) -> Run:
    """`text` in the largest of the sizes in which it is no wider than `width`; if there is none, cut."""
    for size in sizes:
        run = Run(text, colour, size, serif, bold)
        if run.width <= width:
            return run
    while len(text) > 2 and Run(text, colour, sizes[-1], serif, bold).width > width:
        text = text[:-2] + "…"
    return Run(text, colour, sizes[-1], serif, bold)


def _short(value: float) -> str:
    """A number that must not be long: very small or large ones with one digit."""
    text = scalar(value)
    mantissa, sign, power = text.partition("·10")
    return f"{scalar(round(float(mantissa.replace('−', '-'))))}{sign}{power}" if sign else text


def _plural(phrase: str, count: int) -> str:
    return phrase if count == 1 else f"{phrase}s"
