"""How ops are computed in a program: one function for each, registered for its class."""

from minigraph.compile.rules import elementwise, images, linear, shapes, softmax

__all__ = ["elementwise", "images", "linear", "shapes", "softmax"]
