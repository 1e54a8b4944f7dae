"""The loop over time, for any step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from recell.kernels._checkpoint import Replay, checkpointed, segment_length
from recell.kernels._checks import check_lengths

Leaves: TypeAlias = "tuple[Tensor, ...]"
Step: TypeAlias = Callable[[Leaves, Leaves], tuple[Leaves, Leaves]]
# For each step the rows that are within their length (bool, [batch]), or None where all of them are.
Alive: TypeAlias = "list[Tensor | None]"


def unroll(
    step: Step,
    inputs: Leaves,
    state: Leaves,
    lengths: Tensor | None = None,
    *,
    checkpoint_segments: int | Literal["auto"] | None = None,
    replay: Replay | None = None,
    output_like: Sequence[tuple[Sequence[int], torch.dtype]] | None = None,
) -> tuple[Leaves, Leaves]:
    """Run `step` along the time axis, as `tf.nn.dynamic_rnn` does::

        for t in range(min(time, max(1, max(lengths)))):
            output, new_state = step(inputs[t], state)
            outputs[t] = where(t < lengths, output, 0)
            state = where(t < lengths, new_state, state)

    Rows past their length are selected away, not multiplied: what stands in the padding (NaN too) reaches neither the
    outputs nor the state. It may reach the gradients of the step's weights, through 0 * NaN, as it does in TensorFlow.

    Args:
      step: `(input leaves, state leaves) -> (output leaves, new state leaves)` for one point in time. State leaves keep
        their number, and with `lengths` also shape and dtype.
      inputs: at least one tensor `[time, batch, ...]`.
      state: tensors `[batch, ...]`. Scalars (a step counter) belong to no row: they always take their new value.
      lengths: integers `[batch]`, or None when every row is as long as the time axis. Zero and less mean an empty row
        (outputs zero, state as it was), more than `time` means `time`.
      checkpoint_segments: None keeps everything that the gradient needs. A number k computes the time axis in k
        stretches, keeps the states between them and computes the rest a second time in the backward pass, one stretch
        after the other; "auto" takes about the square root of the steps. `step` must then give the same result twice.
      replay: repeats random draws of `step` in that second computation; without it torch's own generators are repeated.
      output_like: shape after `[batch]` and dtype of each output leaf, needed only where the time axis may be empty.

    Returns:
      `(outputs, state)`: each output leaf `[time, batch, ...]`, zero where no step ran; the state after each row's last
      step. With an empty time axis the state is what was passed in, the same tensors.

    Raises:
      ValueError: inputs or lengths of a wrong shape or dtype, a step that changes the number of its state leaves or,
        with `lengths`, the shape or dtype of one, an empty time axis without `output_like`.

    Example, a running sum whose second row ends after one step:
      >>> add = lambda x, total: ((total[0] + x[0],), (total[0] + x[0],))
      >>> unroll(add, (torch.arange(6.0).reshape(3, 2),), (torch.zeros(2),), torch.tensor([3, 1]))
      ((tensor([[0., 1.],
              [2., 0.],
              [6., 0.]]),), (tensor([6., 1.]),))
    """
    time, batch = _time_and_batch(inputs)
    steps, alive = _alive(lengths, time, batch, inputs[0].device)
    if steps == 0:
        return _no_outputs(output_like, batch, inputs[0].device), tuple(state)
    stride = steps if checkpoint_segments is None else segment_length(steps, checkpoint_segments)
    run: Callable[..., tuple[Leaves, Leaves]] = partial(_run, step, lengths is not None)
    if checkpoint_segments is not None and torch.is_grad_enabled():
        run = partial(checkpointed, run, replay=replay)
    chunks = []
    # split and unbind have one backward each; indexing step by step would make a gradient of full size for every step
    segments = zip(*(leaf[:steps].split(stride) for leaf in inputs), strict=True)
    for start, xs in zip(range(0, steps, stride), segments, strict=True):
        outputs, state = run(xs, tuple(state), alive[start : start + stride])
        chunks.append(outputs)
    return tuple(_join(pieces, time - steps) for pieces in zip(*chunks, strict=True)), state


def _run(step: Step, ragged: bool, inputs: Leaves, state: Leaves, alive: Alive) -> tuple[Leaves, Leaves]:
    """The steps of one stretch of time: outputs `[stretch, batch, ...]` and the state after it."""
    outputs = []
    for x, rows in zip(zip(*(leaf.unbind(0) for leaf in inputs), strict=True), alive, strict=True):
        output, new_state = step(x, state)
        if len(new_state) != len(state):
            raise ValueError(f"The step was given {len(state)} state tensors and returned {len(new_state)}.")
        if ragged:
            _check_selectable(output, new_state, state, x[0].shape[0])
        if rows is not None:
            output = tuple(_select(rows, new, torch.zeros_like(new)) for new in output)
            new_state = tuple(_select(rows, new, old) for new, old in zip(new_state, state, strict=True))
        outputs.append(output)
        state = tuple(new_state)
    return tuple(torch.stack(leaf) for leaf in zip(*outputs, strict=True)), state


def _check_selectable(output: Leaves, new_state: Leaves, state: Leaves, batch: int) -> None:
    """Raise where selecting between rows would broadcast or convert instead."""
    for leaf in output:
        if leaf.shape[:1] != (batch,):
            raise ValueError(
                f"With lengths, every output of the step must be [batch, ...] (batch is {batch}), received "
                f"{list(leaf.shape)}."
            )
    for new, old in zip(new_state, state, strict=True):
        if new.shape != old.shape or new.dtype != old.dtype or (new.dim() and new.shape[0] != batch):
            raise ValueError(
                "With lengths, every state of the step must keep its dtype and its shape, a scalar or [batch, ...] "
                f"(batch is {batch}): given {old.dtype} {list(old.shape)}, the step returned {new.dtype} "
                f"{list(new.shape)}."
            )


def _select(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """`new` for the rows that are alive, `old` for the others; a scalar has no rows and is `new`."""
    return torch.where(rows.view(-1, *[1] * (new.dim() - 1)), new, old) if new.dim() else new


def _join(pieces: tuple[Tensor, ...], missing: int) -> Tensor:
    """The outputs of all stretches in one tensor, with zeros for the `missing` steps that did not run."""
    if missing:
        pieces = (*pieces, pieces[0].new_zeros((missing, *pieces[0].shape[1:])))
    return torch.cat(pieces) if len(pieces) > 1 else pieces[0]


def _time_and_batch(inputs: Leaves) -> tuple[int, int]:
    if not inputs:
        raise ValueError("unroll: needs at least one input tensor: its first axis says how many steps there are.")
    shapes = [list(leaf.shape) for leaf in inputs]
    if any(len(shape) < 2 or shape[:2] != shapes[0][:2] for shape in shapes):
        raise ValueError(f"unroll: every input must be [time, batch, ...], time and batch the same, received {shapes}.")
    return shapes[0][0], shapes[0][1]


def _alive(lengths: Tensor | None, time: int, batch: int, device: torch.device) -> tuple[int, Alive]:
    """How many steps run, and who is alive in each."""
    if lengths is None:
        return time, [None] * time
    check_lengths("unroll", lengths, batch)
    lengths = lengths.to(device)
    # one transfer, since a device is waited for each time that it is asked
    shortest, longest = torch.stack(lengths.aminmax()).tolist() if batch else (time, 0)
    steps = min(time, max(1, longest))
    rows = (lengths > torch.arange(steps, device=device)[:, None]).unbind(0)
    return steps, [None if t < shortest else row for t, row in enumerate(rows)]


def _no_outputs(
    output_like: Sequence[tuple[Sequence[int], torch.dtype]] | None, batch: int, device: torch.device
) -> Leaves:
    if output_like is None:
        raise ValueError("The time axis is empty, so no step can show what an output looks like: pass output_like.")
    return tuple(torch.zeros((0, batch, *tail), dtype=dtype, device=device) for tail, dtype in output_like)
