"""Cases of what looks at images through windows, and of what changes shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cases.case import Case
from helpers import Array, spread

from minigraph.layers import AvgPool2D, Conv2D, Flatten, MaxPool2D
from minigraph.layers.windows import Im2Col, Windows

__all__ = ["CASES"]

RNG = np.random.default_rng(1989)
Shape = tuple[int, ...]

# the image, then what Windows takes: overlapping, apart, cut off, padded, rectangular, one pixel, the whole image
LOOKS: list[tuple[Shape, dict[str, Any]]] = [
    ((2, 3, 4, 5), {"kernel": 2}), ((1, 1, 4, 4), {"kernel": 2, "stride": 2}),
    ((2, 2, 5, 6), {"kernel": 2, "stride": 3}), ((1, 2, 5, 6), {"kernel": 2, "stride": (3, 1)}),
    ((2, 1, 3, 3), {"kernel": 3, "padding": 1}), ((1, 2, 5, 4), {"kernel": (3, 2), "stride": 2, "padding": 1}),
    ((2, 3, 2, 2), {"kernel": 1}), ((2, 2, 3, 2), {"kernel": (3, 2)}), ((1, 2, 1, 1), {"kernel": 3, "padding": 1}),
]  # fmt: skip


def image(shape: Shape) -> Array:
    return spread(RNG, *shape)


def named(op: str, shape: Shape, options: dict[str, Any]) -> str:
    return f"{op} {list(shape)} {', '.join(f'{key}={value}' for key, value in options.items())}"


def windows() -> Iterator[Case]:
    for shape, options in LOOKS:
        x = (image(shape),)
        yield Case(
            named("Windows", shape, options), Windows(**options), x,
            lambda torch, x, options=options: windows_twin(torch, x, **options).permute(0, 1, 4, 5, 2, 3),
        )  # fmt: skip
        yield Case(
            named("Im2Col", shape, options), Im2Col(**options), x,
            lambda torch, x, options=options: windows_twin(torch, x, **options, flat=True).permute(0, 2, 3, 1),
        )  # fmt: skip


def convolutions() -> Iterator[Case]:
    for shape, options in LOOKS:
        kernel, channels = options["kernel"], shape[1]
        pair = (kernel, kernel) if isinstance(kernel, int) else kernel
        for outputs in (1, 2):
            w, b = spread(RNG, outputs, channels, *pair), spread(RNG, outputs)
            how = {key: value for key, value in options.items() if key != "kernel"}
            name = named(f"Conv2D to {outputs}", shape, options)
            yield Case(
                name, Conv2D(channels, outputs, **options, weight=w, bias=b), (image(shape),),
                lambda torch, x, w, b, how=how: torch.nn.functional.conv2d(x, w, b, **how),
            )  # fmt: skip
        yield Case(
            f"{name}, no bias", Conv2D(channels, outputs, **options, weight="xavier", bias=False, seed=RNG),
            (image(shape),), lambda torch, x, w, how=how: torch.nn.functional.conv2d(x, w, **how),
        )  # fmt: skip


def pools() -> Iterator[Case]:
    settings: list[tuple[Shape, dict[str, Any]]] = [
        ((2, 3, 4, 4), {"kernel": 2}), ((1, 2, 5, 5), {"kernel": 2}), ((2, 1, 5, 4), {"kernel": 3, "stride": 1}),
        ((1, 2, 5, 6), {"kernel": (2, 3), "stride": 2}), ((2, 2, 3, 3), {"kernel": 1, "stride": 2}),
        ((1, 1, 4, 7), {"kernel": (2, 3)}), ((3, 2, 1, 1), {"kernel": 1}),
    ]  # fmt: skip
    for shape, options in settings:
        arguments = {"kernel_size": options["kernel"], "stride": options.get("stride")}
        yield Case(
            named("MaxPool2D", shape, options), MaxPool2D(**options), (image(shape),),
            lambda torch, x, arguments=arguments: torch.nn.functional.max_pool2d(x, **arguments),
        )  # fmt: skip
        yield Case(
            named("AvgPool2D", shape, options), AvgPool2D(**options), (image(shape),),
            lambda torch, x, arguments=arguments: torch.nn.functional.avg_pool2d(x, **arguments),
        )  # fmt: skip


def windows_twin(torch: Any, x: Any, kernel: Any, stride: Any = 1, padding: int = 0, flat: bool = False) -> Any:
    """[N, C, kh, kw, H′, W′], or flat, [N, C·kh·kw, H′, W′]."""
    h, w = (kernel, kernel) if isinstance(kernel, int) else kernel
    sizes = torch.nn.functional.max_pool2d(torch.nn.functional.pad(x, [padding] * 4), (h, w), stride).shape[2:]
    found = torch.nn.functional.unfold(x, (h, w), stride=stride, padding=padding)
    return found.reshape(len(x), -1, *sizes) if flat else found.reshape(*x.shape[:2], h, w, *sizes)


def shapes() -> Iterator[Case]:
    for shape in ((2, 3, 4, 5), (1, 2, 3), (2, 3), (3,)):
        yield Case(f"Flatten {list(shape)}", Flatten(), (image(shape),), lambda torch, x: x.reshape(len(x), -1))


CASES: tuple[Case, ...] = (*windows(), *convolutions(), *pools(), *shapes())
