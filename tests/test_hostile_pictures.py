"""Names and titles that want to break a picture, in every kind of picture: they stay text, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import Array, Double
from pictures import SVG, texts

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

pytestmark = pytest.mark.thorough

HOSTILE = [
    '<b>"quoted" & more</b>', "'single'", "{a|b}<c>", "]]>", "--><script>alert(1)</script>", "a\\nb\\l", "\\N \\G \\T",
    "back\\", "\\", "\x00\x07", "a\nb", "\ud800", "x" * 50_000, "javascript:alert(1)", "&amp;", "&lt;", "&#0;", "%s%n",
    "{0} {y} {N}", "{0.__class__}", "日本語🙂", "‮abc", "</TD></TABLE>>", " ", "",
]  # fmt: skip
TAGS = {"svg", "g", "path", "polygon", "ellipse", "text", "title", "desc", "polyline", "style"}
PLAIN = [name for name in HOSTILE if name.isprintable() and name.strip() and len(name) < 40]


def harmless(diagram: mg.Diagram) -> ElementTree.Element:
    """The parsed SVG, after making sure that nothing came into it but text."""
    svg = diagram.svg()
    root = ElementTree.fromstring(svg.encode())
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= TAGS
    assert not any("href" in key or key.startswith("on") for element in root.iter() for key in element.keys())
    assert max(map(len, texts(svg)), default=0) < 400
    ids = [element.get("id", "") for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)) and all(name.isascii() and " " not in name for name in ids)
    assert float(root.get("width", "0pt").removesuffix("pt")) < 20_000
    return root


def said(diagram: mg.Diagram) -> list[str]:
    return texts(diagram.svg())


def named_op(name: str, **more: Any) -> mg.Op:
    op: mg.Op = type(name.replace("\x00", "␀").replace("\ud800", "�") or "_", (Double,), more)()
    return op


def network(name: str) -> mg.Node:
    x = mg.Node([[1.0, 2.0]], name)
    layer = Affine(2, 2, seed=0)
    for parameter in layer.parameters:
        parameter.name = name
    loss = SoftmaxWithLoss()(layer(x), mg.Node([1], name))
    loss.name = name
    loss.backward()
    return loss


def long(name: str) -> mg.Node:
    op = named_op(name)
    h = mg.Node([0.5], name)
    for _ in range(30):
        h = op(h) * 0.5
        h.name = name
    total = h.sum()
    total.backward()
    return total


PICTURES: dict[str, Callable[[str], mg.Diagram]] = {
    "names": lambda name: mg.draw(network(name), expand=3, check=True, sample=0, theme="auto"),
    "names down": lambda name: mg.draw(network(name), direction="TB", detail="full", language="ko"),
    "title": lambda name: mg.draw(network("x"), title=name),
    "neurons": lambda name: mg.draw(network(name), view="neurons", title=name),
    "neuron gradients": lambda name: mg.draw(network(name), view="neuron-gradients", title=name, language="ko"),
    "compare": lambda name: mg.compare(network(name), mg.expand(network(name), 2), titles=(name, name)),
    "step": lambda name: mg.draw_step(loss := network(name), mg.SGD(mg.Graph(loss).parameters), title=name),
    "folded": lambda name: mg.draw(long(name), max_nodes=8),
    "folded down": lambda name: mg.draw(long(name), max_nodes=8, direction="TB"),
    "op": lambda name: mg.draw(named_op(name)(mg.Node([1.0], "x")), expand=1),
    "gate": lambda name: mg.draw(named_op("Op", gate=name)(mg.Node([1.0], "x"))),
    "symbol and formula": lambda name: mg.draw(named_op("Op", symbol=name or "Y", formula=name)(mg.Node([1.0], "x"))),
    "opened op": lambda name: mg.draw(named_op(name, expand=lambda self, x: x + x)(mg.Node([1.0], "x")), expand=1),
    "optimizer": lambda name: mg.draw_step(loss := network("x"), optimizer(name)(mg.Graph(loss).parameters, 0.1)),
    "nan": lambda name: mg.draw(mg.Node([np.nan], name) * 2.0),
}


def optimizer(name: str) -> type[mg.SGD]:
    return type(name.replace("\x00", "␀").replace("\ud800", "�") or "_", (mg.SGD,), {})


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("picture", PICTURES)
def test_it_stays_text(picture: str, name: str) -> None:
    harmless(PICTURES[picture](name))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("picture", ["title", "neurons", "compare", "step"])
def test_a_title_is_written_as_it_is(picture: str, name: str) -> None:
    assert name in said(PICTURES[picture](name))


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_is_written_as_it_is_on_cards_and_in_tooltips(name: str) -> None:
    root = harmless(mg.draw(mg.Node([1.0], name) * 2.0))
    assert name in [t.text for t in root.iter(f"{SVG}text")]
    assert f"{name} 1: 1" in [t.text for t in root.iter(f"{SVG}title")]


@pytest.mark.parametrize("name", PLAIN)
def test_the_name_of_an_op_is_written_as_it_is_on_block_cluster_and_fold(name: str) -> None:
    assert name in said(mg.draw(named_op(name)(mg.Node([1.0], "x"))))
    assert name in said(PICTURES["opened op"](name))
    assert [t for t in said(PICTURES["folded"](name)) if name in t]


@pytest.mark.parametrize("name", PLAIN)
def test_the_name_of_a_unit_is_written_as_it_is_where_one_points_at_it(name: str) -> None:
    says = "".join(element.text or "" for element in harmless(PICTURES["neurons"](name)).iter())
    assert name in says


class Sneaky(mg.Op):
    """An op whose own words are hostile."""

    symbol, formula = "<script>", "{0}</TD>{1}"
    locals = (mg.Local("]]>{0}<b>", lambda op, y, x: 2.0, note="<i>{N}</i>, {7}"),)

    def forward(self, x: Array) -> Array:
        return 2 * x

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (2 * upstream,)


@pytest.mark.parametrize("detail", ["symbols", "values", "full"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_formulas_and_notes_stay_text(detail: Any, language: Any) -> None:
    for value in (1.0, [[1.0, 2.0]]):
        y = Sneaky()(mg.Node(value, "x"))
        y.backward(seed=np.ones(y.shape))
        assert any("]]>x<b>" in text for text in said(mg.draw(y, detail=detail, language=language)))
        harmless(mg.draw(y, detail=detail, language=language))
