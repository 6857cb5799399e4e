"""How pages of steps look: screenshots against those in goldens/page, block by block.

After a change that is meant, ``RENEW_GOLDENS=1 python -m pytest tests/test_page_looks.py`` draws them again. Look at
each before you commit it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers import Array
from pictures import SCRIPT, circuit, classifier
from PIL import Image
from reader import LOOKS, Opener, Reader

import minigraph as mg

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).parent / "goldens" / "page"
BLOCK = 12  # pixels: about a letter, so that it averages over how a browser smooths edges
NOTICED = 7  # of 255, by which the mean of a block may differ
MOST = 0.01  # of all blocks may differ by more


def shows_tooltip(reader: Reader) -> None:
    reader.part("card W").focus()


SHOTS: dict[str, tuple[Callable[[], mg.Node], str, str, Callable[[Reader], None] | None]] = {
    "light": (classifier, "wide", "#step=5", None),
    "dark": (classifier, "wide-dark", "#step=7", None),
    "circuit": (circuit, "wide", "#step=4", None),
    "expanded": (classifier, "wide", "#step=14&open=5,5.1,5.3", None),
    "tooltip": (classifier, "wide-dark", "#step=6", shows_tooltip),
    "narrow": (classifier, "narrow", "#step=6", None),
    "narrow-dark": (SCRIPT["korean"], "narrow-dark", "#step=3", None),
}  # fmt: skip


@pytest.fixture(params=SHOTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(name: str, opens: Opener) -> Reader:
    root, look, hash, act = SHOTS[name]
    half = {} if look.startswith("narrow") else {"device_scale_factor": 0.5}
    found = opens(root(), hash=hash, **half, **LOOKS[look])
    if act:
        act(found)
    return found


def shot(reader: Reader) -> Image.Image:
    return Image.open(io.BytesIO(reader.page.screenshot(caret="hide"))).convert("RGB")


def blocks(image: Image.Image) -> Array:
    """The mean colour of each block."""
    pixels = np.asarray(image.convert("RGB"), dtype=float)
    down, across = (size // BLOCK for size in pixels.shape[:2])
    return pixels[: down * BLOCK, : across * BLOCK].reshape(down, BLOCK, across, BLOCK, 3).mean((1, 3))


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of blocks that look different."""
    assert one.size == other.size
    return float((np.abs(blocks(one) - blocks(other)).max(-1) > NOTICED).mean())


def test_it_looks_as_it_did(reader: Reader, name: str) -> None:
    found, path = shot(reader), FOLDER / f"{name}.png"
    if os.environ.get("RENEW_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        found.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        return
    different = differing(found, Image.open(path))
    assert different <= MOST, f"{different:.1%} of {path.name} look different"


@pytest.mark.parametrize("name", ["light", "narrow"], indirect=True)
@pytest.mark.parametrize(
    "change",
    ["player.part('.mg-panel').remove()", "player.part('.mg-part.chip').remove()", "player.stage.pan(12, 0)",
     "player.part('.mg-part.input').style.translate = '0 12px'", "theme.toggle()", "player.go(player.number - 1)"],
)  # fmt: skip
def test_what_is_missing_or_moved_is_noticed(reader: Reader, name: str, change: str) -> None:
    before = shot(reader)
    assert differing(before, shot(reader)) == 0
    reader.ask(change.replace("player.part(", "player.section.querySelector("))
    assert differing(before, shot(reader)) > MOST, change


def test_the_goldens_are_those_and_small() -> None:
    files = list(FOLDER.glob("*"))
    assert {file.stem for file in files} == SHOTS.keys()
    assert sum(file.stat().st_size for file in files) < 300_000
