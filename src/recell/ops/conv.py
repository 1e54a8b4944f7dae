"""Convolutions of one, two and three dimensions. Symbols: tf.nn.conv1d, conv2d, conv3d, depthwise_conv2d, ...

Inputs are `[batch, ..., channels]` unless `data_format` puts the channels second; filters are `[..., in, out]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._attributes import renamed
from recell.ops._kernels import invalid
from recell.ops.op import FLOATS, OpBuilder, op
from recell.ops.windows import (
    FORMATS,
    as_padding,
    is_channels_first,
    layout_shape,
    out_size,
    padded,
    pads,
    parted,
    per_axis,
    to_channels_first,
    to_layout,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _check_rank(i: Inference, rank: int) -> tuple[Any, Any]:
    shapes = []
    for shape in (i.shape(0), i.shape(1)):
        if shape.tuple is not None and len(shape.tuple) != rank:
            raise i.mismatch(f"Shape must be rank {rank} but is rank {len(shape.tuple)}")
        shapes.append(shape.tuple or (None,) * rank)
    return shapes[0], shapes[1]


def _conv_rule(depthwise: bool) -> Callable[[Inference], TensorShape]:
    def rule(i: Inference) -> TensorShape:
        strides, dilations = i["strides"], i["dilations"]
        x, w = _check_rank(i, len(strides) + 2)
        batch, spatial, channels = parted(x, i["channels_first"])
        if channels is not None and w[-2] is not None and channels != w[-2]:
            if depthwise or channels % w[-2]:
                raise i.mismatch(f"Depth of input ({channels}) is not a multiple of input depth of filter ({w[-2]})")
            raise i.mismatch(f"The input has {channels} channels in groups of {w[-2]}: only one group is supported,")
        found = [
            out_size(n, k, s, d, i["padding"], axis, i)
            for axis, (n, k, s, d) in enumerate(zip(spatial, w, strides, dilations, strict=False))
        ]
        made = w[-1]
        if depthwise:
            made = None if w[-1] is None or w[-2] is None else w[-1] * w[-2]
        return layout_shape(batch, found, made, i["channels_first"])

    return rule


def _convolve(
    x: Tensor, w: Tensor, strides: Any, padding: Any, dilations: Any, channels_first: bool, groups: int = 1
) -> Tensor:
    """`w` is `[out, in / groups, ...]`, as torch has it."""
    x = to_channels_first(x, channels_first)
    if x.shape[1] != w.shape[1] * groups:
        raise invalid(f"input depth must be evenly divisible by filter depth: {x.shape[1]} vs {w.shape[1] * groups}")
    amounts = [
        pads(n, k, s, d, padding, axis)
        for axis, (n, k, s, d) in enumerate(zip(x.shape[2:], w.shape[2:], strides, dilations, strict=True))
    ]
    even = all(before == after for before, after in amounts)
    inside = [before for before, _ in amounts] if even else [0] * len(amounts)
    if not even:
        x = padded(x, amounts)
    kernel = (torch.conv1d, torch.conv2d, torch.conv3d)[len(strides) - 1]
    return to_layout(kernel(x, w, None, list(strides), inside, list(dilations), groups), channels_first)


def _conv_op(name: str) -> OpBuilder:
    @op(name, shape=_conv_rule(False), T=FLOATS)
    def conv(input: Tensor, filter: Tensor, strides: Any, padding: Any, dilations: Any, channels_first: bool) -> Tensor:
        w = filter.movedim((-1, -2), (0, 1))
        return _convolve(input, w, strides, padding, dilations, channels_first)

    return conv


_CONVS = {1: _conv_op("Conv1D"), 2: _conv_op("Conv2D"), 3: _conv_op("Conv3D")}


@op("DepthwiseConv2dNative", shape=_conv_rule(True), T=FLOATS)
def _depthwise(
    input: Tensor, filter: Tensor, strides: Any, padding: Any, dilations: Any, channels_first: bool
) -> Tensor:
    height, width, channels, multiplier = filter.shape
    w = filter.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _convolve(input, w, strides, padding, dilations, channels_first, groups=channels)


def convolve(
    count: int,
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str | None,
) -> Any:
    """A convolution over `count` spatial axes; the arguments in any of the lengths that TF1 takes."""
    first = is_channels_first(data_format, FORMATS[count])
    return _CONVS[count](
        input,
        filter,
        per_axis(strides, count, first, "strides"),
        as_padding(padding, count, first),
        per_axis(dilations, count, first, "dilations"),
        first,
        name=name,
    )


def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Any:
    """Convolves `[batch, width, in]` with `[width, in, out]`. TF symbol: `tf.nn.conv1d`."""
    value = renamed("input", input, "value", value)
    data_format = {"NHWC": "NWC", "NCHW": "NCW"}.get(data_format or "", data_format)
    with name_scope(name, "conv1d", [value, filters]):
        return convolve(1, value, filters, stride, padding, data_format, dilations, "Squeeze")


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Any:
    """Convolves `[batch, height, width, in]` with `[height, width, in, out]`. TF symbol: `tf.nn.conv2d`.

    Args:
        strides, dilations: one number, two, or four with ones for batch and channels.
        padding: `"SAME"` (zeros around, so that a stride of 1 keeps the size; an odd one goes after), `"VALID"`, or
            four pairs of numbers.
        data_format: `"NHWC"` or `"NCHW"`.

    Raises:
        ValueError: the channels of input and filter differ, or no window fits.
    """
    filter = renamed("filters", filters, "filter", filter)
    return convolve(2, input, filter, strides, padding, data_format, dilations, name or "Conv2D")


def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str | None = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Any:
    """Convolves `[batch, depth, height, width, in]` with `[depth, height, width, in, out]`. TF: `tf.nn.conv3d`."""
    filter = renamed("filters", filters, "filter", filter)
    return convolve(3, input, filter, strides, padding, data_format, dilations, name or "Conv3D")


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """Each channel with filters of its own: `[..., in]` and `[height, width, in, n]` give `[..., in * n]`.

    TF symbol: `tf.nn.depthwise_conv2d`.
    """
    first = is_channels_first(data_format, FORMATS[2])
    dilations = renamed("dilations", dilations, "rate", rate)
    with name_scope(name, "depthwise", [input, filter]) as scope:
        return _depthwise(
            input,
            filter,
            per_axis(strides, 2, first, "strides"),
            as_padding(padding, 2, first),
            per_axis(dilations, 2, first, "dilations"),
            first,
            name=scope,
        )


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """A depthwise convolution, then one with `pointwise_filter` `[1, 1, in * n, out]`. TF: `tf.nn.separable_conv2d`."""
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        deep = depthwise_conv2d(input, depthwise_filter, strides, padding, rate, "depthwise", data_format, dilations)
        return conv2d(deep, pointwise_filter, 1, "VALID", data_format=data_format, name=scope)


def atrous_conv2d(value: Any, filters: Any, rate: int, padding: Any, name: str | None = None) -> Any:
    """`conv2d` with its filter's elements `rate` apart. TF symbol: `tf.nn.atrous_conv2d`."""
    return conv2d(value, filters, 1, padding, dilations=rate, name=name or "convolution")


def convolution(
    input: Any,
    filter: Any = None,
    padding: Any = None,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """A convolution over as many spatial axes as the filter has, one to three. TF symbol: `tf.nn.convolution`."""
    filter = convert_to_tensor(renamed("filters", filters, "filter", filter), name="filter")
    rank = filter.shape.ndims
    if rank not in (3, 4, 5):
        raise ValueError(f"The filter must have 1 to 3 spatial axes, but '{filter.name}' has shape {filter.shape}.")
    dilations = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    return convolve(rank - 2, input, filter, strides, padding, data_format, dilations, name or "convolution")


__all__ = [
    "atrous_conv2d",
    "conv1d",
    "conv2d",
    "conv3d",
    "convolution",
    "convolve",
    "depthwise_conv2d",
    "separable_conv2d",
]
