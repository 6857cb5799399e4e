"""The neuron view: units as circles, weights as arrows whose width is their size and whose head is their sign.

Every place is computed here, and the layout engine (nop2: keep what is given) has nothing left to decide.
"""

from __future__ import annotations

from html import escape

import graphviz
import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.neurons.arrows import (
    PITCH,
    RADIUS,
    Arrow,
    Place,
    between,
    fan,
    height,
    numbers_at,
    place,
    shown,
    spread,
)
from minigraph.diagram.boxes import Box, beside
from minigraph.diagram.neurons.chain import Layer, read_chain
from minigraph.diagram.legend import headline
from minigraph.diagram.look import Look
from minigraph.diagram.text import clean, scalar
from minigraph.diagram.neurons.units import Units
from minigraph.graph import Node

__all__ = ["Neurons"]

THIN, WIDE = 0.7, 4.2  # arrows: that of 0, and that of the layer's largest weight
HEADS = 6  # more wires than that end without heads


class Neurons:
    """One network of neurons as a diagram; ``forward``: values, else gradients in the same places."""

    def __init__(self, look: Look, forward: bool, sample: int | None) -> None:
        self.look, self.title = look, look.title
        self.forward, self.palette, self.chain = forward, look.palette, read_chain(look.scene)
        self.units = Units(look, self.chain, forward, self.chain.sample(sample))
        nodes, answer = self.chain.columns, self.units.target_class()
        self.shown = [shown(node.shape[-1], answer if node is nodes[-1] else None) for node in nodes]
        self.across = [between(*pair) for pair in zip(self.shown, self.shown[1:])]
        self.colour = self.palette.forward if forward else self.palette.backward
        self.way = {} if forward else {"style": "dashed", "dir": "back"}
        self.dot = graphviz.Digraph("minigraph")

    def source(self) -> str:
        top = height(0, max(map(len, self.shown))) + RADIUS + 24
        self.dot.attr("graph", layout="nop2", outputorder="edgesfirst", bgcolor=self.palette.background, pad="0.2")
        self.dot.attr("node", shape="plain", fontname="Helvetica")
        for column, node in enumerate(self.chain.columns):
            self._column(column, node, top)
        for number, layer in enumerate(self.chain.layers):
            self._weights(number, layer, top)
        right, legend = self._ending(), self.units.legend()
        middle = max(right / 2, legend.width / 2) - RADIUS
        if self.title:
            above = headline(self.look, self.title)
            self._put("title", above, (middle, top + 56 + above.height / 2), "heading")
        self._put("legend", legend, (middle, -top - legend.height / 2), "legend")
        return str(self.dot.source)

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
            self._put(f"u{column}_{k}", units.face(node, k), (x, y), f"unit {kind}", **look)
            if layer is not None and (above := units.bias(layer, k)):
                self._put(f"b{column}_{k}", above, (x, y + RADIUS + 3 + above.height / 2), "bias")
            if layer is not None and (below := units.function(layer, k)):
                self._put(f"z{column}_{k}", below, (x, y - RADIUS - 6 - below.height / 2), "function")
        for slot, (before, empty, after) in enumerate(zip(slots, slots[1:], slots[2:]), start=1):
            if empty is None and before is not None and after is not None:
                label = units.left_out(after - before - 1)
                self._put(f"e{column}_{slot}", label, (self._x(column), height(slot, len(slots))), "more")
        title = units.column_title(node, layer, len(self._places(column)))
        self._put(f"h{column}", title, (self._x(column), top + title.height / 2), "heading")

    def _weights(self, number: int, layer: Layer, top: float) -> None:
        sources, targets = self._places(number), self._places(number + 1)
        array, (left, right) = self.units.array(layer.weight), (self._x(number), self._x(number + 1))
        values = np.full(layer.weight.shape, np.nan) if array is None else array
        widths = THIN + (WIDE - THIN) * relative(values)
        whole = array is not None and None not in (*self.shown[number], *self.shown[number + 1])
        column = numbers_at(len(sources), len(targets), right - left) if whole else None
        for a, (i, start) in enumerate(sources.items()):
            for b, (o, end) in enumerate(targets.items()):
                ends = fan(start, end, spread(b, len(targets)), spread(a, len(sources)))
                arrow = Arrow(*ends, float(widths[i, o]), bool(values[i, o] < 0), not self.forward)
                names = f"u{number}_{i}", f"u{number + 1}_{o}"
                kind = "weight" if self.forward else "weight-grad"
                tip = {"id": f"w{number}_{i}_{o}", "tooltip": _tip(self.units.weight_tip(number, i, o))}
                self._edge(*names, arrow, kind, array is None, **tip)
                if column is not None:
                    spot = left + column, arrow.at_x(left + column)
                    self._put(f"n{number}_{i}_{o}", self.units.weight_number(values[i, o]), spot, "number")
        title = self.units.layer_title(layer)
        self._put(f"s{number}", title, ((left + right) / 2, top + title.height / 2), "heading")

    def _ending(self) -> float:
        """What comes after the last units: probabilities, targets, the loss. Returns where the picture ends."""
        chain, units, column = self.chain, self.units, len(self.shown) - 1
        places, right = self._places(column), self._x(column) + RADIUS
        tails, muted = {k: f"u{column}_{k}" for k in places}, units.array(chain.columns[-1]) is None
        if chain.chances is not None:
            box = units.softmax_box(2 * round(height(0, len(self.shown[-1]))) + 2 * RADIUS)
            self._put("softmax", box, (right + 34 + box.width / 2, 0), "op")
            for k, (_, y) in places.items():
                self._wire(tails[k], "softmax", (right, y), (right + 34, y), muted)
            right += 34 + box.width
        if answers := units.answers(places):
            for k, answer in answers.items():
                self._put(f"p{k}", answer, (right + 10 + answer.width / 2, places[k][1]), "answer")
            tails, right = {k: f"p{k}" for k in places}, right + 14 + max(box.width for box in answers.values())
        if chain.loss is None:
            return right + RADIUS
        card, gap = units.loss_card(chain.loss), 26 + 5 * len(places)
        self._put("loss", card, (right + gap + card.width / 2, 0), "tensor loss")
        for slot, (k, (_, y)) in enumerate(places.items()):
            y2 = height(slot, len(places)) / PITCH * min(12, card.height / (len(places) + 1))
            self._wire(tails[k], "loss", (right, y), (right + gap, y2), muted, len(places) <= HEADS)
        return right + gap + card.width + RADIUS

    def _wire(self, tail: str, head: str, start: Place, end: Place, muted: bool, pointed: bool = True) -> None:
        arrow = Arrow(start, end, back=not self.forward, pointed=pointed)
        self._edge(tail, head, arrow, "fwd" if self.forward else "bwd", muted)

    def _edge(self, tail: str, head: str, arrow: Arrow, kind: str, muted: bool, **more: str) -> None:
        more |= {"arrowtail" if arrow.back else "arrowhead": arrow.shape, "class": kind}
        more |= {"color": self.palette.rule if muted else self.colour, "penwidth": f"{arrow.width:.2f}"}
        self.dot.edge(tail, head, pos=arrow.pos(), arrowsize=f"{arrow.size:.2f}", **self.way, **more)

    def _put(self, name: str, box: Box, at: Place, kind: str, **more: str) -> None:
        content = beside([box]).content if box.fill else box.content
        self.dot.node(name, f"<{content}>", id=name, pos=place(*at), **more, **{"class": kind})


def relative(values: Array) -> Array:
    """|w| against the largest; 0 for what is no number."""
    sizes = np.where(np.isfinite(values), np.abs(values), 0.0)
    largest = sizes.max(initial=0.0)
    return np.asarray(sizes / largest if largest else sizes)


def _tip(text: str) -> str:
    return str(graphviz.escape(escape(text, quote=False)))
