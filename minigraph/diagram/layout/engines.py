"""Layout engines: DOT text in, picture out. No shell, a process for every engine, and never longer than a timeout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Sequence
from html import unescape
from importlib import metadata, util
from pathlib import Path

from minigraph.diagram.layout.raster import placed
from minigraph.diagram.layout.svg import finished

__all__ = ["DPI", "ENGINES", "ORDER", "EngineError", "EngineTimeout", "render", "render_pngs", "render_svgs"]

VARIABLE = "MINIGRAPH_ENGINE"
SECONDS = 60
AT_ONCE = 20  # pictures that an engine has these seconds for
PNG = b"\x89PNG\r\n\x1a\n"
DPI = 144  # of a png
OPTIONS: dict[str, list[str]] = {"svg": [], "png": [f"-Gdpi={DPI}"], "pdf": ["-Gmargin=0"]}
CHILD = Path(__file__).with_name("child.py")
GRAPHVIZ = "apt install graphviz, brew install graphviz, or graphviz.org/download"
FULL = 'pip install "minigraph[full]"'


class EngineError(RuntimeError):
    """No engine could make the picture; says what to install, or what the engine complained of."""


class EngineTimeout(EngineError):
    """The graph is too large for an engine; no other is tried, for it would take as long."""


class Engine:
    """A program that draws DOT text: its name, how to get it, and how to call it."""

    name: str
    install: str
    takes_many = False  # graphs for one png after another

    def find(self) -> list[str] | None:
        """The command that starts it, or None where it is not installed."""
        raise NotImplementedError

    def draw(self, command: list[str], source: str, format: str) -> bytes:
        return _run(self.name, [*command, f"-T{format}", "-q", *OPTIONS[format]], source).stdout


class GraphvizPure(Engine):
    """A Graphviz that pip installs, with fonts of its own for png: the same bytes everywhere, but few symbols."""

    name = "graphviz-pure"
    takes_many = True
    install = "pip install graphviz-pure"

    def find(self) -> list[str] | None:
        """Wherever the wheel has put it; PATH need not have it."""
        try:
            files = metadata.files("graphviz-pure") or []
        except metadata.PackageNotFoundError:
            return None
        stem, ends = "graphviz-pure", ("", ".exe")
        found = (Path(str(file.locate())) for file in files if file.stem == stem and file.suffix in ends)
        return next(([str(path.resolve())] for path in found if path.is_file()), None)

    def draw(self, command: list[str], source: str, format: str) -> bytes:
        picture = super().draw(command, source, format)
        if format == "png":
            _warn_of_boxes(self.name, self._boxes(command, source), f"{GRAPHVIZ}, or {FULL}")
        return picture

    def _boxes(self, command: list[str], source: str) -> str:
        """The characters of `source` that it draws just as it draws one that no font has."""
        characters = ["\ue000", *sorted({c for c in unescape(source) if c > "\x7f"} - {"\ue000"})]
        graphs = "".join(f'digraph {{ a [fontname=Helvetica label="{c}"] }}\n' for c in characters)
        box, *pictures = _run(self.name, [*command, "-Tpng", "-q"], graphs).stdout.split(PNG)[1:]
        return "".join(c for c, picture in zip(characters[1:], pictures) if picture == box)


class Dot(Engine):
    """The system's Graphviz, with the system's fonts."""

    name = "dot"
    takes_many = True
    install = GRAPHVIZ

    def find(self) -> list[str] | None:
        found = shutil.which("dot")
        return [found] if found else None

    def draw(self, command: list[str], source: str, format: str) -> bytes:
        if format != "svg" and self._is_wordless(command):
            raise EngineError(f"{self.name} finds no fonts, and would leave out every text; install some fonts")
        # Pango has PostScript ideas of its own about "Helvetica", and ends up with a wider font.
        return super().draw(command, source.replace('FACE="Helvetica"', 'FACE="Arial"'), format)

    def _is_wordless(self, command: list[str]) -> bool:
        """Whether it leaves out all text, without a complaint, as Pango does on a machine that has no fonts."""
        one, other = (super(Dot, self).draw(command, f"digraph {{ {letter} }}", "png") for letter in "AB")
        return one == other


class Pygraphviz(Dot):
    """Graphviz as a library; it may take its whole process down, so it gets one to itself."""

    name = "pygraphviz"
    takes_many = False
    install = FULL

    def find(self) -> list[str] | None:
        return _child(self.name)


class Resvg(Engine):
    """Draws no graph, but makes a png of the svg that another engine drew."""

    name = "resvg"
    install = FULL

    def find(self) -> list[str] | None:
        return _child("resvg_py")

    def draw(self, command: list[str], source: str, format: str) -> bytes:
        svg = placed(finished(render(source, "svg").decode(), "", "", "mg"))
        done = _run(self.name, command, svg)
        log = done.stderr.decode(errors="replace")
        if lacking := re.search(r"No match for '(.*)' font-family", log):
            raise EngineError(f"{self.name} finds none of the fonts {lacking[1]}")
        boxes = "".join(dict.fromkeys(re.findall(r"No fonts with a (.)/U\+", log)))
        _warn_of_boxes(self.name, boxes, "install a font that has them")
        return done.stdout


ENGINES = {engine.name: engine for engine in (GraphvizPure(), Dot(), Pygraphviz(), Resvg())}
ORDER = {
    "svg": ["graphviz-pure", "dot", "pygraphviz"],
    "png": ["dot", "pygraphviz", "resvg", "graphviz-pure"],
    "pdf": ["dot", "pygraphviz"],
}


def render(source: str, format: str, engine: str | None = None) -> bytes:
    """`source` drawn as svg, png or pdf by `engine`, else by the first in ORDER that is installed and does not fail."""
    failures: list[EngineError] = []
    for candidate in _candidates(format, engine):
        command = candidate.find()
        if command is None:
            continue
        try:
            picture = candidate.draw(command, source, format)
        except EngineTimeout:
            raise
        except EngineError as error:
            failures.append(error)
            continue
        for failure in failures:
            warnings.warn(f"{failure}. Drawn by {candidate.name} instead", RuntimeWarning, stacklevel=3)
        return picture
    if failures:
        raise EngineError("; ".join(map(str, failures))) from failures[0]
    raise EngineError(f"{format} needs {' or '.join(f'{e.name} ({e.install})' for e in _candidates(format, engine))}")


def render_svgs(sources: Sequence[str]) -> list[str]:
    """Several pictures by few calls of an engine, or by one call each where that does not do."""
    if len(sources) > 1:
        pictures = (render(joined, "svg").decode() for joined in _joined(sources))
        found = [svg for several in pictures for svg in re.findall(r"<svg.*?</svg>", several, re.DOTALL)]
        if len(found) == len(sources):
            return found
    return [render(source, "svg").decode() for source in sources]


def render_pngs(sources: Sequence[str], engine: str | None = None) -> list[bytes]:
    """The same as png, for which only some engines take several graphs at once."""
    chosen = next((each for each in _candidates("png", engine) if each.find()), None)
    if chosen is not None and chosen.takes_many and len(sources) > 1:
        several = (render(joined, "png", chosen.name) for joined in _joined(sources))
        found = [PNG + picture for pictures in several for picture in pictures.split(PNG)[1:]]
        if len(found) == len(sources):
            return found
    return [render(source, "png", engine) for source in sources]


def _joined(sources: Sequence[str]) -> list[str]:
    """Graphs behind each other, not so many that an engine would run out of time."""
    return ["\n".join(sources[start : start + AT_ONCE]) for start in range(0, len(sources), AT_ONCE)]


def _candidates(format: str, engine: str | None) -> list[Engine]:
    """The engine that was asked for, by argument or by environment, alone; else all that do the format, best first."""
    able = ORDER[format]
    name = engine if engine is not None else os.environ.get(VARIABLE) or None
    if name is not None and name not in ENGINES:
        where = VARIABLE if engine is None else "engine"
        raise ValueError(f"{where} is {name!r}, but must be one of {', '.join(ENGINES)}")
    if engine is not None and engine not in able:
        raise ValueError(f"engine {engine!r} does not draw {format}; these do: {', '.join(able)}")
    return [ENGINES[name]] if name in able else [ENGINES[each] for each in able]


def _child(module: str) -> list[str] | None:
    """The command for child.py, told where `module` is, since an isolated interpreter does not look everywhere."""
    spec = util.find_spec(module)
    if spec is None or not spec.origin or not sys.executable:
        return None
    return [sys.executable, "-I", str(CHILD), module, str(Path(spec.origin).parents[1])]


def _run(name: str, command: list[str], source: str) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        message = f"{name} took more than {SECONDS} seconds; draw a smaller graph, or with less detail"
        raise EngineTimeout(message) from None
    except OSError as error:
        raise EngineError(f"{name} could not be started: {error}") from error
    if done.returncode or not done.stdout:
        complaint = done.stderr.decode(errors="replace").strip()[-500:]
        raise EngineError(f"{name} failed with {done.returncode}: {complaint}")
    return done


def _warn_of_boxes(name: str, characters: str, advice: str) -> None:
    if characters:
        message = f"{name} has no font with {' '.join(characters[:20])} and draws boxes; {advice}"
        warnings.warn(message, RuntimeWarning, stacklevel=5)
