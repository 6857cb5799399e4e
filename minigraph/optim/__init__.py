"""Training: optimizers change parameters by their gradients, schedules the learning rate, clipping the gradients."""

from minigraph.optim.adaptive import AdaGrad, Adam, AdamW, RMSProp
from minigraph.optim.clip import clip_grad_norm, clip_grad_value
from minigraph.optim.optimizer import Optimizer
from minigraph.optim.schedules import (
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
)
from minigraph.optim.sgd import SGD

__all__ = [
    "SGD", "AdaGrad", "Adam", "AdamW", "ConstantRate", "CosineDecay", "ExponentialDecay", "Optimizer", "RMSProp",
    "ReduceOnPlateau", "Schedule", "StepDecay", "clip_grad_norm", "clip_grad_value",
]  # fmt: skip
