"""Ctrl-C between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

__all__ = ["Interrupts"]


class Interrupts:
    """``with Interrupts() as interrupts``: the first Ctrl-C sets `asked`, the second raises KeyboardInterrupt at once.

    Outside the main thread, and where somebody handles Ctrl-C in a way of their own, nothing is changed.
    """

    def __init__(self) -> None:
        self.asked = False
        here = threading.current_thread() is threading.main_thread()
        self.ours = here and signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def __enter__(self) -> Interrupts:
        if self.ours:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
