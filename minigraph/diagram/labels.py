"""The figures of a diagram as labels: tensor cards, op gates and blocks, local-gradient chips, the legend."""

from __future__ import annotations

from collections.abc import Sequence

from minigraph.arrays import Array
from minigraph.diagram.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.content import Edge, Scene
from minigraph.diagram.style import Palette
from minigraph.diagram.tables import array_box
from minigraph.diagram.text import clean, pretty, scalar, size_text
from minigraph.graph import Node, Op
from minigraph.naming import is_number

__all__ = ["Labels"]

PAD = 8


class Labels:
    """Writes labels for one scene in one palette, at one level of detail."""

    def __init__(self, scene: Scene, palette: Palette, detail: str) -> None:
        self.scene, self.palette, self.detail = scene, palette, detail

    # cards

    def card(self, node: Node) -> str:
        p = self.palette
        rows = self._symbol_rows(node) if self.detail == "symbols" else self._value_rows(node)
        return framed(stacked(rows), p.rule, p.background)

    def _symbol_rows(self, node: Node) -> list[Box]:
        p, name = self.palette, self._name(node)
        rows = [write(Run(name, p.forward, 14, True, True), height=22, fill=p.forward_heat[0], pad=10)]
        if self.scene.wants_gradient(node):
            rows.append(
                write(Run(self._gradient_name(node), p.backward, 12, True), height=20, fill=p.backward_heat[0], pad=5)
            )
        width = max(row.width for row in rows)
        filled = [Box(row.content, width, row.height, row.fill) for row in rows]
        return [
            gap(1, 5),
            *(wide(row.at(port), width + 10) for row, port in zip(filled, "vg")),
            gap(1, 5),
        ]

    def _value_rows(self, node: Node) -> list[Box]:
        p, name = self.palette, self._title(node)
        pill, value = self._pill(node), self._array(node.value, p.forward, p.forward_heat)
        caption = gradient = None
        if self.scene.wants_gradient(node):
            remarks = self._caption(node)
            caption = line(remarks, 4) if remarks else gap(1, 6)
            computed = self.scene.gradients.get(node)
            if computed is None:
                gradient = write(Run("not computed", p.backward, 9), height=16, pad=3)
            else:
                gradient = self._array(computed, p.backward, p.backward_heat)
        if self.scene.role(node) == "constant" and not node.value.ndim:
            return [gap(1, 5), wide(value, value.width + 10).at("v"), gap(1, 5)]
        parts = [value, *([caption] if caption else []), *([gradient] if gradient else [])]
        inner = max(name.width + (pill.width + 8 if pill else 0), *(box.width for box in parts), 36)
        if pill:
            name = beside([name, gap(inner - name.width - pill.width, 1), pill])
        rows = [gap(1, 6), wide(name, inner), gap(1, 4), wide(value, inner).at("v")]
        if caption and gradient:
            rows += [
                gap(1, 4),
                beside([caption, gap(inner - caption.width, 1)]),
                gap(1, 2),
                wide(gradient, inner).at("g"),
            ]
        return [*(wide(row, inner + 2 * PAD) for row in rows), gap(1, PAD)]

    def _title(self, node: Node) -> Box:
        p = self.palette
        parts = [write(Run(self._name(node), p.ink, 15, True, True), height=18)]
        if node.value.ndim:
            parts += [gap(5, 1), write(Run(size_text(node.shape), p.mute, 9), height=18)]
        return beside(parts)

    def _pill(self, node: Node) -> Box | None:
        p, role = self.palette, self.scene.role(node)
        if role in ("", "constant") or self.scene.is_circuit:
            return None
        known = role == "parameter"
        pill = write(Run(role, p.ink if known else p.mute, 9), height=14, fill=p.parameter if known else p.pill, pad=5)
        return stacked([gap(1, 2), pill, gap(1, 2)])

    def _caption(self, node: Node) -> list[Run]:
        p, paths = self.palette, self.scene.paths(node)
        runs = [Run(self._gradient_name(node), p.backward, 9)] if node.value.ndim else []
        if paths > 1:
            runs.append(Run(f"⊕ {paths} paths", p.mute, 9))
        if self.scene.is_stale(node):
            runs.append(Run("stale: forward again", p.mute, 9))
        return runs

    def _array(self, array: Array, colour: str, heat: tuple[str, str]) -> Box:
        return array_box(array, colour, heat, self.palette, decimals=2 if self.scene.is_circuit else 3)

    # gates and blocks

    def block(self, node: Node) -> str:
        """A composite as one block: data goes in on the left, out on the right, the other inputs come from below."""
        p, op = self.palette, node.op
        assert op is not None
        title = line(
            [*([Run("⊞", p.mute, 13)] if _opens(node) else []), Run(self.scene.titles[node], p.ink, 14, bold=True)], 5
        )
        middle = [title]
        if op.formula:
            middle.append(line([Run(f"{self._name(node)} = {self._formula(node)}", p.ink, 13, True)]))
        width = max(box.width for box in middle) + 16
        backward = [edge.i for edge in self.scene.returns[node]]
        rows = []
        for n, box in enumerate(middle if len(middle) == 2 else [*middle, gap(1, 8)]):
            direction, colour = ("v", p.forward) if n == 0 else ("g", p.backward)
            shown = n == 0 or (0 in backward)
            left = self._pin(colour, shown).at(f"{direction}0")
            right = self._pin(colour, n == 0 or node in self.scene.graph.wanted).at(f"{direction}out")
            rows.append(beside([left, stacked([box], width), right], 24))
        pins = [
            self._pin(colour, True).at(f"{direction}{i}")
            for i in range(1, len(node.inputs))
            for direction, colour in (("v", p.forward), ("g", p.backward))
            if direction == "v" or i in backward
        ]
        rows.append(_spread(pins, rows[0].width))
        return framed(stacked([gap(1, 3), *rows]), p.op_line, p.panel, thick=2)

    def _pin(self, colour: str, shown: bool) -> Box:
        return write(Run("•", colour, 7), width=8, height=9) if shown else gap(8, 9)

    def gate(self, node: Node) -> str:
        """The sign of a primitive: × is ⊙ between arrays, and "·" is only ever the matrix product."""
        assert node.op is not None
        sign = clean(node.op.gate)
        if sign == "×" and all(operand.ndim for operand in node.operands):
            sign = "⊙"
        size = {1: 22, 4: 11}.get(len(sign), 13)
        return line([Run(sign, self.palette.ink, size, bold=len(sign) == 1)]).content

    def _formula(self, node: Node) -> str:
        assert node.op is not None
        try:
            return clean(node.op.formula.format(*self._input_names(node), y=self._name(node)), 120)
        except (KeyError, IndexError, ValueError):  # braces that are no placeholders
            return clean(node.op.formula, 120)

    # chips

    def chip(self, edge: Edge) -> str:
        """How upstream becomes downstream on one edge: the local gradient in symbols, with shapes and numbers."""
        p = self.palette
        scalars = edge.source.value.ndim == 0 and edge.node.value.ndim == 0
        rows = self._scalar_rows(edge) if scalars else self._tensor_rows(edge)
        return framed(stacked(rows), p.local, p.local_heat[0], inside=(6, 4))

    def _scalar_rows(self, edge: Edge) -> list[Box]:
        p = self.palette
        number = "?" if edge.numbers is None else scalar(float(edge.numbers))
        top, bottom = (Run(f"∂{self._name(node)}", p.local, 12, True) for node in (edge.node, edge.source))
        bar = max(top.width, bottom.width) + 4
        fraction = stacked([write(top, height=15), Box("", bar, 1, p.local), write(bottom, height=15)], bar)
        symbol, equals = self._local_symbol(edge), Run("=", p.mute, 11)
        says = [equals, Run(symbol, p.local, 13, True)] if symbol and symbol != number else []
        if self.detail != "symbols" or not says:
            says += [equals, Run(number, p.local, 11)]
        first = beside([fraction, gap(5, 1), line(says, 4)])
        return [first] if self.detail == "symbols" else [first, gap(1, 2), self._product(edge, number)]

    def _product(self, edge: Edge, number: str) -> Box:
        """upstream × local = downstream, in numbers, as this edge brings it."""
        p, upstream = self.palette, self.scene.gradients.get(edge.node)
        if upstream is None or edge.numbers is None:
            return line([Run("not computed", p.backward, 9)])
        up, down = scalar(float(upstream)), scalar(float(edge.downstream(upstream)))
        bracketed = f"({number})" if number.startswith("−") else number
        runs = [
            Run(up, p.backward, 11),
            Run("×", p.mute, 11),
            Run(bracketed, p.local, 11, bold=True),
            Run("=", p.mute, 11),
        ]
        return line([*runs, Run(down, p.backward, 11, bold=True)], 4)

    def _tensor_rows(self, edge: Edge) -> list[Box]:
        rows = [line(self._statement(edge), 4)]
        if self.detail == "full" and edge.numbers is not None and edge.numbers.ndim:
            rows += [gap(1, 3), self._matrices(edge, edge.numbers), gap(1, 2)]
        if note := self._note(edge):
            rows.append(line([Run(note, self.palette.mute, 9)]))
        return rows

    def _statement(self, edge: Edge) -> list[Run]:
        """Block: ∂L/∂X = ∂L/∂Y · Wᵀ (+= where other paths add to it). Primitive: only the factor and its sign."""
        p, rule = self.palette, edge.local.rule if edge.local else "from right"
        is_block = edge.node.op is not None and not edge.node.op.gate
        jacobian = f"∂{self._name(edge.node)}/∂{self._name(edge.source)}"
        factor = Run(self._local_symbol(edge) or jacobian, p.local, 13, True, True)
        upstream = [self._upstream(edge.node)] if is_block else []
        sign = Run(self._product_sign(edge), p.mute if is_block else p.local, 12)
        if rule == "from left":
            product = [factor, sign, *upstream]
        elif rule in ("sum rows", "row by row"):
            product = [factor, self._upstream(edge.node)]
        else:
            product = [*upstream, sign, factor]
        if not is_block:
            return product
        adds = Run("=" if self.scene.paths(edge.source) == 1 else "+=", p.mute, 12)
        return [Run(self._gradient_name(edge.source), p.backward, 13, True), adds, *product]

    def _product_sign(self, edge: Edge) -> str:
        """ "·" is the matrix product, "⊙" elementwise, "×" with a number."""
        if edge.local is None or edge.local.rule != "elementwise":
            return "·"
        by_number = edge.node.value.ndim == 0 or (edge.numbers is not None and edge.numbers.ndim == 0)
        return "×" if by_number and self._local_symbol(edge) != "1" else "⊙"

    def _matrices(self, edge: Edge, numbers: Array) -> Box:
        """The numbers of the local gradient, beside the upstream ones where the two tables multiply as they stand."""
        p, op = self.palette, edge.node.op
        flat = numbers if numbers.ndim < 5 else numbers.reshape(edge.node.value.size, -1)
        local, upstream = self._array(flat, p.local, p.local_heat), self.scene.gradients.get(edge.node)
        rule = edge.local.rule if edge.local else "row by row"
        is_product = rule.startswith("from") and edge.node.value.ndim == 2
        if upstream is None or not (is_product or (rule == "elementwise" and op is not None and not op.gate)):
            return local
        other = self._array(upstream, p.backward, p.backward_heat)
        sign = write(Run(self._product_sign(edge), p.mute, 12), width=12)
        return beside([local, sign, other] if rule == "from left" else [other, sign, local])

    def _note(self, edge: Edge) -> str:
        """The second row: shapes of a matrix product, the op's own remark, and what broadcasting makes necessary."""
        local, upstream, source = edge.local, size_text(edge.node.shape), size_text(edge.source.shape)
        if local is None:
            return f"Jacobian {size_text(edge.node.shape + edge.source.shape)}"
        if local.rule == "sum rows":
            return f"{source} = Σ over the batch of {upstream}" if edge.node.value.ndim > 1 else "a batch of one row"
        if (
            local.rule.startswith("from")
            and edge.numbers is not None
            and edge.numbers.ndim == 2
            and edge.node.value.ndim == 2
        ):
            factors = [upstream, size_text(edge.numbers.shape)]
            return f"{source} = {' · '.join(factors if local.rule == 'from right' else factors[::-1])}"
        names = self._input_names(edge.node)
        rows = edge.node.op.count(edge.node.operands[0]) if edge.node.op else 1
        remarks = [local.note.format(*names, y=self._name(edge.node), N=rows)] if local.note else []
        if local.rule == "elementwise" and edge.source.value.size < edge.node.value.size:
            remarks.append("then " + self._summed(edge))
        return ", ".join(remarks)

    def _summed(self, edge: Edge) -> str:
        """Which sum brings a broadcast gradient back: Σₙ over the rows, Σₖ within them, Σ over all."""
        big, small = edge.node.shape, edge.source.shape
        small = (1,) * (len(big) - len(small)) + small
        axes = [axis for axis, (a, b) in enumerate(zip(big, small)) if a != b]
        if len(axes) == len(big):
            return "Σ"
        return "Σₖ" if axes == [len(big) - 1] else "Σₙ" if axes == [0] and len(big) == 2 else "Σ"

    def _local_symbol(self, edge: Edge) -> str:
        if edge.local is None:
            return ""
        return edge.local.text(self._name(edge.node), self._input_names(edge.node))

    def _input_names(self, node: Node) -> list[str]:
        """The names of an op's inputs for its formulas, in which integer labels stand for one-hot rows."""
        op, names = node.op, [self._name(source) for source in node.inputs]
        if op is not None and op.labels_as_one_hot:
            for i in op.constants:
                if node.operands[i].ndim < node.operands[0].ndim:
                    names[i] = f"onehot({names[i]})"
        return names

    def _upstream(self, node: Node) -> Run:
        """∂L/∂Y; at the end of the way back simply the number that it starts from."""
        p, seed = self.palette, self.scene.gradients.get(node)
        if node is self.scene.root and seed is not None and seed.ndim == 0:
            return Run(scalar(float(seed)), p.backward, 13, True)
        return Run(self._gradient_name(node), p.backward, 13, True)

    # names

    def _name(self, node: Node) -> str:
        """The name; a bare number is written as a number."""
        if is_number(node):
            return scalar(float(node.value))
        return pretty(self.scene.names[node])

    def _gradient_name(self, node: Node) -> str:
        return f"∂{self._end}/∂{self._name(node)}"

    @property
    def _end(self) -> str:
        """What the gradients are of: the output, or the L after it where backward began with another seed than 1."""
        return "L" if self.scene.is_seeded else self._name(self.scene.root)

    def cluster(self, node: Node) -> str:
        p = self.palette
        return line([Run("⊟", p.mute, 12), Run(self.scene.titles[node], p.ink, 12, bold=True)], 5).content

    def legend(self) -> str:
        p = self.palette
        of = "the loss" if self.scene.role(self.scene.root) == "loss" else self._end
        shaft, dash = Box("", 20, 2, p.forward), [
            part for _ in range(3) for part in (Box("", 5, 2, p.backward), gap(2, 1))
        ]
        forward = beside(
            [
                _at_height(shaft, 14),
                write(Run("▶", p.forward, 9), 10, 14),
                gap(4, 1),
                write(Run("forward value", p.forward, 11)),
            ]
        )
        backward = beside([write(Run("◀", p.backward, 9), 10, 14), *(_at_height(box, 14) for box in dash), gap(4, 1),
                           write(Run(f"gradient of {of} (backward)", p.backward, 11))])  # fmt: skip
        local = beside([_at_height(Box("", 9, 9, p.local), 14), gap(4, 1), write(Run("local gradient", p.local, 11))])
        product = [
            ("downstream", p.backward),
            ("=", p.mute),
            ("upstream", p.backward),
            ("×", p.mute),
            ("local", p.local),
        ]
        parts = [forward, backward, local, line([Run(text, colour, 11) for text, colour in product], 5)]
        return stacked([gap(1, 14), beside([box for part in parts for box in (part, gap(28, 1))][:-1])]).content


def _at_height(box: Box, height: int) -> Box:
    """`box` in the middle of a line of text."""
    above = (height - box.height) // 2
    return stacked([gap(1, above), box, gap(1, height - box.height - above)])


def _spread(pins: Sequence[Box], width: int) -> Box:
    """The pins of a block's lower side, evenly over its width."""
    if not pins:
        return gap(width, 9)
    free = width - sum(pin.width for pin in pins)
    parts = [part for pin in pins for part in (gap(free // (len(pins) + 1), 1), pin)]
    return beside([*parts, gap(width - sum(part.width for part in parts), 1)])


def _opens(node: Node) -> bool:
    return node.op is not None and type(node.op).expand is not Op.expand
