"""Forget what a stretch of the loop saved for its gradient, and compute it again when the gradient is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

Result = TypeVar("Result")


class Replay(Protocol):
    """Whoever draws the random numbers of a step, so that the second computation can draw the same ones.

    `snapshot()` returns a token of the state of all streams that a step may draw from; `restore(token)` sets them back.
    A token stays valid, and may be restored several times, until the gradient has been computed.
    """

    def snapshot(self) -> Any: ...

    def restore(self, token: Any, /) -> None: ...


def segment_length(steps: int, segments: int | Literal["auto"]) -> int:
    """How many steps each of `segments` stretches of the time axis takes ("auto": the square root of the steps).

    The memory grows with the number of segments (a state each) and with their length (what one of them saves while it
    is recomputed), so about sqrt(steps) of them take the least.
    """
    if segments == "auto":
        return math.ceil(math.sqrt(steps))
    if isinstance(segments, bool) or not isinstance(segments, int) or segments < 1:
        raise ValueError(f'checkpoint_segments must be None, "auto" or an int of at least 1, received {segments!r}.')
    return math.ceil(steps / segments)


def checkpointed(run: Callable[..., Result], *tensors: Any, replay: Replay | None = None) -> Result:
    """`run(*tensors)`, saving only the tensors it is given; the rest is computed again in the backward pass.

    Random numbers repeat: those of `replay` where it is given, else those of torch's own generators.
    """
    from torch.utils.checkpoint import checkpoint  # which imports torch's compiler: only who asks for it waits for that

    if replay is None:
        return checkpoint(run, *tensors, use_reentrant=False)
    start = replay.snapshot()
    first = True

    def replayed(*tensors: Any) -> Result:
        nonlocal first
        if first:
            first = False
            return run(*tensors)
        now = replay.snapshot()
        replay.restore(start)
        try:
            return run(*tensors)
        finally:  # torch leaves by an exception as soon as it has recomputed the last tensor that it needs
            replay.restore(now)

    return checkpoint(replayed, *tensors, use_reentrant=False, preserve_rng_state=False)
