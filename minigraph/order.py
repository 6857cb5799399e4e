"""In which order a graph is walked, forwards and backwards; loops, so that depth has no limit."""

from __future__ import annotations

from collections.abc import Container
from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minigraph.graph import Node, Op

__all__ = ["topological_order", "way_back"]


def topological_order(output: Node, until: Container[Node] = ()) -> tuple[Node, ...]:
    """Every node that `output` depends on, inputs before users, in a fixed order.

    until: nodes whose own inputs are not looked at.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(output, False)]
    while stack:
        node, inputs_are_done = stack.pop()
        if inputs_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node not in until:
                stack.extend((source, False) for source in reversed(node.inputs))
    return tuple(order)


def way_back(nodes: tuple[Node, ...]) -> dict[Node, tuple[Op, tuple[bool, ...]]]:
    """The nodes that a backward from the last one visits, in its order, and which gradients to ask each op for."""
    leads_to_leaf: set[Node] = set()  # nodes behind which some leaf requires a gradient
    needs: dict[Node, tuple[bool, ...]] = {}
    for node in nodes:
        constants = node.op.constants if node.op else ()
        needs[node] = tuple(i not in constants and source in leads_to_leaf for i, source in enumerate(node.inputs))
        if node.requires_grad or any(needs[node]):
            leads_to_leaf.add(node)
    plan: dict[Node, tuple[Op, tuple[bool, ...]]] = {}
    reached = {nodes[-1]}
    for node in reversed(nodes):
        if node.op is not None and node in reached and any(needs[node]):
            plan[node] = node.op, needs[node]
            reached.update(compress(node.inputs, needs[node]))
    return plan
