"""Every text can be read on its ground, in every theme, and directions differ in more than hue."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from helpers import contrast
from pictures import circuit, classifier

import minigraph as mg
from minigraph.diagram.labels.style import LEVELS, THEMES, Palette, shade


@pytest.mark.parametrize("palette", THEMES.values(), ids=THEMES)
def test_text_stands_out_by_4_5_to_1(palette: Palette) -> None:
    p = palette
    ends = (p.forward_heat, p.backward_heat, p.local_heat)
    heats = [shade(heat, n / (LEVELS - 1)) for heat in ends for n in range(LEVELS)]
    pairs = [(p.ink, ground) for ground in (p.background, p.panel, p.parameter, p.op, *heats)]
    pairs += [(p.mute, ground) for ground in (p.background, p.panel, p.pill, p.local_heat[0])]
    pairs += [(p.forward, p.background), (p.forward, p.forward_heat[0])]
    pairs += [(p.backward, p.background), (p.backward, p.backward_heat[0]), (p.backward, p.local_heat[0])]
    pairs += [(p.local, p.background), (p.local, p.local_heat[0]), (p.on_highlight, p.highlight)]
    pairs += [(p.forward, p.local_heat[0])]  # the ✓ on a chip
    low = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5}
    assert low == {}


def test_backward_is_dashed_so_that_it_is_told_apart_without_colour() -> None:
    source = mg.draw(circuit()).source
    edges = [line for line in source.splitlines() if "->" in line]
    assert all(("style=dashed" in line) == ("class=bwd" in line) for line in edges)


def test_a_theme_changes_colours_and_nothing_else() -> None:
    light, dark, print_ = (mg.draw(circuit(), theme=theme).source for theme in ("light", "dark", "print"))
    assert len({light, dark, print_}) == 3
    colour = re.compile("#[0-9A-F]{6}")
    assert colour.sub("#", light) == colour.sub("#", dark) == colour.sub("#", print_)
    assert not set(colour.findall(light)) & set(colour.findall(dark))


def test_print_has_no_hues() -> None:
    source = mg.draw(classifier(), detail="full", theme="print").source
    assert all(c[1:3] == c[3:5] == c[5:7] for c in re.findall("#[0-9A-F]{6}", source))


def test_auto_is_light_with_a_dark_counterpart_for_every_colour() -> None:
    light, auto = mg.draw(classifier(), theme="light").svg(), mg.draw(classifier(), theme="auto").svg()
    style = re.search("<style>(.*)</style>", auto)
    assert style is not None and "prefers-color-scheme:dark" in style[1]
    names = [ElementTree.fromstring(svg).get("id", "") for svg in (light, auto)]
    assert auto.replace(style[0], "").replace(names[1], names[0]) == light
    rule = rf'#{names[1]} \[((?:fill|stroke)="#[0-9a-f]{{6}}") i\]\{{(?:fill|stroke):(#[0-9a-f]{{6}})\}}'
    rules = dict(re.findall(rule, style[1]))
    assert len(rules) == style[1].count("{") - 1
    used = set(re.findall(r'(?:fill|stroke)="#[0-9a-f]{6}"', light.lower()))
    assert used and used <= rules.keys()
    dark = mg.draw(classifier(), theme="dark").svg().lower()
    assert set(re.findall("#[0-9a-f]{6}", dark)) == {rules[colour] for colour in used}
    named = set(re.findall(r'(?:fill|stroke)="([^"]*)"', light)) - {"none", "transparent"}
    assert all(colour.startswith("#") for colour in named)  # a colour by name would stay as it is


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="theme is 'pink', but must be one of 'light', 'dark', 'print', 'auto'"):
        mg.draw(circuit(), theme="pink")  # type: ignore[arg-type]
