"""Decoders that are given the right inputs at every step: their loop is a recurrence, as that of `dynamic_rnn` is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_make import ones_like, zeros_like
from recell.ops.comparison import equal, where
from recell.ops.math_binary import maximum, minimum
from recell.ops.reductions import reduce_max
from recell.ops.slicing import slice_
from recell.ops.state import identity
from recell.rnn.recurrence import recur
from recell.rnn.state import size_dims
from recell.rnn.traced_step import Layout
from recell.seq2seq.training_helpers import TrainingHelper


def why_not_forced(helper: Any, initial_state: Any) -> str | None:
    """Why a `BasicDecoder` runs as a loop, as a sentence; None where its loop is a recurrence."""
    if type(helper) is not TrainingHelper:
        return f"A {type(helper).__name__} may choose the next inputs by what has been put out."
    if helper.sequence_length.dtype.base_dtype is not dtypes.int32 or helper._steps.shape.ndims is None:
        return "It is not known that inputs and lengths go together."
    leaves = nest.flatten(initial_state)
    if not all(isinstance(leaf, Tensor) and leaf.dtype.is_floating and leaf.shape.ndims for leaf in leaves):
        return "Its state has parts that are no floating-point rows, such as the number of a step or a tensor array."
    return None


def decode_forced(
    step: Callable[[Any, Any], tuple[Any, Any]],
    helper: TrainingHelper,
    initial_state: Any,
    output_size: Any,
    limit: Tensor | None,
    impute_finished: bool,
    swap_memory: bool,
) -> tuple[Any, Any, Any]:
    """What the loop of `dynamic_decode` gives: outputs of all steps, time first, the last state and the lengths.

    `step` gives, for the inputs of a step and the state before it, what it puts out and the state after it; `limit` is
    the most steps to take, or None.
    """
    # The loop finds out at the end of a step that a row is finished, unless its length is zero.
    given = helper.sequence_length
    lengths = where(equal(given, 0), zeros_like(given), maximum(given, ones_like(given)))
    steps = reduce_max(concat([lengths, [0]], 0))
    if limit is not None:
        steps = minimum(steps, maximum(limit, 0))
    batch = helper._steps.shape.as_list()[1]

    def run(x: Any, state: Any) -> tuple[Any, Any]:
        outputs, new_state = step(x, state)
        nest.assert_same_structure(state, new_state)
        return outputs, new_state

    with name_scope("while"):
        result = recur(
            run,
            _first(helper._steps, steps),
            lengths if impute_finished else None,
            initial_state,
            Layout(None, batch, time_major=True, swap_memory=swap_memory),
            [size_dims(size) for size in nest.flatten(output_size)],
        )
        # What leaves the loop in TensorFlow: its counters, outputs, states, the next inputs, what is finished, lengths.
        number = 1 + (limit is not None) + len(result.outputs)
        states = [identity(leaf, name=f"Exit_{number + k}") for k, leaf in enumerate(result.states)]
        lengths = identity(minimum(lengths, steps), name=f"Exit_{number + len(states) + 2}")
    outputs = nest.pack_sequence_as(result.output_structure, [_stacked(leaf) for leaf in result.outputs])
    return outputs, nest.pack_sequence_as(result.state_structure, states), lengths


def _stacked(output: Tensor) -> Tensor:
    """The output under the name that it has in TensorFlow."""
    with name_scope("TensorArrayStack"):
        return identity(output, name="TensorArrayGatherV3")


def _first(inputs: Tensor, steps: Any) -> Tensor:
    """The first steps of `inputs` `[time, batch, ...]`. InvalidArgumentError in the run when there are fewer."""
    dims = inputs.shape.as_list()
    part = slice_(inputs, [0] * len(dims), [steps, *[-1] * (len(dims) - 1)])
    part.set_shape([None, *dims[1:]])
    return part


__all__ = ["decode_forced", "why_not_forced"]
