"""The command line: a demo, `draw` and `check`."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minigraph import __version__
from minigraph.checks import check_gradients
from minigraph.demo import demo
from minigraph.diagram import draw
from minigraph.diagram.options import KNOWN
from minigraph.graph import Graph
from minigraph.target import FORM, Unusable, load_target, their_code

__all__ = ["main"]

EXAMPLES = """\
examples:
  minigraph                                       train on Iris, draw it, and say where the pictures are
  minigraph draw net.py:loss                      loss.svg
  minigraph draw net.py:loss -o loss.html         a page to step through, in any browser
  minigraph draw net.py:loss --expand 2 --check   everything opened, with ✓ or ✗ on every edge
  minigraph draw course.nets:loss --expand "Affine 2" --sample 0 --theme dark
  minigraph check net.py:loss                     every gradient against finite differences

net.py:
  import numpy as np
  import minigraph as mg
  from minigraph.layers import Affine, SoftmaxWithLoss

  def loss():
      x, t = mg.Node(np.eye(3, 4), "x"), mg.Node(np.arange(3), "t")
      return SoftmaxWithLoss()(Affine(4, 3, seed=0)(x), t)

exit codes: 0 all is well; 1 `check` found a wrong gradient; 2 something can't be used, or your function failed
`python -m minigraph` is the same as `minigraph`.
"""
TARGET = f"{FORM}; the function takes no arguments and returns a Node (the loss, say) or a Graph"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ✓ shows ?
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command and chosen.folder:
            raise Unusable(f"--out before {chosen.command} is the folder of the demo; draw has an --out after it")
        if chosen.command == "draw":
            return _draw(chosen)
        if chosen.command == "check":
            return _check(chosen.target)
        demo(chosen.folder or Path("minigraph-demo"))
        return 0
    except (Unusable, ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"minigraph: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    shared: dict[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser(
        "minigraph",
        description="Backpropagation that can be seen. Without a command: a demo.",
        **shared,
    )
    parser.add_argument("--version", action="version", version=f"minigraph {__version__}")
    parser.add_argument("--out", type=Path, dest="folder", metavar="FOLDER",
                        help="where the demo writes (default: minigraph-demo)")  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="{draw,check}")
    drawing = commands.add_parser(
        "draw",
        help="draw a network",
        description="Draw a network: values forward, gradients backward, local gradients on the edges. If no backward "
        "has run and the output is a scalar, runs it, and says so.",
        **shared,
    )
    drawing.add_argument("target", help=TARGET)
    drawing.add_argument("-o", "--out", type=Path, metavar="FILE",
                         help="with the suffix .svg, .html, .png, .pdf or .dot (default: FUNCTION.svg)")  # fmt: skip
    drawing.add_argument("--expand", action="append", default=[], metavar="N|NAME",
                         help='how many levels to open, or what ("Affine 2"); names may be given several times'
                         )  # fmt: skip
    for option in ("view", "detail", "theme", "language", "direction"):
        drawing.add_argument(f"--{option}", choices=KNOWN[option], default=KNOWN[option][option == "detail"],
                             help="(default: %(default)s)")  # fmt: skip
    drawing.add_argument("--sample", type=int, metavar="ROW", help="show this row of the batch only")
    drawing.add_argument("--title", help="stands above the picture")
    drawing.add_argument("--check", action="store_true", help="hold every edge to finite differences: ✓ or ✗")
    checking = commands.add_parser(
        "check",
        help="check the gradients of a network",
        description="Hold every gradient to finite differences, edge by edge and end to end. Exit code 1 if one is "
        "wrong.",
        **shared,
    )
    checking.add_argument("target", help=TARGET)
    return parser


def _draw(chosen: argparse.Namespace) -> int:
    graph = load_target(chosen.target)
    if said := _with_gradients(graph, chosen.target):
        print(said)
    diagram = draw(
        graph,
        expand=_which(chosen.expand),
        view=chosen.view,
        detail=chosen.detail,
        theme=chosen.theme,
        language=chosen.language,
        direction=chosen.direction,
        sample=chosen.sample,
        title=chosen.title,
        check=chosen.check,
    )
    print(diagram.save(chosen.out or Path(f"{chosen.target.rpartition(':')[2]}.svg")))
    return 0


def _which(given: list[str]) -> int | list[str]:
    if len(given) == 1 and given[0].lstrip("-").isdecimal():
        return int(given[0])
    return given or 0


def _with_gradients(graph: Graph, target: str) -> str:
    """Runs backward where that is possible and nobody has; returns what there is to say of it."""
    output, name = graph.output, graph.names[graph.output]
    if output.grad is not None:
        return ""
    if output.value.size != 1:
        return f"{name} is no scalar, and no backward has run: drawn without gradients"
    if output not in graph.wanted:
        return f"{name} depends on nothing that wants a gradient: drawn without gradients"
    with their_code(f"The backward of {target}"):
        graph.backward()
    return "No backward had run: ran it"


def _check(target: str) -> int:
    graph = load_target(target)
    if graph.output not in graph.wanted:
        raise Unusable(f"{graph.names[graph.output]} depends on nothing that wants a gradient: nothing to check")
    with their_code(f"The check of {target}"):
        return 0 if check_gradients(graph) else 1
