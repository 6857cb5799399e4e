"""Every figure of the gallery as Chromium draws it: nothing clipped, nothing on top of another, everything legible."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import FRAMED, Part, Picture, Wire, measured, outside, overlap, page, run
from helpers import contrast
from matplotlib.image import imread
from pictures import FIGURES, figure

pytestmark = pytest.mark.browser

OVERHANG = 1.5  # points by which a slanted letter leans out of its own width, and a line of text is higher than its ink
CLEARANCE = 0.8  # half the width of a wire: nearer, and its ink touches
STRAIGHT = 1.0


@pytest.fixture(scope="module")
def drawn(chromium: str) -> dict[str, dict[str, Picture]]:
    svgs = {name: figure(name).svg() for name in FIGURES}
    return measured(chromium, svgs, {name: figure(name).source for name in FIGURES})


def none(found: dict[str, str], name: str) -> None:
    """`found`: what is wrong, by the id of the element."""
    assert not found, "\n".join(f"{name}: {element}: {says}" for element, says in found.items())


def names(part: Part) -> str:
    return f"{part.text!r} in {part.owner}" if part.text else part.owner


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_is_inside_its_cell_its_frame_and_the_picture(
    drawn: dict[str, dict[str, Picture]], name: str
) -> None:
    picture, found = drawn["own"][name], {}
    for text in picture.texts:
        around = {"the picture": picture.view, "what it stands on": picture.ground(text).box}
        if FRAMED & {*text.kinds}:
            around["its frame"] = picture.nodes[text.owner].box
        for what, box in around.items():
            if (far := outside(text.box, box)) > OVERHANG:
                found[f"{text.owner} {text.text!r}"] = f"sticks out of {what} by {far:.1f} pt"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_on_another(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    texts = drawn["own"][name].texts
    pairs = [(a, b) for n, a in enumerate(texts) for b in texts[n + 1 :] if overlap(a.ink, b.ink) > 0]
    none({names(a): f"overlaps {names(b)} by {overlap(a.ink, b.ink):.1f} pt" for a, b in pairs}, name)


@pytest.mark.parametrize("name", FIGURES)
def test_cards_chips_gates_and_titles_are_apart(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    picture, found = drawn["own"][name], {}
    boxes = list({**picture.nodes, **picture.captions}.items())
    for n, (a, one) in enumerate(boxes):
        if (far := outside(one.box, picture.view)) > 0:
            found[a] = f"is outside the picture by {far:.1f} pt"
        for b, other in boxes[n + 1 :]:
            if (deep := overlap(one.box, other.box)) > 0:
                found[a] = f"overlaps {b} by {deep:.1f} pt"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_no_wire_runs_over_a_text_or_through_what_it_does_not_join(
    drawn: dict[str, dict[str, Picture]], name: str
) -> None:
    picture, found = drawn["own"][name], {}
    for wire in picture.wires:
        for other, part in {**picture.nodes, **picture.captions}.items():
            # an arrow of the neuron view bears its own number, on a ground that covers the arrow
            if other not in wire.ends and other != wire.id.replace("w", "n"):
                if (near := nearest(wire, part)) < CLEARANCE:
                    found[wire.id] = f"{wire.tail} → {wire.head} comes to {near:.1f} pt of {other}"
            elif other in wire.ends and (near := nearest(wire, part)) < -STRAIGHT:
                found[wire.id] = f"{wire.tail} → {wire.head} runs {-near:.1f} pt into {other}"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_no_wire_ends_under_something_else(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    picture, found = drawn["own"][name], {}
    for wire in picture.wires:
        for tip in wire.tips:
            for part in picture.parts[tip.place + 1 :]:
                if part.is_filled and "node" in part.kinds and part.owner not in wire.ends:
                    if (deep := cover(part, tip)) > 0:
                        found[wire.id] = f"{names(part)} covers {deep:.1f} pt of its tip"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_the_main_path_is_straight(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    """From a card into a block or a gate with one input, and out of every block and gate."""
    picture, found = drawn["own"][name], {}
    forward = [wire for wire in picture.wires if wire.forward]
    for wire in forward:
        tail, head = wire.ends
        into = [w for w in forward if w.ends[1] == head]
        is_out = "op" in picture.nodes[tail].kinds
        is_main = re.search(r":v0?:", wire.head) or len(into) == 1
        if is_out or ("op" in picture.nodes[head].kinds and is_main):
            heights = [point[0 if runs_down(picture) else 1] for point in wire.line.points]
            if (bend := max(heights) - min(heights)) > STRAIGHT:
                found[wire.id] = f"{wire.tail} → {wire.head} bends by {bend:.1f} pt"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_the_way_back_is_read_from_right_to_left(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    """Upstream stands right of each chip (below, running down), and the gradient that it makes stands left of it."""
    picture, found = drawn["own"][name], {}
    along = 1 if runs_down(picture) else 0
    for chip, part in picture.nodes.items():
        if "chip" in part.kinds:
            (upstream,) = (wire for wire in picture.wires if wire.ends[0] == chip)
            (downstream,) = (wire for wire in picture.wires if wire.ends[1] == chip)
            far = max(point[along] for point in (upstream.line.points[0], upstream.line.points[-1]))
            card = picture.nodes[downstream.ends[0]]
            if far <= part.box[2 + along]:
                found[chip] = f"its upstream {upstream.head} is {part.box[2 + along] - far:.1f} pt on the wrong side"
            if card.box[2 + along] >= part.box[along]:
                late = card.box[2 + along] - part.box[along]
                found[chip] = f"{card.owner}, to which it points, is {late:.1f} pt on the wrong side"
    none(found, name)


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_stands_out_from_its_ground(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    none(faint(drawn["own"][name]), name)


def test_auto_is_dark_where_the_system_is(chromium: str) -> None:
    svgs = {name: figure(name).svg() for name in ("circuit-auto", "circuit-dark")}
    sources = {name: figure(name).source for name in svgs}
    found = measured(chromium, svgs, sources, "--blink-settings=preferredColorScheme=0")["own"]
    auto, dark = found["circuit-auto"], found["circuit-dark"]
    assert [(part.fill, part.stroke) for part in auto.parts] == [(part.fill, part.stroke) for part in dark.parts]
    assert not faint(auto)


@pytest.mark.parametrize("name", [name for name in FIGURES if not name.startswith("neurons")])
def test_directions_differ_without_colour(drawn: dict[str, dict[str, Picture]], name: str) -> None:
    """Values run along solid lines with a full triangle, gradients along dashed ones with a notched head, or none."""
    found = {}
    for wire in drawn["own"][name].wires:
        heads = [tip.corners for tip in wire.tips if tip.is_filled]
        solid = wire.line.dash == "none"
        if wire.forward and not (solid and heads == [3]):
            found[wire.id] = f"a value on a line with dashes {wire.line.dash} and heads of {heads} corners"
        if not wire.forward and (solid or 3 in heads):
            found[wire.id] = f"a gradient on a line with dashes {wire.line.dash} and heads of {heads} corners"
    none(found, name)


@pytest.mark.parametrize("name", ["circuit", "circuit-dark", "circuit-print"])
def test_dashes_show_in_the_pixels_of_a_grey_screenshot(
    chromium: str, drawn: dict[str, dict[str, Picture]], tmp_path: Path, name: str
) -> None:
    picture, scale = drawn["own"][name], 3
    left, top, right, bottom = picture.view
    css = f"svg {{ width: {right - left}px; height: {bottom - top}px; filter: grayscale(1) }}"
    size = [f"--window-size={right - left:.0f},{bottom - top + 200:.0f}", f"--force-device-scale-factor={scale}"]
    run(chromium, page({name: figure(name).svg()}, css=css), f"--screenshot={tmp_path / 'grey.png'}", *size)
    grey = imread(tmp_path / "grey.png")[:, :, :3]
    assert abs(grey - grey[:, :, :1]).max() < 0.01
    long = [wire for wire in picture.wires if len(wire.line.points) > 50]
    assert {wire.forward for wire in long} == {True, False}
    for wire in long:
        spots = [grey[round((y - top) * scale), round((x - left) * scale), 0] for x, y in wire.line.points[10:-10]]
        inked = sum(abs(spot - grey[0, 0, 0]) > 0.25 for spot in spots) / len(spots)
        assert (inked > 0.95) if wire.forward else (0.4 < inked < 0.9), f"{wire.id}: {inked:.2f} of it is ink"


def test_a_wider_font_leaves_texts_in_their_places(drawn: dict[str, dict[str, Picture]]) -> None:
    """Without Helvetica, Arial or Liberation, texts are wider than their boxes: they grow to both sides, and not far.

    The longest statements then stick out of their chip, and texts on one line may touch. Digits stay in their cells.
    """
    wider = []
    for name, picture in drawn["wide"].items():
        for text, own in zip(picture.texts, drawn["own"][name].texts):
            wider.append((text.box[2] - text.box[0]) / max(own.box[2] - own.box[0], 1))
            ground = picture.ground(own)
            digits = re.fullmatch("[−0-9.]+", text.text)
            assert outside(text.box, ground.box) < (OVERHANG if digits else 10), f"{name}: {names(text)}"
            assert outside(text.box, picture.view) < OVERHANG, f"{name}: {names(text)}"
    assert sum(wider) / len(wider) > 1.08, "there is no wide font here to try this with: install DejaVu Sans"


def test_the_checks_see_what_they_look_for(chromium: str) -> None:
    """The circuit, broken on purpose: a name too long, a card too large, a wire led astray, a text too faint."""
    svg = figure("circuit").svg()
    broken = svg.replace(">f<", ">a name that is far too long<")
    broken = re.sub(r'(edge1" class="edge fwd">\s*<path [^>]*d=")[^"]*', r"\1M1,-300C20,-300 400,-200 500,-100", broken)
    broken = re.sub(
        r'(t3" class="node tensor input">\s*<path [^>]*d=")', r"\1M260,-100L260,-200L500,-200L500,-10Z ", broken
    )
    broken = broken.replace('fill="#5e35a1">z<', 'fill="#c4a8ff">z<')
    drawn = {
        "circuit": measured(chromium, {"circuit": broken}, {"circuit": figure("circuit").source})["own"]["circuit"]
    }
    for test, says in SEEN.items():
        with pytest.raises(AssertionError, match=says):
            test({"own": drawn}, "circuit")


SEEN: dict[Callable[[dict[str, dict[str, Picture]], str], None], str] = {
    test_every_text_is_inside_its_cell_its_frame_and_the_picture: "'a name that is far too long'.* sticks out",
    test_no_wire_runs_over_a_text_or_through_what_it_does_not_join: r"edge1: o2 → t2:v:w comes to -\d",
    test_cards_chips_gates_and_titles_are_apart: "t3: overlaps",
    test_the_main_path_is_straight: "bends by",
    test_every_text_stands_out_from_its_ground: "'z'.*only",
}


def nearest(wire: Wire, part: Part) -> float:
    return min(map(part.distance, wire.line.points))


def cover(part: Part, tip: Part) -> float:
    """How much of the head of an arrow is under a shape: a ring with its pen, or a triangle, taken for a box."""
    if tip.tag != "ellipse":
        return overlap(part.box, tip.box)
    left, top, right, bottom = tip.box
    return (right - left + tip.width) / 2 - part.distance(((left + right) / 2, (top + bottom) / 2))


def runs_down(picture: Picture) -> bool:
    return "rankdir=TB" in picture.source


def faint(picture: Picture) -> dict[str, str]:
    found = {}
    for text in picture.texts:
        ground = picture.ground(text).fill
        if text.text == "●":
            continue  # the legend's sample of a fill, which is nothing to read
        if (ratio := contrast(code(text.fill), code(ground))) < 4.5:
            found[f"{text.owner} {text.text!r}"] = f"{text.fill} on {ground} is only {ratio:.2f} to 1"
    return found


def code(colour: str) -> str:
    """rgb(31, 41, 51) as #1F2933."""
    return "#" + "".join(f"{int(channel):02X}" for channel in re.findall(r"\d+", colour)[:3])
