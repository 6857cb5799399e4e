"""A bar that shows how far training is, where tqdm is there to draw it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["progress_bar"]


class _Silent:
    def update(self) -> None:
        pass

    def set_postfix(self, shown: dict[str, str]) -> None:
        pass

    def close(self) -> None:
        pass


def progress_bar(asked: bool | None, total: int, done: int) -> Any:
    """asked: None shows it on a terminal if tqdm is installed, True always, False never."""
    if asked is False:
        return _Silent()
    try:
        tqdm = import_module("tqdm").tqdm
    except ImportError as error:
        if asked is None:
            return _Silent()
        raise ImportError('fit: progress=True needs tqdm: pip install "minigraph[progress]"') from error
    return tqdm(total=total, initial=done, unit="step", disable=None if asked is None else False)
