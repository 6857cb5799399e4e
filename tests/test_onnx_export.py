"""Graphs out into ONNX files: checked by onnx, run by onnxruntime and by onnx's own reference."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import EVERY, Case
from helpers import Double
from networks import NETWORKS, ROWS, recorded

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout, ReLU, Sequential, SoftmaxWithLoss
from minigraph.ops import DropoutMask

every = pytest.mark.parametrize("name", NETWORKS)


def two_batches(name: str, dtype: Any) -> Any:
    batch = NETWORKS[name][1]
    batch = np.concatenate([batch, batch[::-1]])
    return batch.astype(dtype) if batch.dtype.kind == "f" else batch


@every
def test_onnxruntime_computes_what_evaluate_does_for_any_batch(onnxruntime: Any, tmp_path: Path, name: str) -> None:
    output, x = recorded(name, np.float32), two_batches(name, np.float32)
    mg.to_onnx(tmp_path / "net.onnx", output)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    (theirs,) = session.run(None, {"x": x})
    np.testing.assert_allclose(theirs, mg.Graph(output).evaluate(x=x), rtol=1e-5, atol=1e-5)
    assert session.get_inputs()[0].shape[0] == "batch" and theirs.dtype == np.float32


@every
def test_the_reference_computes_it_in_float64(onnx: Any, tmp_path: Path, name: str) -> None:
    from onnx.reference import ReferenceEvaluator

    output, x = recorded(name), two_batches(name, np.float64)
    mg.to_onnx(tmp_path / "net.onnx", mg.Graph(output))
    (theirs,) = ReferenceEvaluator(str(tmp_path / "net.onnx")).run(None, {"x": x})
    np.testing.assert_allclose(theirs, mg.Graph(output).evaluate(x=x), rtol=1e-6, atol=1e-6)


def test_dtype_makes_a_float64_network_one_that_runtimes_run(onnxruntime: Any, tmp_path: Path) -> None:
    output = recorded("images")
    mg.to_onnx(tmp_path / "net.onnx", output, dtype=np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    (theirs,) = session.run(None, {"x": NETWORKS["images"][1].astype(np.float32)})
    np.testing.assert_allclose(theirs, mg.Graph(output).evaluate(), rtol=1e-5)


def test_the_file_says_what_a_reader_looks_for(onnx: Any, tmp_path: Path) -> None:
    net = Sequential(Affine(4, 5, seed=0), ReLU(), Dropout(seed=0), Affine(5, 3, seed=1))
    mg.to_onnx(tmp_path / "net.onnx", net(mg.Node(ROWS, "x")))
    model = onnx.load(tmp_path / "net.onnx")
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm"]
    assert [node.name for node in model.graph.node] == ["Affine 1", "ReLU", "Affine 2"]
    weights = {w.name: onnx.numpy_helper.to_array(w) for w in model.graph.initializer}
    assert list(weights) == ["W1", "b1", "W2", "b2"]
    np.testing.assert_array_equal(weights["W2"], net.parameters[2].value)
    (output,) = model.graph.output
    assert [axis.dim_param or axis.dim_value for axis in output.type.tensor_type.shape.dim] == ["batch", 3]
    mg.to_onnx(tmp_path / "again.onnx", net(mg.Node(ROWS, "x")))
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "net.onnx").read_bytes()


def test_which_axes_are_free(onnx: Any, tmp_path: Path) -> None:
    x, m, w = (mg.Node(np.ones(shape), name) for name, shape in (("x", (4, 3)), ("m", (4, 4)), ("w", (3, 4))))
    output = x @ w + m

    def axes(**options: Any) -> dict[str, Any]:
        mg.to_onnx(tmp_path / "net.onnx", output, **options)
        inputs = onnx.load(tmp_path / "net.onnx").graph.input
        return {i.name: [d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim] for i in inputs}

    assert axes() == {"x": ["batch", 3], "w": [3, 4], "m": ["batch", 4]}
    assert axes(batch=["x"]) == {"x": ["batch", 3], "w": [3, 4], "m": [4, 4]}
    assert axes(batch=())["x"] == [4, 3]
    for wrong in ("x", ["y"], 1):
        with pytest.raises(ValueError, match=r"to_onnx: batch is .*, but must be names among x, w, m"):
            axes(batch=wrong)


def test_types_that_numpy_mixes_are_converted(onnxruntime: Any, tmp_path: Path) -> None:
    mask = mg.Node(np.array([[1, 0, 1, 1]]), "mask")
    net = Affine(4, 3, seed=0, dtype=np.float32)
    output = net(Dropout()(mg.Node(ROWS, "x"), mask.value.repeat(6, 0))) * np.float32(2)
    mg.to_onnx(tmp_path / "net.onnx", output)
    (theirs,) = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": ROWS})
    assert theirs.dtype == np.float64
    np.testing.assert_allclose(theirs, output.value, rtol=1e-6)


def node(name: str = "x") -> mg.Node:
    return mg.Node(ROWS, name)


def has_integers(case: Case) -> bool:
    """Labels, that is, or a step of training, or an index that is an array."""
    return any(a.dtype.kind in "iu" and a.size and a.max() > 0 for a in case.operands) or any(
        isinstance(part, np.ndarray) for part in getattr(case.op, "index", ())
    )


def masked(x: mg.Node) -> mg.Node:
    return x + DropoutMask(0.5, seed=0)(x, mg.Clock())


LABELS = np.array([0, 1, 2, 0, 1, 2])
REFUSED = [
    (lambda: Double()(node()), r"to_onnx: Double \(node Y\): there is no ONNX operator for this"),
    (lambda: SoftmaxWithLoss()(Affine(4, 3)(node()), LABELS), r"to_onnx: Pick \(node \w+\): there is no ONNX operator"),
    (lambda: node()[True], r"to_onnx: GetItem GetItem\(\[True\]\) of \[6, 4\]: only ints, slices"),
    (lambda: Double()(Double()(node())), r"Double \(node Y1\), Double \(node Y2\)"),
    (lambda: node()[[0, 2]], r"to_onnx: GetItem GetItem\(\[\[0, 2\]\]\) of \[6, 4\]: only ints, slices"),
    (lambda: masked(node()), r"to_onnx: Add \(node Y\) reads M, which is only there in training"),
    (lambda: DropoutMask(0.5, seed=0)(node(), mg.Clock()), "to_onnx: M is only there in training"),
    (lambda: BatchNorm(4)(node()), "BatchNorm: evaluating needs running statistics"),
    (lambda: ReLU()(ROWS), "to_onnx: nothing can be fed: call the network on a named leaf"),
    (lambda: mg.exp(mg.Node(ROWS.astype(np.longdouble), "x")), "to_onnx: x is .*, which ONNX does not have"),
]  # fmt: skip


@pytest.mark.parametrize("output, message", REFUSED)
def test_what_cannot_be_written_is_refused_by_name_and_nothing_is(
    onnx: Any, tmp_path: Path, output: Any, message: str
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        mg.to_onnx(tmp_path / "net.onnx", output())
    assert os.listdir(tmp_path) == ["net.onnx"] and (tmp_path / "net.onnx").read_bytes() == b"old"


NOT_THERE = {
    **{name: rf"{name} \(node \w+\): there is no ONNX operator" for name in ("Im2Col", "Pick", "Windows")},
    "DropoutMask": "M is only there in training",
    "SparseCategoricalCrossEntropy": r"Pick \(node c\): there is no ONNX operator",
}
FIRST = {case.op.name: case for case in sorted(EVERY, key=has_integers, reverse=True)}


@pytest.mark.parametrize("name", FIRST)
def test_every_op_is_written_and_read_or_refused(onnx: Any, tmp_path: Path, name: str) -> None:
    from onnx.reference import ReferenceEvaluator

    case, path = FIRST[name], tmp_path / "net.onnx"
    output = case.op.record(tuple(mg.Node(operand, f"in{i}") for i, operand in enumerate(case.operands)))
    if name in NOT_THERE:
        with pytest.raises(ValueError, match=f"to_onnx: {NOT_THERE[name]}"):
            mg.to_onnx(path, output)
        return
    mg.to_onnx(path, output)
    feeds = {f"in{i}": operand for i, operand in enumerate(case.operands)}
    feeds = {info.name: feeds[info.name] for info in onnx.load(path).graph.input}
    (theirs,) = ReferenceEvaluator(str(path)).run(None, feeds)
    np.testing.assert_allclose(theirs, output.value, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(mg.from_onnx(path)(**feeds).value, output.value, rtol=1e-6, atol=1e-7)


def test_weights_beyond_what_a_file_holds_are_refused(
    onnx: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minigraph.formats.onnx.model.LARGEST", 2**20 + 100)
    with pytest.raises(ValueError, match="to_onnx: the weights have 120 bytes; one ONNX file holds"):
        mg.to_onnx(tmp_path / "net.onnx", Affine(4, 3)(node()))
    assert os.listdir(tmp_path) == []


def test_the_type_is_one_of_floating_point_numbers(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="to_onnx: dtype is int64, but must be of floating-point numbers"):
        mg.to_onnx(tmp_path / "net.onnx", ReLU()(node()), dtype=np.int64)


def test_only_what_was_computed_can_be_written(tmp_path: Path) -> None:
    for wrong in (node(), [1.0], Affine(4, 3)):
        with pytest.raises(TypeError, match="to_onnx: needs a node that an op made, or a Graph, got"):
            mg.to_onnx(tmp_path / "net.onnx", wrong)  # type: ignore[arg-type]
