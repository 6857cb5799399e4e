"""Parameters in .safetensors files: the bytes that others read, and what others wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array

import minigraph as mg
from minigraph.formats import extras

TYPES = [np.float64, np.float32, np.float16]


def parameters(scale: float, dtype: Any = np.float64) -> list[mg.Parameter]:
    values = {"W": np.arange(6.0).reshape(2, 3), "b": np.arange(3.0), "scale": np.array(7.0)}
    return [mg.Parameter((value * scale).astype(dtype), name) for name, value in values.items()]


@pytest.mark.parametrize("dtype", TYPES)
def test_what_was_saved_is_loaded_and_is_what_others_read(safetensors: Any, tmp_path: Path, dtype: Any) -> None:
    path, saved, loaded = tmp_path / "net.safetensors", parameters(0.1, dtype), parameters(0.0, dtype)
    mg.save(path, saved)
    mg.load(path, loaded)
    theirs = safetensors.load_file(path)
    assert theirs.keys() == {"W", "b", "scale"}
    for ours, back in zip(saved, loaded):
        for array in (back.value, theirs[ours.name]):
            assert array.dtype == dtype
            np.testing.assert_array_equal(array, ours.value)
        back.value += 1  # nobody else's memory


@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, lambda a: a[::-1, ::2], lambda a: a.T, lambda a: a.astype(">f8"), lambda a: a[:1] + a[1:] * 0],
    ids=["columns first", "strided", "transposed", "big-endian", "broadcast"],
)
def test_however_an_array_lies_in_memory_its_numbers_are_written(safetensors: Any, tmp_path: Path, layout: Any) -> None:
    array: Array = layout(np.arange(12.0).reshape(3, 4))
    mg.save(tmp_path / "net.safetensors", [mg.Parameter(array, "W")])
    np.testing.assert_array_equal(safetensors.load_file(tmp_path / "net.safetensors")["W"], array)


def test_what_others_wrote_is_loaded(safetensors: Any, tmp_path: Path) -> None:
    arrays = {p.name: p.value for p in parameters(3.0, np.float32)}
    safetensors.save_file(arrays, tmp_path / "net.safetensors", metadata={"made by": "somebody else"})
    loaded = parameters(0.0, np.float32)
    mg.load(tmp_path / "net.safetensors", loaded[::-1])
    assert [float(p.value.flat[-1]) for p in loaded] == [15, 6, 21]


def test_bfloat16_is_read_as_float32(safetensors: Any, tmp_path: Path) -> None:
    header = b'{"W":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    numbers = np.array([0x3FC0, 0xC000], "<u2").tobytes()  # 1.5 and −2
    (tmp_path / "net.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + numbers)
    loaded = mg.Parameter(np.zeros(2, np.float32), "W")
    mg.load(tmp_path / "net.safetensors", [loaded])
    assert loaded.value.tolist() == [1.5, -2]


def test_equal_names_are_numbered_and_one_name_is_reserved(safetensors: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.SafeTensors"
    mg.save(path, [mg.Parameter(1.0, "W"), mg.Parameter(2.0, "W"), mg.Parameter(3.0, "file")])
    assert {name: float(a) for name, a in safetensors.load_file(path).items()} == {"W1": 1, "W2": 2, "file": 3}
    with pytest.raises(ValueError, match="save: a parameter is named __metadata__"):
        mg.save(path, [mg.Parameter(1.0, "__metadata__")])
    with pytest.raises(ValueError, match="save: W is float128|save: W is longdouble"):
        mg.save(path, [mg.Parameter(np.ones(2, np.longdouble), "W")])
    assert len(safetensors.load_file(path)) == 3


@pytest.mark.parametrize(
    "others, message",
    [
        ([mg.Parameter(np.zeros((2, 3)), "W")], r"has W \[2, 3\], b \[3\], scale \[\], but expected W \[2, 3\]"),
        ([mg.Parameter(np.zeros((3, 2)), "W"), *parameters(0.0)[1:]], r"but expected W \[3, 2\], b \[3\]"),
        ([*parameters(0.0)[:2], mg.Parameter(np.float32(0), "scale")], "scale is float64 in .*, but must be float32"),
    ],
    ids=["names", "shapes", "types"],
)
def test_what_does_not_fit_is_refused_by_name(
    safetensors: Any, tmp_path: Path, others: list[mg.Parameter], message: str
) -> None:
    mg.save(tmp_path / "net.safetensors", parameters(1.0))
    before = [p.value for p in others]
    with pytest.raises(ValueError, match=message):
        mg.load(tmp_path / "net.safetensors", others)
    assert all(p.value is value for p, value in zip(others, before))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}junk"])
def test_another_file_is_refused(safetensors: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="net.safetensors is not a .safetensors file"):
        mg.load(tmp_path / "net.safetensors", parameters(0.0))


def test_a_type_that_numpy_lacks_is_refused_by_name(safetensors: Any, tmp_path: Path) -> None:
    header = b'{"W":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'
    (tmp_path / "net.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"ab")
    with pytest.raises(ValueError, match="load: W is F8_E4M3 in .*, but must be F64, F32"):
        mg.load(tmp_path / "net.safetensors", [mg.Parameter(np.zeros(2), "W")])


def test_a_save_that_fails_leaves_the_old_file(
    safetensors: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.safetensors"
    mg.save(path, parameters(1.0))
    before = path.read_bytes()

    def full(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        mg.save(path, parameters(2.0))
    assert os.listdir(tmp_path) == ["net.safetensors"] and path.read_bytes() == before


def test_only_parameters_are_saved_and_not_over_a_folder(tmp_path: Path) -> None:
    graph = mg.Graph(mg.Parameter(1.0, "w") * 2)
    for wrong in (graph, graph.output, mg.layers.Affine(2, 2)):
        for function in (mg.save, mg.load):
            with pytest.raises(TypeError, match="is not a Parameter; give graph.parameters or net.parameters"):
                function(tmp_path / "net.npz", wrong)
    with pytest.raises(IsADirectoryError, match="can't be written: it is a folder"):
        mg.save(tmp_path, graph.parameters)


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(extras, "import_module", absent)
    with pytest.raises(ImportError, match=r'save: needs safetensors.*pip install "minigraph\[safetensors\]"'):
        mg.save(tmp_path / "net.safetensors", parameters(1.0))
    with pytest.raises(ImportError, match=r'to_onnx: needs onnx.*pip install "minigraph\[onnx\]"'):
        mg.to_onnx(tmp_path / "net.onnx", mg.exp(mg.Node([1.0, 2.0], "x")))
    assert os.listdir(tmp_path) == []
