"""What the recurrences of known cells share: their checks, and one step run over a batch of sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from recell.kernels._unroll import Step, check_lengths, unroll

Activation: TypeAlias = Callable[[Tensor], Tensor]
Lengths: TypeAlias = "Tensor | Sequence[int] | None"


def linear(x: Tensor, h: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """`[x, h] @ kernel + bias`: `[batch, depth]`, `[batch, units]`, `[depth + units, n]`, `[n]` -> `[batch, n]`."""
    return torch.cat([x, h], dim=-1) @ kernel + bias


def reverse_sequence(x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """`[time, batch, ...]` with the first `lengths[b]` steps of each row in reversed order and the rest where it was.

    `tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)`; without lengths the whole time axis is reversed.
    """
    if lengths is None:
        return x.flip(0)
    t = torch.arange(x.shape[0], device=x.device)[:, None]
    source = torch.where(t < lengths, lengths - 1 - t, t)
    return x.gather(0, source.view(*source.shape, *[1] * (x.dim() - 2)).expand_as(x))


def run_sequence(
    step: Step, x: Tensor, state: tuple[Tensor, ...], lengths: Tensor | None, reverse: bool, units: int
) -> tuple[Tensor, ...]:
    """One cell over `x` `[time, batch, depth]`: `(outputs [time, batch, units], *final state)`."""
    xs = reverse_sequence(x, lengths) if reverse else x
    (outputs,), final = unroll(step, (xs,), state, lengths, output_like=(((units,), x.dtype),))
    return (reverse_sequence(outputs, lengths) if reverse else outputs, *final)


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
    return lengths.to(x.device, torch.int64)
