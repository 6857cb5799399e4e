"""Does the installed wheel work outside the checkout? Usage: python try_wheel.py CHECKOUT"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
import minigraph.layers as layers

home = Path(mg.__file__).parent
assert not home.is_relative_to(Path(sys.argv[1]).resolve()), f"this is the checkout: {home}"
assert Path(layers.__file__).parent == home / "layers", f"layers came from {layers.__file__}"
assert (home / "py.typed").is_file(), "py.typed was not packed"
assert importlib.util.find_spec("layers") is None, "the wheel installs a bare top-level name: layers"

loss = layers.SoftmaxWithLoss()(layers.Affine(4, 3, seed=0)(np.ones((5, 4))), np.array([0, 1, 2, 1, 0]))
loss.backward()
for depth in (0, 2):
    svg = mg.draw(loss, expand=depth).svg()
    assert svg.rstrip().endswith("</svg>") and "Affine" in svg
print(f"minigraph {mg.__version__} from {home}: trains and draws")
