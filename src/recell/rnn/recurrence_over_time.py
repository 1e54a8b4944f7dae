"""A recurrence whose step is a stack of known cells: each layer runs over all of time before the next one does.

`recell.plan.over_time` decides whether a step is one, and compiles it; here are lengths and the ends of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def can_run_over_time(step: Any, inputs: Sequence[Any], state: Sequence[Any]) -> bool:
    """Whether the step has layers, there is a step to run, and every state has the rows that the inputs have."""
    time, batch = inputs[0].shape[:2]
    return step.layers is not None and time > 0 and all(leaf.shape[:1] == (batch,) for leaf in state)


def run_over_time(step: Any, inputs: Sequence[Any], lengths: Any, state: Sequence[Any]) -> tuple[Any, Any]:
    """Outputs `[time, batch, ...]`, zero past a row's length, and final states, as `recell.kernels.unroll` has them."""
    time, batch = inputs[0].shape[:2]
    steps = time
    if lengths is not None:
        # one transfer, since a device is waited for each time that it is asked
        shortest, longest = torch.stack(lengths.aminmax()).tolist() if batch else (time, 0)
        steps = min(time, max(1, longest))
        lengths = None if shortest >= steps else lengths.clamp(0, steps).to(inputs[0].device, torch.int64)
    given = [leaf[:steps] for leaf in inputs] if steps < time else inputs
    outputs, state = step.over_time(steps, lengths, given, state)
    rows = None if lengths is None else torch.arange(steps, device=lengths.device)[:, None] >= lengths
    finished = []
    for output, along, clean in zip(outputs, step.layers.along, step.layers.clean, strict=True):
        whole = output if along else output.expand(steps, *output.shape)
        if rows is not None and not clean:
            whole = whole.masked_fill(rows.view(*rows.shape, *[1] * (whole.dim() - 2)), 0)
        finished.append(_lengthened(whole, time - steps))
    return finished, state


def _lengthened(output: Any, missing: int) -> Any:
    return torch.cat([output, output.new_zeros((missing, *output.shape[1:]))]) if missing else output


__all__ = ["can_run_over_time", "run_over_time"]
