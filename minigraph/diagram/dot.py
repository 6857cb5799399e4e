"""A scene as DOT text: two lanes, values forward above, gradients backward below."""

from __future__ import annotations

import graphviz

from minigraph.diagram.content import Edge, Scene
from minigraph.diagram.labels import Labels
from minigraph.diagram.style import LIGHT, Palette
from minigraph.graph import Node

__all__ = ["dot_source"]

MAIN = "60"  # how strongly the main path wants to be straight


def dot_source(scene: Scene, detail: str, palette: Palette = LIGHT) -> str:
    """DOT text for any Graphviz: the same text for the same graph, ids by topological order."""
    return _Writer(scene, Labels(scene, palette, detail), palette).write()


class _Writer:
    def __init__(self, scene: Scene, labels: Labels, palette: Palette) -> None:
        self.scene, self.labels, self.palette = scene, labels, palette
        self.ids = {node: n for n, node in enumerate(scene.graph.nodes)}
        self.dot = graphviz.Digraph("minigraph")

    def write(self) -> str:
        p = self.palette
        self.dot.attr("graph", rankdir="LR", newrank="true", nodesep="0.22", ranksep="0.32", bgcolor=p.background, pad="0.2", fontname="Helvetica")
        self.dot.attr("graph", label=f"<{self.labels.legend()}>", labelloc="b")
        self.dot.attr("node", shape="plain", fontname="Helvetica")
        self.dot.attr("edge", fontname="Helvetica", arrowsize="0.8", penwidth="1.6")
        self._cluster((), self.dot, 0)
        for node in self.scene.graph.nodes:
            if node.op is not None:
                self._wires(node)
        return str(self.dot.source)

    def _cluster(self, scope: tuple[Node, ...], into: graphviz.Digraph, depth: int) -> None:
        """Everything that stands directly in `scope`, then the scopes inside it."""
        inner: dict[tuple[Node, ...], None] = {}

        def place(at: tuple[Node, ...]) -> bool:
            if at[: len(scope)] == scope and len(at) > len(scope):
                inner[at[: len(scope) + 1]] = None
            return at == scope

        for node in self.scene.graph.nodes:
            if place(self.scene.cluster(node)):
                into.node(f"t{self.ids[node]}", label=f"<{self.labels.card(node)}>", id=f"t{self.ids[node]}", **{"class": self._classes(node)})
            if node.op is not None and place(node.scope):
                self._gate(node, into)
                for edge in self.scene.edges:
                    if edge.node is node:
                        name = self._chip_id(edge)
                        into.node(name, label=f"<{self.labels.chip(edge)}>", id=name, **{"class": "chip bwd"})
        for at in inner:
            with into.subgraph(name=f"cluster_{self._scope_id(at)}") as sub:
                fill = self.palette.panel if depth % 2 == 0 else self.palette.background
                sub.attr(label=f"<{self.labels.cluster(at[-1])}>", labeljust="l", labelloc="t", style="rounded,filled", margin="12")
                sub.attr(color=self.palette.rule, fillcolor=fill, penwidth="1.2")
                self._cluster(at, sub, depth + 1)

    def _scope_id(self, at: tuple[Node, ...]) -> int:
        return next(self.ids[node] for node in self.scene.graph.nodes if node.scope[: len(at)] == at)

    def _gate(self, node: Node, into: graphviz.Digraph) -> None:
        p, assert_op = self.palette, node.op
        assert assert_op is not None
        name = f"o{self.ids[node]}"
        if not assert_op.gate:
            into.node(name, label=f"<{self.labels.block(node)}>", id=name, **{"class": "op composite"})
            return
        label = f"<{self.labels.gate(node)}>"
        long = len(assert_op.gate) > 4
        shape = {"shape": "box", "style": "rounded,filled", "width": "0.62"} if long else {"shape": "circle", "style": "filled", "width": "0.52"}
        size = {"fixedsize": "true", "height": "0.52", "fillcolor": p.op, "color": p.op_line, "penwidth": "1.5"}
        into.node(name, label=label, id=name, **shape, **size, **{"class": "op"})

    def _classes(self, node: Node) -> str:
        return f"tensor {self.scene.role(node)}".strip()

    def _chip_id(self, edge: Edge) -> str:
        return f"g{self.ids[edge.node]}_{edge.i}"

    def _wires(self, node: Node) -> None:
        p, op = self.palette, node.op
        assert op is not None
        me, block = self.ids[node], not op.gate
        via_gate = block or self.scene.returns_through_gate(node)
        self._wire(f"o{me}:vout:e" if block else f"o{me}", f"t{me}:v:w", forward=True, weight=MAIN)
        if via_gate and node in self.scene.graph.wanted:
            self._wire(f"o{me}:gout:e" if block else f"o{me}", f"t{me}:g:w", forward=False, arrow=True)
        for i, source in enumerate(node.inputs):
            pin = (f":v{i}:w" if i == 0 else f":v{i}:s") if block else ""
            self._wire(f"t{self.ids[source]}:v:e", f"o{me}{pin}", forward=True, weight=MAIN if i == 0 and (block or not via_gate) else "1")
        for edge in self.scene.edges:
            if edge.node is not node:
                continue
            chip = self._chip_id(edge)
            self._wire(f"t{self.ids[edge.source]}:g:e", f"{chip}:w", forward=False, arrow=True, weight="2")
            if via_gate:
                pin = (f":g{edge.i}:w" if edge.i == 0 else f":g{edge.i}:s") if block else ""
                self._wire(f"{chip}:e", f"o{me}{pin}", forward=False, arrow=False)
            else:
                self._wire(f"{chip}:e", f"t{me}:g:w", forward=False, arrow=True, weight="6")

    def _wire(self, tail: str, head: str, *, forward: bool, arrow: bool = True, weight: str = "1") -> None:
        """Backward wires run forward in the text, with the arrow at their tail: real reverse edges would make cycles."""
        p = self.palette
        if forward:
            style = {"color": p.forward, "class": "fwd", "arrowhead": "normal"}
        else:
            style = {"color": p.backward, "class": "bwd", "style": "dashed", "dir": "back" if arrow else "none", "arrowtail": "vee"}
        self.dot.edge(tail, head, weight=weight, **style)
