"""What the recurrences of known cells share: a product, the order of time, one step over a batch of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from recell.kernels._unroll import Step, unroll

Activation: TypeAlias = Callable[[Tensor], Tensor]


def linear(x: Tensor, h: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """`[x, h] @ kernel + bias`: `[batch, depth]`, `[batch, units]`, `[depth + units, n]`, `[n]` -> `[batch, n]`."""
    if x.shape[:-1] != h.shape[:-1]:
        raise ValueError(f"A step's input and state must have the same rows: x is {list(x.shape)}, h {list(h.shape)}.")
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
    step: Step,
    x: Tensor,
    state: tuple[Tensor, ...],
    lengths: Tensor | None,
    reverse: bool,
    output_size: int,
) -> tuple[Tensor, ...]:
    """One cell over `x` `[time, batch, depth]`: `(outputs [time, batch, output_size], *final state)`.

    `lengths`: None or int64 `[batch]`, between 0 and time.
    """
    xs = reverse_sequence(x, lengths) if reverse else x
    (outputs,), final = unroll(step, (xs,), state, lengths, output_like=(((output_size,), x.dtype),))
    return (reverse_sequence(outputs, lengths) if reverse else outputs, *final)


def run_units(
    step: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    h0: Tensor,
    lengths: Tensor | None,
    reverse: bool,
) -> tuple[Tensor, ...]:
    """`run_sequence` of a cell whose one state, `[batch, units]`, is its output too: `h' = step(x, h)`."""

    def both(x: tuple[Tensor, ...], state: tuple[Tensor, ...]) -> tuple[tuple[Tensor], tuple[Tensor]]:
        h = step(x[0], state[0])
        return (h,), (h,)

    return run_sequence(both, x, (h0,), lengths, reverse, h0.shape[1])
