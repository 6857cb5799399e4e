"""How fast a step of training is here and elsewhere, and what it costs as networks grow: ``python -m benchmarks``."""
