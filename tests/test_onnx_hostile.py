"""ONNX files come from anywhere: what is not supported, not valid, or meant to do harm is refused by name."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import ROWS
from test_onnx_import import model

import minigraph as mg

KERNEL = {"w": np.ones((3, 2, 2, 2), np.float32)}


def one(operator: str, inputs: str = "x", **attributes: Any) -> Callable[[Any], list[Any]]:
    return lambda onnx: [onnx.helper.make_node(operator, inputs.split(), ["y"], "bad/1", **attributes)]


REFUSED = [
    (one("Det"), {}, r"Det \(node 'bad/1'\): there is no such op here"),
    (one("Fancy", domain="com.example"), {}, "is not a valid ONNX model .*No opset import for domain"),
    (one("Gemm", "x w", alpha=2.0), {"w": np.ones((4, 4))}, r"Gemm .*: alpha is 2.0, but must be 1.0"),
    (one("Gemm", "x w", transA=1), {"w": np.ones((4, 4))}, r"Gemm .*: transA is 1, but must be 0"),
    (one("Conv", "x w", group=2), KERNEL, r"Conv .*: group is 2, but must be 1"),
    (one("Conv", "x w", dilations=[2, 2]), KERNEL, r"dilations is \[2, 2\], but must be \[1, 1\]"),
    (one("Conv", "x w", pads=[0, 0, 1, 1]), KERNEL, r"pads is \[0, 0, 1, 1\], but must be the same on all sides"),
    (one("Conv", "x w", pads=[10**9] * 4), KERNEL, r"pads is .*, and at most the kernel \[2, 2\]"),
    (one("Conv", "x w", auto_pad="SAME_UPPER"), KERNEL, "auto_pad is SAME_UPPER, but must be NOTSET or VALID"),
    (one("Conv", "x w"), {"w": np.ones((3, 2, 2))}, r"kernel_shape is \[2\] and strides \[1, 1\]; only images"),
    (one("Conv", "x w", dilations=[1]), {"w": np.ones((3, 2, 2))}, "only images, with two axes, are supported"),
    (one("MaxPool", kernel_shape=[2, 2], ceil_mode=1), {}, "ceil_mode is 1, but must be 0"),
    (one("MaxPool", kernel_shape=[2, 2], pads=[1] * 4), {}, "pads is 1 on all sides, but must be 0"),
    (one("Flatten", axis=2), {}, "axis is 2, but must be 1"),
    (one("Reshape", "x x"), {}, "the new shape is fed, but must be a constant"),
    (one("ReduceSum", "x n"), {"n": np.ones((1, 1), np.int64)}, r"input 1 is int64 \[1, 1\], but must be a row"),
    (one("Unsqueeze", "x x"), {}, "input 1, 'x', is computed, but must be a constant"),
    (one("Squeeze", "x n"), {"n": np.array([1])}, r"axes \[1\] of \[.*\] are not all 1"),
    (one("Dropout", "x p t"), {"p": np.float32(0.5), "t": np.array(True)}, "training_mode is true"),
    (one("Cast", to=7), {}, "from float64 to int64, but must be to floating-point"),
    (one("Softmax", axis=9), {}, r"Softmax \(node 'bad/1'\): Softmax: x is \[.*\]; axis 9 must be there"),
    (one("Expand", "x n"), {"n": np.array([2**20, 2**20, 1, 1, 1, 1])}, f"more than {2**28} values"),
    (one("Gather", "x n", axis=1), {"n": np.array(2**40)}, "Gather .* out of bounds"),
    (one("Add", "x s"), {"s": np.array(["text"], object)}, "s is STRING, but must be floating-point numbers"),
    (one("Slice", "x n n n z"), {"n": np.array([0]), "z": np.array([0])}, r"steps \(0,\) do not go together"),
    (one("LayerNormalization", "x g", axis=0), {"g": np.ones((6, 4))}, r"axis is 0 and the scale \[6, 4\]; only the"),
    (one("Reshape", "x n"), {"n": np.array([5, -1])}, r"Reshape \(node 'bad/1'\): Reshape: the inputs are"),
    (one("LeakyRelu", alpha=2.0), {}, r"LeakyRelu \(node 'bad/1'\): LeakyReLU: slope is 2.0, but must be from 0"),
    (one("Nothing there", "z"), {}, "is not a valid ONNX model"),
    (one("Relu", "x x"), {}, "is not a valid ONNX model"),
]  # fmt: skip


@pytest.mark.parametrize("nodes, weights, message", REFUSED)
def test_what_is_not_supported_is_refused_by_name(
    onnx: Any, tmp_path: Path, nodes: Any, weights: dict[str, Any], message: str
) -> None:
    operator = nodes(onnx)[0].op_type
    x = np.ones((2, 2, 4, 4)) if operator in ("Conv", "MaxPool") else ROWS
    file = model(onnx, nodes(onnx), weights, x=("batch", *x.shape[1:]))
    (tmp_path / "net.onnx").write_bytes(file)
    with pytest.raises(ValueError, match=f"^from_onnx: .*net.onnx:? .*{message}") as caught:
        mg.from_onnx(tmp_path / "net.onnx")(x)
    assert len(str(caught.value)) < 1000


def edited(onnx: Any, change: Callable[[Any], None]) -> bytes:
    nodes = [onnx.helper.make_node("Add", ["x", "w"], ["y"], "sum")]
    file = onnx.ModelProto.FromString(model(onnx, nodes, {"w": np.ones(4, np.float32)}))
    change(file)
    content: bytes = file.SerializeToString()
    return content


def elsewhere(location: str, at: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        tensor = file.graph.initializer[0]
        if at == "constant":
            attribute = file.graph.node.add(op_type="Constant", output=["c"], name="c").attribute.add(name="value")
            attribute.type, tensor = 4, attribute.t
            tensor.data_type, tensor.name = 1, "w"
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        tensor.external_data.add(key="location", value=location)

    return change


@pytest.mark.parametrize("at", ["weight", "constant"])
@pytest.mark.parametrize("location", ["weights.bin", "../secret.bin", "/etc/passwd"])
def test_no_other_file_is_opened(onnx: Any, tmp_path: Path, location: str, at: str) -> None:
    (tmp_path / "weights.bin").write_bytes(b"\0" * 16)
    (tmp_path / "net.onnx").write_bytes(edited(onnx, elsewhere(location, at)))
    with pytest.raises(ValueError, match="net.onnx: w is kept in another file; no other file is opened"):
        mg.from_onnx(tmp_path / "net.onnx")


def claims(*dims: int) -> Callable[[Any], None]:
    return lambda file: file.graph.initializer[0].dims.__setitem__(slice(None), dims)


def control_flow(file: Any) -> None:
    attribute = file.graph.node[0].attribute.add(name="body")
    attribute.type = 5
    attribute.g.name = "g"


def other_domain(file: Any) -> None:
    file.opset_import.add(domain="com.example", version=1)
    file.graph.node[0].domain = "com.example"


CHANGES: list[tuple[Callable[[Any], None], str]] = [
    (claims(10**9, 10**9), r"(w has not the numbers that its shape|is not a valid ONNX model)"),
    (claims(-4), r"(w has not the numbers that its shape|is not a valid ONNX model)"),
    (other_domain, r"Add \(node 'sum'\): the operators of 'com.example' are not supported"),
    (control_flow, r"Add \(node 'sum'\) is control flow: not supported"),
    (lambda file: file.functions.add(name="f", domain="d"), r"has functions of its own \(f\)"),
    (lambda file: file.graph.sparse_initializer.add(), "has sparse weights, which are not supported"),
    (lambda file: setattr(file.opset_import[0], "version", 9), "is written for opset 9; 13 or later is needed"),
    (lambda file: file.ClearField("opset_import"), "is written for opset none; 13 or later is needed"),
    (lambda file: file.graph.node[0].attribute.add(name="extra", type=2, i=3), "is not a valid ONNX model"),
    (lambda file: file.ClearField("graph"), "is not a valid ONNX model"),
]


@pytest.mark.parametrize("change, message", CHANGES)
def test_a_file_that_lies_is_refused(onnx: Any, tmp_path: Path, change: Any, message: str) -> None:
    (tmp_path / "net.onnx").write_bytes(edited(onnx, change))
    with pytest.raises(ValueError, match=f"from_onnx: .*net.onnx:? {message}"):
        mg.from_onnx(tmp_path / "net.onnx")


def test_a_file_that_is_too_large_is_not_read(onnx: Any, tmp_path: Path) -> None:
    with open(tmp_path / "net.onnx", "wb") as file:
        file.truncate(2**31)  # a hole: it takes no room on the disk
    with pytest.raises(ValueError, match=f"net.onnx has {2**31} bytes; an ONNX file has at most {2**31 - 1}"):
        mg.from_onnx(tmp_path / "net.onnx")


@pytest.mark.parametrize("content", [b"\xff\xff\xff", b"PK\x03\x04 an archive", b"\x0a" * 50])
def test_another_file_is_refused(onnx: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(ValueError, match="net.onnx is not an ONNX file"):
        mg.from_onnx(tmp_path / "net.onnx")
    with pytest.raises(FileNotFoundError, match="nowhere.onnx"):
        mg.from_onnx(tmp_path / "nowhere.onnx")
    with pytest.raises(IsADirectoryError):
        mg.from_onnx(tmp_path)


def test_a_file_cut_short_or_with_a_bit_flipped_never_fails_in_another_way(onnx: Any, tmp_path: Path) -> None:
    whole, rng = edited(onnx, lambda file: None), np.random.default_rng(0)
    damaged = [whole[: len(whole) * n // 40] for n in range(40)]
    for _ in range(200):
        at, bit = int(rng.integers(len(whole))), 1 << int(rng.integers(8))
        damaged.append(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
    refused = 0
    for content in damaged:
        (tmp_path / "net.onnx").write_bytes(content)
        try:
            mg.from_onnx(tmp_path / "net.onnx")(mg.Node(ROWS, "x"))
        except (ValueError, TypeError) as error:
            assert "net.onnx" in str(error)
            refused += 1
    assert refused > 50


def test_a_small_file_does_not_fill_the_memory(onnx: Any, tmp_path: Path) -> None:
    make = onnx.helper.make_node
    nodes = [make("Concat", [f"{n}" if n else "x"] * 64, [f"{n + 1}" if n < 9 else "y"], axis=0) for n in range(10)]
    (tmp_path / "net.onnx").write_bytes(model(onnx, nodes, {}))
    net = mg.from_onnx(tmp_path / "net.onnx")
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"the result has [0-9]+ values; at most {2**28}"):
        net(mg.Node(ROWS.astype(np.float32), "x"))
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()
