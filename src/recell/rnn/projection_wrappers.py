"""`InputProjectionWrapper` and `OutputProjectionWrapper`: a dense layer before or after a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.rnn.activation import get_activation
from recell.rnn.arguments import Arguments, keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.linear import Linear
from recell.rnn.warn import warn_input_size
from recell.rnn.wrappers import AroundCell

Activation = Callable[[Any], Any] | str | None


class _Projects(Arguments):
    """`activation(x @ kernel + bias)`, with variables made at the first call."""

    _activation: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._linear: Linear | None = None
        if self._activation is not None:
            self._activation = get_activation(self._activation)

    def _projected(self, x: Any, size: int) -> Any:
        if self._linear is None:
            self._linear = Linear(x, size, True)
        y = self._linear(x)
        return y if self._activation is None else self._activation(y)


class InputProjectionWrapper(_Projects, AroundCell, RNNCell):
    """A dense layer before a cell. TF symbol: `tf.contrib.rnn.InputProjectionWrapper`.

        output, state' = cell(activation(inputs W + b), state)

    One product for all steps together, before `tf.nn.dynamic_rnn`, is faster.

    Variables: `input_projection_wrapper/kernel` W `[depth, num_proj]`; `input_projection_wrapper/bias` b `[num_proj]`,
    zeros at first; then the cell's, under `input_projection_wrapper`.

    Args:
      cell: an RNNCell.
      num_proj: the depth that the cell sees.
      activation: a function, or its name; none by default.
      input_size: has no effect, as in TensorFlow, which warns of it.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]` and the cell's state -> the cell's output and new state. Raises ValueError for inputs
    of another rank than 2 or an unknown depth.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     cell = tf.contrib.rnn.InputProjectionWrapper(tf.nn.rnn_cell.GRUCell(4), 2)
      ...     output, _ = cell(tf.ones([1, 100]), tf.zeros([1, 4]))
      ...     [(v.op.name, v.shape.as_list()) for v in tf.global_variables()][::2]
      [('input_projection_wrapper/kernel', [100, 2]), ('input_projection_wrapper/gru_cell/gates/kernel', [6, 8]), \
('input_projection_wrapper/gru_cell/candidate/kernel', [6, 4])]
    """

    @keeps_arguments
    def __init__(
        self, cell: Any, num_proj: int, activation: Activation = None, input_size: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(_reuse=reuse)
        if input_size is not None:
            warn_input_size(self)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._cell(self._projected(inputs, self._num_proj), state)


class OutputProjectionWrapper(_Projects, AroundCell, RNNCell):
    """A dense layer after a cell. TF symbol: `tf.contrib.rnn.OutputProjectionWrapper`.

        output, state' = cell(inputs, state)
        output = activation(output W + b)

    One product for all steps together, after `tf.nn.dynamic_rnn`, is faster.

    Variables: the cell's, under `output_projection_wrapper`; then `output_projection_wrapper/kernel` W
    `[cell's output size, output_size]` and `output_projection_wrapper/bias` b `[output_size]`, zeros at first.

    Args:
      cell: an RNNCell.
      output_size: columns of the output.
      activation: a function, or its name; none by default.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: the cell's inputs and state -> output `[batch, output_size]`, the cell's new state.

    Raises TypeError for what is no cell, ValueError for an `output_size` that is not positive.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.GRUCell(4), 10, activation=tf.nn.softmax)
      >>> cell.state_size, cell.output_size
      (4, 10)
    """

    @keeps_arguments
    def __init__(self, cell: Any, output_size: int, activation: Activation = None, reuse: Any = None) -> None:
        super().__init__(_reuse=reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")

    @property
    def output_size(self) -> Any:
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:
        output, new_state = self._cell(inputs, state)
        return self._projected(output, self._output_size), new_state


__all__ = ["InputProjectionWrapper", "OutputProjectionWrapper"]
