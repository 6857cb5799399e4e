"""What comes after the last units of the neuron view: probabilities, targets, and the loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from minigraph.diagram.labels.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.neurons.formula import written
from minigraph.diagram.neurons.samples import losses
from minigraph.diagram.neurons.units import TITLES, Units, fitted
from minigraph.graph import Node
from minigraph.scene.text import SUBSCRIPTS, clean, scalar

__all__ = ["Ending"]

BAR = 74
WIDEST = 190  # a formula on the card of the loss


class Ending:
    """The boxes at one network's end: those after its `units`."""

    def __init__(self, units: Units) -> None:
        self.units, self.chain, self.palette, self.say = units, units.chain, units.palette, units.say
        p = units.palette
        self.border = p.rule if p.pill == p.background else p.pill  # a fill that is the paper's needs a line around it

    def softmax_box(self, height: int) -> Box:
        p = self.palette
        inside = write(Run("softmax", p.ink, 11), width=58, height=height)
        return Box(framed(stacked([inside]), p.op_line, p.panel, 1.5), inside.width, inside.height)

    def answers(self, units: Iterable[int]) -> dict[int, Box]:
        """For each class p as a bar, and under it which one is the target; nothing without probabilities."""
        if self.chain.chances is None:
            return {}
        names = {k: Run(f"p{str(k + 1).translate(SUBSCRIPTS)}", self.palette.ink, 12, True, True) for k in units}
        width = max(name.width for name in names.values())
        chances = self.chain.chances[self.units.at]
        return {k: self._answer(write(name, width, 16), float(chances[k]), k) for k, name in names.items()}

    def _answer(self, name: Box, chance: float, k: int) -> Box:
        digits = write(fitted(scalar(chance), self.palette.forward, (11, 9, 8, 7), 40), width=40, height=16)
        row = beside([name, gap(6, 1), self._bar(chance), gap(2, 1), digits])
        target, before = self._target_under(k), name.width + 6
        below = gap(1, 15)
        if target:
            below = beside([gap(before, 1), target, gap(row.width - before - target.width, 1)])
        return stacked([gap(1, 19), row, gap(1, 4), below])

    def _bar(self, chance: float) -> Box:
        full = round(BAR * chance) if 0 <= chance <= 1 else 0
        parts = ((full, self.palette.forward), (BAR - full, self.palette.pill))
        inside = beside([Box("", length, 10, fill) for length, fill in parts if length])
        return stacked(
            [
                gap(1, 2),
                replace(inside, width=BAR + 2, height=12, fill=self.palette.pill, border=self.border),
                gap(1, 2),
            ]
        )

    def _target_under(self, k: int) -> Box | None:
        answer = self.units.target_class()
        if answer is None:
            return self.target(k)
        return self._pill(self.say("target")) if answer == k else None

    def target(self, k: int) -> Box | None:
        """What the unit should be."""
        if self.chain.targets is None:
            return None
        return self._pill(f"{self.say('target')} = {scalar(float(self.chain.targets[self.units.at, k]))}")

    def _pill(self, text: str) -> Box:
        p = self.palette
        return replace(write(Run(text, p.mute, 9), height=15, fill=p.pill, pad=6), border=self.border)

    def loss_card(self, loss: Node) -> Box:
        p, units = self.palette, self.units
        array, colour = units.array(loss), units.colour
        text = self.say("not computed") if array is None else scalar(units.of_sample(array), 3)
        number = fitted(text, colour, (14, 12, 9), 60, bold=array is not None)
        title = write(fitted(units.title(loss), p.ink, TITLES, 120, serif=True, bold=True), height=20)
        digits = write(number, width=52, height=22, fill=units.heat[0], pad=6)
        parts = [title, *(self._made_of() if units.forward else []), gap(1, 3), digits]
        parts = [gap(1, 6), *parts, *(self._whose(loss) if units.forward else []), gap(1, 6)]
        width = max(part.width for part in parts) + 16
        card = stacked([wide(part, width) for part in parts])
        return Box(framed(card, p.rule, p.background), card.width, card.height)

    def _made_of(self) -> list[Box]:
        """The formula of the loss; where there is no room for it, the names of its ops in order."""
        term = written(self.chain.ending, {}, self.units.symbols)
        run = Run(term.text if term else "", self.palette.mute, 9.5)
        if not run.text or run.width > WIDEST:
            names = [node.op.name for node in self.chain.ending if node.op]
            run = fitted(clean(" → ".join(names), 120), self.palette.mute, (9, 8), WIDEST)
        return [write(run, height=14)]

    def _whose(self, loss: Node) -> list[Box]:
        """Whose loss it is, and which part of it is that of the sample."""
        count, p = self.chain.batch, self.palette
        if loss.value.size != 1 or count == 1:
            return []
        found = losses(self.chain)
        said = f"{found.together} over the batch of {{0}}" if found else "over the batch of {0}"
        lines = [gap(1, 4), line([Run(self.say(said, count), p.mute, 9)])]
        if found:
            own = scalar(float(found.each[self.units.at]), 3)
            lines += [gap(1, 4), write(Run(self.say("sample {0}: {1}", self.units.at, own), p.forward, 10, bold=True))]
        return lines
