"""Another view of a network: units as circles, weights as arrows."""

from minigraph.diagram.neurons.picture import Neurons, Scale

__all__ = ["Neurons", "Scale"]
