"""Transposed convolutions: the gradients of convolutions, used forwards. Symbols: tf.nn.conv2d_transpose, ...

Inputs are `[batch, ..., channels]` unless `data_format` puts the channels second; filters are `[..., out, in]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._attributes import renamed
from recell.ops._kernels import bracketed, invalid, sizes
from recell.ops.op import FLOATS, INDEX, OpBuilder, op
from recell.ops.windows import (
    FORMATS,
    as_padding,
    is_channels_first,
    padded,
    pads,
    per_axis,
    to_channels_first,
    to_layout,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


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
    value = renamed("input", input, "value", value)
    filter = renamed("filters", filters, "filter", filter)
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
    value = renamed("input", input, "value", value)
    filter = renamed("filters", filters, "filter", filter)
    name = name or "conv3d_transpose"
    return transposed(3, value, filter, output_shape, strides, padding, data_format, dilations, name)


__all__ = ["conv1d_transpose", "conv2d_transpose", "conv3d_transpose", "transposed"]
