"""The command line: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import minigraph as mg
from minigraph import demo as demo_module
from minigraph.cli import main

NETS = '''
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss


@dataclass
class Size:
    """What needs its module to be known."""

    rows: int = 3


def loss():
    x, t = mg.Node(np.eye(Size().rows, 4), "x"), mg.Node(np.arange(3), "t")
    return SoftmaxWithLoss()(Affine(4, 3, seed=0)(x), t)


def graph():
    node = loss()
    node.backward()
    return mg.Graph(node)


class Wrong(mg.Op):
    def forward(self, x):
        return 2 * x

    def backward(self, upstream, y, x):
        return (3 * upstream,)


class Broken(Wrong):
    def backward(self, upstream, y, x):
        raise ValueError("what now?")


def wrong():
    return Wrong()(mg.Node(1.5, "x"))


def broken():
    return Broken()(mg.Node(1.5, "x"))


def vector():
    return mg.Node(np.ones(3), "x") * 2


def constant():
    return mg.Node(1.0, "x", requires_grad=False) * 2


def number():
    return 3


def helper():
    raise KeyError("no such column")


def fails():
    return helper()


def leaves():
    raise SystemExit(7)


def sized(rows, columns=2):
    return vector()


circuit = vector().sum()
'''


@pytest.fixture(autouse=True)
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with nets.py, and no trace of it afterwards."""
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "nets", raising=False)
    yield
    sys.modules.pop("nets", None)


@pytest.mark.parametrize("options, name, inside", [
    (["nets:loss"], "loss.svg", "SoftmaxWithLoss"),
    (["nets.py:loss", "-o", "a.html", "--language", "ko"], "a.html", "<!doctype html>"),
    (["nets:loss", "--expand", "2", "--detail", "symbols", "--direction", "TB", "-o", "a.dot"], "a.dot", "exp"),
    (["nets:loss", "--expand", "Affine", "--sample", "1", "--theme", "dark", "-o", "b.svg"], "b.svg", "Affine"),
    (["nets:graph", "--check", "--title", "Checked", "-o", "c.svg"], "c.svg", "✓"),
    (["nets:circuit"], "circuit.svg", "</svg>"),
])  # fmt: skip
def test_draw(options: list[str], name: str, inside: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["draw", *options]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == str((tmp_path / name).resolve())
    assert said[:-1] == ([] if "nets:graph" in options else ["No backward had run: ran it"])
    assert inside.lower() in (tmp_path / name).read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("target, said", [
    ("vector", "is no scalar, and no backward has run: drawn without gradients"),
    ("constant", "depends on nothing that wants a gradient: drawn without gradients"),
])  # fmt: skip
def test_what_has_no_gradients_is_drawn_without(target: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", f"nets:{target}"]) == 0
    assert said in capsys.readouterr().out


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nets:loss"]) == 0
    assert "7 gradients checked, all correct" in capsys.readouterr().out
    assert main(["check", "nets.py:wrong"]) == 1
    assert "✗  Wrong" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, said", [
    ("check nets", "'nets' names no function; give module:function or path/to/file.py:function"),
    ("check nets.py", "'nets.py' names no function"),
    ("check nowhere:loss", "there is no module 'nowhere' here or in this Python"),
    ("check no.where:loss", "there is no module 'no.where'"),
    ("check no/where.py:loss", "there is no file no"),
    ("check nets:los", "nets has no function 'los'; it has loss, graph, wrong, "),
    ("check nets:sized", "nets:sized needs rows; give a function without arguments"),
    ("check nets:number", "nets:number returned int; it must return a Node, such as the loss, or a Graph"),
    ("check nets:constant", "depends on nothing that wants a gradient: nothing to check"),
    ("--out made draw nets:loss", "--out before draw is the folder of the demo; draw has an --out after it"),
    ("check nets:leaves", "nets:leaves ended Python (SystemExit: 7)"),
    ("draw nets:loss --sample 9", "draw: sample is 9, but the batch has rows 0 to 2"),
    ("draw nets:loss --expand Conv", "nothing here is called 'Conv'; what opens is Affine, SoftmaxWithLoss"),
    ("draw nets:loss -o net.gif", "'net.gif' has the suffix '.gif'"),
    ("draw nets:loss -o no/net.svg", "there is no folder"),
])  # fmt: skip
def test_what_cannot_be_used_is_one_line(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith("minigraph: ") and error.count("\n") == 1 and said in error


@pytest.mark.parametrize("arguments, last", [
    ("draw nets:fails", "minigraph: nets:fails failed: see above"),
    ("draw nets:broken", "minigraph: The backward of nets:broken failed: see above"),
    ("check nets:broken", "minigraph: The check of nets:broken failed: see above"),
    ("check torn.py:loss", "minigraph: torn.py failed: see above"),
    ("check torn:loss", "minigraph: torn failed: see above"),
    ("check cut.py:loss", "minigraph: cut.py failed: see above"),
])  # fmt: skip
def test_an_error_of_the_users_own_keeps_its_traceback(
    arguments: str, last: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "torn.py").write_text("import numpy\nraise RuntimeError('torn')\n", encoding="utf-8")
    (tmp_path / "cut.py").write_text("def loss(:\n", encoding="utf-8")
    assert main(arguments.split()) == 2
    lines = capsys.readouterr().err.splitlines()
    if "cut" in arguments:  # no line of anybody's was run
        assert "cut.py" in lines[0] and lines[-2].startswith("SyntaxError: ") and lines[-1] == last
        return
    assert lines[0] == "Traceback (most recent call last):" and lines[-1] == last
    assert not any("target.py" in line or "importlib" in line for line in lines)
    if arguments == "draw nets:fails":
        assert "in fails" in lines[1] and lines[-2] == "KeyError: 'no such column'"
    elif "broken" in arguments:
        assert lines[-2].startswith("ValueError: ") and lines[-2].endswith("what now?")
    else:
        assert "torn.py" in lines[1] and lines[-2] == "RuntimeError: torn"


@pytest.mark.parametrize("data", ["iris", "clouds"])
def test_the_demo(
    data: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if data == "clouds":
        monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    else:
        pytest.importorskip("sklearn")
    assert (demo_module.iris() is None) == (data == "clouds")
    assert main(["--out", "made/here"]) == 0
    said = capsys.readouterr().out
    made = tmp_path / "made" / "here"
    names = {"network.svg", "opened.svg", "neurons.svg", "network.html"}
    assert {path.name for path in made.iterdir()} == names and all(name in said for name in names)
    assert str(made.resolve()) in said
    right = int(said.split(" of 30 held-out")[0].split()[-1])
    assert right >= 26


def test_it_is_a_command(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "minigraph", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)

    assert run("--version").stdout == f"minigraph {mg.__version__}\n"
    helped = run("draw", "--help")
    assert helped.returncode == 0 and "minigraph draw net.py:loss -o loss.html" in helped.stdout
    assert run("check", "nets:wrong").returncode == 1


def test_the_help_shows_what_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    source = capsys.readouterr().out.split("net.py:\n")[1].split("\nexit codes")[0]
    (tmp_path / "net.py").write_text("\n".join(line[2:] for line in source.splitlines()), encoding="utf-8")
    assert main(["check", "net.py:loss"]) == 0
