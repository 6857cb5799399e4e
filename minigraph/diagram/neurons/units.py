"""What stands on and around the circles and arrows of the neuron view: names, numbers, functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.boxes import Box, Run, gap, stacked, write
from minigraph.diagram.labels.look import Look
from minigraph.diagram.labels.style import shade
from minigraph.diagram.labels.tables import magnitudes
from minigraph.diagram.neurons.arrows import RADIUS
from minigraph.diagram.neurons.chain import Chain, Layer, rows
from minigraph.diagram.neurons.formula import atom, written
from minigraph.graph import Node
from minigraph.scene.text import SUBSCRIPTS, clean, scalar, size_text

__all__ = ["TITLES", "Units", "fitted"]

DIGITS = "₀₁₂₃₄₅₆₇₈₉0123456789"
TITLES = (15, 12, 10.5, 9)
NAMES = (10.5, 9.5, 8.5)
TITLE, NAME, FUNCTION = 150, 38, 90  # the widest that stand above a column, in a circle and under it


class Units:
    """The labels of one neuron diagram: those of values (forward), or those of gradients in the same places."""

    def __init__(self, look: Look, chain: Chain, forward: bool, sample: int) -> None:
        self.scene, self.chain, self.forward, self.at = look.scene, chain, forward, sample
        p = self.palette = look.palette
        self.colour, self.heat = (p.forward, p.forward_heat) if forward else (p.backward, p.backward_heat)
        self.symbols = look.symbols
        self.say, self.name, self.end = look.symbols.say, look.symbols.name, look.symbols.end
        before = [layer.before for layer in chain.layers if layer.functions]
        self.letters = Counter(map(self.letter, dict.fromkeys((*chain.columns, *before))))
        self.functions = self._functions() if forward else {}
        self.is_brief = not forward and not all(map(self._names_fit, chain.columns))

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
        base = self.name(node).rstrip(DIGITS)
        return base.lower() if len(base) == 1 else base if len(base) == 2 else ""

    def unit(self, node: Node, k: int) -> str:
        """x₁ for the first unit of X, h₂,₁ for that of H₂ where there is an H₁; a number, where the name is a word."""
        letter, number = self.letter(node), str(k + 1)
        if not letter:
            return number
        own = self.name(node).translate(SUBSCRIPTS)[len(letter) :] if self.letters[letter] > 1 else ""
        return f"{letter}{own}{',' if own else ''}{number.translate(SUBSCRIPTS)}"

    def derivative(self, name: str) -> str:
        """∂L/∂x₁, or ∂x₁ where there is no room for that; the number of a unit that has no letter."""
        return name if name.isdecimal() else f"∂{name}" if self.is_brief else f"∂{self.end}/∂{name}"

    def _names_fit(self, node: Node) -> bool:
        longest = f"∂{self.end}/∂{self.unit(node, node.shape[-1] - 1)}"
        return Run(longest, self.palette.ink, NAMES[-1], True).width <= NAME

    def face(self, node: Node, k: int) -> Box:
        """The name and the number inside a circle."""
        p, row, name = self.palette, self.row(node), self.unit(node, k)
        if row is not None:
            digits = fitted(self.number(row, k), p.ink, (12, 10.5, 9, 8, 7), 2 * RADIUS - 6, bold=True)
            head = fitted(name if self.forward else self.derivative(name), p.ink, NAMES, NAME, serif=True)
            return stacked([write(head, height=14), write(digits, height=16), gap(1, 3)])
        words = self.number(row, k).split() if self.scene.wants_gradient(node) else []
        texts = [fitted(word, p.mute, (8, 7), 2 * RADIUS - 6) for word in words]
        return stacked([write(Run(name, p.mute, 10.5, True)), *(write(text, height=9) for text in texts)])

    def fill(self, node: Node, k: int) -> str:
        row = self.row(node)
        if row is None:
            return self.palette.op
        sizes = magnitudes(row)
        return shade(self.heat, float(sizes[k] / (sizes.max() or 1.0)))

    def tip(self, node: Node, k: int) -> str:
        unit = self.unit(node, k)
        name, row = unit if self.forward else f"∂{self.end}/∂{unit}", self.row(node)
        return f"{name}{':' if row is None else ' ='} {self.number(row, k)}"

    def bias(self, layer: Layer, k: int) -> Box | None:
        """On the yellow of parameters, above the circle."""
        if layer.bias is None or (array := self.array(layer.bias)) is None:
            return None
        name, number = self.letter(layer.bias) or "b", scalar(float(array.ravel()[k]))
        if self.forward:
            return write(Run(f"{name} {number}", self.palette.ink, 8.5), height=12, fill=self.palette.parameter, pad=4)
        return self._small(f"{self.derivative(name)} {number}", pad=0)

    def function(self, layer: Layer, k: int) -> Box | None:
        """ReLU(−0.32): what the number in the circle was made from; or the gradient before the function."""
        row = self.row(layer.before)
        if not layer.functions or row is None:
            return None
        text = self.number(row, k)
        if self.forward:
            return self._small(self.applied(layer, text))
        name = self.unit(layer.before, k) if self.letter(layer.before) else "z"
        return self._small(f"{self.derivative(name)} {text}")

    def _small(self, text: str, pad: int = 2) -> Box:
        run = fitted(text, self.colour, (8.5, 7.5, 7), FUNCTION)
        return write(run, height=12, fill=self.palette.background, pad=pad)

    def applied(self, layer: Layer, text: str) -> str:
        """The layer's functions of `text`, in symbols: ReLU(text), text × 2; f(text) where that is long."""
        short = self.functions.get(self._formula(layer, "z"))
        return f"{short}({text})" if short else self._formula(layer, text)

    def _formula(self, layer: Layer, text: str) -> str:
        """In full; where even that is endless, the names of the ops in order."""
        term = written(layer.functions, {layer.before: atom(text)}, self.symbols)
        return term.text if term else clean(" → ".join(node.op.name for node in layer.functions if node.op), 120)

    def _functions(self) -> dict[str, str]:
        """What is too long to be written at every unit, as a formula in z, and the letter that stands for it."""
        layers = [layer for layer in self.chain.layers if layer.functions]
        long = list(dict.fromkeys(self._formula(layer, "z") for layer in layers if not self._fits(layer)))
        return {text: f"f{str(n).translate(SUBSCRIPTS)}" if len(long) > 1 else "f" for n, text in enumerate(long, 1)}

    def _fits(self, layer: Layer) -> bool:
        title = f"{self.name(layer.after)} = {self._formula(layer, self.name(layer.before))}"
        row = rows(layer.before.value)[self.at]
        texts = [self._formula(layer, self.number(row, k)) for k in range(len(row))]
        small = max((Run(text, self.colour, 7).width for text in texts), default=0)
        return Run(title, self.colour, TITLES[-1], True, True).width <= TITLE and small <= FUNCTION

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

    def layer_title(self, layer: Layer, part: Array) -> Box:
        """W over "4×3 = 12 weights", and the size of the widest arrow; `part` is what the arrows show of the layer."""
        count, what = layer.weight.value.size, "weight" if self.forward else "gradient"
        notes = [f"{size_text(layer.weight.shape)} = {self.say(_plural(f'{{0}} {what}', count), f'{count:,}')}"]
        widest = scalar(float(np.abs(part[np.isfinite(part)]).max(initial=0.0)))
        said = self.say("widest: {0}" if part.size == count else "widest shown: {0}", widest)
        notes.append(self.say("not computed") if self.array(layer.weight) is None else said)
        if self.scene.is_stale(layer.weight):
            notes.append(self.say("stale: forward again"))
        return self._heading(self.title(layer.weight), self.colour, notes)

    def _heading(self, text: str, colour: str, notes: Sequence[str]) -> Box:
        title = write(fitted(text, colour, TITLES, TITLE, serif=True, bold=True), height=20)
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

    def target_class(self) -> int | None:
        """The right class of the sample, if its target is one."""
        t = np.zeros(0) if self.chain.targets is None else self.chain.targets[self.at]
        is_class = t.size > 1 and np.all((t == 0) | (t == 1)) and t.sum() == 1
        return int(t.argmax()) if is_class else None


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
