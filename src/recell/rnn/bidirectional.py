"""Two cells, one along the sequence and one against it (Schuster and Paliwal, 1997)."""

from __future__ import annotations

from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat, stack, unstack
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.drivers import in_reverse
from recell.rnn.dynamic_rnn import dynamic_rnn
from recell.rnn.static_rnn import static_rnn


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """`dynamic_rnn` forward and, over each row's steps in reverse, backward.

    TF symbol: `tf.nn.bidirectional_dynamic_rnn`.

    Args:
      cell_fw, cell_bw: the two cells; their variables are under `scope` ("bidirectional_rnn") `/fw` and `/bw`.
      inputs, dtype, parallel_iterations, swap_memory, time_major: as in `dynamic_rnn`.
      sequence_length: integers `[batch]`; the backward cell starts from each row's last step. None: all steps.
      initial_state_fw, initial_state_bw: nested as the cells' `state_size`; zeros of `dtype` unless given.

    Returns:
      `((outputs_fw, outputs_bw), (state_fw, state_bw))`, not joined. The backward outputs are in the order of the
      inputs: step t has seen steps t and later.

    Raises what `dynamic_rnn` raises; in the session tf.errors.InvalidArgumentError for a length beyond the time axis.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)

    def backwards(tensors: Any) -> Any:
        return nest.map_structure(lambda tensor: in_reverse(tensor, sequence_length, time_major), tensors)

    options: dict[str, Any] = {
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            outputs_fw, state_fw = dynamic_rnn(
                cell_fw, inputs, sequence_length, initial_state_fw, dtype, scope=fw_scope, **options
            )
        with variable_scope("bw") as bw_scope:
            outputs_bw, state_bw = dynamic_rnn(
                cell_bw, backwards(inputs), sequence_length, initial_state_bw, dtype, scope=bw_scope, **options
            )
    return (outputs_fw, backwards(outputs_bw)), (state_fw, state_bw)


def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """`static_rnn` forward and backward, outputs joined. TF symbol: `tf.nn.static_bidirectional_rnn`.

    Args:
      cell_fw, cell_bw: the two cells; their variables are under `scope` ("bidirectional_rnn") `/fw` and `/bw`.
      inputs, dtype, sequence_length: as in `static_rnn`.
      initial_state_fw, initial_state_bw: nested as the cells' `state_size`; zeros of `dtype` unless given.

    Returns:
      A list of outputs `[batch, units_fw + units_bw]`, one for each input; the two final states.

    Raises TypeError for what is no cell, and for inputs that are no list or tuple; ValueError for none of them.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            outputs_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, fw_scope)
        with variable_scope("bw") as bw_scope:
            steps = _reverse_steps(inputs, sequence_length)
            outputs_bw, state_bw = static_rnn(cell_bw, steps, initial_state_bw, dtype, sequence_length, bw_scope)
    back = _reverse_steps(outputs_bw, sequence_length)
    return [_joined(a, b) for a, b in zip(outputs_fw, back, strict=True)], state_fw, state_bw


def _joined(a: Any, b: Any) -> Any:
    pairs = zip(nest.flatten(a), nest.flatten(b), strict=True)
    return nest.pack_sequence_as(a, [concat([x, y], 1) for x, y in pairs])


def _reverse_steps(steps: Any, lengths: Any) -> list[Any]:
    """The list in reverse, each row only as far as its length goes."""
    if lengths is None:
        return list(reversed(steps))
    columns = zip(*(nest.flatten(step) for step in steps), strict=True)
    turned = []
    for column in columns:
        sequence = stack([convert_to_tensor(leaf) for leaf in column])
        turned.append(unstack(in_reverse(sequence, lengths, time_major=True), len(steps)))
    return [nest.pack_sequence_as(steps[0], list(step)) for step in zip(*turned, strict=True)]


def bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """`static_bidirectional_rnn` under its name and scope of before 1.0. TF symbol: `tf.nn.bidirectional_rnn`."""
    return static_bidirectional_rnn(
        cell_fw, cell_bw, inputs, initial_state_fw, initial_state_bw, dtype, sequence_length, scope or "BiRNN"
    )


__all__ = ["bidirectional_dynamic_rnn", "bidirectional_rnn", "static_bidirectional_rnn"]
