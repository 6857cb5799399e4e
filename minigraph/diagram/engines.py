"""Layout engines: DOT text in, picture out. No shell, no PATH games, and never longer than a timeout."""

from __future__ import annotations

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

__all__ = ["EngineError", "render"]

SECONDS = 60
HELVETICA_FOR_DOT = "Arial"  # dot has PostScript ideas of its own about "Helvetica", and ends up with a wider font


class EngineError(RuntimeError):
    """No engine could make the picture; says what to install, or what the engine complained of."""


def render(source: str, format: str) -> bytes:
    """`source` laid out as svg (graphviz-pure, else the system's dot), png or pdf (the system's dot)."""
    pure, system = _graphviz_pure(), shutil.which("dot")
    engine = (pure or system) if format == "svg" else system
    if engine is None:
        raise EngineError(
            "svg needs graphviz-pure: pip install graphviz-pure"
            if format == "svg"
            else f"{format} needs the system's Graphviz: apt install graphviz, brew install graphviz, or "
            "graphviz.org/download (svg needs nothing: save as .svg)"
        )
    if engine == system:
        source = source.replace('FACE="Helvetica"', f'FACE="{HELVETICA_FOR_DOT}"')
    sharp = ["-Gdpi=144"] if format == "png" else []
    return _run([engine, f"-T{format}", "-q", *sharp], source)


def _graphviz_pure() -> str | None:
    """The executable that the graphviz-pure wheel installed, wherever that is; PATH need not have it."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in files if file.stem == "graphviz-pure" and file.suffix in ("", ".exe"))
    return next((str(path.resolve()) for path in found if path.is_file()), None)


def _run(command: list[str], source: str) -> bytes:
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"{command[0]} took more than {SECONDS} seconds; draw a smaller graph, or with less detail"
        ) from None
    except OSError as error:
        raise EngineError(f"{command[0]} could not be started: {error}") from error
    if done.returncode or not done.stdout:
        raise EngineError(
            f"{command[0]} failed with {done.returncode}: {done.stderr.decode(errors='replace').strip()[:500]}"
        )
    return done.stdout
