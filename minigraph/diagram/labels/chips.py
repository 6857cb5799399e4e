"""Local-gradient chips: how upstream becomes downstream on one edge, in symbols, shapes and numbers."""

from __future__ import annotations

from dataclasses import replace

from minigraph.arrays import Array
from minigraph.diagram.labels.boxes import Box, Run, beside, framed, gap, line, stacked, write
from minigraph.diagram.labels.look import Look
from minigraph.scene.content import Edge
from minigraph.scene.text import bracketed, scalar

__all__ = ["chip"]


def chip(look: Look, edge: Edge) -> str:
    """How upstream becomes downstream on one edge: the local gradient in symbols, with shapes and numbers."""
    p = look.palette
    scalars = edge.source.value.ndim == 0 and edge.node.value.ndim == 0
    rows = _scalar_rows(look, edge) if scalars else _tensor_rows(look, edge)
    rows += _verdict(look, edge)
    check = look.checks.get(edge)
    wrong = (check is not None and not check.ok) or edge in look.edge_origins or edge in look.broken_formulas
    return framed(stacked(rows), p.local, p.highlight if wrong else p.local_heat[0], 2 if wrong else 1, inside=(6, 4))


def _verdict(look: Look, edge: Edge) -> list[Box]:
    """What a gradient check says of this edge, whether NaN or ∞ begins here, whether backward keeps to the formula."""
    p, check, rows = look.palette, look.checks.get(edge), []
    if edge in look.edge_origins:
        rows.append(
            write(Run(look.symbols.say("first {0} on the way back", look.edge_origins[edge]), p.on_highlight, 9))
        )
    if edge in look.broken_formulas:
        given = look.broken_formulas[edge]
        says = look.symbols.say("but backward gives {0}", look.number(float(given)) if given.size == 1 else "≠")
        rows.append(write(Run(says, p.on_highlight, 9)))
    if check is not None and check.compared:
        sign, colour = ("✓", p.forward) if check.ok else ("✗", p.on_highlight)
        says = look.symbols.say("error {0}", scalar(check.error))
        rows.append(line([Run(sign, colour, 10, bold=True), Run(says, colour, 9)], 3))
    elif check is not None:
        rows.append(write(Run(look.symbols.say("– not compared"), p.mute, 9)))
    return rows


def _scalar_rows(look: Look, edge: Edge) -> list[Box]:
    p = look.palette
    number = "?" if edge.numbers is None else look.number(float(edge.numbers))
    top, bottom = (Run(f"∂{look.symbols.name(node)}", p.local, 12, True) for node in (edge.node, edge.source))
    bar = max(top.width, bottom.width) + 4
    fraction = stacked([write(top, height=15), Box("", bar, 1, p.local), write(bottom, height=15)], bar)
    symbol, equals = look.symbols.formula_of_local(edge), Run("=", p.mute, 11)
    says = [equals, Run(symbol, p.local, 13, True)] if symbol and symbol != number else []
    if look.hides(edge):
        says = says or [equals, Run(symbol or "?", p.local, 11)]
    elif look.detail != "symbols" or not says:
        says += [equals, Run(number, p.local, 11)]
    first = beside([fraction, gap(5, 1), line(says, 4)])
    rows = [first] if look.detail == "symbols" else [first, gap(1, 2), _product(look, edge, number)]
    which = look.symbols.which_input(edge)
    return [*rows, line([Run(which, p.mute, 9)])] if which else rows


def _product(look: Look, edge: Edge, number: str) -> Box:
    """upstream × local = downstream, in numbers, as this edge brings it."""
    p, upstream = look.palette, look.scene.gradients.get(edge.node)
    if upstream is None or edge.numbers is None:
        return line([Run(look.symbols.say("not computed"), p.backward, 9)])
    up, down = look.number(float(upstream)), look.number(float(edge.downstream(upstream)))
    if look.hidden is not None and look.hides(edge):
        known = not look.hidden.hides(edge.node, True)
        parts = [
            write(Run(up, p.backward, 11)) if known else look.hidden.number(up, p.backward, 11),
            write(Run("×", p.mute, 11)),
            look.hidden.number(bracketed(number), p.local, 11, bold=True),
            write(Run("=", p.mute, 11)),
            look.hidden.number(down, p.backward, 11, bold=True),
        ]
        return beside([part for each in parts for part in (gap(4, 1), each)][1:])
    runs = [
        Run(up, p.backward, 11),
        Run("×", p.mute, 11),
        Run(bracketed(number), p.local, 11, bold=True),
        Run("=", p.mute, 11),
    ]
    return line([*runs, Run(down, p.backward, 11, bold=True)], 4)


def _tensor_rows(look: Look, edge: Edge) -> list[Box]:
    rows = [_statement(look, edge)]
    if look.detail == "full" and edge.numbers is not None and edge.numbers.ndim and not look.hides(edge):
        rows += [gap(1, 3), _matrices(look, edge, edge.numbers), gap(1, 2)]
    if note := look.symbols.note(edge):
        rows.append(line([Run(note, look.palette.mute, 9)]))
    return rows


def _statement(look: Look, edge: Edge) -> Box:
    """Block or matrix product: ∂L/∂X = ∂L/∂Y · Wᵀ (+= where others add to it). Else only the factor and its sign."""
    is_matrix_product = edge.local is not None and edge.local.rule.startswith("from")
    if is_matrix_product or (edge.node.op is not None and not edge.node.op.gate):
        return line([look.run(term, 13, 12) for term in look.symbols.statement(edge)], 4)
    runs = [look.run(term, 13, 12) for term in look.symbols.product(edge, "")]
    return line(
        [replace(run, colour=look.palette.local) if run.colour == look.palette.mute else run for run in runs], 4
    )


def _matrices(look: Look, edge: Edge, numbers: Array) -> Box:
    """The numbers of the local gradient, beside the upstream ones where the two tables multiply as they stand."""
    p, op = look.palette, edge.node.op
    flat = numbers if numbers.ndim < 5 else numbers.reshape(edge.node.value.size, -1)
    local, upstream = look.table(_sampled(look, edge, flat), p.local, p.local_heat), look.scene.gradients.get(edge.node)
    rule, back = edge.local.rule if edge.local else "row by row", (p.backward, p.backward_heat)
    is_product = rule.startswith("from") and edge.node.value.ndim == 2
    if upstream is None or not (is_product or (rule == "elementwise" and op is not None and not op.gate)):
        return local
    whole = rule == "from left"  # a parameter's gradient is of the whole batch, whichever row is looked at
    table = look.table(upstream, *back) if whole else look.array(edge.node, upstream, *back)
    other = stacked([table])
    sign = write(Run(look.symbols.sign(edge), p.mute, 12), width=12)
    return beside([local, sign, other] if rule == "from left" else [other, sign, local])


def _sampled(look: Look, edge: Edge, numbers: Array) -> Array:
    """The row that is looked at, of a local gradient that has one row for each sample."""
    rows = look.scene.batched.get(edge.source)
    per_row = edge.local is not None and edge.local.rule in ("elementwise", "row by row")
    whole = numbers.ndim < max(edge.source.value.ndim, 1)  # one that is the same for every row
    if look.sample is None or not per_row or whole or len(numbers) != rows:
        return numbers
    return numbers[look.sample : look.sample + 1]
