"""`record`: what a network is at several steps of its training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np

from minigraph.arrays import Array, ArrayLike, shape_text
from minigraph.compile import Program
from minigraph.diagram.options import Language, Theme, as_row, checked
from minigraph.film.save import FORMATS, Options, write_film, write_frames
from minigraph.film.story import Frame, Story
from minigraph.graph import Graph, Node

__all__ = ["Film", "Frame", "record"]


def record(
    what: Graph | Program, every: int = 10, *, most: int = 100, batch: Mapping[Node | str, ArrayLike] | None = None
) -> Film:
    """A film of the training of `what`: a graph, or a program that `graph.compile` made. Make it before the training.

    Call it once per step of training, last in the loop, so that it counts the steps; then ``film.save("film.html")``.
    With a program: ``film = mg.record(program)``, then ``program(x=X, t=T); film()``.

    The frame of step n holds copies of the parameters after n steps, and the loss and the gradients that step n was
    made with, which are those of the parameters before it. Frame 0 is what `record` found. The last step has a frame
    too, whether `every` divides it or not: it is taken when the film is saved or read, or when its ``with`` ends.

    - every: one step in how many gets a frame.
    - most: when there would be more frames, every second one is dropped and `every` doubles.
    - batch: the data that units, points and decision regions are shown for, fed to leaves as in `Graph.forward`; what
      is left out stays as it was when `record` was called.

    Errors: TypeError or ValueError for other arguments, and for a batch that the graph does not take.

    >>> w = mg.Parameter(1.0, "w")
    >>> sgd, graph = mg.SGD([w], learning_rate=0.25), mg.Graph(w * w)
    >>> with mg.record(graph, every=1) as film:
    ...     for _ in range(3):
    ...         _ = graph.forward()
    ...         graph.backward()
    ...         sgd.step()
    ...         film()
    >>> [frame.loss for frame in film]
    [1.0, 1.0, 0.25, 0.0625]
    """
    if not isinstance(what, (Graph, Program)):
        raise TypeError(f"record: needs a Graph or a Program, got {type(what).__name__}")
    for name, number, least in (("every", every, 1), ("most", most, 2)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise ValueError(f"record: {name} is {number!r}, but must be a whole number, {least} or more")
    graph = what.graph if isinstance(what, Program) else what
    if not graph.parameters:
        raise ValueError(f"record: {graph!r} has no parameters, so there is no training to film")
    film = Film(what, every, most, graph.feeding(batch, {}))
    if batch is not None:
        graph.replay(film.batch)  # what does not fit should not come out when all is over
    return film


class Film:
    """What `record` makes; call it once per step of training. Iterable: its frames, in order.

    every: one step in how many has a frame · step: how many steps there were.
    """

    def __init__(self, what: Graph | Program, every: int, most: int, batch: Mapping[Node, Array]) -> None:
        self.program = what if isinstance(what, Program) else None
        self.graph = what.graph if isinstance(what, Program) else what
        self.every, self.most, self.step, self.is_over = every, most, 0, False
        leaves = [node for node in self.graph.nodes if node.op is None and node not in self.graph.parameters]
        self.batch = {leaf: np.array(batch.get(leaf, leaf.value)) for leaf in leaves}
        self._given: float | None = None
        self._frames = [self._frame()]

    def __call__(self, loss: ArrayLike | Node | None = None) -> None:
        """A step of training is done. loss: in place of the output's value, such as the mean of an epoch.

        Errors: ValueError after the film's ``with`` has ended, or where there is no loss or no gradient of this step.
        """
        if self.is_over:
            raise ValueError("film: it has ended with its `with`; record another one")
        self._given = None if loss is None else _as_loss(loss)
        self.step += 1
        if self.step % self.every == 0:
            self._frames.append(self._frame())
            if len(self._frames) > self.most:
                self._frames, self.every = self._frames[::2], 2 * self.every

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._frames, self.is_over = list(self), True

    def __iter__(self) -> Iterator[Frame]:
        if not self._lacks_last:
            return iter(list(self._frames))
        return iter([*self._frames[: self.most - 1], self._frame()])

    def __len__(self) -> int:
        return min(len(self._frames) + self._lacks_last, self.most)

    @property
    def _lacks_last(self) -> bool:
        return not self.is_over and self._frames[-1].step != self.step

    def save(
        self, path: str | os.PathLike[str], *, sample: int = 0, title: str | None = None, seconds: float = 0.2,
        theme: Theme = "auto", language: Language = "en",
    ) -> Path:  # fmt: skip
        """Write the film, whole or not at all, in the format of the suffix; returns the path.

        - .html: a page that scrubs through it, one file without a network: the loss, the parameters and gradients, for
          a chain of small Affine layers its units and arrows, for inputs of 2 features and targets that are classes the
          decision regions.
        - .gif: an animation, for slides · .pdf: a page for each frame. Both need ``pip install "minigraph[film]"``, and
          what `Diagram.save` needs for .png and .pdf.

        sample: the row of the batch that the units show · seconds: how long each frame of a .gif stands · title: above
        it · theme: "light", "dark", "print", or "auto": light, and a page follows its reader's system · language: "en"
        or "ko". Errors: ValueError for other values; ImportError and RuntimeError for what is not installed.
        """
        target = Path(path)
        format = target.suffix.lower().lstrip(".")
        if format not in FORMATS:
            known = ", .".join(FORMATS)
            raise ValueError(f"Film.save: {target.name!r} has the suffix {target.suffix!r}; it must be one of .{known}")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0.02 <= seconds <= 60:
            raise ValueError(f"Film.save: seconds is {seconds!r}, but must lie in 0.02 … 60")
        options = self._options("Film.save", sample, title, theme, language)
        return write_film(target, self._story(), options, seconds)

    def frames(
        self, folder: str | os.PathLike[str], *, sample: int = 0, title: str | None = None, theme: Theme = "auto",
        language: Language = "en",
    ) -> list[Path]:  # fmt: skip
        """Write each frame as a picture, 0001.svg and so on, all of one size; returns the paths. Makes the folder.

        The options are those of `save`; theme "auto" follows the system of whoever looks at the picture.
        """
        options = self._options("Film.frames", sample, title, theme, language)
        return write_frames(Path(folder), self._story(), options)

    def __repr__(self) -> str:
        return f"<Film of {self.graph.names[self.graph.output]}: {len(self)} frames, {self.step} steps>"

    def _options(self, who: str, sample: int, title: str | None, theme: Theme, language: Language) -> Options:
        checked(who, title=title, theme=theme, language=language)
        return Options(as_row(who, sample) or 0, title, theme, language)

    def _story(self) -> Story:
        return Story(self.graph, self.batch, tuple(self))

    def _frame(self) -> Frame:
        """A frame of how things are now."""
        value, gradients = self._last_run()
        loss = self._given
        if loss is None and value.size == 1:
            loss = float(value.item())
        if loss is None and self.step:
            name = self.graph.names[self.graph.output]
            raise ValueError(f"film: {name} is {shape_text(value.shape)}, not a scalar; give the loss: film(loss)")
        values: dict[Node, Array] = {p: np.array(p.value) for p in self.graph.parameters}
        return Frame(self.step, loss, values, {p: np.array(g) for p, g in gradients.items()})

    def _last_run(self) -> tuple[Array, Mapping[Node, Array]]:
        """The output and the gradients of parameters, from whoever ran last."""
        graph = self.graph
        if graph.last_run is None:
            return graph.output.value, {p: p.grad for p in graph.parameters if p.grad is not None}
        if self.program is None:
            raise ValueError("film: a program ran this graph, and has the numbers; film it: mg.record(program)")
        return self.program.value, {p: g for p, g in self.program.gradients.items() if p in graph.parameters}


def _as_loss(loss: ArrayLike | Node) -> float:
    value = np.asarray(loss.value if isinstance(loss, Node) else loss)
    if value.size != 1 or value.dtype.kind not in "fiu":
        raise TypeError(f"film: the loss must be one number, got {type(loss).__name__} {shape_text(value.shape)}")
    return float(value.item())
