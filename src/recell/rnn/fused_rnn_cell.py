"""Cells over whole sequences: `FusedRNNCell`, what makes one of any cell, and one that reads backwards."""

from __future__ import annotations

import abc
from typing import Any

from recell.ops.array_join import stack, unstack
from recell.rnn.drivers import in_reverse
from recell.rnn.dynamic_rnn import dynamic_rnn
from recell.rnn.static_rnn import static_rnn


class FusedRNNCell(abc.ABC):
    """What runs over whole sequences, to be subclassed. TF symbol: `tf.contrib.rnn.FusedRNNCell`.

    `LSTMBlockFusedCell` is called in the same way.
    """

    @abc.abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """The whole sequence.

        Args:
          inputs: `[time, batch, depth]`, or a list of tensors `[batch, depth]`, one for each step.
          initial_state: nested as the cell's state, each leaf `[batch] + size`; zeros unless given.
          dtype: of the zeros, needed without `initial_state`.
          sequence_length: integers `[batch]`; None means that every row is as long as the time axis.
          scope: name or VariableScope of the variables.

        Returns:
          `(outputs, state)`: outputs `[time, batch, units]`, or a list for a list; the state after each row's last
          step.
        """


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell made a fused one by a driver. TF symbol: `tf.contrib.rnn.FusedRNNCellAdaptor`.

    Args:
      cell: an RNNCell.
      use_dynamic_rnn: by `dynamic_rnn`; otherwise by `static_rnn`, which needs a time axis of known size.

    Call: as `FusedRNNCell`; a list gives a list of outputs, a tensor `[time, batch, depth]` gives a tensor. ValueError
    for a time axis that `static_rnn` does not know, and what the driver raises. The scope of the variables is "rnn"
    unless given.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     fused = tf.contrib.rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(4), use_dynamic_rnn=True)
      ...     outputs, state = fused(tf.ones([6, 2, 3]), dtype=tf.float32, sequence_length=[6, 1])
      ...     print(outputs.shape, state.shape)
      (6, 2, 4) (2, 4)
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        is_list = isinstance(inputs, list)
        options = {
            "initial_state": initial_state,
            "dtype": dtype,
            "sequence_length": sequence_length,
            "scope": scope,
        }
        if self._use_dynamic_rnn:
            whole = stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, whole, time_major=True, **options)
            return unstack(outputs, num=len(inputs)) if is_list else outputs, state
        steps, state = static_rnn(self._cell, inputs if is_list else unstack(inputs), **options)
        return steps if is_list else stack(steps), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A fused cell that reads from the end to the beginning. TF symbol: `tf.contrib.rnn.TimeReversedFusedRNN`.

    Args:
      cell: a FusedRNNCell, or `LSTMBlockFusedCell`.

    Call: as `FusedRNNCell`; step t of the outputs belongs to step t of the inputs. With lengths each row of a tensor
    begins at its own last step, and the padding stays where it is; a list is turned round as a whole all the same, as
    TensorFlow's is.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     backwards = tf.contrib.rnn.TimeReversedFusedRNN(tf.contrib.rnn.LSTMBlockFusedCell(4))
      ...     outputs, state = backwards(tf.ones([6, 2, 3]), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(tf.reduce_all(tf.equal(outputs[0], state.h))))
      True
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        outputs, state = self._cell(
            _reversed(inputs, sequence_length), initial_state, dtype, sequence_length, scope=scope
        )
        return _reversed(outputs, sequence_length), state


def _reversed(sequence: Any, lengths: Any) -> Any:
    if isinstance(sequence, list):
        return sequence[::-1]
    return in_reverse(sequence, lengths, time_major=True)


__all__ = ["FusedRNNCell", "FusedRNNCellAdaptor", "TimeReversedFusedRNN"]
