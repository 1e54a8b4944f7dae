"""Sliding windows, as convolutions and pools share them: layouts, strides, padding, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""For each number of spatial axes the layout with the channels last, and the one with them second."""

Padding = Any
"""`"SAME"`, `"VALID"`, or a pair (before, after) for each spatial axis."""


def per_axis(value: Any, count: int, channels_first: bool, name: str) -> tuple[int, ...]:
    """One number for each of `count` spatial axes, from one number, `count` of them, or one for every axis.

    ValueError for another length, and where batch or channels would be strided.
    """
    if value is None:
        value = 1
    numbers = [int(n) for n in value] if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else [int(value)]
    if len(numbers) == 1:
        return tuple(numbers * count)
    if len(numbers) == count:
        return tuple(numbers)
    if len(numbers) != count + 2:
        raise ValueError(f"{name} should be of length 1, {count} or {count + 2} but was {len(numbers)}")
    spatial = numbers[2:] if channels_first else numbers[1:-1]
    others = numbers[:2] if channels_first else [numbers[0], numbers[-1]]
    if others != [1, 1]:
        raise ValueError(
            f"Current implementation does not yet support {name} in the batch and depth dimensions, but got {numbers}."
        )
    return tuple(spatial)


def is_channels_first(data_format: str | None, known: Sequence[str]) -> bool:
    """Whether `data_format`, one of `known` (channels last, channels first) or None, has channels first."""
    if data_format is None or data_format == known[0]:
        return False
    if data_format == known[1]:
        return True
    raise ValueError(f"data_format must be {known[0]} or {known[1]}, but got {data_format!r}.")


def as_padding(padding: Any, count: int, channels_first: bool) -> Padding:
    """`padding` checked; explicit pairs for the spatial axes only. ValueError for anything unknown."""
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ValueError(f'Attr \'padding\' passed string {padding!r} not in: "SAME", "VALID".')
        return padding.upper()
    pairs = [tuple(int(n) for n in pair) for pair in padding]
    if len(pairs) != count + 2:
        raise ValueError(f"explicit padding must have {count + 2} pairs, but got {padding!r}.")
    return tuple(pairs[2:] if channels_first else pairs[1:-1])


def pads(size: int, window: int, stride: int, dilation: int, padding: Padding, axis: int) -> tuple[int, int]:
    """How much is added before and after one axis; with `"SAME"` the odd one comes after."""
    if padding == "VALID":
        return 0, 0
    if padding != "SAME":
        return padding[axis]
    out = -(-size // stride)
    total = max((out - 1) * stride + (window - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def out_size(
    size: int | None, window: int | None, stride: int, dilation: int, padding: Padding, axis: int, i: Inference
) -> int | None:
    """The number of windows along one axis. ValueError when none fits."""
    if padding == "SAME":
        return None if size is None else -(-size // stride)
    if size is None or window is None:
        return None
    before, after = (0, 0) if padding == "VALID" else padding[axis]
    reach = (window - 1) * dilation + 1
    count = -(-(size + before + after - reach + 1) // stride)
    if count < 0 or size + before + after < reach - 1:
        raise i.mismatch(f"Negative dimension size caused by subtracting {reach} from {size + before + after}")
    return max(count, 0)


def to_channels_first(x: Tensor, channels_first: bool) -> Tensor:
    return x if channels_first else x.movedim(-1, 1)


def to_layout(x: Tensor, channels_first: bool) -> Tensor:
    """A result whose channels are the second axis, in the layout asked for."""
    return x if channels_first else x.movedim(1, -1)


def padded(x: Tensor, amounts: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """`x` `[batch, channels, ...]` with its spatial axes padded."""
    flat = [n for pair in reversed(amounts) for n in pair]
    return torch.nn.functional.pad(x, flat, value=value) if any(flat) else x


def layout_shape(
    batch: int | None, spatial: Sequence[int | None], channels: int | None, channels_first: bool
) -> TensorShape:
    dims = (batch, channels, *spatial) if channels_first else (batch, *spatial, channels)
    return TensorShape.of(tuple(dims))


def parted(
    shape: tuple[int | None, ...], channels_first: bool
) -> tuple[int | None, tuple[int | None, ...], int | None]:
    """Batch, spatial sizes and channels of a shape."""
    return (shape[0], shape[2:], shape[1]) if channels_first else (shape[0], shape[1:-1], shape[-1])
