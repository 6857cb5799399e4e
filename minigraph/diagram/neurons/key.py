"""The legend of the neuron view: of what is on the picture, and of nothing else."""

from __future__ import annotations

from collections.abc import Container, Sequence

from minigraph.diagram.labels.boxes import Box, Run, beside, gap, line, stacked, write
from minigraph.diagram.neurons.units import Units

__all__ = ["legend"]

PER_LINE = 3


def legend(units: Units, drawn: Container[str], of_many: bool = False) -> Box:
    """drawn: which kinds of arrows there are, of "positive", "negative" and "pale" · of_many: in a film of pictures."""
    say, colour = units.say, units.colour
    what = "weight" if units.forward else "gradient"
    heads = {"positive": "▶" if units.forward else "◀", "negative": "○"}
    parts = [_key(units, head, say(f"{sign} {what}")) for sign, head in heads.items() if sign in drawn]
    widest = "width: size, relative to the layer's widest" + (" in the film" if of_many else "")
    parts.append(line([Run(say(widest), colour, 11)]))
    if "pale" in drawn:
        shaft = stacked([gap(1, 6), Box("", 22, 3, units.palette.rule), gap(1, 5)])
        parts.append(beside([shaft, gap(5, 1), line([Run(say("pale: less than half of the widest"), colour, 11)])]))
    ball = beside([write(Run("●", units.heat[1], 14), 14, 14), gap(3, 1)])
    parts.append(beside([ball, line([Run(say("fill: size, relative to the column's largest"), colour, 11)])]))
    first = beside([box for part in parts for box in (part, gap(26, 1))][:-1])
    runs = [Run(note, units.palette.mute, 10.5) for note in (*_whose(units), *_names(units))]
    lines = [line(runs[n : n + PER_LINE], 26) for n in range(0, len(runs), PER_LINE)]
    return stacked([first, *(part for each in lines for part in (gap(1, 6), each))])


def _whose(units: Units) -> list[str]:
    """Which sample the units are of, and what is of the whole batch."""
    say, last = units.say, units.chain.batch - 1
    if units.forward:
        return [say("units: sample {0} (of 0 … {1})", units.at, last) if last else say("units: the only sample")]
    parameters = [node for layer in units.chain.layers for node in (layer.weight, layer.bias) if node]
    names = ", ".join([*map(units.title, parameters[:4]), *(["…"] if len(parameters) > 4 else [])])
    return [
        say("units: ∂{0}/∂unit of sample {1} (of 0 … {2})", units.end, units.at, last),
        say("{0}: over the batch of {1}", names, last + 1),
    ]


def _names(units: Units) -> Sequence[str]:
    """What names on the picture stand for, that are not written out there."""
    say, last = units.say, units.chain.columns[-1]
    notes = [f"{name}(z) = {text}" for text, name in units.functions.items()]
    if "," in (unit := units.unit(last, 0)):
        notes.append(say("{0}: unit {1} of {2}", unit, 1, units.name(last)))
    if units.is_brief:
        notes.append(say("∂{0} stands for ∂{1}/∂{0}", units.unit(last, 0), units.end))
    return notes


def _key(units: Units, head: str, text: str) -> Box:
    """A little arrow, and what it means."""
    dash = [Box("", 5, 3, units.colour), gap(2, 1)]
    shaft = [Box("", 22, 3, units.colour)] if units.forward else dash * 3
    drawn = [stacked([gap(1, 6), part, gap(1, 5)]) for part in shaft]
    end = write(Run(head, units.colour, 9 if head != "○" else 14), 12, 14)
    arrow = [*drawn, end] if units.forward else [end, *drawn]
    return beside([*arrow, gap(5, 1), line([Run(text, units.colour, 11)])])
