"""What training saw, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minigraph.plots import plot_curves

__all__ = ["History"]


@dataclass
class History:
    """One number per epoch in each list; ``plot()`` draws them.

    loss: the mean over the epoch's rows, while they were trained on · validation_loss: after the epoch, not training ·
    gradient_norm: the largest ‖∂L/∂θ‖ of its steps, before clipping · learning_rate: at its last step · metrics: what
    you asked for, after the epoch · best_epoch: where the loss that is watched was lowest, counted from 1 ·
    ended: "finished", "early" (patience ran out) or "interrupted" (Ctrl-C), "" while training.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    ended: str = ""

    @property
    def watched(self) -> list[float]:
        """The loss that early stopping goes by: on validation data, if there are any."""
        return self.validation_loss or self.loss

    def plot(self) -> Any:
        """The losses, and beside them the metrics if there are any, as a matplotlib Figure (``.savefig(path)``)."""
        return plot_curves({"loss": self.loss, "validation loss": self.validation_loss}, self.metrics, self.best_epoch)

    @property
    def latest(self) -> dict[str, float]:
        """Losses and metrics of the last epoch by name."""
        every = {"loss": self.loss, "validation loss": self.validation_loss, **self.metrics}
        return {name: values[-1] for name, values in every.items() if values}

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {value:.4g}" for name, value in self.latest.items())
        return f"<History: {self.ended or 'training'} after {len(self.loss)} epochs{': ' if said else ''}{said}>"
