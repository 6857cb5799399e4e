"""Operators of ONNX that are layers here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigraph.arrays import shape_text
from minigraph.formats.onnx.definition import Definition, Function, Reader, Value, as_node, operand, recorded
from minigraph.graph import Node, Op
from minigraph.layers.affine import Affine
from minigraph.layers.convolution import Conv2D
from minigraph.layers.normalization import BatchNorm, LayerNorm
from minigraph.layers.pooling import AvgPool2D, MaxPool2D
from minigraph.ops import Add, MatMul, reshape, sqrt, transpose

__all__ = ["LAYERS"]


def _gemm(d: Definition) -> Function:
    d.only("alpha", 1.0)
    d.only("beta", 1.0)
    d.only("transA", 0)
    turns = bool(d.take("transB", 0)) and d.inputs[1] not in d.weights.transposed

    def gemm(x: Value, w: Value, b: Value | None = None) -> Node:
        weight = transpose(w) if turns else as_node(w)
        if weight.value.ndim != 2 or b is not None and b.shape != weight.shape[1:]:
            product = MatMul()(x, weight)
            return product if b is None else Add()(product, operand(b))
        others = () if b is None else (as_node(b),)
        bias = others[0].value if others else False
        affine = Affine(*weight.shape, weight=weight.value, bias=bias, dtype=weight.value.dtype)
        return recorded(affine, as_node(x), weight, *others)

    return gemm


def _window(d: Definition) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Kernel, stride and padding."""
    d.only("auto_pad", "NOTSET", "VALID")
    kernel, stride, pads = d.take("kernel_shape"), d.take("strides", [1, 1]), d.take("pads", [0, 0, 0, 0])
    if kernel is None and d.operator == "Conv" and (weight := d.fixed(1)) is not None:
        kernel = list(weight.shape[2:])
    if kernel is None or len(kernel) != 2 or len(stride) != 2:
        raise d.error(f"kernel_shape is {kernel} and strides {stride}; only images, with two axes, are supported")
    d.only("dilations", [1, 1])
    if len(set(pads)) != 1 or not 0 <= pads[0] <= max(kernel):
        raise d.error(f"pads is {pads}, but must be the same on all sides, and at most the kernel {kernel}")
    return (kernel[0], kernel[1]), (stride[0], stride[1]), pads[0]


def _conv(d: Definition) -> Function:
    d.only("group", 1)
    kernel, stride, padding = _window(d)

    def conv(x: Value, w: Value, b: Value | None = None) -> Node:
        weight, others = as_node(w), () if b is None else (as_node(b),)
        w0, bias = weight.value, others[0].value if others else False
        if w0.ndim != 4:
            raise d.error(f"the kernel is {shape_text(w0.shape)}, but must be [O, C, kh, kw]")
        layer = Conv2D(
            w0.shape[1], len(w0), kernel, stride=stride, padding=padding, weight=w0, bias=bias, dtype=w0.dtype
        )
        return recorded(layer, as_node(x), weight, *others)

    return conv


def _pool(kind: Callable[[tuple[int, int], tuple[int, int]], Op]) -> Reader:
    def reader(d: Definition) -> Function:
        d.only("ceil_mode", 0)
        d.only("storage_order", 0)
        d.take("count_include_pad")
        kernel, stride, padding = _window(d)
        if padding:
            raise d.error(f"pads is {padding} on all sides, but must be 0")
        return kind(kernel, stride)

    return reader


def _batch_norm(d: Definition) -> Function:
    d.only("training_mode", 0)
    d.take("momentum")
    eps = d.take("epsilon", 1e-5)

    def batch_norm(x: Value, *weights: Value) -> Node:
        nodes = tuple(map(as_node, weights))
        gamma, beta, mean, variance = nodes
        if not mean.value.any() and (variance.value == 1).all():  # as a new layer has them, which BatchNorm refuses
            sides = (-1, *[1] * (as_node(x).value.ndim - 2))
            # PyTorch writes equal arrays once: a γ of ones is the variance too, which must give it no gradient
            g, b, m, v = (reshape(node, sides) for node in (gamma, beta, as_node(mean.value), as_node(variance.value)))
            return g * ((x - m) / sqrt(v + eps)) + b
        step = as_node(np.array(0))  # never training, whatever the clock of others says
        layer = BatchNorm(gamma.value.size, eps, axis=1, dtype=gamma.value.dtype)
        return recorded(layer, as_node(x), *nodes, between=(step,))

    return batch_norm


def _layer_norm(d: Definition) -> Function:
    axis, eps = d.take("axis", -1), d.take("epsilon", 1e-5)
    d.take("stash_type")

    def layer_norm(x: Value, gamma: Value, beta: Value | None = None) -> Node:
        if axis not in (-1, len(x.shape) - 1) or len(gamma.shape) != 1:
            raise d.error(f"axis is {axis} and the scale {shape_text(gamma.shape)}; only the last axis is supported")
        scale = as_node(gamma)
        shift = as_node(np.zeros_like(scale.value) if beta is None else beta)
        return recorded(LayerNorm(scale.value.size, eps, scale.value.dtype), as_node(x), scale, shift)

    return layer_norm


def _dropout(d: Definition) -> Function:
    d.take("seed")
    training = d.fixed(2)
    if training is not None and training.any():
        raise d.error("training_mode is true, but must be false")
    return lambda x, *_: x


LAYERS: dict[str, Reader] = {
    "AveragePool": _pool(AvgPool2D),
    "BatchNormalization": _batch_norm,
    "Conv": _conv,
    "Dropout": _dropout,
    "Gemm": _gemm,
    "LayerNormalization": _layer_norm,
    "MaxPool": _pool(MaxPool2D),
}
