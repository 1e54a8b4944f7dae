"""The recurrence: one operation that runs a traced step along the time axis. Every driver makes this one node.

Its body `step` maps input leaves `[batch, ...]` and state leaves to output leaves and new state leaves; the kernel, in
`recell.rnn.recurrence_op`, is `recell.kernels.unroll`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recell.graph.repeatable import may_repeat, seeded_operations
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.op import make_node
from recell.rnn.recurrence_op import RECURRENCE, OutputLike
from recell.rnn.traced_step import Layout, TracedStep, trace_step

Dims = tuple[int | None, ...]


@dataclass
class Result:
    """What a recurrence gives: output leaves (time and batch as in the inputs), final state leaves, their nestings."""

    outputs: list[Tensor]
    states: list[Tensor]
    output_structure: Any
    state_structure: Any


def recur(
    cell: Callable[[Any, Any], Any],
    inputs: Any,
    lengths: Tensor | None,
    state: Any,
    layout: Layout,
    output_size: Any,
) -> Result:
    """Traces one step of `cell` and makes the node.

    Args:
      cell: `cell(inputs, state)` gives `(output, new_state)`.
      inputs: a nesting of tensors, time and batch first (in the order that `layout` says).
      lengths: int32 or int64 `[batch]`, or None.
      state: a nesting of tensors (or what can become one) and tensor arrays. An array belongs to no row of the batch:
        rows past their length write to it too.
      output_size: of each output leaf behind the batch, for a time axis that is empty.

    Raises ValueError when a new state has another shape than the state before, TypeError for another dtype.
    """
    return recur_traced(trace_step(cell, inputs, lengths, state, layout), output_size)


def recur_traced(step: TracedStep, output_size: Any) -> Result:
    """The node of a step that is traced: see `recur`."""
    _check_states(step)
    layout, lengths = step.layout, step.lengths
    shapes, like = _output_shapes(step.outputs, output_size, layout)
    attrs = {
        "step": step.body,
        "input_count": len(step.inputs),
        "has_lengths": lengths is not None,
        "time_major": layout.time_major,
        "unrolled": layout.unrolled,
        "checkpoint": layout.swap_memory and may_repeat(step.body),
        # Without one, each of TF1's unrolled operations has another stream.
        "same_draws": layout.unrolled and bool(seeded_operations(step.body)),
        "output_like": like,
    }
    op = make_node(
        RECURRENCE.name,
        [*step.inputs, *([] if lengths is None else [lengths]), *step.states],
        attrs,
        RECURRENCE.name,
        dtypes=[leaf.dtype.base_dtype for leaf in step.body.outputs],
        shapes=[*shapes, *_final_shapes(step.states, step.new_states)],
    )
    count = len(step.outputs)
    return Result(op.outputs[:count], op.outputs[count:], step.output_structure, step.state_structure)


def _check_states(step: TracedStep) -> None:
    if step.keeps_its_state:
        return
    for tensor, result in zip(step.states, step.new_states, strict=True):
        if result.dtype.base_dtype is not tensor.dtype.base_dtype:
            raise TypeError(
                f"The state that starts as '{tensor.name}' has dtype {tensor.dtype.base_dtype.name}, but the step "
                f"returns '{result.name}' of dtype {result.dtype.base_dtype.name} for it. Use tf.cast in the cell."
            )
        if not tensor.shape.is_compatible_with(result.shape):
            raise ValueError(
                f"Input tensor '{tensor.name}' enters the loop with shape {tensor.shape}, but has shape {result.shape} "
                "after one iteration. A state must keep its shape from step to step"
                + ("." if step.lengths is None else ", and rows past their length keep the state they had.")
            )


def _output_shapes(
    leaves: Sequence[Tensor], output_size: Sequence[Sequence[int | None]], layout: Layout
) -> tuple[list[TensorShape], OutputLike]:
    """The static shapes of the outputs, and what one step's output looks like behind the batch."""
    shapes: list[TensorShape] = []
    like: list[tuple[Any, Any]] = []
    for position, leaf in enumerate(leaves):
        dims, batch = leaf.shape.tuple, layout.batch
        tail = _tail(dims, output_size[position] if position < len(output_size) else None)
        if dims and batch is None:
            batch = dims[0]
        front = (layout.time, batch) if layout.time_major else (batch, layout.time)
        shapes.append(TensorShape(None) if tail is None else TensorShape.of((*front, *tail)))
        like.append((None if tail is None or None in tail else tail, leaf.dtype.base_dtype))
    return shapes, tuple(like)


def _tail(dims: Dims | None, declared: Sequence[int | None] | None) -> Dims | None:
    """What is known of an output behind the batch: its own dims, and the declared size where they are unknown."""
    if dims is None:
        return None if declared is None else tuple(declared)
    if declared is None or len(declared) != len(dims) - 1:
        return tuple(dims[1:])
    return tuple(a if a is not None else b for a, b in zip(dims[1:], declared, strict=True))


def _final_shapes(before: Sequence[Tensor], after: Sequence[Tensor]) -> list[TensorShape]:
    return [a.shape.merge_with(b.shape) for a, b in zip(before, after, strict=True)]


__all__ = ["Result", "recur", "recur_traced"]
