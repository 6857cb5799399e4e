"""A scene as DOT text: two lanes, values forward above, gradients backward below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import graphviz

from minigraph.diagram.labels.boxes import Box, gap, stacked
from minigraph.diagram.labels.cards import card
from minigraph.diagram.labels.chips import chip
from minigraph.diagram.labels.gates import block, cluster_title, folded, gate
from minigraph.diagram.labels.legend import headline, legend
from minigraph.diagram.labels.look import Look
from minigraph.graph import Node, Op
from minigraph.scene.content import Edge
from minigraph.scene.folding import Fold
from minigraph.scene.text import clean

__all__ = ["Writer", "canvas", "dot_source"]

STRAIGHT = "1000"  # how strongly the main path wants to be a straight line: more than clusters want to be narrow, 128
Scope = tuple[Node, ...]


def dot_source(look: Look) -> str:
    """DOT text for any Graphviz: the same text for the same graph, with ids by topological order."""
    if not look.title:
        dot = canvas(look, legend(look))
    else:  # a picture has one label; a frame with a title of its own would turn the order of what is in it round
        dot = canvas(look, stacked([headline(look, look.title), legend(look), gap(1, 10)]), above=True)
    return Writer(look, dot).source()


def canvas(look: Look, label: Box | None = None, above: bool = False) -> graphviz.Digraph:
    """An empty picture, perhaps with something written below it, or above."""
    dot, space = graphviz.Digraph("minigraph"), {"nodesep": "0.22", "ranksep": "0.32", "pad": "0.2"}
    # newrank: one ranking for everything, or a card may land beside the cluster that it feeds
    dot.attr("graph", rankdir=look.direction, newrank="true", bgcolor=look.palette.background, **space)
    if label is not None:
        dot.attr("graph", label=f"<{label.content}>", labelloc="t" if above else "b", fontname="Helvetica")
    dot.attr("node", shape="plain", fontname="Helvetica")
    dot.attr("edge", fontname="Helvetica", arrowsize="0.8", penwidth="1.6")
    return dot


class Writer:
    """Writes one scene into a picture."""

    def __init__(self, look: Look, dot: graphviz.Digraph) -> None:
        self.look, self.scene, self.palette = look, look.scene, look.palette
        self.dot, self.prefix = dot, look.prefix
        self.places: dict[Scope, graphviz.Digraph] = {(): dot}
        self.boxes: dict[str, Node] = {}  # the composite of each cluster

    def source(self) -> str:
        """The whole picture as DOT text."""
        self.write()
        return str(self.dot.source)

    def write(self) -> None:
        for node in self.scene.nodes:
            if node.op is not None and self.scene.is_made_here(node):
                self._gate(node, node.op)
                for edge in self.scene.returns[node]:
                    self._put(self.scene.chip_cluster(edge), self._chip(edge), chip(self.look, edge), "chip bwd")
            kind = f"tensor {self.scene.role(node)}".strip()
            self._put(self.scene.cluster(node), self._card(node), card(self.look, node), kind)
        for found in self.scene.folding.folds:
            self._put((), self._fold(found), folded(self.look, found), "op folded")
        for scope in reversed(list(self.places)[1:]):  # inner ones were opened after the outer ones, and close first
            self.places[scope[:-1]].subgraph(self.places[scope])
        for node in self.scene.nodes:
            if node.op is not None and self.scene.is_made_here(node):
                self._wires(node, node.op)
                if not node.op.gate:
                    self._in_order(node.inputs)
        for found in self.scene.folding.folds:
            self._detour(found)

    def _card(self, node: Node) -> str:
        return f"{self.prefix}t{self.scene.ids[node]}"

    def _op(self, node: Node) -> str:
        return f"{self.prefix}o{self.scene.ids[node]}"

    def _chip(self, edge: Edge) -> str:
        return f"{self.prefix}g{self.scene.ids[edge.node]}_{edge.i}"

    def _fold(self, found: Fold) -> str:
        return f"{self.prefix}x{self.scene.ids[found.end]}"

    def _put(self, scope: Scope, name: str, label: str, kind: str, **style: str) -> None:
        self._place(scope).node(name, label=f"<{label}>", id=name, **style, **{"class": kind})

    def _place(self, scope: Scope) -> graphviz.Digraph:
        """The cluster of a scope, opened with all those around it when it is first asked for."""
        if scope not in self.places:
            self._place(scope[:-1])
            p = self.palette
            name = f"cluster_{self.prefix}{len(self.places)}"
            self.boxes[name], cluster = scope[-1], graphviz.Digraph(name)
            cluster.attr(label=f"<{cluster_title(self.look, scope[-1])}>", margin="12")
            # the corner where no wires pass: inputs come from the left, or from above
            down = self.look.runs_down
            cluster.attr(labelloc="b" if down else "t", labeljust="l" if down else "r")
            fill = p.panel if len(scope) % 2 else p.background
            cluster.attr(style="rounded,filled", color=p.rule, fillcolor=fill, penwidth="1.2")
            self.places[scope] = cluster
        return self.places[scope]

    def _gate(self, node: Node, op: Op) -> None:
        p, name = self.palette, self._op(node)
        if not op.gate:
            self._put(node.scope, name, block(self.look, node), "op composite")
            return
        sign = clean(op.gate)
        shape = {"shape": "circle", "style": "filled", "width": "0.52"}
        if len(sign) > 4:
            shape = {"shape": "box", "style": "rounded,filled", "width": f"{0.1 * len(sign) + 0.1:.2f}"}
        look = {"fixedsize": "true", "height": "0.52", "fillcolor": p.op, "color": p.op_line, "penwidth": "1.5"}
        self._put(node.scope, name, gate(self.look, node), "op", **shape, **look)

    def _wires(self, node: Node, op: Op) -> None:
        """Forward: inputs → gate → output. Backward: output → (gate →) chip → input, where a gradient flows."""
        me, is_block, (way_in, way_out, side) = self._op(node), not op.gate, self.compass
        through_gate = is_block or self.scene.returns_through_gate(node)

        def pin(kind: str, i: int) -> str:
            return me + (f":{kind}{i}:{side if i else way_in}" if is_block else "")

        self._forward(me + (f":vout:{way_out}" if is_block else ""), self._into(node, "v"), STRAIGHT)
        for i, source in enumerate(node.inputs):
            is_main = i == self.scene.main_input(node) and (is_block or not through_gate)
            self._forward(self._out_of(source, "v"), pin("v", i), STRAIGHT if is_main else "1")
        if through_gate and self.scene.returns[node]:
            self._backward(me + (f":gout:{way_out}" if is_block else ""), self._into(node, "g"))
        for edge in self.scene.returns[node]:
            chip_id = self._chip(edge)
            self._backward(self._out_of(edge.source, "g"), f"{chip_id}:{way_in}", "2")
            if through_gate:
                self._backward(f"{chip_id}:{way_out}", pin("g", edge.i), arrow=False)
            else:
                self._backward(f"{chip_id}:{way_out}", self._into(node, "g"), "6")

    def _detour(self, found: Fold) -> None:
        """The way past what is folded: start → fold → end and back, and what reaches into the fold from outside."""
        name, (way_in, way_out, side) = self._fold(found), self.compass
        self._forward(self._out_of(found.start, "v"), f"{name}:v:{way_in}", STRAIGHT)
        self._forward(f"{name}:v{'o' * self.look.runs_down}:{way_out}", self._into(found.end, "v"), STRAIGHT)
        if self.scene.wants_gradient(found.start):
            self._backward(self._out_of(found.start, "g"), f"{name}:g:{way_in}")
            self._backward(f"{name}:g{'o' * self.look.runs_down}:{way_out}", self._into(found.end, "g"))
        shown = set(self.scene.nodes)
        for leaf in dict.fromkeys(
            source for node in self.scene.graph.nodes if node in found.hidden for source in node.inputs
        ):
            if leaf.op is None and leaf in shown:
                self._forward(self._out_of(leaf, "v"), f"{name}:side:{side}")
                if self.scene.wants_gradient(leaf):
                    self._backward(self._out_of(leaf, "g"), f"{name}:side:{side}")

    def _in_order(self, inputs: Sequence[Node]) -> None:
        """Leaves that enter a block stand below each other in the order of its pins, so that no wires cross."""
        leaves = [n for n in dict.fromkeys(inputs) if n.op is None and len(self.scene.users[n]) == 1]
        if len(leaves) > 1:
            with self.dot.subgraph() as rank:
                rank.attr(rank="same")
                for first, second in pairwise(map(self._card, leaves)):
                    rank.edge(first, second, style="invis")

    @property
    def compass(self) -> tuple[str, str, str]:
        """Where values enter, where they leave, and the side of a block at which its other inputs enter."""
        return ("n", "s", "e") if self.look.runs_down else ("w", "e", "s")

    def _into(self, node: Node, kind: str) -> str:
        """Where an edge ends at a card; running down, its rows are columns with a port at each end."""
        return f"{self._card(node)}:{kind}{'i' if self.look.runs_down else ''}:{self.compass[0]}"

    def _out_of(self, node: Node, kind: str) -> str:
        return f"{self._card(node)}:{kind}:{self.compass[1]}"

    def _forward(self, tail: str, head: str, weight: str = "1") -> None:
        self.dot.edge(tail, head, weight=weight, color=self.palette.forward, **{"class": "fwd"})

    def _backward(self, tail: str, head: str, weight: str = "1", arrow: bool = True) -> None:
        """Runs forward in the text, with its arrow at the tail: edges that really ran back would make cycles."""
        look = {"style": "dashed", "dir": "back" if arrow else "none", "arrowtail": "vee"}
        self.dot.edge(tail, head, weight=weight, color=self.palette.backward, **look, **{"class": "bwd"})
