"""Which engine draws what, what happens when one is missing, fails or hangs, and the real ones at work."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from pictures import circuit, classifier, texts

import minigraph as mg
from minigraph.diagram.labels.style import THEMES
from minigraph.diagram.layout import engines
from minigraph.diagram.layout.engines import ENGINES, ORDER, EngineError, EngineTimeout, render
from minigraph.diagram.layout.raster import placed
from minigraph.diagram.layout.svg import SVG

MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
EVERY = [(format, name) for format, names in ORDER.items() for name in names]
PANGO = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("dot", "pygraphviz")]
RARE = "\U00012000"  # cuneiform, which hardly any machine has a font for


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(engines.VARIABLE, raising=False)


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Hides every engine that is not named."""
    for name, engine in ENGINES.items():
        if name not in names:
            monkeypatch.setattr(engine, "find", lambda: None)


def pretend(monkeypatch: pytest.MonkeyPatch, *names: str, failing: tuple[str, ...] = ()) -> None:
    """As if just these engines were installed; each draws its own name, or fails."""

    def draw(name: str, command: list[str], source: str, format: str) -> bytes:
        if name in failing:
            raise EngineError(f"{name} is broken")
        return f"{format} by {name}".encode()

    only(monkeypatch)
    for name in names:
        monkeypatch.setattr(ENGINES[name], "find", lambda name=name: [name])
        monkeypatch.setattr(ENGINES[name], "draw", lambda *given, name=name: draw(name, *given))


def child(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """pygraphviz, and nothing else, installed, with `code` in place of the child's."""
    only(monkeypatch)
    (folder / "child.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-I", str(folder / "child.py")]
    monkeypatch.setattr(ENGINES["pygraphviz"], "find", lambda: command)


@pytest.mark.parametrize("format", ORDER)
def test_the_first_that_is_installed_draws(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, name in enumerate(ORDER[format]):
        pretend(monkeypatch, *ORDER[format][at:])
        assert render("", format) == f"{format} by {name}".encode()


@pytest.mark.parametrize("format, name", EVERY)
def test_argument_and_variable_choose(format: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, *ENGINES)
    assert render("", format, name) == f"{format} by {name}".encode()
    monkeypatch.setenv(engines.VARIABLE, name)
    assert render("", format) == f"{format} by {name}".encode()
    assert render("", format, ORDER[format][-1]).endswith(ORDER[format][-1].encode())


def test_the_variable_leaves_other_formats_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, *ENGINES)
    monkeypatch.setenv(engines.VARIABLE, "resvg")
    assert [render("", format) for format in ORDER] == [b"svg by graphviz-pure", b"png by resvg", b"pdf by dot"]
    monkeypatch.setenv(engines.VARIABLE, "")
    assert render("", "png") == b"png by dot"


def test_an_engine_that_cannot_do_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diagram = mg.draw(circuit())
    with pytest.raises(ValueError, match="engine 'graphviz-pure' does not draw pdf; these do: dot, pygraphviz"):
        diagram.save(tmp_path / "a.pdf", engine="graphviz-pure")
    with pytest.raises(ValueError, match="engine 'resvg' does not draw svg; these do: graphviz-pure, dot, pygraphviz"):
        diagram.svg(engine="resvg")
    known = "must be one of graphviz-pure, dot, pygraphviz, resvg"
    for unknown in ("neato", "", "-Tpng"):
        with pytest.raises(ValueError, match=f"engine is '{unknown}', but {known}"):
            diagram.save(tmp_path / "a.svg", engine=unknown)
    with pytest.raises(ValueError, match=r"'a\.dot' is written by no engine that you could choose"):
        diagram.save(tmp_path / "a.dot", engine="dot")
    monkeypatch.setenv(engines.VARIABLE, "neato")
    with pytest.raises(ValueError, match=f"MINIGRAPH_ENGINE is 'neato', but {known}"):
        diagram.svg()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format, name", EVERY)
def test_a_missing_engine_says_how_to_install_it(format: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [other for other in ENGINES if other != name]
    pretend(monkeypatch, *installed)
    with pytest.raises(EngineError, match=rf"^{format} needs {name} \(.*install ") as caught:
        render("", format, name)
    assert ENGINES[name].install in str(caught.value)


def test_without_any_engine_the_error_names_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    diagram = mg.draw(circuit())
    for format, install in (("svg", "pip install graphviz-pure"), ("png", "minigraph.full."), ("pdf", "apt install")):
        message = rf"a\.{format} was not drawn: {format} needs {ORDER[format][0]} .*{install}.*a\.{format}\.dot"
        with pytest.raises(RuntimeError, match=message):
            diagram.save(tmp_path / f"a.{format}")
        assert (tmp_path / f"a.{format}.dot").read_text(encoding="utf-8") == diagram.source


def test_a_failure_is_told_and_the_next_engine_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "dot", "pygraphviz", failing=("dot",))
    with pytest.warns(RuntimeWarning, match="dot is broken. Drawn by pygraphviz instead"):
        assert render("", "pdf") == b"pdf by pygraphviz"
    with pytest.raises(EngineError, match="^dot is broken$"):
        render("", "pdf", "dot")
    pretend(monkeypatch, "dot", "pygraphviz", failing=("dot", "pygraphviz"))
    with pytest.raises(EngineError, match="^dot is broken; pygraphviz is broken$"):
        render("", "pdf")


@pytest.mark.parametrize("code, why", [
    ("import os; os.abort()", r"failed with (-6|\d+)"), ("raise SystemExit('no such thing')", "failed with 1: no such"),
    ("pass", "failed with 0"),
])  # fmt: skip
def test_a_crash_of_the_child_is_only_an_error(
    code: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, tmp_path, code)
    with pytest.raises(EngineError, match=f"pygraphviz {why}"):
        render("digraph {}", "pdf")


def test_a_timeout_kills_and_is_not_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, pathlib, time; pathlib.Path(__file__).with_name('pid').write_text(str(os.getpid())); time.sleep(60)"
    )
    child(monkeypatch, tmp_path, code)
    monkeypatch.setattr(engines, "SECONDS", 2)
    monkeypatch.setattr(ENGINES["resvg"], "find", lambda: pytest.fail("tried another"))
    with pytest.raises(EngineTimeout, match="pygraphviz took more than 2 seconds; draw a smaller graph"):
        render("digraph {}", "png")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_cannot_be_started_or_read_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "graphviz-pure")
    with pytest.raises(EngineError, match="^graphviz-pure failed with "):
        render("digraph {", "svg")
    monkeypatch.setattr(ENGINES["graphviz-pure"], "find", lambda: ["/nowhere/graphviz-pure"])
    with pytest.raises(EngineError, match="^graphviz-pure could not be started"):
        render("digraph {}", "svg")


def test_text_of_the_graph_is_never_part_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    run = engines.subprocess.run

    def spy(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return run(command, **options)

    monkeypatch.setattr(engines.subprocess, "run", spy)
    mg.draw(mg.Node(1.0, "-o/tmp/evil $(reboot)")).svg()
    assert commands and not any("evil" in argument for command in commands for argument in command)


def test_png_of_graphviz_pure_warns_of_what_it_has_no_glyph_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "graphviz-pure")
    with pytest.warns(RuntimeWarning, match="graphviz-pure has no font with .* 가 .*pip install") as caught:
        path = mg.draw(mg.Node(1.0, "∂Σ − é 가")).save(tmp_path / "a.png")
    said = str(caught[0].message).split(" and draws boxes")[0]
    assert path.read_bytes().startswith(MAGIC["png"])
    assert not set("∂Σ−é") & set(said)
    assert caught[0].filename == __file__
    assert render("digraph { é }", "png").startswith(MAGIC["png"])


@pytest.mark.dot
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_dot_draws(format: str, dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "dot")
    assert render(mg.draw(classifier(), expand=2, detail="full").source, format).startswith(MAGIC[format])


@pytest.mark.pygraphviz
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_pygraphviz_draws_where_there_is_nothing_else(
    format: str, pygraphviz: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "dot", "pygraphviz")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "subprocess.py").write_text("raise SystemExit('imported from the current folder')")
    path = mg.draw(classifier(), expand=2, detail="full").save(tmp_path / f"a.{format}")
    assert path.read_bytes().startswith(MAGIC[format] if format != "svg" else b"<svg")


@pytest.mark.parametrize("name", PANGO)
def test_svg_says_the_same_by_any_engine(name: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(name)
    pure, other = (mg.draw(classifier()).svg(engine=engine) for engine in ("graphviz-pure", name))
    assert other != pure
    assert sorted(texts(other)) == sorted(texts(pure))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems find fonts in other ways")
@pytest.mark.parametrize("name", PANGO)
def test_an_engine_without_fonts_does_not_draw_wordless_pictures(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.getfixturevalue(name)
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    source = mg.draw(circuit()).source
    for format in ("png", "pdf"):
        with pytest.raises(EngineError, match=f"{name} finds no fonts"):
            render(source, format, name)
    assert b">forward value<" in render(source, "svg", name)


@pytest.mark.resvg
def test_resvg_draws_the_svg_at_twice_its_size_with_its_background(
    resvg: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "graphviz-pure", "resvg")
    png = mg.draw(circuit(), theme="dark").save(tmp_path / "a.png").read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    wide, high = (float(n) for n in mg.draw(circuit()).svg().split('viewBox="')[1].split('"')[0].split()[2:])
    assert (width, height) == (round(2 * wide), round(2 * high)) and depth == 8 and kind in (2, 6)
    assert pixel(png).hex() == THEMES["dark"].background.lower().removeprefix("#")


def pixel(png: bytes) -> bytes:
    """Red, green and blue of the first pixel, which no PNG filter changes."""
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    return zlib.decompress(data)[1:4]


@pytest.mark.resvg
def test_resvg_warns_of_what_it_has_no_glyph_for(resvg: None, tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning, match=f"resvg has no font with .*{RARE}") as caught:
        mg.draw(mg.Node(1.0, f"a{RARE}")).save(tmp_path / "a.png", engine="resvg")
    assert caught[0].filename == __file__


def test_resvg_without_fonts_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        """import sys; print("No match for '\\"Helvetica\\", serif' font-family.", file=sys.stderr); print("picture")"""
    )
    (tmp_path / "child.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(ENGINES["resvg"], "find", lambda: [sys.executable, str(tmp_path / "child.py")])
    with pytest.raises(EngineError, match='resvg finds none of the fonts "Helvetica", serif'):
        render(mg.draw(circuit()).source, "png", "resvg")


def test_each_piece_of_a_text_has_its_place() -> None:
    svg = f'<svg xmlns="{SVG}"><g><text x="50" text-anchor="end" font-size="10">ab ᵀ가중치é⊙⊙ c</text></g></svg>'
    assert texts(placed(svg)) == ["ab ", "ᵀ", "가중치é", "⊙", "⊙", " c"]
