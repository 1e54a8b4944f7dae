"""`functional_rnn`: `dynamic_rnn` by another name, with a direction of its own and other final states of empty rows."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat
from recell.ops.array_make import fill, sequence_mask, zeros_like
from recell.ops.array_shape import reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import greater, less_equal, where
from recell.ops.logging_ops import Assert
from recell.ops.math_binary import maximum
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_max
from recell.ops.state import identity
from recell.rnn.drivers import axes_of, axis_size, in_reverse, integer_lengths
from recell.rnn.dynamic_rnn import dynamic_rnn


def functional_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    time_major: bool = False,
    scope: Any = None,
    use_tpu: bool = False,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Runs `cell` over sequences. TF symbol: `tf.contrib.recurrent.functional_rnn`.

        steps = range(max(sequence_length))
        for t in reversed(steps) if reverse else steps:
            output, state = cell(inputs[:, t], state)
            outputs[:, t] = where(t < sequence_length, output, 0)

    Not `dynamic_rnn` in three respects. A row of length zero has a final state of zeros, whatever it began with. With
    `reverse` every row starts at the longest row's end and takes its own padding in, and its final state is the one
    after `inputs[:, 0]`. A length beyond the time axis is an error.

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size`, `zero_state` and call.
      inputs: `[batch, time, depth]` (`[time, batch, depth]` with `time_major`).
      sequence_length: integers `[batch]`, or one for all rows; None means that every row is as long as the time axis.
      initial_state: nested as `cell.state_size`, each leaf `[batch] + size`; zeros of `dtype` unless given.
      scope: of the variables; "rnn" by default.
      use_tpu: accepted, the same steps run.
      reverse: whether to go from the end of the time axis to its beginning. Outputs stay in the inputs' order.

    Returns:
      `(outputs, state)`: outputs laid out as the inputs; the state after each row's last step.

    Raises:
      AttributeError: not a cell.
      TypeError: neither `initial_state` nor `dtype`, lengths that are no integers.
      ValueError: inputs of unknown depth or too low a rank, lengths that are not one for each row.
      tf.errors.InvalidArgumentError, in the session: a length beyond the time axis.

    Example:
      >>> import recell.v1 as tf
      >>> class Sum(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = property(lambda self: 1)
      ...     def call(self, inputs, state):
      ...         return state + inputs, state + inputs
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     x = tf.constant([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]])
      ...     for backwards in (False, True):
      ...         outputs, state = tf.contrib.recurrent.functional_rnn(
      ...             Sum(), x, [3, 1], dtype=tf.float32, reverse=backwards)
      ...         print(session.run([outputs[:, :, 0], state[:, 0]]))
      [array([[1., 3., 6.],
             [4., 0., 0.]], dtype=float32), array([6., 4.], dtype=float32)]
      [array([[ 6.,  5.,  3.],
             [15.,  0.,  0.]], dtype=float32), array([ 6., 15.], dtype=float32)]
    """
    inputs = convert_to_tensor(inputs)
    batch, time = _sizes(inputs, time_major)
    if initial_state is None:
        initial_state = cell.zero_state(batch, dtype)
    lengths = None if sequence_length is None else _lengths(sequence_length, batch, time)
    options: dict[str, Any] = {"initial_state": initial_state, "time_major": time_major, "scope": scope, "dtype": dtype}
    if not reverse:
        outputs, state = dynamic_rnn(cell, inputs, lengths, **options)
        return outputs, state if lengths is None else nest.map_structure(lambda leaf: _if_any(lengths, leaf), state)
    if lengths is None:
        outputs, state = dynamic_rnn(cell, in_reverse(inputs, None, time_major), **options)
        return nest.map_structure(lambda leaf: in_reverse(leaf, None, time_major), outputs), state
    longest = fill(reshape(batch, [1]), maximum(reduce_max(lengths), 0))
    outputs, state = dynamic_rnn(cell, in_reverse(inputs, longest, time_major), longest, **options)
    mask = sequence_mask(lengths, time)
    mask = transpose(mask, [1, 0]) if time_major else mask
    outputs = nest.map_structure(lambda leaf: _masked(mask, in_reverse(leaf, longest, time_major)), outputs)
    return outputs, state


def bidirectional_functional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    time_major: bool = False,
    use_tpu: bool = False,
    fast_reverse: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """`functional_rnn` forward and backward. TF symbol: `tf.contrib.recurrent.bidirectional_functional_rnn`.

    Args:
      cell_fw, cell_bw: the two cells; their variables are under `scope` ("bidirectional_rnn") `/fw` and `/bw`.
      initial_state_fw, initial_state_bw: nested as the cells' `state_size`; zeros of `dtype` unless given.
      inputs, dtype, time_major, use_tpu: as in `functional_rnn`.
      sequence_length: integers `[batch]`, or with `fast_reverse` one for all rows.
      fast_reverse: whether the backward cell goes back from the longest row's end, through the padding of the others
        (`reverse` of `functional_rnn`), instead of from each row's own end.

    Returns:
      `((outputs_fw, outputs_bw), (state_fw, state_bw))`, outputs in the order of the inputs.

    Raises what `functional_rnn` raises.
    """
    inputs = convert_to_tensor(inputs)

    def along(cell: Any, x: Any, state: Any, within: Any, back: bool = False) -> tuple[Any, Any]:
        return functional_rnn(cell, x, sequence_length, state, dtype, time_major, within, use_tpu, back)

    def backwards(x: Any) -> Tensor:
        return in_reverse(x, sequence_length, time_major)

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            outputs_fw, state_fw = along(cell_fw, inputs, initial_state_fw, fw_scope)
        with variable_scope("bw") as bw_scope:
            if fast_reverse:
                outputs_bw, state_bw = along(cell_bw, inputs, initial_state_bw, bw_scope, back=True)
            else:
                outputs_bw, state_bw = along(cell_bw, backwards(inputs), initial_state_bw, bw_scope)
                outputs_bw = nest.map_structure(backwards, outputs_bw)
    return (outputs_fw, outputs_bw), (state_fw, state_bw)


def _sizes(inputs: Tensor, time_major: bool) -> tuple[Any, Any]:
    """Batch and time, ints where they are known. ValueError for inputs that have not both."""
    dims = inputs.shape.tuple
    if dims is None or len(dims) < 2:
        raise ValueError(f"Inputs must be [batch, time, depth] of known rank, but '{inputs.name}' is {inputs.shape}.")
    time_axis, batch_axis = axes_of(time_major)
    return axis_size(inputs, batch_axis), axis_size(inputs, time_axis)


def _lengths(sequence_length: Any, batch: Any, time: Any) -> Tensor:
    """Lengths `[batch]`, none beyond the time axis."""
    lengths = cast(integer_lengths(sequence_length), dtypes.int32)
    if lengths.shape.ndims == 0:
        lengths = fill(reshape(batch, [1]), lengths)
    elif lengths.shape.ndims == 2:
        lengths = reshape(lengths, [-1])  # a column, which TensorFlow compares with the steps as it is
    fits = less_equal(reduce_max(concat([lengths, [0]], 0)), time)
    with control_dependencies([Assert(fits, ["A sequence_length is beyond the time axis:", lengths, time])]):
        return identity(lengths)


def _masked(mask: Tensor, x: Tensor) -> Tensor:
    """`x` where `mask`, of its first two axes, is true, and zero elsewhere: NaN too."""
    rows = reshape(x, concat([[-1], shape_of(x)[2:]], 0))
    made = reshape(where(reshape(mask, [-1]), rows, zeros_like(rows)), shape_of(x))
    made.set_shape(x.shape)
    return made


def _if_any(lengths: Tensor, leaf: Tensor) -> Tensor:
    """The state for rows of any length, zeros for empty ones."""
    return where(greater(lengths, 0), leaf, zeros_like(leaf)) if leaf.shape.ndims != 0 else leaf


__all__ = ["bidirectional_functional_rnn", "functional_rnn"]
