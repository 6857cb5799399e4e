"""Every optimizer: 20 steps as PyTorch does them, and what they all promise of a step and of its preview."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array, network, read_only, subclasses
from pictures import labels
from readings import take_table

import minigraph as mg

Setting = tuple[type[mg.Optimizer], dict[str, Any], str, dict[str, Any]]  # ours, and PyTorch's name and settings
SETTINGS: dict[str, Setting] = {
    "SGD": (mg.SGD, {}, "SGD", {}),
    "SGD, all": (
        mg.SGD, {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
        "SGD", {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
    ),
    "AdaGrad": (mg.AdaGrad, {}, "Adagrad", {}),
    "AdaGrad, all": (
        mg.AdaGrad, {"weight_decay": 0.05, "epsilon": 0.1}, "Adagrad", {"weight_decay": 0.05, "eps": 0.1},
    ),
    "RMSProp": (mg.RMSProp, {}, "RMSprop", {}),
    "RMSProp, alpha": (mg.RMSProp, {"alpha": 0.5}, "RMSprop", {"alpha": 0.5}),
    "RMSProp, momentum": (mg.RMSProp, {"momentum": 0.9}, "RMSprop", {"momentum": 0.9}),
    "RMSProp, centered": (mg.RMSProp, {"centered": True}, "RMSprop", {"centered": True}),
    "RMSProp, all": (
        mg.RMSProp, {"alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.05, "epsilon": 0.1},
        "RMSprop", {"alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.05, "eps": 0.1},
    ),
    "Adam": (mg.Adam, {}, "Adam", {}),
    "Adam, betas": (mg.Adam, {"betas": (0.0, 0.9)}, "Adam", {"betas": (0.0, 0.9)}),
    "Adam, decay": (mg.Adam, {"weight_decay": 0.05}, "Adam", {"weight_decay": 0.05}),
    "Adam, amsgrad": (mg.Adam, {"betas": (0.9, 0.5), "amsgrad": True}, "Adam", {"betas": (0.9, 0.5), "amsgrad": True}),
    "Adam, all": (
        mg.Adam, {"betas": (0.8, 0.9), "weight_decay": 0.05, "amsgrad": True, "epsilon": 0.1},
        "Adam", {"betas": (0.8, 0.9), "weight_decay": 0.05, "amsgrad": True, "eps": 0.1},
    ),
    "AdamW": (mg.AdamW, {}, "AdamW", {}),
    "AdamW, no decay": (mg.AdamW, {"weight_decay": 0.0}, "Adam", {}),
    "AdamW, all": (
        mg.AdamW, {"betas": (0.8, 0.5), "weight_decay": 0.3, "amsgrad": True, "epsilon": 0.1},
        "AdamW", {"betas": (0.8, 0.5), "weight_decay": 0.3, "amsgrad": True, "eps": 0.1},
    ),
}  # fmt: skip
every_setting = pytest.mark.parametrize("ours, options", [row[:2] for row in SETTINGS.values()], ids=SETTINGS)


def test_every_optimizer_is_here() -> None:
    ours = {cls for cls in subclasses(mg.Optimizer) if cls.__module__.startswith("minigraph")}
    assert {setting[0] for setting in SETTINGS.values()} == ours


@pytest.mark.torch
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-5)], ids=["float64", "float32"])
def test_20_steps_as_pytorch_does_them(torch: Any, setting: Setting, dtype: type, tolerance: float) -> None:
    ours, options, name, their_options = setting
    rng = np.random.default_rng(4)
    parameters = [mg.Parameter(rng.normal(size=shape).astype(dtype), "w") for shape in ((3, 2), (2,), ())]
    tensors = [torch.tensor(parameter.value, requires_grad=True) for parameter in parameters]
    optimizer = ours(parameters, 0.05, **options)
    reference = getattr(torch.optim, name)(tensors, lr=0.05, **their_options)
    for _ in range(20):
        for parameter, tensor in zip(parameters, tensors):
            parameter.grad = np.asarray(rng.normal(size=parameter.shape), dtype)
            tensor.grad = torch.tensor(parameter.grad)
        optimizer.step()
        reference.step()
        for parameter, tensor in zip(parameters, tensors):
            assert isinstance(parameter.value, np.ndarray) and parameter.value.dtype == dtype
            np.testing.assert_allclose(parameter.value, tensor.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.torch
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_the_defaults_are_those_of_pytorch(torch: Any, setting: Setting) -> None:
    ours, _, name, _ = setting
    if name == ours.__name__.replace("AdaGrad", "Adagrad").replace("RMSProp", "RMSprop"):
        settings, defaults = ours([mg.Parameter(1.0)]).settings, getattr(torch.optim, name)([torch.ones(1)]).defaults
        theirs = {"learning_rate": "lr", "epsilon": "eps"}
        for setting_name, value in settings.items():
            if ours is not mg.SGD or setting_name != "learning_rate":  # PyTorch's is 0.001, and was required for long
                assert value == defaults[theirs.get(setting_name, setting_name)], setting_name


def ready(ours: type[mg.Optimizer], options: dict[str, Any], steps: int, dtype: type = np.float64) -> Any:
    """A network after some steps, its graph, and its optimizer, ready for the next step."""
    loss = network("one-hot", dtype=dtype)
    graph = mg.Graph(loss)
    optimizer = ours(graph.parameters, 0.1, **options)
    for n in range(steps + 1):
        if n:
            optimizer.step()
        graph.forward()
        graph.backward()
    return loss, graph, optimizer


def state(optimizer: mg.Optimizer) -> Any:
    """All that it knows; equal only where the very same arrays stand in the same places."""
    own = vars(optimizer).items()
    known = {name: {i: id(v) for i, v in value.items()} if isinstance(value, dict) else value for name, value in own}
    return known, [id(parameter.value) for parameter in optimizer.parameters]


@every_setting
@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_preview_and_a_picture_are_what_the_step_then_does(
    ours: type[mg.Optimizer], options: dict[str, Any], steps: int, dtype: type
) -> None:
    loss, graph, optimizer = ready(ours, options, steps, dtype)
    before, old = state(optimizer), {p: p.value for p in graph.parameters}
    preview, diagram = optimizer.preview(), mg.draw_step(loss, optimizer)
    assert state(optimizer) == before
    was = loss.item()
    optimizer.step()
    rest = labels(diagram.source)["step"]
    for parameter in graph.parameters:
        np.testing.assert_array_equal(preview[parameter], parameter.value)
        assert parameter.value.dtype == dtype
        for sign, array in (
            ("−", old[parameter]),
            ("=", old[parameter] - parameter.value),
            ("", parameter.value),
        ):
            table, rest = take_table(rest[1:], array)
            assert table.shows(array)
            rest = rest[1:] if rest[0] == sign else rest
    assert diagram.description.endswith(f"L: {was:.3f} → {float(graph.forward()):.3f}")


def test_the_heading_of_a_step_tells_the_settings() -> None:
    loss, _, adam = ready(mg.Adam, {"amsgrad": True}, 0)
    title = "One step of Adam: learning rate 0.1, betas (0.9, 0.999), amsgrad, epsilon 10⁻⁸"
    assert mg.draw_step(loss, adam).description.startswith(title)
    assert "β (0.9, 0.999)" in mg.draw_step(loss, adam, language="ko").description


@every_setting
def test_nothing_is_written_in_place(ours: type[mg.Optimizer], options: dict[str, Any]) -> None:
    start = read_only(np.array([1.0, -2.0, 3.0]))
    parameter = mg.Parameter(start, "w")
    optimizer = ours([parameter], 0.1, **options)
    buffer, twin = np.empty(3), mg.Parameter(start, "w")
    other = ours([twin], 0.1, **options)
    for n in range(4):
        parameter.grad = read_only(np.array([1.0, n, -0.5]))
        buffer[:] = parameter.grad  # one array for all steps: an optimizer must not have kept it
        twin.grad, before = buffer, parameter.value
        optimizer.step()
        other.step()
        assert parameter.value is not before
        parameter.value.flags.writeable = False
        np.testing.assert_array_equal(parameter.value, twin.value)


@every_setting
@pytest.mark.parametrize("steps", [0, 2])
def test_a_step_that_fails_half_way_changes_nothing(
    ours: type[mg.Optimizer], options: dict[str, Any], steps: int
) -> None:
    class Failing(ours):  # type: ignore[misc, valid-type]
        def update(self, i: int, value: Array, gradient: Array) -> Array:
            new = super().update(i, value, gradient)
            if i and not gradient.all():  # the second parameter, when all the work is done
                raise ArithmeticError
            return np.asarray(new)

    parameters = [mg.Parameter([1.0, 2.0], "a"), mg.Parameter([3.0], "b")]
    optimizer = Failing(parameters, 0.1, **options)
    for parameter in parameters:
        parameter.grad = np.ones(parameter.shape)
    for _ in range(steps):
        optimizer.step()
    before = state(optimizer)
    for gradient, error in ((np.zeros(1), ArithmeticError), (np.ones(2), ValueError), (None, ValueError)):
        parameters[1].grad = gradient
        for attempt in (optimizer.step, optimizer.preview):
            with pytest.raises(error):
                attempt()
            assert state(optimizer) == before


@every_setting
def test_frozen_parameters_stay_and_keep_their_own_count(ours: type[mg.Optimizer], options: dict[str, Any]) -> None:
    a, b, alone = mg.Parameter([1.0], "a"), mg.Parameter([1.0], "b"), mg.Parameter([1.0], "alone")
    both, one = ours([a, b], 0.1, **options), ours([alone], 0.1, **options)
    b.requires_grad = False
    for n in range(4):
        b.requires_grad = n >= 2
        a.grad = b.grad = alone.grad = np.array([0.3])
        both.step()
        if n >= 2:
            one.step()
        assert b.value == alone.value


def test_a_constant_gradient_has_no_negative_variance() -> None:
    w = mg.Parameter(np.full(50, 1.0, np.float32), "w")
    centered = mg.RMSProp([w], 0.0, alpha=0.5, centered=True)
    for _ in range(200):
        w.grad = np.linspace(0.1, 3.0, 50, dtype=np.float32)
        centered.step()
        assert np.isfinite(w.value).all()


@every_setting
def test_training_lowers_the_loss(ours: type[mg.Optimizer], options: dict[str, Any]) -> None:
    loss, graph, optimizer = ready(ours, options, 0)
    start = loss.item()
    optimizer.learning_rate = 0.02
    for _ in range(100):
        optimizer.step()
        graph.forward()
        graph.backward()
    assert loss.item() < start / 1.3


def test_repr_tells_the_settings() -> None:
    adam = mg.AdamW([mg.Parameter(1.0)])
    assert repr(adam) == (
        "AdamW(learning_rate=0.001, betas=(0.9, 0.999), weight_decay=0.01, amsgrad=False, epsilon=1e-08)"
    )


ERRORS: list[tuple[type[mg.Optimizer], dict[str, Any], str]] = [
    (mg.Adam, {"betas": (1.0, 0.9)}, r"^Adam: betas\[0\] is 1.0, but must be 0 or more and less than 1$"),
    (mg.AdamW, {"betas": (0.9, -0.1)}, r"^AdamW: betas\[1\] is -0.1, but must be 0 or more and less than 1$"),
    (mg.Adam, {"betas": (0.9, np.nan)}, r"^Adam: betas\[1\] is nan"),
    (mg.Adam, {"betas": (0.9,)}, r"^Adam: betas is \(0.9,\), but must be two numbers$"),
    (mg.RMSProp, {"alpha": 1}, "^RMSProp: alpha is 1, but must be 0 or more and less than 1$"),
    (mg.RMSProp, {"momentum": -1}, "^RMSProp: momentum is -1, but must be 0 or more$"),
    *((cls, {"epsilon": 0}, f"^{cls.__name__}: epsilon is 0, but must be greater than 0$")
      for cls in (mg.AdaGrad, mg.RMSProp, mg.Adam, mg.AdamW)),
    *((cls, {"weight_decay": -1}, f"^{cls.__name__}: weight_decay is -1, but must be 0 or more$")
      for cls in (mg.SGD, mg.AdaGrad, mg.RMSProp, mg.Adam, mg.AdamW)),
    *((cls, {"learning_rate": -1}, f"^{cls.__name__}: learning_rate is -1, but must be 0 or more$")
      for cls in (mg.SGD, mg.AdaGrad, mg.RMSProp, mg.Adam, mg.AdamW)),
]  # fmt: skip


@pytest.mark.parametrize("ours, options, message", ERRORS)
def test_errors_name_what_came_and_what_was_needed(
    ours: type[mg.Optimizer], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ours([mg.Parameter(1.0)], **options)
