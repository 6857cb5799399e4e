"""Packages that only some users need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["needed"]


def needed(who: str, module: str, install: str) -> Any:
    """The module, imported now; where it is missing, an error that says how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"{who}: needs {module.split('.')[0]}, which is not here; {install} gets it") from error
