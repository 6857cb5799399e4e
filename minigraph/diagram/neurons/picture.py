"""The neuron view: units as circles, weights as arrows whose width is their size and whose head is their sign.

Every place is computed here, and the layout engine (nop2: keep what is given) has nothing left to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape

import graphviz
import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.legend import headline
from minigraph.diagram.labels.look import Look
from minigraph.diagram.labels.tables import magnitudes
from minigraph.diagram.layout.sheet import Extent, Place, Sheet
from minigraph.diagram.neurons.arrows import (
    PITCH,
    RADIUS,
    Arrow,
    between,
    fan,
    height,
    numbers_at,
    shown,
    spread,
)
from minigraph.diagram.neurons.chain import Layer, read_chain
from minigraph.diagram.neurons.ending import Ending
from minigraph.diagram.neurons.key import legend
from minigraph.diagram.neurons.units import Units
from minigraph.graph import Node
from minigraph.scene.text import clean, scalar

__all__ = ["Neurons", "Scale"]

THIN, WIDE = 0.7, 4.2  # arrows: that of 0, and that of the layer's largest weight
HEADS = 6  # more wires than that end without heads
HEADING = 56  # room for the titles of columns
STEEP = 3  # from more units than that, wires to the loss would run through the targets
CROWD = 48  # of more arrows between two columns, the small ones are pale
PALE = 0.5  # what is small: that part of the largest


Wire = tuple[str, Place, bool]  # what leads to the loss: from which node, from where, and whether it has a head


@dataclass
class Scale:
    """What pictures of one network at different times have in common, so that they can be told apart by the rest.

    widest: the largest weight of each layer in all of them, which the widths of arrows are relative to · drawn: the
    kinds of arrows in any of them · right: where the widest of them ends. Drawing collects the last two.
    """

    widest: list[float]
    drawn: set[str] = field(default_factory=set)
    right: float = 0.0


class Neurons:
    """One network of neurons as a diagram; ``forward``: values, else gradients in the same places."""

    def __init__(self, look: Look, forward: bool, sample: int | None, scale: Scale | None = None) -> None:
        self.look, self.title = look, look.title
        self.forward, self.palette, self.chain = forward, look.palette, read_chain(look.scene)
        self.units = Units(look, self.chain, forward, self.chain.sample(sample))
        self.ending, self.scale = Ending(self.units), scale
        self.drawn = set[str]() if scale is None else scale.drawn
        nodes, answer = self.chain.columns, self.units.target_class()
        self.shown = [shown(node.shape[-1], answer if node is nodes[-1] else None) for node in nodes]
        self.across = [between(*pair) for pair in zip(self.shown, self.shown[1:])]
        self.colour = self.palette.forward if forward else self.palette.backward
        self.way = {} if forward else {"style": "dashed", "dir": "back"}
        self.sheet = Sheet(self.palette.background)
        self.top, self.right = height(0, max(map(len, self.shown))) + RADIUS + 24, 0.0

    def source(self) -> str:
        self.draw()
        self.finish()
        return self.sheet.source

    def draw(self) -> None:
        """Units, arrows, and what comes after them. What the graph holds is read here, and not later."""
        for column, node in enumerate(self.chain.columns):
            self._column(column, node, self.top)
        for number, layer in enumerate(self.chain.layers):
            self._weights(number, layer, self.top)
        self.right = self._ending()
        if self.scale is not None:
            self.scale.right = max(self.scale.right, self.right)

    def finish(self) -> Extent:
        """Legend and title, when all pictures of the scale are drawn. Returns how far the picture reaches."""
        right = self.right if self.scale is None else self.scale.right
        key = legend(self.units, self.drawn, self.scale is not None)
        half = max(right / 2, key.width / 2)
        middle, above = half - RADIUS, self.top + HEADING
        if self.title:
            title = headline(self.look, self.title)
            self.sheet.put("title", title, (middle, above + title.height / 2), "heading")
            above += title.height
        self.sheet.put("legend", key, (middle, -self.top - key.height / 2), "legend")
        return Extent(-RADIUS, 2 * half - RADIUS, -self.top - key.height, above)

    def description(self) -> str:
        """The diagram in words."""
        units, chain = self.units, self.chain
        parts = [units.say("Neurons, sample {0} (of 0 … {1})", units.at, chain.batch - 1)]
        for column, node in enumerate(chain.columns):
            if column:
                weight = chain.layers[column - 1].weight
                parts.append(units.say("{0} weights {1}", weight.value.size, units.title(weight)))
            kind = {0: "inputs", len(chain.layers): "outputs"}.get(column, "units")
            texts = [units.tip(node, k) for k in self.shown[column] if k is not None]
            parts.append(f"{units.say('{0} ' + kind, node.shape[-1])}: {', '.join(texts)}")
        if chain.loss is not None:
            parts.append(f"{units.name(chain.loss)} = {scalar(units.of_sample(chain.loss.value), 3)}")
        return clean("; ".join(parts) + ".", 4000)

    def _x(self, column: int) -> float:
        return sum(self.across[:column])

    def _places(self, column: int) -> dict[int, Place]:
        """Where the units of a column are, those that are shown."""
        slots = self.shown[column]
        return {k: (self._x(column), height(slot, len(slots))) for slot, k in enumerate(slots) if k is not None}

    def _column(self, column: int, node: Node, top: float) -> None:
        units, layers, slots = self.units, self.chain.layers, self.shown[column]
        kind = {0: "input", len(layers): "output"}.get(column, "hidden")
        layer = layers[column - 1] if column else None
        circle = {"shape": "circle", "fixedsize": "true", "width": f"{2 * RADIUS / 72:.4f}", "style": "filled"}
        circle |= {"color": self.palette.rule if units.array(node) is None else self.colour, "penwidth": "1.3"}
        for k, (x, y) in self._places(column).items():
            look = {"fillcolor": units.fill(node, k), "tooltip": _tip(units.tip(node, k)), **circle}
            self.sheet.put(f"u{column}_{k}", units.face(node, k), (x, y), f"unit {kind}", **look)
            if layer is not None and (above := units.bias(layer, k)):
                self.sheet.put(f"b{column}_{k}", above, (x, y + RADIUS + 3 + above.height / 2), "bias")
            if layer is not None and (below := units.function(layer, k)):
                self.sheet.put(f"z{column}_{k}", below, (x, y - RADIUS - 6 - below.height / 2), "function")
        for slot, (before, empty, after) in enumerate(zip(slots, slots[1:], slots[2:]), start=1):
            if empty is None and before is not None and after is not None:
                label = units.left_out(after - before - 1)
                self.sheet.put(f"e{column}_{slot}", label, (self._x(column), height(slot, len(slots))), "more")
        title = units.column_title(node, layer, len(self._places(column)))
        self.sheet.put(f"h{column}", title, (self._x(column), top + title.height / 2), "heading")

    def _weights(self, number: int, layer: Layer, top: float) -> None:
        left, right = self._x(number), self._x(number + 1)
        sources, targets = self._places(number), self._places(number + 1)
        array = self.units.array(layer.weight)
        values = np.full(layer.weight.shape, np.nan) if array is None else array
        part = values[np.ix_(list(sources), list(targets))]
        sizes, arrows = self._sizes(number, part), self._arrows(number, part)
        crowded = part.size > CROWD and bool(sizes.any())
        for (a, b), arrow in arrows.items():
            pair = list(sources)[a], list(targets)[b]
            self._weight(number, pair, arrow, crowded and bool(sizes[a, b] < PALE))
        column = numbers_at(len(sources), len(targets), right - left) if part.size == values.size else None
        if column is not None and array is not None:
            for (i, o), arrow in arrows.items():
                spot = left + column, arrow.at_x(left + column)
                self.sheet.put(f"n{number}_{i}_{o}", self.units.weight_number(part[i, o]), spot, "number")
        title = self.units.layer_title(layer, part)
        self.sheet.put(f"s{number}", title, ((left + right) / 2, top + title.height / 2), "heading")

    def _sizes(self, number: int, part: Array) -> Array:
        """|w| against the layer's largest, here or in all pictures of the scale; 0 for what is no number."""
        sizes = magnitudes(part)
        largest = sizes.max(initial=0.0) if self.scale is None else self.scale.widest[number]
        return np.asarray(np.minimum(sizes / largest, 1.0) if largest else sizes)

    def _arrows(self, number: int, part: Array) -> dict[tuple[int, int], Arrow]:
        """Those between the units that are shown, by their places; `part` are their weights or gradients."""
        sources, targets = (list(self._places(column).values()) for column in (number, number + 1))
        widths, found = THIN + (WIDE - THIN) * self._sizes(number, part), {}
        for i, start in enumerate(sources):
            for o, end in enumerate(targets):
                ends = fan(start, end, spread(o, len(targets)), spread(i, len(sources)))
                found[i, o] = Arrow(*ends, float(widths[i, o]), bool(part[i, o] < 0), not self.forward)
        return found

    def _weight(self, number: int, pair: tuple[int, int], arrow: Arrow, pale: bool) -> None:
        (i, o), muted = pair, self.units.array(self.chain.layers[number].weight) is None
        if not muted:
            self.drawn.add("pale" if pale else "negative" if arrow.negative else "positive")
        kind = "weight" if self.forward else "weight-grad"
        tip = {"id": f"w{number}_{i}_{o}", "tooltip": _tip(self.units.weight_tip(number, i, o))}
        look = replace(arrow, pointed=False) if pale else arrow
        self._edge(f"u{number}_{i}", f"u{number + 1}_{o}", look, f"{kind} pale" if pale else kind, muted or pale, **tip)

    def _ending(self) -> float:
        """What comes after the last units: probabilities, targets, the loss. Returns where the picture ends."""
        chain, places = self.chain, self._places(len(self.shown) - 1)
        right, wires = self._chances(places) if chain.chances is not None else self._targets(places)
        if chain.loss is None:
            return right + RADIUS
        card, gap = self.ending.loss_card(chain.loss), 26 + 5 * len(places)
        self.sheet.put("loss", card, (right + gap + card.width / 2, 0), "tensor loss")
        muted = self.units.array(chain.columns[-1]) is None
        for slot, (tail, start, pointed) in enumerate(wires):
            y = height(slot, len(wires)) / PITCH * min(12, card.height / (len(wires) + 1))
            self._wire(tail, "loss", start, (right + gap, y), muted, pointed and len(places) <= HEADS)
        return right + gap + card.width + RADIUS

    def _chances(self, places: dict[int, Place]) -> tuple[float, list[Wire]]:
        """The softmax and what it makes of the units. Returns where they end and what leads on from there."""
        column = len(self.shown) - 1
        right, muted = self._x(column) + RADIUS, self.units.array(self.chain.columns[-1]) is None
        box = self.ending.softmax_box(2 * round(height(0, len(self.shown[-1]))) + 2 * RADIUS)
        self.sheet.put("softmax", box, (right + 34 + box.width / 2, 0), "op")
        for k, (_, y) in places.items():
            self._wire(f"u{column}_{k}", "softmax", (right, y), (right + 34, y), muted)
        right, answers = right + 44 + box.width, self.ending.answers(places)
        for k, answer in answers.items():
            self.sheet.put(f"p{k}", answer, (right + answer.width / 2, places[k][1]), "answer")
        right += 4 + max(answer.width for answer in answers.values())
        return right, [(f"p{k}", (right, y), True) for k, (_, y) in places.items()]

    def _targets(self, places: dict[int, Place]) -> tuple[float, list[Wire]]:
        """The targets where the loss compares units with them: values beside the units, which lead to the loss too."""
        column, pills = len(self.shown) - 1, {k: pill for k in places if (pill := self.ending.target(k))}
        right, muted = self._x(column) + RADIUS, self.units.array(self.chain.columns[-1]) is None
        end = right + max((14 + pill.width for pill in pills.values()), default=0)
        passes = bool(pills) and len(places) > STEEP
        wires: list[Wire] = []
        for k, (_, y) in places.items():
            if passes:
                self._wire(f"u{column}_{k}", "loss", (right, y), (end, y), muted, not self.forward)
            wires.append((f"u{column}_{k}", (end if passes else right, y), self.forward or not passes))
            if k not in pills:
                continue
            pill, outside = pills[k], y + (16 if y > 0 else -16)  # wires run towards the middle, and pass it there
            self.sheet.put(f"p{k}", pill, (end - 4 - pill.width / 2, outside), "answer target")
            if self.forward:  # no gradient goes back to a target
                wires.insert(len(wires) - (y > 0), (f"p{k}", (end, outside), True))
        return end, wires

    def _wire(self, tail: str, head: str, start: Place, end: Place, muted: bool, pointed: bool = True) -> None:
        arrow = Arrow(start, end, back=not self.forward, pointed=pointed)
        self._edge(tail, head, arrow, "fwd" if self.forward else "bwd", muted)

    def _edge(self, tail: str, head: str, arrow: Arrow, kind: str, muted: bool, **more: str) -> None:
        more["arrowtail" if arrow.back else "arrowhead"] = arrow.shape
        more |= {"color": self.palette.rule if muted else self.colour, "penwidth": f"{arrow.width:.2f}"}
        self.sheet.edge(tail, head, arrow.pos(), kind, arrowsize=f"{arrow.size:.2f}", **self.way, **more)


def _tip(text: str) -> str:
    return str(graphviz.escape(escape(text, quote=False)))
