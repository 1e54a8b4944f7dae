"""The operation behind every driver: its kernel over time, and which inputs its outputs depend on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph.body import Body
from recell.graph.registry import OpDef, register
from recell.graph.repeatable import random_operations, seeded_operations
from recell.graph.tensor import Operation, Tensor
from recell.ops._kernels import invalid
from recell.ops.connections import reached
from recell.rnn.recurrence_over_time import can_run_over_time, run_over_time

if TYPE_CHECKING:
    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")

OutputLike = tuple[tuple[tuple[int, ...] | None, Any], ...]
"""Shape behind the batch, None where it is not known while building, and dtype of each output leaf of a step."""


def _recurrence(
    ctx: Any,
    *values: Any,
    step: Any,
    input_count: int,
    has_lengths: bool,
    time_major: bool,
    unrolled: bool,
    checkpoint: bool,
    same_draws: bool,
    output_like: OutputLike,
) -> Any:
    inputs = values[:input_count]
    if not time_major:
        inputs = tuple(leaf.transpose(0, 1) for leaf in inputs)
    lengths = values[input_count] if has_lengths else None
    state = values[input_count + has_lengths :]
    _check_run_time(ctx, inputs, lengths, state)
    like = _known_outputs(ctx, output_like, inputs)
    if unrolled and like is not None and lengths is not None and lengths.numel() and int(lengths.max()) <= 0:
        time, batch = inputs[0].shape[:2]
        outputs = tuple(inputs[0].new_zeros((time, batch, *tail), dtype=dtype) for tail, dtype in like)
    elif can_run_over_time(step, inputs, state):
        outputs, state = run_over_time(step, inputs, lengths, state)
    else:
        run = _as_step(step, len(output_like))
        outputs, state = kernels.unroll(
            _with_same_draws(run, _replay(ctx, seeded_operations)) if same_draws else run,
            inputs,
            state,
            lengths,
            checkpoint_segments="auto" if checkpoint else None,
            replay=_replay(ctx, random_operations) if checkpoint else None,
            output_like=like,
        )
    if not time_major:
        outputs = tuple(leaf.transpose(0, 1) for leaf in outputs)
    results = (*outputs, *state)
    return results[0] if len(results) == 1 else results


def _known_outputs(ctx: Any, output_like: OutputLike, inputs: Sequence[Any]) -> Any:
    """`output_like` for `kernels.unroll`, None where a step must show it. InvalidArgumentError when there is none."""
    unknown = [k for k, (tail, _) in enumerate(output_like) if tail is None]
    if not unknown:
        return [(tail, torch_dtype(dtype)) for tail, dtype in output_like]
    if not inputs[0].shape[0]:
        raise invalid(
            f"'{ctx.op.inputs[0].name}' has no steps, and the size of output {unknown[0]} of the cell is not known "
            "without running one. Give the cell an output_size without None, or feed at least one step."
        )
    return None


def _replay(ctx: Any, which: Callable[[Body], Sequence[Operation]]) -> Any:
    """What sets back the random streams of those operations of the step, the same object in every run."""
    if which not in ctx.state:
        ctx.state[which] = ctx.resources.replay(which(ctx.op.attrs["step"]))
    return ctx.state[which]


def _with_same_draws(run: Callable[..., Any], replay: Any) -> Callable[..., Any]:
    """`run`, whose every call draws what the first one drew: TF1 unrolls into as many operations of the same seed."""
    start = replay.snapshot()

    def again(*arguments: Any) -> Any:
        replay.restore(start)
        return run(*arguments)

    return again


def _as_step(step: Callable[..., list[Any]], output_count: int) -> Callable[..., tuple[Any, Any]]:
    def run(inputs: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        results = step(*inputs, *state)
        return tuple(results[:output_count]), tuple(results[output_count:])

    return run


def _check_run_time(ctx: Any, inputs: Sequence[Any], lengths: Any, state: Sequence[Any]) -> None:
    """What only a run can tell. InvalidArgumentError where inputs, lengths and states do not go together."""
    tensors, count = ctx.op.inputs, len(inputs)
    time, batch = inputs[0].shape[:2]
    for tensor, leaf in zip(tensors, inputs, strict=False):
        if leaf.shape[:2] != (time, batch):
            raise invalid(
                f"All inputs of a recurrence have the same time and batch: '{tensors[0].name}' has {time} steps of "
                f"{batch} rows, '{tensor.name}' has {leaf.shape[0]} of {leaf.shape[1]}."
            )
    if lengths is None:
        return
    if tuple(lengths.shape) != (batch,):
        raise invalid(
            f"assertion failed: [Expected shape for Tensor {tensors[count].name} is ] [{batch}] [ but saw shape: ] "
            f"{list(lengths.shape)} (one length for each row of the batch)"
        )
    for tensor, leaf in zip(tensors[count + 1 :], state, strict=False):
        if leaf.dim() and leaf.shape[0] != batch:
            raise invalid(
                f"Number of batches of 'then' must match size of 'cond', but saw: {leaf.shape[0]} vs. {batch} (the "
                f"initial state '{tensor.name}' {list(leaf.shape)} against the rows of '{tensors[0].name}')"
            )


def _connected(op: Operation, output: int) -> list[Tensor]:
    """For `tf.gradients`: what an output depends on after any number of steps. A final state may be the initial one.

    Where the steps are unrolled and their number is known, it is as exact as TF1's unrolled graph.
    """
    body: Body = op.attrs["step"]
    count, outputs = op.attrs["input_count"], len(op.attrs["output_like"])
    first_state = count + op.attrs["has_lengths"]
    position = {arg: k for k, arg in enumerate(body.args)}
    found: dict[Tensor, None] = {}
    states_before: dict[int, set[int]] = {}

    def before(result: int) -> set[int]:
        """The states, by their place among the results, that one of a step's results comes from."""
        if result not in states_before:
            past_its_end = op.attrs["has_lengths"] and result >= outputs  # a row keeps the state that it had
            states_before[result] = {result} if past_its_end else set()
            for tensor in reached(body, body.outputs[result]):
                place = position.get(tensor)
                if place is not None and place >= count:
                    states_before[result].add(outputs + place - count)
                else:
                    found[tensor if place is None else op.inputs[place]] = None
        return states_before[result]

    steps = _unrolled_steps(op)
    initial = _ever(output, before, outputs) if steps is None else _after(output, before, outputs, steps)
    found.update(dict.fromkeys(op.inputs[first_state + result - outputs] for result in initial))
    return list(found)


def _ever(output: int, before: Callable[[int], set[int]], outputs: int) -> set[int]:
    """The states that an output comes from after any number of steps, none included."""
    done: set[int] = set()
    stack = [output]
    while stack:
        result = stack.pop()
        if result not in done:
            done.add(result)
            stack.extend(before(result))
    return {result for result in done if result >= outputs}


def _after(output: int, before: Callable[[int], set[int]], outputs: int, steps: int) -> set[int]:
    """The initial states that an output, in any step, or a final state comes from after so many steps."""
    every_step = {output} if output < outputs else set()
    wanted = {output}
    for _ in range(steps):
        earlier = set().union(*map(before, wanted))
        if earlier | every_step == wanted:
            return earlier
        wanted = earlier | every_step
    return wanted - every_step


def _unrolled_steps(op: Operation) -> int | None:
    """How many steps TF1's graph has, None where it has a loop."""
    if not op.attrs["unrolled"]:
        return None
    dims = op.inputs[0].shape.tuple
    return None if dims is None else dims[0 if op.attrs["time_major"] else 1]


RECURRENCE = register(
    OpDef("Recurrence", _recurrence, view=True, stateful=True, extra={"connected_inputs": _connected})
)

__all__ = ["RECURRENCE", "OutputLike"]
