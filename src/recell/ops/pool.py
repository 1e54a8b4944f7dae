"""Pooling over windows. Symbols: tf.nn.max_pool, avg_pool, their 1d and 3d forms, pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._attributes import renamed
from recell.ops.op import FLOATS, INTS, OpBuilder, op
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


def _pool_rule(i: Inference) -> TensorShape:
    window, strides = i["window"], i["strides"]
    shape = i.shape(0).tuple
    if shape is None:
        return TensorShape([None] * (len(window) + 2))
    if len(shape) != len(window) + 2:
        raise i.mismatch(f"Shape must be rank {len(window) + 2} but is rank {len(shape)}")
    batch, spatial, channels = parted(shape, i["channels_first"])
    found = [
        out_size(n, k, s, 1, i["padding"], axis, i)
        for axis, (n, k, s) in enumerate(zip(spatial, window, strides, strict=True))
    ]
    return layout_shape(batch, found, channels, i["channels_first"])


def _amounts(x: Tensor, window: Any, strides: Any, padding: Any) -> list[tuple[int, int]]:
    return [
        pads(n, k, s, 1, padding, axis) for axis, (n, k, s) in enumerate(zip(x.shape[2:], window, strides, strict=True))
    ]


def _max(x: Tensor, window: Any, strides: Any, padding: Any) -> Tensor:
    functional = torch.nn.functional
    kernel = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(window) - 1]
    lowest = float("-inf") if x.is_floating_point() else torch.iinfo(x.dtype).min
    return kernel(padded(x, _amounts(x, window, strides, padding), lowest), list(window), list(strides))


def _average(x: Tensor, window: Any, strides: Any, padding: Any) -> Tensor:
    functional = torch.nn.functional
    kernel = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(window) - 1]
    amounts = _amounts(x, window, strides, padding)
    means = kernel(padded(x, amounts), list(window), list(strides))
    for axis, (before, after) in enumerate(amounts):
        if before or after:  # the zeros that were added do not count
            ones = functional.pad(x.new_ones(1, 1, x.shape[2 + axis]), (before, after))
            share = functional.avg_pool1d(ones, window[axis], strides[axis]).reshape(-1)
            means = means / share.reshape((-1,) + (1,) * (len(window) - 1 - axis))
    return means


def _pool_op(name: str, compute: Callable[..., Any], constraint: Any) -> OpBuilder:
    @op(name, shape=_pool_rule, T=constraint)
    def pooled(value: Tensor, window: Any, strides: Any, padding: Any, channels_first: bool) -> Tensor:
        found = compute(to_channels_first(value, channels_first), window, strides, padding)
        return to_layout(found, channels_first)

    return pooled


_POOLS = {
    ("MAX", 1): _pool_op("MaxPool1D", _max, FLOATS | INTS),
    ("MAX", 2): _pool_op("MaxPool", _max, FLOATS | INTS),
    ("MAX", 3): _pool_op("MaxPool3D", _max, FLOATS),
    ("AVG", 1): _pool_op("AvgPool1D", _average, FLOATS),
    ("AVG", 2): _pool_op("AvgPool", _average, FLOATS),
    ("AVG", 3): _pool_op("AvgPool3D", _average, FLOATS),
}


def pool_over(
    kind: str, count: int, value: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None, name: str | None
) -> Any:
    """Pools over `count` spatial axes; `kind` is `"MAX"` or `"AVG"`."""
    first = is_channels_first(data_format, FORMATS[count])
    window = per_axis(ksize, count, first, "ksize")
    steps = per_axis(strides, count, first, "strides")
    return _POOLS[kind, count](value, window, steps, as_padding(padding, count, first), first, name=name)


def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Any:
    """The largest of each window of `[batch, height, width, channels]`. TF symbol: `tf.nn.max_pool`.

    `ksize` and `strides` are one number, two, or four with ones for batch and channels; what `"SAME"` adds never wins.
    """
    with name_scope(name, "MaxPool", [value]) as scope:
        return pool_over("MAX", 2, renamed("input", input, "value", value), ksize, strides, padding, data_format, scope)


def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Any:
    """The mean of each window, of what `"SAME"` adds nothing counted. TF symbol: `tf.nn.avg_pool`."""
    with name_scope(name, "AvgPool", [value]) as scope:
        return pool_over("AVG", 2, renamed("input", input, "value", value), ksize, strides, padding, data_format, scope)


def _sized(kind: str, count: int, symbol: str) -> Callable[..., Any]:
    def pooled(
        input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None
    ) -> Any:
        with name_scope(name, symbol, [input]) as scope:
            return pool_over(kind, count, input, ksize, strides, padding, data_format, scope)

    pooled.__name__ = pooled.__qualname__ = symbol
    what = "largest value" if kind == "MAX" else "mean"
    pooled.__doc__ = f"The {what} of each window over {count} axes. TF symbol: `tf.nn.{symbol}`."
    return pooled


max_pool1d = _sized("MAX", 1, "max_pool1d")
max_pool2d = _sized("MAX", 2, "max_pool2d")
max_pool3d = _sized("MAX", 3, "max_pool3d")
avg_pool1d = _sized("AVG", 1, "avg_pool1d")
avg_pool2d = _sized("AVG", 2, "avg_pool2d")
avg_pool3d = _sized("AVG", 3, "avg_pool3d")


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """`"MAX"` or `"AVG"` pooling over as many axes as `window_shape` has numbers. TF symbol: `tf.nn.pool`.

    ValueError for another kind, and for windows with gaps (`dilations`), which are not supported.
    """
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"Unsupported pooling_type: '{pooling_type}'.")
    gaps = dilations if dilation_rate is None else dilation_rate
    if gaps is not None and any(int(n) != 1 for n in (gaps if isinstance(gaps, (list, tuple)) else [gaps])):
        raise ValueError(f"Pooling over windows with gaps is not supported, but dilations are {gaps}.")
    input = convert_to_tensor(input, name="input")
    name = name or f"{pooling_type.lower()}_pool"
    window = list(window_shape)
    return pool_over(pooling_type, len(window), input, window, strides, padding, data_format, name)


__all__ = [
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pool",
    "pool_over",
]
