"""A network that is named on a command line: ``module:function`` or ``path/to/file.py:function``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, TracebackType

from minigraph.graph import Graph, Node

__all__ = ["FORM", "Unusable", "load_target", "their_code"]

FORM = "module:function or path/to/file.py:function"


class Unusable(Exception):
    """Something on the command line that can't be used; the message is for its user."""


def load_target(target: str) -> Graph:
    """The graph that the function returns. Errors: `Unusable`; of the user's own code after its traceback."""
    place, _, name = target.rpartition(":")
    if not place or not name or name.endswith(".py"):
        raise Unusable(f"{target!r} names no function; give {FORM}")
    module = _file(Path(place)) if place.endswith(".py") else _module(place)
    function = getattr(module, name, None)
    if isinstance(function, (Node, Graph)):
        return _graph(target, function)
    if not callable(function):
        raise Unusable(f"{place} has no function {name!r}{_choice(module)}")
    if needed := _needed(function):
        raise Unusable(f"{target} needs {', '.join(needed)}; give a function without arguments that builds the network")
    with their_code(target):
        found = function()
    return _graph(target, found)


def _graph(target: str, found: object) -> Graph:
    if isinstance(found, Node):
        return Graph(found)
    if not isinstance(found, Graph):
        raise Unusable(f"{target} returned {type(found).__name__}; it must return a Node, such as the loss, or a Graph")
    return found


def _module(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())  # as `python -m` does, and a console script does not
    try:
        known = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):  # a package above it is missing; or a name that can be none
        known = None
    if known is None:
        raise Unusable(f"there is no module {name!r} here or in this Python; a file is given as path/to/file.py")
    with their_code(name):
        return importlib.import_module(name)


def _file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Unusable(f"there is no file {path}")
    sys.path.insert(0, str(path.resolve().parent))  # what stands beside it can be imported, as when it is run
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses look there; but a net called random.py replaces nothing
    try:
        with their_code(str(path)):
            spec.loader.exec_module(module)
    except BaseException:
        if sys.modules[path.stem] is module:
            del sys.modules[path.stem]
        raise
    return module


@contextmanager
def their_code(what: str) -> Iterator[None]:
    """An error in here is the user's own: it gets its traceback, and becomes `Unusable`."""
    try:
        yield
    except Exception as error:
        traceback.print_exception(type(error), error, _theirs(error.__traceback__))
        raise Unusable(f"{what} failed: see above") from error
    except SystemExit as error:
        raise Unusable(f"{what} ended Python (SystemExit: {error.code})") from error


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Without the frames of this file and of Python's import, which nobody wrote who reads it."""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and "importlib" not in file:
            break
        trace = trace.tb_next
    return trace


def _needed(function: object) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in kinds]


def _choice(module: ModuleType) -> str:
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]
    return f"; it has {', '.join(own)}" if own else ""
