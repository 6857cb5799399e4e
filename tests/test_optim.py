"""SGD against golden numbers from PyTorch 2.13 (torch.optim.SGD, float64), and against PyTorch itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import network

import minigraph as mg

START = [1.0, -2.0, 3.0]
GRADIENTS = [[0.5, -1.0, 0.25], [-0.3, 0.8, 1.5], [1.2, 0.1, -0.7], [0.0, -0.4, 0.6], [2.0, 0.3, -1.1]]
RATE = 0.1
GOLDEN: dict[str, tuple[dict[str, Any], list[list[float]]]] = {
    "plain": (
        {},
        [[0.95, -1.9, 2.975], [0.98, -1.98, 2.825], [0.86, -1.99, 2.895], [0.86, -1.95, 2.835], [0.66, -1.98, 2.945]],
    ),
    "momentum": (
        {"momentum": 0.9},
        [
            [0.95, -1.9, 2.975], [0.935, -1.89, 2.8025], [0.8015, -1.891, 2.71725], [0.68135, -1.8519, 2.580525],
            [0.373215, -1.84671, 2.5674725],
        ],
    ),
    "nesterov": (
        {"momentum": 0.9, "nesterov": True},
        [
            [0.905, -1.81, 2.9525], [0.9215, -1.881, 2.64725], [0.68135, -1.8919, 2.640525],
            [0.573215, -1.81671, 2.4574725], [0.0958935, -1.842039, 2.55572525],
        ],
    ),
    "weight decay": (
        {"weight_decay": 0.01},
        [
            [0.949, -1.898, 2.972], [0.978051, -1.976102, 2.819028], [0.857072949, -1.984125898, 2.886208972],
            [0.856215876051, -1.942141772102, 2.823322763028],
            [0.655359660174949, -1.9701996303299, 2.93049944026497],
        ],
    ),
    "momentum and weight decay": (
        {"momentum": 0.9, "weight_decay": 0.01},
        [
            [0.949, -1.898, 2.972], [0.932151, -1.884302, 2.793828], [0.796054749, -1.880089498, 2.700679372],
            [0.672772068351, -1.834418156702, 2.554144927428],
            [0.361144883698549, -1.8214795313771, 2.52970978238577],
        ],
    ),
    "all": (
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
        [
            [0.901, -1.802, 2.928], [0.911691, -1.859382, 2.606048], [0.675642581, -1.849761162, 2.582743968],
            [0.580369826571, -1.752854169142, 2.387280238688],
            [0.141630864912661, -1.75295193198132, 2.46575470896221],
        ],
    ),
}  # fmt: skip
every_setting = pytest.mark.parametrize("options, values", GOLDEN.values(), ids=GOLDEN)


@every_setting
def test_golden_numbers(options: dict[str, Any], values: list[list[float]]) -> None:
    parameter = mg.Parameter(START, "w")
    sgd = mg.SGD([parameter], RATE, **options)
    for gradient, expected in zip(GRADIENTS, values, strict=True):
        parameter.grad = np.array(gradient)
        sgd.step()
        np.testing.assert_allclose(parameter.value, expected, rtol=1e-13)


@pytest.mark.torch
@every_setting
def test_20_steps_as_pytorch_does_them(torch: Any, options: dict[str, Any], values: list[list[float]]) -> None:
    rng = np.random.default_rng(4)
    ours = [mg.Parameter(rng.normal(size=shape), "w") for shape in ((3, 2), (2,))]
    theirs = [torch.tensor(parameter.value, requires_grad=True) for parameter in ours]
    sgd, reference = mg.SGD(ours, 0.05, **options), torch.optim.SGD(theirs, lr=0.05, **options)
    for _ in range(20):
        for parameter, tensor in zip(ours, theirs):
            parameter.grad = rng.normal(size=parameter.shape)
            tensor.grad = torch.tensor(parameter.grad)
        sgd.step()
        reference.step()
        for parameter, tensor in zip(ours, theirs):
            np.testing.assert_allclose(parameter.value, tensor.detach().numpy(), rtol=1e-12, atol=1e-14)


@every_setting
def test_a_step_puts_new_arrays_in_place_of_the_old(options: dict[str, Any], values: list[list[float]]) -> None:
    parameter = mg.Parameter(np.array(START), "w")
    start, gradient = parameter.value, np.array(GRADIENTS[0])
    start.flags.writeable = gradient.flags.writeable = False
    sgd = mg.SGD([parameter], RATE, **options)
    for _ in range(3):
        parameter.grad = gradient
        before = parameter.value
        sgd.step()
        assert parameter.value is not before
    np.testing.assert_array_equal(start, START)


def test_a_momentum_does_not_live_in_the_gradient_of_the_caller() -> None:
    parameter = mg.Parameter(START, "w")
    sgd = mg.SGD([parameter], RATE, momentum=0.9)
    buffer = np.empty(3)
    for gradient, expected in zip(GRADIENTS, GOLDEN["momentum"][1]):
        buffer[:] = gradient  # one array for all steps, as a training loop with buffers of its own has it
        parameter.grad = buffer
        sgd.step()
        np.testing.assert_allclose(parameter.value, expected, rtol=1e-13)


@pytest.mark.parametrize(
    "rate, gradient", [(0.1, np.float32), (np.float64(0.1), np.float32), (0.1, np.float64)],
    ids=["Python rate", "NumPy rate", "float64 gradient"],
)  # fmt: skip
@pytest.mark.parametrize("setting", ["plain", "all"])
def test_a_step_keeps_the_type_of_the_parameter(setting: str, rate: float, gradient: type) -> None:
    parameter = mg.Parameter(np.array(START, np.float32), "w")
    sgd = mg.SGD([parameter], rate, **GOLDEN[setting][0])
    for _ in range(2):
        parameter.grad = np.array(GRADIENTS[0], gradient)
        sgd.step()
        assert parameter.value.dtype == np.float32
        sgd.learning_rate = rate  # as a schedule does it


def test_a_learning_rate_may_change_on_the_way() -> None:
    parameter = mg.Parameter([1.0], "w")
    sgd = mg.SGD([parameter], 0.1)
    for rate in (0.1, 0.01):
        sgd.learning_rate = rate
        parameter.grad = np.ones(1)
        sgd.step()
    np.testing.assert_allclose(parameter.value, [0.89], rtol=1e-14)


def test_each_parameter_has_a_velocity_of_its_own() -> None:
    parameters = [mg.Parameter(START, "a"), mg.Parameter([[5.0]], "b")]
    sgd = mg.SGD(iter(parameters), RATE, momentum=0.9)
    for gradient, expected in zip(GRADIENTS, GOLDEN["momentum"][1]):
        parameters[0].grad, parameters[1].grad = np.array(gradient), np.zeros((1, 1))
        sgd.step()
        np.testing.assert_allclose(parameters[0].value, expected, rtol=1e-13)
    assert parameters[1].value == 5


def test_repr_tells_the_settings() -> None:
    sgd = mg.SGD([mg.Parameter(1.0)], 0.1, momentum=0.9, weight_decay=0.01)
    assert repr(sgd) == "SGD(learning_rate=0.1, momentum=0.9, nesterov=False, weight_decay=0.01)"


def test_an_optimizer_of_ones_own_writes_only_update() -> None:
    class Sign(mg.Optimizer):
        def update(self, i: int, value: Any, gradient: Any) -> Any:
            return value - self.learning_rate * np.sign(gradient)

    parameter = mg.Parameter(START, "w")
    parameter.grad = np.array(GRADIENTS[0])
    Sign([parameter], 0.5).step()
    np.testing.assert_array_equal(parameter.value, [0.5, -1.5, 2.5])
    with pytest.raises(ValueError, match="^Sign: learning_rate is -1"):
        Sign([parameter], -1)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], ids=str)
def test_training_learns_the_labels(options: dict[str, Any]) -> None:
    graph = mg.Graph(network())
    sgd = mg.SGD(graph.parameters, 0.1, **options)
    start = graph.forward()
    for _ in range(300):
        graph.forward()
        graph.backward()
        sgd.step()
    assert start > 1 and graph.forward() < 0.05
