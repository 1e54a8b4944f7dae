"""Random numbers of all steps of a recurrence by one call: those that one operation, step after step, would draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from recell.graph.tensor import Operation
from recell.plan.random_streams import FastStream, RandomStream
from recell.plan.resources import OpContext, StreamReplay


class SteppedStream:
    """A stream whose draws `[time, ...]` are draws of one step each, one after the other.

    `same`: every step draws the same numbers, as the operations do that TF1 unrolls a seeded one into.
    """

    def __init__(self, stream: RandomStream, same: bool) -> None:
        self._stream = stream
        self._same = same

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Numbers in [0, 1)."""
        return self._drawn(self._stream.uniform, shape, dtype)

    def normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers."""
        return self._drawn(self._stream.normal, shape, dtype)

    def truncated_normal(self, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Standard normal numbers within two standard deviations."""
        return self._drawn(self._stream.truncated_normal, shape, dtype)

    def _drawn(self, draw: Callable[..., torch.Tensor], shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        steps, *rest = shape
        if self._same:
            # A copy for each step: who draws may write to what it has drawn.
            return draw(rest, dtype).repeat(steps, *[1] * len(rest))
        if isinstance(self._stream, FastStream):  # nobody can tell its numbers from others
            return draw(shape, dtype)
        drawn = torch.empty(tuple(shape), dtype=dtype)
        for step in range(steps):
            drawn[step] = draw(rest, dtype)
        return drawn


class SteppedContext:
    """What a random operation's kernel sees where it runs over time."""

    def __init__(self, context: OpContext, same: bool) -> None:
        """`same`: as in `SteppedStream`."""
        self._context = context
        self._same = same

    @property
    def stream(self) -> SteppedStream:
        return SteppedStream(self._context.stream, self._same)


def has_stepped_draws(op: Operation, along: Sequence[bool]) -> bool:
    """Whether the operation's kernel can draw for all steps at once: see `with_time_in_front`."""
    if op.type == "Dropout":
        rank = op.inputs[0].shape.ndims
        return tuple(along) in ((True, False), (True, False, False)) and all(
            rank is not None and tensor.shape.tuple == (rank,) for tensor in op.inputs[2:]
        )
    return op.type in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal") and not any(along)


def with_time_in_front(op: Operation, call: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the number of steps and of inputs, from `call`, the kernel in a `SteppedContext`."""
    position = 2 if op.type == "Dropout" else 0
    if position == len(op.inputs):
        return lambda steps, *values: call(*values)

    def run(steps: int, *values: Any) -> Any:
        arguments = list(values)
        shape = arguments[position]
        arguments[position] = torch.cat([shape.new_tensor([steps]), shape])
        return call(*arguments)

    return run


def same_every_step(call: Callable[..., Any], replay: StreamReplay) -> Callable[..., Any]:
    """`call` of one step, made anew for each run: every step draws what the first one drew."""
    start = replay.snapshot()

    def again(*values: Any) -> Any:
        replay.restore(start)
        return call(*values)

    return again
