"""Every operator of ONNX that is read here, with its attributes: held to onnx's own reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array, positive

import minigraph as mg
from minigraph.formats.onnx.readers import READERS

RNG = np.random.default_rng(0)
X, IMAGES = positive(RNG, 3, 4), RNG.normal(size=(2, 4, 5, 6))
W, V = RNG.normal(size=(4, 4)), RNG.normal(size=4)
NORMS = {"g": V, "b": V + 1, "m": V - 1, "v": V**2}
CUBE, KERNEL = RNG.normal(size=(3, 4, 2)), RNG.normal(size=(4, 4, 2, 3))

Row = tuple[str, str, dict[str, Any], dict[str, Any], Array]


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


ROWS: list[Row] = [
    *((name, "x", {}, {}, X) for name in ("Abs", "Erf", "Exp", "Identity", "Log", "Neg", "Relu", "Sigmoid", "Sqrt")),
    *((name, "x", {}, {}, X) for name in ("Softplus", "Tanh", "Softmax", "LogSoftmax", "LeakyRelu", "Gelu", "Flatten")),
    *((name, "x w", {}, {"w": V}, X) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum")),
    ("Add", "w x", {}, {"w": np.array(2.0)}, X),
    ("Sum", "x w x v", {}, {"w": V, "v": W[:3]}, X),
    ("Max", "x", {}, {}, X),
    ("Pow", "x w", {}, {"w": np.array(2)}, X),
    ("Where", "c x w", {}, {"c": np.array([True, False, True, True]), "w": V}, X),
    ("MatMul", "x w", {}, {"w": W}, X),
    ("MatMul", "x w", {}, {"w": V}, X),
    ("Gemm", "x w", {}, {"w": W}, X),
    ("Gemm", "x w v", {"transB": 1}, {"w": W[:2], "v": V[:2]}, X),
    ("Gemm", "x w v", {}, {"w": W, "v": np.array(2.0)}, X),
    ("Gemm", "x x", {"transB": 1}, {}, X),
    ("Softmax", "x", {"axis": 0}, {}, X),
    ("LogSoftmax", "x", {"axis": 1}, {}, CUBE),
    ("LeakyRelu", "x", {"alpha": 0.25}, {}, -X),
    ("Gelu", "x", {"approximate": "tanh"}, {}, X),
    ("Clip", "x l h", {}, {"l": np.array(0.5), "h": np.array(1.0)}, X),
    ("Clip", "x  h", {}, {"h": np.array(1.0)}, X),
    ("Clip", "x", {}, {}, X),
    ("Dropout", "x r", {"seed": 1}, {"r": np.float32(0.5)}, X),
    ("Cast", "x", {"to": 11}, {}, X),
    *((f"Reduce{kind}", "x", {}, {}, CUBE) for kind in ("Max", "Mean", "Min", "Sum")),
    *((f"Reduce{kind}", "x n", {"keepdims": 0}, {"n": ints(0, -1)}, CUBE) for kind in ("Max", "Mean", "Min", "Sum")),
    ("ReduceSum", "x", {"noop_with_empty_axes": 1}, {}, X),
    ("Conv", "x w", {"strides": [2, 1], "pads": [1, 1, 1, 1]}, {"w": KERNEL[:3]}, IMAGES),
    ("Conv", "x w v", {"kernel_shape": [2, 3], "auto_pad": "VALID"}, {"w": KERNEL, "v": V}, IMAGES),
    ("MaxPool", "x", {"kernel_shape": [2, 3]}, {}, IMAGES),
    ("MaxPool", "x", {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 0}, {}, IMAGES),
    ("AveragePool", "x", {"kernel_shape": [2, 2], "strides": [1, 2], "count_include_pad": 1}, {}, IMAGES),
    ("GlobalAveragePool", "x", {}, {}, IMAGES),
    ("BatchNormalization", "x g b m v", {"epsilon": 0.5, "momentum": 0.1}, NORMS, IMAGES),
    ("LayerNormalization", "x g b", {"epsilon": 0.5}, {"g": V, "b": V + 1}, X),
    ("LayerNormalization", "x g", {"axis": 1}, {"g": V}, X),
    ("Gather", "x n", {"axis": 1}, {"n": ints(0, 2, -1)}, X),
    ("Gather", "x n", {}, {"n": np.array(1)}, X),
    ("Reshape", "x n", {}, {"n": ints(2, -1)}, X),
    ("Reshape", "x n", {}, {"n": ints(0, 2, 4)}, CUBE),
    ("Reshape", "x n", {}, {"n": ints(3, -1)}, CUBE),
    ("Transpose", "x", {}, {}, CUBE),
    ("Transpose", "x", {"perm": [1, 0, 2]}, {}, CUBE),
    ("Concat", "x w x", {"axis": 0}, {"w": W}, X),
    ("Unsqueeze", "x n", {}, {"n": ints(0, -1)}, X),
    ("Squeeze", "x n", {}, {"n": ints(1, -1)}, X[:, None, :, None]),
    ("Squeeze", "x", {}, {}, X[:, None, :, None]),
    ("Slice", "x s e", {}, {"s": ints(1, 0), "e": ints(2**40, -1)}, X),
    ("Slice", "x s e a t", {}, {"s": ints(-1), "e": ints(-(2**40)), "a": ints(-1), "t": ints(-2)}, CUBE),
    ("Expand", "x n", {}, {"n": ints(2, 1, 4)}, X),
]  # fmt: skip
INSIDE = {"Constant", "Shape"}  # their results are constants: in the tests below


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} {n}" for n, row in enumerate(ROWS)])
def test_an_operator_is_what_the_reference_says(onnx: Any, tmp_path: Path, row: Row) -> None:
    from onnx.reference import ReferenceEvaluator

    operator, inputs, attributes, weights, x = row
    node = onnx.helper.make_node(operator, inputs.split(" "), ["y"], "n", **attributes)
    write(onnx, tmp_path / "net.onnx", [node], weights, x)
    (expected,) = ReferenceEvaluator(str(tmp_path / "net.onnx")).run(None, {"x": x})
    y = mg.from_onnx(tmp_path / "net.onnx")(mg.Node(x, "x"))
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.value, expected, rtol=1e-6, atol=1e-7)


def write(onnx: Any, path: Path, nodes: list[Any], weights: dict[str, Any], x: Array) -> None:
    helper = onnx.helper
    first = helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), [None] * x.ndim)
    tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "g", [first], [helper.make_tensor_value_info("y", 11, ("any",))], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    path.write_bytes(model.SerializeToString())


def test_every_operator_has_a_row() -> None:
    assert {row[0] for row in ROWS} | INSIDE == READERS.keys()


def test_rows_of_a_table_are_looked_up(onnx: Any, tmp_path: Path) -> None:
    index = np.array([[0, 3], [1, 1]])
    node = onnx.helper.make_node("Gather", ["w", "x"], ["y"])
    write(onnx, tmp_path / "net.onnx", [node], {"w": W}, index)
    y = mg.from_onnx(tmp_path / "net.onnx")(mg.Node(index, "x"))
    np.testing.assert_array_equal(y.value, W[index])
    for attributes, table in (({"axis": 1}, W), ({}, CUBE)):
        node = onnx.helper.make_node("Gather", ["w", "x"], ["y"], **attributes)
        write(onnx, tmp_path / "net.onnx", [node], {"w": table}, index)
        with pytest.raises(ValueError, match="only rows of a matrix can be looked up"):
            mg.from_onnx(tmp_path / "net.onnx")(mg.Node(index, "x"))


def test_shapes_are_computed_with_and_the_batch_stays_free(onnx: Any, tmp_path: Path) -> None:
    make = onnx.helper.make_node
    nodes = [
        make("Constant", [], ["one"], value=onnx.numpy_helper.from_array(ints(1))),
        make("Constant", [], ["minus"], value_ints=[-1]),
        make("Constant", [], ["half"], value_float=0.5),
        make("Shape", ["x"], ["s"], start=0, end=2),
        make("Slice", ["s", "zero", "one"], ["n"]),
        make("Squeeze", ["n", "zero"], ["n0"]),
        make("Unsqueeze", ["n0", "zero"], ["n1"]),
        make("Cast", ["n1"], ["n2"], to=7),
        make("Reshape", ["n2", "minus"], ["n3"]),
        make("Gather", ["n3", "zero"], ["n4"]),
        make("Mul", ["n4", "five"], ["n5"]),
        make("Add", ["n5", "one"], ["n6"]),
        make("Div", ["n6", "five"], ["n7"]),  # (5n + 1)/5 is n for whole numbers
        make("Concat", ["n7", "minus"], ["shape"], axis=0),
        make("Reshape", ["x", "shape"], ["flat"]),
        make("Mul", ["flat", "half"], ["y"]),
    ]
    write(onnx, tmp_path / "net.onnx", nodes, {"zero": ints(0), "five": ints(5)}, CUBE)
    y = mg.from_onnx(tmp_path / "net.onnx")(mg.Node(CUBE, "x"))
    np.testing.assert_array_equal(y.value, CUBE.reshape(3, -1) / 2)
    assert mg.Graph(y).evaluate(x=CUBE[:2]).shape == (2, 8)


def test_another_batch_is_reshaped_row_by_row_or_refused(onnx: Any, tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(3, 8)
    for sizes, fits in ((ints(3, 2, -1), True), (ints(6, -1), False)):
        node = onnx.helper.make_node("Reshape", ["x", "n"], ["y"])
        write(onnx, tmp_path / "net.onnx", [node], {"n": sizes}, x)
        graph = mg.Graph(mg.from_onnx(tmp_path / "net.onnx")(mg.Node(x, "x")))
        np.testing.assert_array_equal(graph.output.value, x.reshape(sizes))
        if fits:
            np.testing.assert_array_equal(graph.evaluate(x=np.tile(x, (2, 1)))[:3], graph.output.value)
        else:
            with pytest.raises(ValueError, match="Reshape: the inputs are"):
                graph.evaluate(x=np.tile(x, (2, 1)))


def test_what_depends_on_no_input_is_no_network(onnx: Any, tmp_path: Path) -> None:
    write(onnx, tmp_path / "net.onnx", [onnx.helper.make_node("Shape", ["x"], ["y"])], {}, X)
    with pytest.raises(ValueError, match="net.onnx: y depends on no input"):
        mg.from_onnx(tmp_path / "net.onnx")(mg.Node(X, "x"))


def test_the_second_output_of_an_operator_is_refused_where_it_is_used(onnx: Any, tmp_path: Path) -> None:
    make = onnx.helper.make_node
    nodes = [make("Dropout", ["x"], ["z", "mask"]), make("Where", ["mask", "z", "z"], ["y"])]
    write(onnx, tmp_path / "net.onnx", nodes, {}, X)
    with pytest.raises(ValueError, match="net.onnx: 'mask' is no first output of any operator"):
        mg.from_onnx(tmp_path / "net.onnx")(mg.Node(X, "x"))
