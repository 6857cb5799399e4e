"""What an optimizer or a schedule has come to, as a dict that can be kept."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

__all__ = ["Stateful"]


class Stateful:
    """``state_dict()`` is every attribute but what it works on; ``load_state_dict()`` goes on from there."""

    works_on = ""  # the attribute that is not its own

    def state_dict(self) -> dict[str, Any]:
        """Settings and memory by name, as copies."""
        return {name: copy.deepcopy(value) for name, value in vars(self).items() if name != self.works_on}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take settings and memory from a ``state_dict()`` of the same class.

        Errors: ValueError where the names differ; then nothing has changed.
        """
        own = vars(self).keys() - {self.works_on}
        if own != state.keys():
            came, needed = (", ".join(sorted(names)) for names in (state, own))
            raise ValueError(f"{type(self).__name__}.load_state_dict: got {came}, but needs {needed}")
        vars(self).update(copy.deepcopy(dict(state)))
