"""PyTorch's state dict, both ways: the same names, and afterwards the same outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Conv2D, Embedding, Flatten, LayerNorm, ReLU, Sequential

RNG = np.random.default_rng(0)
IMAGES, ROWS, WORDS = RNG.normal(size=(4, 2, 6, 6)), RNG.normal(size=(5, 4)), RNG.integers(0, 7, (5, 3))


def rows() -> mg.Sequential:
    return Sequential(Affine(4, 6, seed=0), ReLU(), Sequential(BatchNorm(6), Affine(6, 3, seed=1, bias=False)))


def rows_there(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 3, bias=False)))


def images() -> mg.Sequential:
    conv = Conv2D(2, 3, (3, 2), stride=2, padding=1, seed=0)
    return Sequential(conv, BatchNorm(3, axis=1), ReLU(), Flatten(), Affine(36, 2, seed=1))


def images_there(nn: Any) -> Any:
    conv = nn.Conv2d(2, 3, (3, 2), stride=2, padding=1)
    return nn.Sequential(conv, nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2))


def words() -> mg.Sequential:
    return Sequential(Embedding(7, 4, seed=0), LayerNorm(4), Affine(4, 2, seed=1))


def words_there(nn: Any) -> Any:
    return nn.Sequential(nn.Embedding(7, 4), nn.LayerNorm(4), nn.Linear(4, 2))


NETS = [(rows, rows_there, ROWS), (images, images_there, IMAGES), (words, words_there, WORDS)]
nets = pytest.mark.parametrize("here, there, x", NETS, ids=["rows", "images", "words"])
Here, There = Callable[[], mg.Sequential], Callable[[Any], Any]


def trained(net: mg.Sequential, x: Any) -> mg.Graph:
    """Its graph after a few steps, so that nothing is as it was made."""
    graph = mg.Graph((net(mg.Node(x, "x")) ** 2).mean())
    sgd = mg.SGD(graph.parameters, learning_rate=0.1)
    for _ in range(3):
        graph.forward()
        graph.backward()
        sgd.step()
        for node in graph.nodes:
            if isinstance(node.op, BatchNorm):
                node.op.update(graph)
    return graph


@pytest.mark.torch
@nets
def test_ours_there(torch: Any, here: Here, there: There, x: Any) -> None:
    net, twin = here(), there(torch.nn).double()
    graph = trained(net, x)
    state = mg.state_dict(net, as_tensors=True)
    assert [name for name in twin.state_dict() if not name.endswith("num_batches_tracked")] == list(state)
    twin.load_state_dict(state)
    output = graph.output.inputs[0].inputs[0]
    theirs = twin.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(graph.evaluate(output), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.torch
@nets
@pytest.mark.parametrize("as_arrays", [False, True], ids=["tensors", "arrays"])
def test_theirs_here(torch: Any, here: Here, there: There, x: Any, as_arrays: bool) -> None:
    torch.manual_seed(0)
    net, twin = here(), there(torch.nn).double()
    twin(torch.tensor(x))  # moves the running statistics
    state = twin.state_dict()
    mg.load_state_dict(net, {name: t.numpy() for name, t in state.items()} if as_arrays else state)
    graph = mg.Graph(net(mg.Node(x, "x")))
    theirs = twin.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(graph.evaluate(), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.torch
def test_any_type_of_tensor_is_converted_and_copied(torch: Any) -> None:
    net = Affine(2, 2, seed=0, dtype=np.float32)
    weight = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.bfloat16, requires_grad=True)
    bias = torch.zeros(2, dtype=torch.float64)
    mg.load_state_dict(net, {"weight": weight, "bias": bias})
    w, b = (parameter.value for parameter in net.parameters)
    assert w.tolist() == [[1, 3], [2, 4]] and w.dtype == b.dtype == np.float32
    bias += 1
    assert b.tolist() == [0, 0]


@pytest.mark.torch
def test_a_tensor_that_no_array_can_be_made_of_is_named(torch: Any) -> None:
    whole = torch.ones(3, 4)
    for weight in (whole.to_sparse(), whole.to("meta"), whole.to(torch.float8_e4m3fn)):
        with pytest.raises(TypeError, match="load_state_dict: weight must be a tensor that an array can be made of"):
            mg.load_state_dict(Affine(4, 3), {"weight": weight, "bias": torch.ones(3)})


def test_the_way_there_and_back_needs_no_torch() -> None:
    net, other = rows(), rows()
    trained(net, ROWS)
    state = mg.state_dict(net)
    mg.load_state_dict(other, state)
    for ours, theirs in zip(net.parameters, other.parameters):
        np.testing.assert_array_equal(ours.value, theirs.value)
    state["0.bias"] += 1
    assert not np.array_equal(state["0.bias"], net.parameters[1].value)


def test_layers_by_name_as_a_module_has_them() -> None:
    net = {"fc1": Affine(4, 3, seed=0), "act": ReLU(), "head": Sequential(Affine(3, 2, seed=1))}
    assert {name: a.shape for name, a in mg.state_dict(net).items()} == {
        "fc1.weight": (3, 4), "fc1.bias": (3,), "head.0.weight": (2, 3), "head.0.bias": (2,),
    }  # fmt: skip


ROW = {"weight": np.ones((3, 4)), "bias": np.ones(3)}
WRONG = [
    ({"weight": ROW["weight"]}, r"the state lacks bias; needed: weight, bias"),
    ({**ROW, "scale": np.ones(3)}, "the state has also scale; needed: weight, bias"),
    ({"weight": np.ones((4, 3)), "bias": np.ones(3)}, r"weight is \[4, 3\], but must be \[3, 4\]"),
    ({"weight": ROW["weight"], "bias": np.ones((3, 1))}, r"bias is \[3, 1\], but must be \[3\]"),
]


@pytest.mark.parametrize("state, message", WRONG)
def test_a_state_that_does_not_fit_changes_nothing(state: dict[str, Any], message: str) -> None:
    net = Affine(4, 3, seed=0)
    before = [parameter.value for parameter in net.parameters]
    with pytest.raises(ValueError, match=f"^load_state_dict: {message}$"):
        mg.load_state_dict(net, state)
    assert all(parameter.value is value for parameter, value in zip(net.parameters, before))


def test_what_has_no_name_there_is_refused() -> None:
    class Scale(mg.Op):
        parameters = (mg.Parameter(2.0, "s"),)

    with pytest.raises(TypeError, match=r"state_dict: 1.0 is Scale\(\), whose parameters have no name in PyTorch"):
        mg.state_dict(Sequential(ReLU(), Sequential(Scale())))
    with pytest.raises(TypeError, match="load_state_dict: the net is 3, but must be a layer"):
        mg.load_state_dict(3, {})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"the state is Affine, but must be module.state_dict\(\)"):
        mg.load_state_dict(Affine(4, 3), Affine(4, 3))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="load_state_dict: weight is int64, but must be floating-point"):
        mg.load_state_dict(Affine(4, 3), {"weight": np.ones((3, 4), int), "bias": np.ones(3)})
