"""Images, kept as [C, H, W, N] in memory and seen as [N, C, H, W].

With the images of a batch side by side, a row of pixels is long, also in small images: windows are cut, put back and
compared in long runs, and what a convolution multiplies and gets are matrices as they lie, [·, H′·W′·N].
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.memory import larger
from minigraph.compile.refs import Look, Ref
from minigraph.compile.rules.elementwise import clip_at_zero, one_type, where_positive
from minigraph.graph import Node
from minigraph.layers.convolution import Conv2D
from minigraph.layers.pooling import AvgPool2D, MaxPool2D
from minigraph.layers.windows import Windows
from minigraph.ops import ReLU

SIDE_BY_SIDE, AS_SEEN = (1, 2, 3, 0), (3, 0, 1, 2)  # from [N, C, H, W] to [C, H, W, N], and back


def side_by_side(b: Builder, ref: Ref) -> Ref:
    """Images [N, C, H, W] as [C, H, W, N] in one piece: as they lie, or copied."""
    turned = b.turned(ref, SIDE_BY_SIDE)
    if turned.in_one_piece:
        return turned
    copied = b.new(turned.shape, turned.dtype)
    b.call(np.copyto, copied, turned, writes=(copied,))
    return copied


def output(b: Builder, node: Node) -> Ref:
    """Memory [C, H, W, N] for the value [N, C, H, W] of a node."""
    n, c, h, w = b.values[node].shape
    y = b.new((c, h, w, n), b.values[node].dtype)
    b.refs[node] = b.turned(y, AS_SEEN)
    return y


def as_gradient(b: Builder, node: Node, u: Ref) -> Ref:
    """∂output/∂node as [C, H, W, N], also where it is a constant."""
    return side_by_side(b, b.full(u, b.values[node].shape))


class _Blocks:
    """Every window of framed images as a column, some at a time: they are multiplied while they are in the cache.

    The columns are cut anew in the backward, which takes less time than reading them from memory would.
    """

    BYTES = 1 << 22  # of columns at a time

    def __init__(self, windows: Windows, shape: tuple[int, ...], itemsize: int) -> None:
        (images, channels), (height, width) = shape[:2], windows.output(shape)
        self.stride, self.kernel = windows.stride, windows.kernel
        self.rows = channels * prod(self.kernel)
        at_once = max(1, self.BYTES // (self.rows * images * itemsize))  # places in an image
        high, wide = max(1, at_once // width), min(at_once, width)
        self.blocks = []
        for i in range(0, height, high):
            for j in range(0, width, wide):
                h, w, start = min(high, height - i), min(wide, width - j), (i * width + j) * images
                block = np.s_[i : i + h], np.s_[j : j + w], np.s_[start : start + h * w * images]
                self.blocks.append((*block, (channels, *self.kernel, h, w, images)))
        self.size = self.rows * min(high, height) * wide * images

    def cut(self, windows: Array, scratch: Array, block: tuple[slice, slice, slice, tuple[int, ...]]) -> Array:
        """The windows [C, kh, kw, H′, W′, N] of a block as columns [C·kh·kw, ·]."""
        rows, columns, _, shape = block
        part = scratch[: prod(shape)].reshape(shape)
        np.copyto(part, windows[:, :, :, rows, columns])
        return part.reshape(self.rows, -1)


class _Convolve(_Blocks):
    """Y = W·P + b for columns P, block by block."""

    __name__ = "convolve"

    def __call__(self, windows: Array, w: Array, *bias_scratch_y: Array) -> None:
        *bias, scratch, y = bias_scratch_y
        for block in self.blocks:
            out = y[:, block[2]]
            np.matmul(w, self.cut(windows, scratch, block), out)
            if bias:
                np.add(out, bias[0], out)


class _KernelGradient(_Blocks):
    """dW = dY·Pᵀ, summed block by block."""

    __name__ = "kernel_gradient"

    def __call__(self, windows: Array, dy: Array, scratch: Array, part: Array, dw: Array) -> None:
        for n, block in enumerate(self.blocks):
            np.dot(dy[:, block[2]], self.cut(windows, scratch, block).T, part if n else dw)
            if n:
                np.add(dw, part, dw)


class _ImageGradient(_Blocks):
    """dP = Wᵀ·dY, each column added to the pixels that it was cut from: one place in the kernel after the other."""

    __name__ = "image_gradient"

    def __call__(self, dy: Array, w: Array, scratch: Array, dx: Array) -> None:
        dx.fill(0)
        for rows, columns, span, shape in self.blocks:
            part = scratch[: prod(shape)].reshape(shape)
            np.dot(w.T, dy[:, span], part.reshape(self.rows, -1))
            (s, t), (high, wide) = self.stride, shape[3:5]
            for a, c in np.ndindex(self.kernel):
                i, j = a + s * rows.start, c + t * columns.start
                pixels = dx[:, i : i + s * high : s, j : j + t * wide : t]
                np.add(pixels, part[:, a, c], pixels)


def framed(b: Builder, x: Ref, padding: int) -> Ref:
    """Images as [C, H + 2p, W + 2p, N]. The frame of zeros is the rule's own, so that it stays zero between runs."""
    if not padding:
        return side_by_side(b, x)
    n, c, h, w = x.shape
    whole = b.known(np.zeros((c, h + 2 * padding, w + 2 * padding, n), x.dtype), "framed")
    place = inside(b, whole, padding)
    b.call(np.copyto, place, x, writes=(place,))
    return whole


def inside(b: Builder, whole: Ref, p: int) -> Ref:
    """The image [N, C, H, W] within its frame."""
    _, h, w, _ = whole.shape
    return b.turned(b.view(whole, "{}.inside", lambda a: a[:, p : h - p, p : w - p]) if p else whole, AS_SEEN)


def all_windows(windows: Windows, shape: tuple[int, ...]) -> Look:
    """Looks at framed images as at [C, kh, kw, H′, W′, N], by strides: nothing is copied."""
    (kh, kw), (s, t), (h, w) = windows.kernel, windows.stride, windows.output(shape)
    span = s * (h - 1) + 1, t * (w - 1) + 1
    return lambda a: sliding_window_view(a, span, (1, 2))[:, :kh, :kw, :, ::s, ::t].transpose(0, 1, 2, 4, 5, 3)


@lowers(Conv2D)
def convolution(b: Builder, node: Node) -> Backward | None:
    """One copy that cuts all windows, and one matrix product with the kernels; and likewise back."""
    op = node.op
    assert isinstance(op, Conv2D)
    if not one_type(b, node):
        return None
    x, kernels, *bias = map(b.value, node.inputs)
    dtype, blocks = x.dtype, (op.columns, x.shape, x.dtype.itemsize)
    whole, y = framed(b, x, op.padding), output(b, node)
    windows = b.view(whole, "windows({})", all_windows(op.columns, x.shape))
    outputs, places = y.shape[0], prod(y.shape[1:])
    w, y2 = b.reshaped(kernels, outputs, prod(kernels.shape[1:])), b.reshaped(y, outputs, places)
    upright = [b.reshaped(ref, outputs, 1) for ref in bias]
    convolve = _Convolve(*blocks)
    scratch = b.new((convolve.size,), dtype)
    b.call(convolve, windows, w, *upright, scratch, y2, writes=(scratch, y2))

    def backward(u: Ref) -> None:
        image, kernel, *shift = node.inputs
        dy = b.reshaped(as_gradient(b, node, u), outputs, places)
        scratch = b.new((convolve.size,), dtype)
        if b.wants(kernel):
            part, out = b.new(w.shape, dtype), b.open(kernel)
            dw = b.reshaped(out, *w.shape)
            b.call(_KernelGradient(*blocks), windows, dy, scratch, part, dw, writes=(scratch, part, dw))
            b.close(kernel, out)
        if shift:
            b.give(shift[0], np.dot, dy, b.ones(places, dtype))
        if b.wants(image):
            dx = b.new(whole.shape, dtype)
            b.call(_ImageGradient(*blocks), dy, w, scratch, dx, writes=(scratch, dx))
            b.give_ref(image, inside(b, dx, op.padding))

    return backward


# ---- pooling ----


def pixels(b: Builder, windows: Windows, x: Ref) -> list[Ref]:
    """For each place in a window, the pixels of x [C, H, W, N] that are there, as [C, H′, W′, N]."""
    c, h, w, n = x.shape

    def at(a: int, e: int) -> Ref:
        _, _, i, j = windows.seen(a, e, (n, c, h, w))
        name = ", ".join(f"{part.start}:{part.stop}:{part.step}" for part in (i, j))
        return b.view(x, f"{{}}[:, {name}]", lambda image: image[:, i, j])

    return [at(a, e) for a, e in np.ndindex(windows.kernel)]


def fold(b: Builder, function: Any, parts: list[Ref], y: Ref) -> None:
    """y = function(… function(function(part, part), part) …, part)."""
    if len(parts) == 1:
        b.call(np.positive, parts[0], y)
    for n, part in enumerate(parts[1:]):
        b.call(function, y if n else parts[0], part, y)


def put_back(b: Builder, source: Node, windows: Windows, share: Ref, masks: list[Ref]) -> None:
    """Gives each pixel the shares of its windows, where the masks for their places have it; without masks, all do."""
    n, c, h, w = b.values[source].shape
    dx = b.new((c, h, w, n), share.dtype)
    covered = tuple(s * size for s, size in zip(windows.stride, windows.output((n, c, h, w))))
    if windows.kernel != windows.stride or covered != (h, w):
        b.call(np.copyto, dx, b.number(0.0, dx.dtype), writes=(dx,))
    overlap = any(k > s for k, s in zip(windows.kernel, windows.stride))
    for place, part in enumerate(pixels(b, windows, dx)):
        given = (share, masks[place]) if masks else (share,)
        if overlap:
            b.call(np.add, part, b.elementwise(np.multiply, *given) if masks else share, part)
        else:
            b.call(np.multiply if masks else np.positive, *given, part)
    b.give_ref(source, b.turned(dx, AS_SEEN))


def max_of_windows(b: Builder, windows: Windows, source: Node, y: Ref) -> Backward:
    """y = the largest pixel of each window; back, those that are equally large share its gradient [C, H′, W′, N]."""
    parts = pixels(b, windows, side_by_side(b, b.value(source)))
    fold(b, larger, parts, y)

    def backward(u: Ref) -> None:
        masks, count = [b.new(y.shape, y.dtype) for _ in parts], b.new(y.shape, y.dtype)
        for part, mask in zip(parts, masks):
            b.call(np.equal, part, y, mask)
        fold(b, np.add, masks, count)
        put_back(b, source, windows, b.elementwise(np.divide, u, count), masks)

    return backward


@lowers(MaxPool2D)
def max_pool(b: Builder, node: Node) -> Backward:
    """One comparison of all windows for each place in them, in long runs; along a window they would be short."""
    assert isinstance(node.op, MaxPool2D)
    y = output(b, node)
    back = max_of_windows(b, node.op.windows, node.inputs[0], y)
    return lambda u: back(as_gradient(b, node, u))


@lowers(MaxPool2D, after=ReLU)
def max_pool_of_relu(b: Builder, node: Node) -> Backward:
    """Pooled first, so that ReLU has fewer numbers: it keeps their order, and what it stops it stops either way."""
    assert isinstance(node.op, MaxPool2D)
    y = output(b, node)
    top = b.new(y.shape, y.dtype)
    back = max_of_windows(b, node.op.windows, node.inputs[0].inputs[0], top)
    clip_at_zero(b, top, y)
    return lambda u: back(b.elementwise(np.multiply, as_gradient(b, node, u), where_positive(b, y)))


@lowers(AvgPool2D)
def average_pool(b: Builder, node: Node) -> Backward:
    """One addition of all windows for each place in them."""
    assert isinstance(node.op, AvgPool2D)
    source, windows, y = node.inputs[0], node.op.windows, output(b, node)
    part = b.number(1 / prod(windows.kernel), y.dtype)
    fold(b, np.add, pixels(b, windows, side_by_side(b, b.value(source))), y)
    b.call(np.multiply, y, part, y)

    def backward(u: Ref) -> None:
        put_back(b, source, windows, b.elementwise(np.multiply, as_gradient(b, node, u), part), [])

    return backward
