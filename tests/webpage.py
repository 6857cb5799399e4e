"""Pages of steps as tests read them: the numbers in a table, the data in a file, the graph that they are about; and a
graph whose names mean no good."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from helpers import Array

import minigraph as mg
from minigraph.expand import Places, open_up
from minigraph.layers import Affine

WALK = (Path(__file__).parent / "walk.js").read_text(encoding="utf-8")
LEFT_OUT = "⋯"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
HOSTILE = ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'&<>`", "a\u2028b\u2029c",
           "\ud800", "x" * 5000, "\u202eabc אבג", "]]>", "<!--", "\\", "%s {0} {y}", "\x00\x07", "&lt;b&gt;",
           "javascript:alert(1)",
           "</style>", "'); alert(1); ('", "${alert(1)}")  # fmt: skip
ODD = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}


@dataclass(frozen=True)
class Shown:
    """An array as a page shows it. grain: by how much each number may be off, being rounded."""

    numbers: Array
    grain: Array

    def agrees_with(self, array: Array) -> bool:
        if self.numbers.shape != array.shape:
            return False
        odd = (self.numbers == array) | (np.isnan(self.numbers) & np.isnan(array))
        with np.errstate(invalid="ignore"):
            near = np.abs(self.numbers - array) <= self.grain * 1.01 + 1e-9 * np.abs(array)
        return bool(np.all(np.where(np.isfinite(array), near, odd)))


def read_number(text: str, factor: float = 1.0) -> tuple[float, float]:
    """A number as it is written, and half a unit of its last digit; an integer is exact, unless it has a factor."""
    if text in ODD:
        return ODD[text], 0.0
    written = re.fullmatch(r"(−?)(\d+)(?:\.(\d+))?(?:·10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?", text)
    assert written is not None, text
    sign, whole, decimals, power = written.groups()
    scale = factor * 10.0 ** int(power.translate(SUPERSCRIPTS)) if power else factor
    value = float(f"{whole}.{decimals or 0}") * scale
    return -value if sign else value, 0.5 * 10.0 ** -len(decimals) * scale if decimals else 0.0


def read_factor(text: str) -> float:
    written = re.match(r"×10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)$", text)
    return 10.0 ** int(written[1].translate(SUPERSCRIPTS)) if written else 1.0


def read_table(rows: Sequence[Sequence[str]], factor: float = 1.0) -> Shown | None:
    """A table that shows an array whole; None where something is left out."""
    if any(LEFT_OUT in row for row in rows):
        return None
    pairs = np.array([[read_number(text, factor) for text in row] for row in rows])
    return Shown(pairs[..., 0], pairs[..., 1])


def read_term(term: dict[str, Any], shape: tuple[int, ...]) -> Shown | None:
    """An array in the panel, which has `shape`; None where it is not shown whole."""
    if term["number"]:
        number, grain = read_number(term["number"])
        return Shown(np.array(number), np.array(grain))
    if len(term["tables"]) != 1:
        return None
    found = read_table(term["tables"][0], read_factor(term["factor"]))
    if found is None or found.numbers.size != int(np.prod(shape)):
        return None
    return Shown(found.numbers.reshape(shape), found.grain.reshape(shape))


def first_cell(term: dict[str, Any]) -> Shown:
    """The first number of an array that is not shown whole."""
    number, grain = read_number(term["tables"][0][0][0], read_factor(term["factor"]))
    return Shown(np.array(number), np.array(grain))


def data_of(html: str) -> list[dict[str, Any]]:
    """The data of each figure in a page."""
    found = re.findall(r'<script type="application/json" class="mg-data">(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


def array_of(data: dict[str, Any], number: int) -> Array:
    """An array of a page's data that is there in full."""
    packed = data["arrays"][number]
    if "turned" in packed:
        return array_of(data, packed["turned"]).T
    values = [ODD.get(v, np.nan) if isinstance(v, str) else float(v) for v in packed["data"]]
    return np.array(values).reshape(packed["shape"]) * 10.0 ** packed.get("e", 0)


def steps_of(data: dict[str, Any], state: dict[str, Any]) -> list[dict[str, Any]]:
    return [data["steps"][n] for n in state["steps"]]


class Truth:
    """The graph behind one state of a page, by the names that its steps have."""

    def __init__(self, root: mg.Node, opened: Sequence[str]) -> None:
        places = Places(tuple(map(int, place.split("."))) for place in opened)
        self.graph = mg.Graph(open_up(root, places).root if places else root)
        self.nodes = {name: node for node, name in self.graph.names.items()}
        self.names = {node: name for name, node in self.nodes.items()}
        with np.errstate(all="ignore"):
            self.gradients = {} if root.grad is None else dict(self.graph.gradients(root.grad))

    def downstream(self, name: str, i: int) -> Array:
        """What the op's own backward makes of its upstream gradient for input i."""
        node = self.nodes[name]
        assert node.op is not None
        needs = tuple(k == i for k in range(len(node.inputs)))
        with np.errstate(all="ignore"):
            found = node.op.pull(self.gradients[node], node.value, node.operands, needs)[i]
        assert found is not None
        return np.asarray(found)

    def chips(self) -> set[tuple[str, int]]:
        """Every edge that brings a gradient back."""
        return {
            (name, i)
            for name, node in self.nodes.items() if node in self.gradients
            for i, source in enumerate(node.inputs) if source in self.gradients
        }  # fmt: skip


def hostile(name: str) -> mg.Node:
    """A graph in which everything that can have a name has this one."""
    x = mg.Node([[1.0, 2.0]], name)
    layer = Affine(2, 2, weight=np.eye(2))
    layer.parameters[0].name = name
    loss = layer(x).mean()
    loss.name = name
    loss.backward()
    return loss
