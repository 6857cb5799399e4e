"""A film as files: a page, an animation, pages of a PDF, pictures in a folder."""

from __future__ import annotations

import importlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigraph.diagram.labels.style import LEVELS, SCOPE, THEMES, Palette, shade
from minigraph.diagram.layout.engines import DPI, render, render_pngs, render_svgs
from minigraph.diagram.layout.svg import finished
from minigraph.diagram.options import Language, Theme, colours
from minigraph.files import write
from minigraph.film.page import film_page
from minigraph.film.pictures import Pictures
from minigraph.film.story import Story
from minigraph.scene.text import clean

__all__ = ["FORMATS", "Options", "write_film", "write_frames"]

FORMATS = ("html", "gif", "pdf")
PIXELS = 1000  # how wide an animation is
DRAWN = f"{1.5 * PIXELS / DPI:.3f}"  # inches: its frames are drawn wider than that, so that small letters stay letters
NEAR = 12
LAST = 2.0  # seconds to see the end


@dataclass(frozen=True)
class Options:
    """What `Film.save` was asked for."""

    sample: int
    title: str | None
    theme: Theme
    language: Language

    def pictures(self, story: Story, palette: Palette | None = None) -> Pictures:
        return Pictures(story, self.sample, palette or colours(self.theme)[0], self.language, self.title)


def write_film(target: Path, story: Story, options: Options, seconds: float) -> Path:
    """As the suffix of `target` says."""
    format = target.suffix.lower()
    if format == ".html":
        pictures = options.pictures(story, THEMES["light"])
        theme = "" if options.theme == "auto" else options.theme
        return write(target, film_page(story, pictures, theme).encode())
    library = _library("PIL.Image" if format == ".gif" else "pypdf", f"Film.save: a {format}")
    pictures = options.pictures(story)
    if format == ".gif":
        return write(target, _animation(library, render_pngs(pictures.sources(DRAWN)), seconds, pictures.palette))
    return write(target, _joined(library, [render(source, "pdf") for source in pictures.sources()]))


def write_frames(folder: Path, story: Story, options: Options) -> list[Path]:
    pictures = options.pictures(story)
    svgs = render_svgs(pictures.sources())
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for n, (frame, svg) in enumerate(zip(story.frames, svgs), 1):
        id, caption = f"frame{n}", pictures.caption(frame)
        css = colours(options.theme)[1].replace(SCOPE, f"#{id} ")
        title = f"{clean(options.title, 100)} · {caption}" if options.title else caption
        text = finished(svg, title, caption, id, css)
        written.append(write(folder / f"{n:04}.svg", text.encode()))
    return written


def _library(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = "pillow" if name.startswith("PIL") else name
        raise ImportError(f'{what} needs {package}; pip install "minigraph[film]"') from error


def _animation(images: Any, pngs: list[bytes], seconds: float, palette: Palette) -> bytes:
    paint = images.new("P", (1, 1))
    paint.putpalette([part for colour in _paints(palette) for part in colour])
    width, height = images.open(io.BytesIO(pngs[0])).size
    size = PIXELS, round(PIXELS * height / width)
    frames = [
        images.open(io.BytesIO(png)).convert("RGB").resize(size).quantize(palette=paint, dither=images.Dither.NONE)
        for png in pngs
    ]
    stays = [round(1000 * seconds)] * (len(frames) - 1) + [round(1000 * max(seconds, LAST))]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=stays, loop=0)
    return out.getvalue()


def _paints(palette: Palette) -> list[tuple[int, ...]]:
    """The colours of the pictures, and steps to the background for smooth edges: the same for all frames."""
    written = [colour for colour in vars(palette).values() if isinstance(colour, str)]
    for heat in (palette.forward_heat, palette.backward_heat):
        written += [shade(heat, n / LEVELS) for n in range(LEVELS + 1)]
    ground, *colours = (tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in dict.fromkeys(written))
    steps = (
        tuple(round(a + (b - a) * part) for a, b in zip(ground, colour))
        for colour in colours
        for part in (1, 0.75, 0.5, 0.25)
    )
    # what is nearly the background would be taken for it, since the search for the nearest colour is a rough one
    far = (colour for colour in steps if max(abs(a - b) for a, b in zip(ground, colour)) >= NEAR)
    return list(dict.fromkeys([ground, *far]))[:256]


def _joined(pypdf: Any, pages: list[bytes]) -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    for page in pages:
        writer.append(io.BytesIO(page))
    writer.compress_identical_objects()
    writer.write(out)
    return out.getvalue()
