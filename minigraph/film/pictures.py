"""Each frame of a film as DOT text, all of one size: units and arrows, or tables; and the loss up to there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from minigraph.diagram.labels.boxes import Box, Run, beside, gap, line, stacked, write
from minigraph.diagram.labels.look import Look
from minigraph.diagram.labels.style import Palette
from minigraph.diagram.labels.tables import Style, array_box
from minigraph.diagram.layout.sheet import Extent, Place, Sheet
from minigraph.diagram.neurons import Neurons, Scale
from minigraph.diagram.neurons.chain import read_chain
from minigraph.film.story import Frame, Story
from minigraph.graph import Node
from minigraph.scene.content import Scene
from minigraph.scene.phrases import Language
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean, scalar

__all__ = ["Pictures"]

TABLES = 12  # parameters that have tables; of more, the first ones
ACROSS = 900  # where tables go on in the next line
SPACE = 40
CURVE = 84  # the height of the loss curve
LONGEST = 640
MARGIN = 64  # left of it, for its numbers


@dataclass(frozen=True)
class Pictures:
    """The pictures of a story. sample: the row of the batch that the units show."""

    story: Story
    sample: int
    palette: Palette
    language: Language
    title: str | None = None

    @cached_property
    def symbols(self) -> Symbols:
        return Symbols(Scene(self.story.graph.output), self.language)

    def caption(self, frame: Frame) -> str:
        """after step 40 · its loss: 0.310. What is shown is after the step, so its loss may be another."""
        if frame.loss is None:
            return self.symbols.say("step {0}", frame.step)
        phrase = "after step {0} · its loss: {1}" if frame.step else "step {0}: loss {1}"
        return self.symbols.say(phrase, frame.step, scalar(frame.loss, 3))

    def neurons(self) -> list[tuple[Sheet, Extent]]:
        """The neuron view of each frame, all on one scale; none where the graph is no chain that can be drawn."""
        views: list[Neurons] = []
        scale: Scale | None = None
        scenes = self.story.scenes()
        for _ in self.story.frames:
            try:
                scene = next(scenes)
                layers = read_chain(scene).layers
            except ValueError:
                return []
            if scale is None:  # by place: these nodes are copies
                known = dict(zip(scene.graph.nodes, self.story.graph.nodes))
                scale = Scale([self.story.largest(known[layer.weight]) for layer in layers])
            look = Look(scene, Symbols(scene, self.language), self.palette)
            views.append(Neurons(look, True, self.sample, scale))
            views[-1].draw()
        return [(view.sheet, view.finish()) for view in views]

    def sources(self, inches: str = "") -> list[str]:
        """DOT text for each frame: caption, units or tables, and the loss. inches: how wide it is to be drawn."""
        sheets = self.neurons() or self._tables()
        for at, (sheet, extent) in enumerate(sheets):
            self._around(sheet, extent, at)
            if inches:
                sheet.dot.attr("graph", size=f"{inches},100!")
        return [sheet.source for sheet, _ in sheets]

    # ---- tables ----

    def _tables(self) -> list[tuple[Sheet, Extent]]:
        """The parameters and their gradients in places that are the same in all frames."""
        parameters = self.story.graph.parameters[:TABLES]
        boxes = [[self._table(frame, node) for node in parameters] for frame in self.story.frames]
        sizes = [(max(box.width for box in each), max(box.height for box in each)) for each in zip(*boxes)]
        places, extent = _flowing(sizes)
        found = []
        for row in boxes:
            sheet = Sheet(self.palette.background)
            for n, (box, (x, y)) in enumerate(zip(row, places)):
                sheet.put(f"p{n}", box, (x, y - box.height / 2), "tensor parameter")
            found.append((sheet, extent))
        return found

    def _table(self, frame: Frame, node: Node) -> Box:
        p, style = self.palette, Style(self.palette, language=self.language)
        largest = self.story.widest[node]
        value = array_box(frame.parameters[node], p.forward, p.forward_heat, style, largest=largest[0])
        if node in frame.gradients:
            gradient = array_box(frame.gradients[node], p.backward, p.backward_heat, style, largest=largest[1])
        else:
            gradient = write(Run(self.symbols.say("not computed"), p.mute, 9))
        titles = (self.symbols.name(node), p.forward), (self.symbols.gradient(node), p.backward)
        parts = [
            stacked([write(Run(text, colour, 13, True, True), height=20), box])
            for (text, colour), box in zip(titles, (value, gradient))
        ]
        return beside([parts[0], gap(18, 1), parts[1]] if node.requires_grad else parts[:1])

    # ---- around them ----

    def _around(self, sheet: Sheet, extent: Extent, at: int) -> None:
        p, frame = self.palette, self.story.frames[at]
        middle = (extent.left + extent.right) / 2
        half = max((extent.right - extent.left) / 2, (LONGEST + MARGIN) / 2)
        above = [line([Run(self.caption(frame), p.ink, 15, bold=True)])]
        if self.title:
            above = [write(Run(clean(self.title, 100), p.ink, 18, bold=True)), gap(1, 6), *above]
        head = stacked(above)
        half = max(half, head.width / 2)
        top = extent.top + head.height + 14
        sheet.put("caption", head, (middle, top - head.height / 2), "heading")
        bottom = extent.bottom - SPACE - CURVE
        self._curve(sheet, middle + (MARGIN - LONGEST) / 2, bottom, at)
        for name, x, y in (("low", -half, bottom - 22), ("high", half, top)):
            sheet.point(name, (middle + x, y))

    def _curve(self, sheet: Sheet, left: float, bottom: float, at: int) -> None:
        """The loss over the steps, the part to come pale, and a mark where the frame is."""
        frames, p = self.story.frames, self.palette
        known = [frame.loss for frame in frames if frame.loss is not None and math.isfinite(frame.loss)]
        low, high = min([0.0, *known]), max([0.0, *known])
        high = high if high > low else low + 1  # an axis needs two ends
        last = frames[-1].step or 1
        length = LONGEST - MARGIN

        def place(frame: Frame) -> Place | None:
            if frame.loss is None or not math.isfinite(frame.loss):
                return None
            return left + length * frame.step / last, bottom + CURVE * (frame.loss - low) / (high - low)

        sheet.line([(left, bottom + CURVE), (left, bottom), (left + length, bottom)], "axis", p.rule, 1)
        places = [place(frame) for frame in frames]
        for part, colour, width in ((places[at:], p.rule, 1.2), (places[: at + 1], p.forward, 2)):
            for is_known, stretch in groupby(part, key=lambda found: found is not None):
                points = [found for found in stretch if found is not None]
                if is_known and len(points) > 1:
                    sheet.line(points, "loss", colour, width)
        if mark := places[at]:
            sheet.disc("mark", mark, "mark", p.backward, 4)
        for name, number, y in (("axis-high", high, bottom + CURVE), ("axis-low", low, bottom)):
            text = write(Run(scalar(number), p.mute, 9))
            sheet.put(name, text, (left - 6 - text.width / 2, y), "number")
        for name, step, x in (("axis-first", 0, left), ("axis-last", frames[-1].step, left + length)):
            sheet.put(name, write(Run(str(step), p.mute, 9)), (x, bottom - 10), "number")
        label = write(Run(self.symbols.say("loss"), p.mute, 9))
        sheet.put("axis-loss", label, (left + length / 2, bottom - 10), "number")


def _flowing(sizes: list[tuple[int, int]]) -> tuple[list[Place], Extent]:
    """Where boxes of these sizes stand, the middle of the top of each, line by line; and what they fill."""
    places: list[Place] = []
    x = y = 0.0
    lowest = right = 0.0
    for width, height in sizes:
        if x and x + width > ACROSS:
            x, y = 0.0, lowest - SPACE / 2
        places.append((x + width / 2, y))
        lowest, right = min(lowest, y - height), max(right, x + width)
        x += width + SPACE
    return places, Extent(0.0, right, lowest, 14.0)
