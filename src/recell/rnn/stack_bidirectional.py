"""Layers of two cells each, one along the sequence and one against it; every layer sees both directions of the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat
from recell.rnn.bidirectional import bidirectional_dynamic_rnn, static_bidirectional_rnn


def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Several layers of `bidirectional_dynamic_rnn`. TF symbol: `tf.contrib.rnn.stack_bidirectional_dynamic_rnn`.

        for layer in range(len(cells_fw)):
            outputs, states[layer] = bidirectional_dynamic_rnn(cells_fw[layer], cells_bw[layer], inputs)
            inputs = concat(outputs, 2)

    Args:
      cells_fw, cells_bw: lists of cells, one for each layer. The variables of layer k are under `scope`
        ("stack_bidirectional_rnn") `/cell_<k>/bidirectional_rnn/fw` and `/bw`.
      inputs: `[batch, time, depth]` (`[time, batch, depth]` with `time_major`).
      initial_states_fw, initial_states_bw: lists of states, one for each layer, or None for zeros of `dtype`; so may be
        single ones in the lists.
      dtype, sequence_length, parallel_iterations, time_major, swap_memory: as in `bidirectional_dynamic_rnn`.

    Returns:
      `(outputs, states_fw, states_bw)`: the last layer's outputs, `[batch, time, units_fw + units_bw]`, and a tuple of
      each direction's final states, one for each layer.

    Raises:
      ValueError: no cells, not as many backward as forward, cells or states that are not in lists or not one for each
        layer; and what `dynamic_rnn` raises.
      TypeError: not a cell.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     cells = [[tf.nn.rnn_cell.GRUCell(units) for units in (4, 2)] for _ in range(2)]
      ...     x = tf.zeros([5, 7, 3])
      ...     outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(*cells, x, dtype=tf.float32)
      ...     print(outputs.shape, [state.shape.as_list() for state in fw])
      (5, 7, 4) [[5, 4], [5, 2]]
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw, state_fw, state_bw) in enumerate(layers):
            with variable_scope(f"cell_{number}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    sequence_length=sequence_length,
                    initial_state_fw=state_fw,
                    initial_state_bw=state_bw,
                    dtype=dtype,
                    parallel_iterations=parallel_iterations,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                inputs = concat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Several layers of `static_bidirectional_rnn`. TF symbol: `tf.contrib.rnn.stack_bidirectional_rnn`.

        for layer in range(len(cells_fw)):
            inputs, states[layer] = static_bidirectional_rnn(cells_fw[layer], cells_bw[layer], inputs)

    Args:
      cells_fw, cells_bw: lists of cells, one for each layer. The variables of layer k are under `scope`
        ("stack_bidirectional_rnn") `/cell_<k>/fw` and `/bw`.
      inputs: a list of tensors `[batch, depth]`, one for each step.
      initial_states_fw, initial_states_bw: lists of states, one for each layer, or None for zeros of `dtype`; so may be
        single ones in the lists.
      dtype, sequence_length: as in `static_rnn`.

    Returns:
      `(outputs, states_fw, states_bw)`: a list of the last layer's outputs, `[batch, units_fw + units_bw]` each, and a
      tuple of each direction's final states, one for each layer.

    Raises:
      ValueError: no cells, not as many backward as forward, cells or states that are not in lists or not one for each
        layer; and what `static_rnn` raises.
      TypeError: not a cell, or inputs that are no list or tuple.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw, state_fw, state_bw) in enumerate(layers):
            with variable_scope(f"cell_{number}") as layer:
                inputs, state_fw, state_bw = static_bidirectional_rnn(
                    cell_fw, cell_bw, inputs, state_fw, state_bw, dtype, sequence_length, layer
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def _layers(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """For each layer the two cells and the two initial states. ValueError where they are not lists of one length."""
    for cells, direction in ((cells_fw, "fw"), (cells_bw, "bw")):
        if cells is None:
            raise ValueError(f"Must specify at least one {direction} cell for BidirectionalRNN.")
        if not isinstance(cells, list):
            raise ValueError(f"cells_{direction} must be a list of RNNCells (one per layer). Received: {cells}")
    if not cells_fw:
        raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
    if len(cells_fw) != len(cells_bw):
        raise ValueError(
            f"Forward and Backward cells must have the same depth. Received: {len(cells_fw)} and {len(cells_bw)} cells."
        )
    for states, direction in ((states_fw, "fw"), (states_bw, "bw")):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells_fw)):
            raise ValueError(
                f"initial_states_{direction} must be a list of state tensors (one per layer). "
                f"Received {states} for {len(cells_fw)} layers."
            )
    none = [None] * len(cells_fw)
    return zip(cells_fw, cells_bw, states_fw or none, states_bw or none, strict=True)


__all__ = ["stack_bidirectional_dynamic_rnn", "stack_bidirectional_rnn"]
