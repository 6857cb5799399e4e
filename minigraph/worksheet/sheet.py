"""`worksheet`: a diagram with numbers left out, and the same diagram with the answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.diagram import Diagram
from minigraph.diagram.description import described
from minigraph.diagram.labels.blanks import Hidden
from minigraph.diagram.labels.boxes import Box, Run, beside, gap, stacked, write
from minigraph.diagram.labels.legend import headline, legend
from minigraph.diagram.labels.look import Look
from minigraph.diagram.labels.tables import WITH_DIGITS
from minigraph.diagram.layout.dot import Writer, canvas
from minigraph.diagram.options import Detail, Direction, Language, Theme, as_root, checked, colours
from minigraph.expand import Which
from minigraph.graph import Graph, Node
from minigraph.scene.content import Scene
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean, scalar, size_text
from minigraph.worksheet.cells import Blank, chosen, letters
from minigraph.worksheet.page import Page
from minigraph.worksheet.variants import variant

__all__ = ["Worksheet", "worksheet", "worksheets"]

MOST = 60  # values on one sheet
TRIES = 20  # to find a sheet that nobody else in the class has
NARROWEST, LINE = 38, 150


class _Sheet(Diagram):
    """A picture on paper, and a page of its own."""

    def __init__(self, look: Look, page: Page, name_line: bool, id: str | None, css: str) -> None:
        self.look, self.page = look, page
        top = stacked([headline(look, page.title), *_name_line(look, name_line), legend(look), gap(1, 10)])
        paper = Writer(look, canvas(look, top, above=True)).source()
        super().__init__(paper, page.title, described(look.symbols), id, css)

    def html(self) -> str:
        """The page: an exercise to solve in any browser, or the key; one file that asks no network for anything."""
        picture = Diagram(Writer(self.look, canvas(self.look, legend(self.look))).source(), self.title,
                          self.description, self.id)  # fmt: skip
        return self.page.html(picture.svg(), self.id)


class Worksheet(_Sheet):
    """An exercise on a diagram; both it and its key show themselves in a notebook.

    key: the same diagram with the answers · answers: the number that belongs into each blank, by its letter.
    """

    key: Diagram
    answers: dict[str, float]

    def save(self, path: str | os.PathLike[str], engine: str | None = None) -> Path:
        """Write the exercise in the format of the suffix, as `Diagram.save` does; returns the path.

        .svg and .pdf are for paper; their files hold no answer. A .html page has an input in every blank, checks what
        is typed, and hints at typical mistakes: for practice, not for exams, since the answers are inside the file.
        """
        return super().save(path, engine)

    def __repr__(self) -> str:
        return f"<Worksheet: {len(self.answers)} blanks; .save('sheet.pdf'), .key.save('key.pdf')>"


@np.errstate(all="ignore")
def worksheet(
    what: Node | Graph,
    *,
    blank: Blank = "gradients",
    seed: int = 0,
    expand: Which = 0,
    detail: Detail = "values",
    direction: Direction = "LR",
    theme: Theme = "light",
    language: Language = "en",
    title: str | None = None,
    name_line: bool = True,
    digits: int = 2,
    id: str | None = None,
) -> Worksheet:
    """An exercise made of a graph after forward and backward: ``.save("sheet.pdf")``, ``.key.save("key.pdf")``.

    - blank: which numbers are to be found. "gradients": all but the one that backward starts from. "values": of every
      op's output; gradients are not shown then. "both". A share of all these numbers, such as 0.3, chosen by
      `seed`. Or names: "Z" for a value, "∂W" (or "dW") for a gradient, ["Z", "∂W", "∂b"]. Leaves are always given.
    - name_line: whether there is a line for name and date · title: stands above it, in place of a general one.
    - expand, detail, direction, theme, language, digits, id: as for `draw`. Of detail="full" only those numbers are
      shown that give nothing away.

    Whatever else in the picture would give a blank away (products on chips, terms at forks, tooltips) is left out too.
    On the HTML page a number is right within half a unit of the last digit that the key shows, or within 1 %; computed
    from the unrounded numbers or from those on the sheet. It may be rounded to `digits` decimals, unless that is 0.
    Changes nothing in the graph. Errors: ValueError for a graph without gradients, with NaN or ∞, with a value of
    more than 16 elements or more than 2 axes, of more than 60 values, or if there is nothing to blank.

    >>> x, y = mg.Node(3.0, "x"), mg.Node(4.0, "y")
    >>> f = x * y
    >>> f.backward()
    >>> mg.worksheet(f).answers
    {'a': 3.0, 'b': 4.0}
    """
    checked("worksheet", detail=detail, direction=direction, theme=theme, language=language, title=title,
            digits=digits, id=id)  # fmt: skip
    scene = Scene(as_root("worksheet", what), expand)
    palette, css = colours(theme)
    symbols = Symbols(scene, language)
    _refuse(Look(scene, symbols, palette))
    cells = chosen(scene, blank, seed)
    if not cells:
        raise ValueError("worksheet: there is nothing to blank; no op was recorded, or no gradient flows")
    asked = dict(zip(cells, letters(len(cells))))
    withheld = [(node, True) for node in scene.gradients if node is not scene.root] if blank == "values" else []
    heading = clean(title, 200) if title else symbols.say("Find the missing numbers")
    room = _room(scene, digits)

    def look(answers: bool) -> Look:
        hidden = Hidden(asked, withheld, room, answers)
        return Look(scene, symbols, palette, detail, direction, digits=digits, hidden=hidden)

    page = Page(scene, symbols, asked, digits, heading, theme, name_line)
    sheet = Worksheet(look(False), page, name_line, id, css)
    sheet.key = _Sheet(look(True), page.of_answers(), name_line, f"{id}-key"[:41] if id else None, css)
    sheet.answers = {name: page.answer(cell) for cell, name in asked.items()}
    return sheet


def worksheets(
    what: Node | Graph,
    n: int,
    *,
    folder: str | os.PathLike[str] | None = None,
    suffix: str = ".svg",
    seed: int = 0,
    **options: Any,
) -> list[Worksheet]:
    """A class set: n worksheets on the same graph, each with other numbers in its leaves, and each with its key.

    Leaves get small integers, or one decimal, like those that were there; labels and one-hot rows other ones; constants
    of the formula stay. The same seed gives the same sheets. folder: where 01.svg, 01-key.svg, 02.svg … are written, in
    the format of `suffix`. options: as for `worksheet`. Errors: ValueError where no other numbers would do.

    >>> f = mg.Node(3.0, "x") * mg.Node(4.0, "y")
    >>> f.backward()
    >>> [len(sheet.answers) for sheet in mg.worksheets(f, 2)]
    [2, 2]
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"worksheets: n is {n!r}, but must be a whole number, 1 or more")
    root = as_root("worksheets", what)
    if root.grad is None:
        raise ValueError("worksheets: backward has not run; call loss.backward() first")
    sheets: list[Worksheet] = []
    title = options.pop("title", None)
    for number in range(1, n + 1):
        rng = np.random.default_rng([seed, number])
        named = f"{title} · {number}" if title else None
        for _ in range(TRIES):
            sheet = worksheet(variant(root, rng), seed=seed + number, title=named, **options)
            if all(sheet.answers != other.answers for other in sheets):
                break
        sheets.append(sheet)
    if folder is not None:
        place, width = Path(folder), max(2, len(str(n)))
        place.mkdir(parents=True, exist_ok=True)
        for number, sheet in enumerate(sheets, 1):
            sheet.save(place / f"{number:0{width}}{suffix}")
            sheet.key.save(place / f"{number:0{width}}-key{suffix}")
    return sheets


def _refuse(look: Look) -> None:
    """ValueError for a graph of which no exercise can be made."""
    scene = look.scene
    if not scene.gradients:
        raise ValueError("worksheet: backward has not run; call loss.backward() first")
    if look.changed:
        names = ", ".join(scene.names[node] for node in look.changed[:6])
        raise ValueError(f"worksheet: {names} changed after this forward; run forward() and backward() again")
    if len(scene.nodes) > MOST:
        raise ValueError(f"worksheet: the graph has {len(scene.nodes)} values, but a sheet has room for {MOST}")
    for node in scene.nodes:
        name, array = scene.names[node], node.value
        if array.size > WITH_DIGITS or array.ndim > 2 or not array.size:
            raise ValueError(
                f"worksheet: {name} is {size_text(array.shape)}, but every value needs 1 to {WITH_DIGITS} elements on "
                "at most 2 axes, so that it is shown with digits; use a smaller batch or fewer units"
            )
        if not all(np.isfinite(found).all() for found in (array, scene.gradients.get(node, array))):
            raise ValueError(f"worksheet: {name} or its gradient has NaN or ∞, which nobody can compute by hand")
    if look.broken_formulas:
        names = ", ".join(clean(edge.node.op.name) for edge in look.broken_formulas if edge.node.op)
        raise ValueError(f"worksheet: backward of {names} does not keep to its formula; see check_op")


def _room(scene: Scene, digits: int) -> int:
    """As wide as the widest number that may stand on the sheet: so no blank tells how long its answer is."""
    arrays = [np.asarray(array) for array in (*(node.value for node in scene.nodes), *scene.gradients.values())]
    for edge in (edge for node in scene.ops for edge in scene.returns[node]):
        if edge.source.value.ndim == edge.node.value.ndim == 0 and edge.numbers is not None:
            arrays += [edge.downstream(scene.gradients[edge.node]), edge.numbers]
    texts = {f"({scalar(float(v), digits)})" for array in arrays for v in array.flat}
    return max(NARROWEST, *(Run(text, "", 11, bold=True).width for text in texts))


def _name_line(look: Look, is_wanted: bool) -> list[Box]:
    """A place for name and date on paper; in the key it says that it is one."""
    p, say = look.palette, look.symbols.say
    answers = look.hidden is not None and look.hidden.answers
    parts = []
    for word in ("Name", "Date") if is_wanted else ():
        rule = stacked([gap(LINE, 16), Box("", LINE, 1, p.mute)])
        parts += [write(Run(say(word), p.mute, 11), height=18), gap(6, 1), rule, gap(24, 1)]
    key = write(Run(say("Answer key") if answers else "", p.ink, 12, bold=True), 90, 18, pad=4)
    return [gap(1, 4), beside([gap(90, 1), *parts, key]), gap(1, 6)]
