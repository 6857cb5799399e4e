"""Training as a film: what a network was at several steps, and pages and pictures that show it."""

from minigraph.film.recorder import Film, Frame, record

__all__ = ["Film", "Frame", "record"]
