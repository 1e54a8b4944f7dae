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
from recell.ops._kernels import bracketed, invalid, sizes
from recell.ops.op import FLOATS, INDEX, OpBuilder, op
from recell.ops.windows import (
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

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


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


def _renamed(new: str, value: Any, old: str, old_value: Any) -> Any:
    if value is not None and old_value is not None:
        raise ValueError(f"Cannot specify both '{old}' and '{new}'")
    return old_value if value is None else value


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
    value = _renamed("input", input, "value", value)
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
    filter = _renamed("filters", filters, "filter", filter)
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
    filter = _renamed("filters", filters, "filter", filter)
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
    dilations = _renamed("dilations", dilations, "rate", rate)
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
    filter = convert_to_tensor(_renamed("filters", filters, "filter", filter), name="filter")
    rank = filter.shape.ndims
    if rank not in (3, 4, 5):
        raise ValueError(f"The filter must have 1 to 3 spatial axes, but '{filter.name}' has shape {filter.shape}.")
    dilations = _renamed("dilations", dilations, "dilation_rate", dilation_rate)
    return convolve(rank - 2, input, filter, strides, padding, data_format, dilations, name or "convolution")


# -- transposed -----------------------------------------------------------------------------------------------------


def _transpose_rule(i: Inference) -> TensorShape:
    shape = i.value_as_shape("output_shape")
    _check_rank_of_value(i, len(i["strides"]) + 2)
    return shape


def _check_rank_of_value(i: Inference, rank: int) -> None:
    shape = i.shape("value").tuple
    if shape is not None and len(shape) != rank:
        raise i.mismatch(f"Shape must be rank {rank} but is rank {len(shape)}")


def _transpose_op(name: str) -> OpBuilder:
    @op(name, shape=_transpose_rule, T=FLOATS, types={"output_shape": INDEX})
    def transpose(
        value: Tensor,
        filter: Tensor,
        output_shape: Tensor,
        strides: Any,
        padding: Any,
        dilations: Any,
        channels_first: bool,
    ) -> Tensor:
        wanted = sizes(output_shape)
        spatial = wanted[2:] if channels_first else wanted[1:-1]
        x = to_channels_first(value, channels_first)
        w = filter.movedim((-1, -2), (0, 1))  # [in, out, ...]
        _check_transposed(x, w, wanted, spatial, strides, dilations, padding, channels_first)
        count = len(strides)
        kernel = (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)[count - 1]
        whole = kernel(x, w, None, list(strides), [0] * count, [0] * count, 1, list(dilations))
        cuts = []
        for axis, n in enumerate(spatial):
            before = pads(n, w.shape[2 + axis], strides[axis], dilations[axis], padding, axis)[0]
            cuts.append((-before, n + before - whole.shape[2 + axis]))
        return to_layout(padded(whole, cuts), channels_first)

    return transpose


def _check_transposed(
    x: Tensor, w: Tensor, wanted: Any, spatial: Any, strides: Any, dilations: Any, padding: Any, channels_first: bool
) -> None:
    channels = wanted[1] if channels_first else wanted[-1]
    if x.shape[1] != w.shape[0] or channels != w.shape[1] or wanted[0] != x.shape[0]:
        raise invalid(
            f"conv_transpose: input {bracketed(x)}, filter {bracketed(w)} and output_shape {list(wanted)} do not go "
            "together"
        )
    for axis, n in enumerate(spatial):
        before, after = pads(n, w.shape[2 + axis], strides[axis], dilations[axis], padding, axis)
        reach = (w.shape[2 + axis] - 1) * dilations[axis] + 1
        expected = (n + before + after - reach) // strides[axis] + 1
        if expected != x.shape[2 + axis]:
            raise invalid(
                f"Conv2DSlowBackpropInput: Size of out_backprop doesn't match computed: actual = {x.shape[2 + axis]}, "
                f"computed = {expected} spatial_dim: {axis}"
            )


_TRANSPOSES = {
    1: _transpose_op("Conv1DTranspose"),
    2: _transpose_op("Conv2DBackpropInput"),
    3: _transpose_op("Conv3DBackpropInputV2"),
}


def transposed(
    count: int,
    value: Any,
    filter: Any,
    output_shape: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str,
) -> Any:
    """The gradient of a convolution, used forwards, over `count` spatial axes."""
    first = is_channels_first(data_format, FORMATS[count])
    return _TRANSPOSES[count](
        value,
        filter,
        output_shape,
        per_axis(strides, count, first, "strides"),
        as_padding(padding, count, first),
        per_axis(dilations, count, first, "dilations"),
        first,
        name=name,
    )


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """`[batch, width, in]` and `[width, out, in]` give `output_shape`. TF symbol: `tf.nn.conv1d_transpose`."""
    name = name or "conv1d_transpose"
    return transposed(1, input, filters, output_shape, strides, padding, data_format, dilations, name)


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """The gradient of `conv2d`, used forwards. TF symbol: `tf.nn.conv2d_transpose`.

    `value` is `[batch, height, width, in]`, `filter` `[height, width, out, in]`, the result of shape `output_shape`.
    InvalidArgumentError while running when a convolution of that shape would not give the input's.
    """
    value = _renamed("input", input, "value", value)
    filter = _renamed("filters", filters, "filter", filter)
    name = name or "conv2d_transpose"
    return transposed(2, value, filter, output_shape, strides, padding, data_format, dilations, name)


def conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """The gradient of `conv3d`, used forwards. TF symbol: `tf.nn.conv3d_transpose`."""
    value = _renamed("input", input, "value", value)
    filter = _renamed("filters", filters, "filter", filter)
    name = name or "conv3d_transpose"
    return transposed(3, value, filter, output_shape, strides, padding, data_format, dilations, name)


__all__ = [
    "atrous_conv2d",
    "conv1d",
    "conv1d_transpose",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "convolve",
    "depthwise_conv2d",
    "separable_conv2d",
    "transposed",
]
