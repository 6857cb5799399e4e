"""A scene as DOT text: two lanes, values forward above, gradients backward below."""

from __future__ import annotations

import graphviz

from minigraph.diagram.content import Edge
from minigraph.diagram.cards import card
from minigraph.diagram.chips import chip
from minigraph.diagram.gates import block, cluster_title, gate
from minigraph.diagram.legend import legend
from minigraph.diagram.look import Look
from minigraph.graph import Node, Op

__all__ = ["dot_source"]

STRAIGHT = "60"  # how strongly the main path wants to be a straight line
Scope = tuple[Node, ...]


def dot_source(look: Look) -> str:
    """DOT text for any Graphviz: the same text for the same graph, with ids by topological order."""
    return _Writer(look).write()


class _Writer:
    def __init__(self, look: Look) -> None:
        self.look, self.scene, self.palette = look, look.scene, look.palette
        self.ids = {node: n for n, node in enumerate(look.scene.graph.nodes)}
        self.dot = graphviz.Digraph("minigraph")
        self.places: dict[Scope, graphviz.Digraph] = {(): self.dot}

    def write(self) -> str:
        p, nodes = self.palette, self.scene.graph.nodes
        # newrank: one ranking for everything, or a card may land beside the cluster that it feeds
        self.dot.attr(
            "graph", rankdir="LR", newrank="true", nodesep="0.22", ranksep="0.32", bgcolor=p.background, pad="0.2"
        )
        self.dot.attr("graph", label=f"<{legend(self.look)}>", labelloc="b", fontname="Helvetica")
        self.dot.attr("node", shape="plain", fontname="Helvetica")
        self.dot.attr("edge", fontname="Helvetica", arrowsize="0.8", penwidth="1.6")
        for node in nodes:
            if node.op is not None:
                self._gate(node, node.op)
                for edge in self.scene.returns[node]:
                    self._put(self.scene.chip_cluster(edge), self._chip(edge), chip(self.look, edge), "chip bwd")
            kind = f"tensor {self.scene.role(node)}".strip()
            self._put(self.scene.cluster(node), f"t{self.ids[node]}", card(self.look, node), kind)
        for scope in reversed(list(self.places)[1:]):  # inner ones were opened after the outer ones, and close first
            self.places[scope[:-1]].subgraph(self.places[scope])
        for node in nodes:
            if node.op is not None:
                self._wires(node, node.op)
        return str(self.dot.source)

    def _put(self, scope: Scope, name: str, label: str, kind: str, **style: str) -> None:
        self._place(scope).node(name, label=f"<{label}>", id=name, **style, **{"class": kind})

    def _place(self, scope: Scope) -> graphviz.Digraph:
        """The cluster of a scope, opened with all those around it when it is first asked for."""
        if scope not in self.places:
            self._place(scope[:-1])
            p = self.palette
            cluster = graphviz.Digraph(f"cluster_{len(self.places)}")
            cluster.attr(label=f"<{cluster_title(self.look, scope[-1])}>", labeljust="r", labelloc="t", margin="12")
            fill = p.panel if len(scope) % 2 else p.background
            cluster.attr(style="rounded,filled", color=p.rule, fillcolor=fill, penwidth="1.2")
            self.places[scope] = cluster
        return self.places[scope]

    def _gate(self, node: Node, op: Op) -> None:
        p, name = self.palette, f"o{self.ids[node]}"
        if not op.gate:
            self._put(node.scope, name, block(self.look, node), "op composite")
            return
        shape = {"shape": "circle", "style": "filled", "width": "0.52"}
        if len(op.gate) > 4:
            shape = {"shape": "box", "style": "rounded,filled", "width": f"{0.1 * len(op.gate) + 0.1:.2f}"}
        look = {"fixedsize": "true", "height": "0.52", "fillcolor": p.op, "color": p.op_line, "penwidth": "1.5"}
        self._put(node.scope, name, gate(self.look, node), "op", **shape, **look)

    def _chip(self, edge: Edge) -> str:
        return f"g{self.ids[edge.node]}_{edge.i}"

    def _wires(self, node: Node, op: Op) -> None:
        """Forward: inputs → gate → output. Backward: output → (gate →) chip → input, where a gradient flows."""
        me, is_block = self.ids[node], not op.gate
        through_gate = is_block or self.scene.returns_through_gate(node)

        def pin(kind: str, i: int) -> str:
            return f"o{me}" + (f":{kind}{i}:{'s' if i else 'w'}" if is_block else "")

        self._forward(f"o{me}" + (":vout:e" if is_block else ""), f"t{me}:v:w", STRAIGHT)
        for i, source in enumerate(node.inputs):
            main = i == 0 and (is_block or not through_gate)
            self._forward(f"t{self.ids[source]}:v:e", pin("v", i), STRAIGHT if main else "1")
        if through_gate and self.scene.returns[node]:
            self._backward(f"o{me}" + (":gout:e" if is_block else ""), f"t{me}:g:w")
        for edge in self.scene.returns[node]:
            chip = self._chip(edge)
            self._backward(f"t{self.ids[edge.source]}:g:e", f"{chip}:w", "2")
            if through_gate:
                self._backward(f"{chip}:e", pin("g", edge.i), arrow=False)
            else:
                self._backward(f"{chip}:e", f"t{me}:g:w", "6")

    def _forward(self, tail: str, head: str, weight: str = "1") -> None:
        self.dot.edge(tail, head, weight=weight, color=self.palette.forward, **{"class": "fwd"})

    def _backward(self, tail: str, head: str, weight: str = "1", arrow: bool = True) -> None:
        """Runs forward in the text, with its arrow at the tail: edges that really ran back would make cycles."""
        look = {"style": "dashed", "dir": "back" if arrow else "none", "arrowtail": "vee"}
        self.dot.edge(tail, head, weight=weight, color=self.palette.backward, **look, **{"class": "bwd"})
