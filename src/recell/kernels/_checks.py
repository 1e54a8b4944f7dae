"""What the functions of this room ask of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Lengths: TypeAlias = "Tensor | Sequence[int] | None"


def check_rank(function: str, argument: str, value: Tensor, axes: str) -> None:
    """Raise unless `value` is a tensor of real numbers with as many axes as "[time, batch, depth]" names."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{function}: {argument} must be a torch.Tensor {axes}, received {type(value).__name__}.")
    if value.dim() != axes.count(",") + 1:
        raise ValueError(f"{function}: {argument} must have shape {axes}, received {list(value.shape)}.")
    if not value.dtype.is_floating_point:
        raise ValueError(f"{function}: {argument} must be of a floating-point dtype, received {value.dtype}.")


def check_like(function: str, x: Tensor, argument: str, value: Tensor | None, axes: str, shape: Sequence[int]) -> None:
    """Raise unless `value` is None or has the `shape` that `axes` explains, and the dtype and device of `x`."""
    if value is None:
        return
    check_rank(function, argument, value, axes)
    if list(value.shape) != list(shape):
        raise ValueError(
            f"{function}: {argument} must have shape {axes} = {list(shape)}, received {list(value.shape)}."
        )
    for what in ("dtype", "device"):
        expected, received = getattr(x, what), getattr(value, what)
        if expected != received:
            raise ValueError(f"{function}: {argument} must have the {what} of x, {expected}, received {received}.")


def check_state(function: str, x: Tensor, h0: Tensor) -> tuple[int, int]:
    """Depth and units of `x` `[time, batch, depth]` and `h0` `[batch, units]`. Raises unless they go together."""
    check_rank(function, "x", x, "[time, batch, depth]")
    check_rank(function, "h0", h0, "[batch, units]")
    (_, batch, depth), units = x.shape, h0.shape[1]
    check_like(function, x, "h0", h0, "[batch, units]", [batch, units])
    return depth, units


def check_lengths(function: str, lengths: Tensor, batch: int) -> None:
    """Raise unless `lengths` are integers `[batch]`."""
    if lengths.dtype.is_floating_point or lengths.dtype.is_complex or lengths.dtype == torch.bool:
        raise ValueError(f"{function}: lengths must be integers, received {lengths.dtype}.")
    if list(lengths.shape) != [batch]:
        raise ValueError(f"{function}: lengths must have shape [batch] = [{batch}], received {list(lengths.shape)}.")


def lengths_within(function: str, lengths: Lengths, x: Tensor) -> Tensor | None:
    """`lengths` as a tensor beside `x`; raises unless they are `[batch]` integers between 0 and time."""
    if lengths is None:
        return None
    time, batch = x.shape[:2]
    if not isinstance(lengths, Tensor):
        lengths = torch.as_tensor(lengths) if len(lengths) else torch.zeros(0, dtype=torch.int64)
    check_lengths(function, lengths, batch)
    wrong = [n for n in lengths.tolist() if not 0 <= n <= time]
    if wrong:
        raise ValueError(
            f"{function}: lengths must lie between 0 and the {time} steps of x {list(x.shape)}, received {wrong[0]}. "
            "Cut longer ones with lengths.clamp(max=x.shape[0])."
        )
    # A copy: the caller may change his own before a gradient is asked for.
    return lengths.to(x.device, torch.int64, copy=True)
