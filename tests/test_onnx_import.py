"""ONNX files in: our own come back with the same values and gradients; PyTorch's can be drawn."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import NETWORKS, ROWS, recorded

import minigraph as mg
from minigraph.layers import Affine, Embedding, SoftmaxWithLoss


@pytest.mark.parametrize("name", NETWORKS)
def test_there_and_back_values_and_gradients_are_the_same(onnx: Any, tmp_path: Path, name: str) -> None:
    output = recorded(name)
    mg.to_onnx(tmp_path / "net.onnx", output)
    net = mg.from_onnx(tmp_path / "net.onnx")
    x = mg.Node(NETWORKS[name][1], "x")
    back = net(x)
    graph = mg.Graph(output)
    clocks = {clock: np.zeros_like(clock.value) for clock in graph.clocks}  # evaluating, as the file does
    values = graph.replay(clocks)
    np.testing.assert_allclose(back.value, values[output], rtol=1e-6, atol=1e-6)

    seed = np.random.default_rng(1).normal(size=output.shape)
    gradients = graph.gradients(seed, values)
    back.backward(seed)
    ours = {n: g for node, g in gradients.items() if isinstance(node, mg.Parameter) and (n := graph.names[node])}
    theirs = {p.name: p.grad for p in net.parameters if p.requires_grad}
    assert ours.keys() == theirs.keys()
    for parameter, gradient in ours.items():
        np.testing.assert_allclose(theirs[parameter], gradient, rtol=1e-6, atol=1e-6)
    if x.requires_grad:
        np.testing.assert_allclose(x.grad, gradients[graph["x"]], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_came_back_goes_out_again_and_takes_other_batches(onnx: Any, tmp_path: Path, name: str) -> None:
    mg.to_onnx(tmp_path / "one.onnx", recorded(name))
    x = NETWORKS[name][1]
    back = mg.from_onnx(tmp_path / "one.onnx")(mg.Node(x, "x"))
    mg.to_onnx(tmp_path / "two.onnx", back)
    again = mg.from_onnx(tmp_path / "two.onnx")(mg.Node(x, "x"))
    np.testing.assert_allclose(again.value, back.value, rtol=1e-12)
    np.testing.assert_array_equal(mg.Graph(back).evaluate(), back.value)  # nothing in it trains
    if name != "arithmetic":  # which takes the minimum and the mean of the whole batch
        np.testing.assert_allclose(mg.Graph(back).evaluate(x=np.concatenate([x, x]))[len(x) :], back.value, rtol=1e-9)


def exported(torch: Any, net: Any, x: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about its own future
        torch.onnx.export(
            net.eval(), (x,), path, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}}, opset_version=20
        )


def torch_nets(torch: Any) -> dict[str, tuple[Any, Any]]:
    nn = torch.nn

    class Views(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.out = nn.Linear(12, 3), nn.Linear(3, 3)

        def forward(self, x: Any) -> Any:
            y = self.fc(x.view(x.size(0), -1)).clamp(-1, 1) * 0.5 + x.transpose(1, 2)[:, 0].sum(1, keepdim=True)
            return self.out(torch.cat([y[:, :1], y[:, 1:]], dim=1)).unsqueeze(1).mean(1)

    rows, images, words = torch.randn(6, 4), torch.randn(2, 1, 8, 8), torch.randint(0, 7, (2, 3))
    return {
        "classifier": (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3)), rows),
        "convnet": (
            nn.Sequential(
                nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(3), nn.MaxPool2d(2), nn.AvgPool2d(2),
                nn.Flatten(), nn.Linear(12, 3), nn.LogSoftmax(-1),
            ),
            images,
        ),
        "words": (
            nn.Sequential(nn.Embedding(7, 4), nn.LayerNorm(4), nn.Linear(4, 3), nn.GELU(), nn.SiLU(), nn.Softmax(-1)),
            words,
        ),
        "views": (Views(), torch.randn(2, 3, 4)),
    }  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", ["classifier", "convnet", "words", "views"])
def test_what_pytorch_exported_computes_the_same_and_has_the_same_gradients(
    torch: Any, onnx: Any, tmp_path: Path, name: str
) -> None:
    torch.manual_seed(0)
    twin, batch = torch_nets(torch)[name]
    for module in twin.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean += 0.3
    exported(torch, twin, batch, tmp_path / "net.onnx")
    net = mg.from_onnx(tmp_path / "net.onnx")
    x = mg.Node(batch.numpy(), "x")
    y = net(x)
    expected = twin(batch)
    np.testing.assert_allclose(y.value, expected.detach().numpy(), rtol=1e-5, atol=1e-6)

    seed = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    y.backward(seed)
    expected.backward(torch.tensor(seed))
    turned = {f"{name}.weight" for name, m in twin.named_modules() if isinstance(m, torch.nn.Linear)}
    theirs = {name: (p.grad.T if name in turned else p.grad).numpy() for name, p in twin.named_parameters()}
    ours = {p.name: p.grad for p in net.parameters if p.name in theirs}  # the exporter makes some of its own
    assert len(ours) >= len(net.parameters) / 2
    for parameter, gradient in ours.items():
        np.testing.assert_allclose(gradient, theirs[parameter], rtol=1e-4, atol=1e-6)
    both = np.concatenate([batch.numpy()] * 2)
    np.testing.assert_allclose(mg.Graph(y).evaluate(x=both), twin(torch.tensor(both)).detach().numpy(), atol=1e-5)


def model(onnx: Any, nodes: list[Any], weights: dict[str, Any], x: Any = ("batch", 4), opset: int = 20) -> bytes:
    """A file of these operators, from x to y."""
    helper = onnx.helper
    values = [helper.make_tensor_value_info(n, 1, s) for n, s in (("x", x), ("y", ("rows", "columns")))]
    tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], tensors)
    file: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()
    return file


def classifier(onnx: Any, path: Path) -> dict[str, Any]:
    """Linear, ReLU, Linear, as PyTorch writes them."""
    rng, make = np.random.default_rng(0), onnx.helper.make_node
    shapes = {"0.weight": (5, 4), "0.bias": (5,), "2.weight": (3, 5), "2.bias": (3,)}
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    nodes = [
        make("Gemm", ["x", "0.weight", "0.bias"], ["/0/Gemm_output_0"], "/0/Gemm", alpha=1.0, beta=1.0, transB=1),
        make("Relu", ["/0/Gemm_output_0"], ["/1/Relu_output_0"], "/1/Relu"),
        make("Gemm", ["/1/Relu_output_0", "2.weight", "2.bias"], ["y"], "/2/Gemm", alpha=1.0, beta=1.0, transB=1),
    ]
    path.write_bytes(model(onnx, nodes, weights))
    return weights


def test_a_classifier_of_pytorch_is_drawn_and_trained(onnx: Any, tmp_path: Path) -> None:
    weights = classifier(onnx, tmp_path / "net.onnx")
    net = mg.from_onnx(tmp_path / "net.onnx")
    assert net.inputs == ("x",) and repr(net) == "<OnnxFunction of x: 3 operators>"
    x, t = mg.Node(ROWS, "x"), mg.Node(np.array([0, 1, 2, 0, 1, 2]), "t")
    loss = SoftmaxWithLoss()(net(x), t)
    loss.backward()
    assert [p.name for p in net.parameters] == list(weights)
    np.testing.assert_array_equal(net.parameters[0].value, weights["0.weight"].T)
    assert mg.check_gradients(loss).ok
    source = mg.draw(loss).source
    assert all(text in source for text in ("Affine 1", "ReLU", "0.weight", "2.bias", "1[Y₁ &gt; 0]"))
    graph, before = mg.Graph(loss), loss.item()
    mg.SGD(net.parameters, learning_rate=0.1).step()
    assert graph.forward() < before


def test_a_network_is_called_by_position_or_by_name_and_on_arrays(onnx: Any, tmp_path: Path) -> None:
    classifier(onnx, tmp_path / "net.onnx")
    net = mg.from_onnx(tmp_path / "net.onnx")
    for y in (net(x=ROWS), mg.Sequential(net)(ROWS)):
        assert mg.Graph(y).evaluate(x=ROWS[:2]).shape == (2, 3)
    wrong = [((), {}, "came: none"), ((ROWS, ROWS), {}, "came: 2 by position"), ((ROWS,), {"x": ROWS}, "x"),
             ((), {"z": ROWS}, "came: z")]  # fmt: skip
    for inputs, named, message in wrong:
        with pytest.raises(TypeError, match=f"net.onnx takes x; .*{message}"):
            net(*inputs, **named)
    with pytest.raises(ValueError, match=r"net.onnx: x is \[6, 3\], but must be \[any, 4\]"):
        net(mg.Node(ROWS[:, :3], "x"))
    with pytest.raises(TypeError, match="net.onnx: x: the value is"):
        net("text")


def test_a_weight_that_is_used_in_two_ways_stays_one(onnx: Any, tmp_path: Path) -> None:
    make, table = onnx.helper.make_node, np.arange(8, dtype=np.float32).reshape(2, 4)
    nodes = [
        make("Gemm", ["x", "E"], ["h"], transB=1),
        make("MatMul", ["h", "E"], ["y"]),
    ]
    (tmp_path / "net.onnx").write_bytes(model(onnx, nodes, {"E": table}))
    net = mg.from_onnx(tmp_path / "net.onnx")
    y = net(mg.Node(ROWS, "x"))
    np.testing.assert_allclose(y.value, ROWS @ table.T @ table, rtol=1e-6)
    assert [p.name for p in net.parameters] == ["E"] and net.parameters[0].shape == (2, 4)


def test_a_new_batch_norm_is_evaluated_as_it_is(onnx: Any, tmp_path: Path) -> None:
    ones = np.ones(4, np.float32)
    weights = {"g": 2 * ones, "b": ones, "m": 0 * ones, "v": ones}
    for shape in (ROWS.shape, (2, 4, 1, 3)):
        node = onnx.helper.make_node("BatchNormalization", ["x", *weights], ["y"], epsilon=1.0)
        (tmp_path / "net.onnx").write_bytes(model(onnx, [node], weights, x=shape))
        x = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_allclose(mg.from_onnx(tmp_path / "net.onnx")(x).value, 2 * x / np.sqrt(2) + 1, rtol=1e-5)


def test_a_scale_that_is_the_variance_too_has_the_gradient_of_a_scale(onnx: Any, tmp_path: Path) -> None:
    weights = {"g": np.ones(4, np.float32), "b": np.zeros(4, np.float32)}  # PyTorch writes equal arrays once
    node = onnx.helper.make_node("BatchNormalization", ["x", "g", "b", "b", "g"], ["y"], epsilon=1.0)
    (tmp_path / "net.onnx").write_bytes(model(onnx, [node], weights))
    net = mg.from_onnx(tmp_path / "net.onnx")
    net(ROWS).backward(np.ones_like(ROWS))
    scale, shift = (parameter.grad for parameter in net.parameters)
    np.testing.assert_allclose(scale, ROWS.sum(0) / np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(shift, np.full(4, len(ROWS)))


def test_one_of_several_outputs_is_chosen(onnx: Any, tmp_path: Path) -> None:
    make, info = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    outputs = [info("h", 1, []), info("y", 1, [])]
    graph = onnx.helper.make_graph(
        [make("Exp", ["x"], ["h"]), make("Neg", ["h"], ["y"])], "g", [info("x", 1, [])], outputs
    )
    opsets = [onnx.helper.make_opsetid("", 17)]
    (tmp_path / "net.onnx").write_bytes(onnx.helper.make_model(graph, opset_imports=opsets).SerializeToString())
    assert mg.from_onnx(tmp_path / "net.onnx", output="h")(mg.Node(0.0, "x")).item() == 1
    assert mg.from_onnx(tmp_path / "net.onnx", output="y")(mg.Node(0.0, "x")).item() == -1
    with pytest.raises(ValueError, match="net.onnx: output is None, but must be one of h, y"):
        mg.from_onnx(tmp_path / "net.onnx")


def test_axes_of_older_files_are_attributes(onnx: Any, tmp_path: Path) -> None:
    node = onnx.helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=0)
    (tmp_path / "net.onnx").write_bytes(model(onnx, [node], {}, opset=13))
    np.testing.assert_allclose(mg.from_onnx(tmp_path / "net.onnx")(ROWS).value, ROWS.mean(1))


def test_our_own_layers_are_ours_again(onnx: Any, tmp_path: Path) -> None:
    net = mg.Sequential(Embedding(7, 4, seed=0), lambda x: x.mean(1), Affine(4, 3, seed=0))
    mg.to_onnx(tmp_path / "net.onnx", net(mg.Node(NETWORKS["words"][1], "x")))
    back = mg.from_onnx(tmp_path / "net.onnx")(mg.Node(NETWORKS["words"][1], "x"))
    assert [node.op.name for node in mg.Graph(back).nodes if node.op] == ["Embedding", "Mean", "Affine"]
