"""`UGRNNCell`: the update-gate recurrent network of Collins et al., https://arxiv.org/abs/1611.09913."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import split
from recell.ops.math_unary import sigmoid, tanh
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.linear import linear
from recell.rnn.unit_state import UnitState


class UGRNNCell(UnitState, RNNCell):
    """A network with one gate, which says how much of the old state stays. TF symbol: `tf.contrib.rnn.UGRNNCell`.

        g, c = [x, h] W + b
        h'   = sigmoid(g + forget_bias) * h + (1 - sigmoid(g + forget_bias)) * activation(c)

    Variables: `ugrnn_cell/kernel` W `[depth + units, 2 * units]`, columns g then c; `ugrnn_cell/bias` b `[2 * units]`,
    zeros at first. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the state.
      initializer: of the kernel.
      forget_bias: added to the gate while running, never stored.
      activation: a function or its name, for c; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.
    ValueError for inputs of unknown depth or another rank than 2.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.UGRNNCell(1, initializer=tf.zeros_initializer())
      ...     output, state = cell(tf.constant([[5.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(1) * 1 + (1 - sigmoid(1)) * tanh(0)
      [[0.7310586]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Any = tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._activation = get_activation(activation)

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        known_depth(inputs.shape)  # of which linear has less to say
        gates = linear([inputs, state], 2 * self._num_units, True, kernel_initializer=self._initializer)
        g, c = split(gates, 2, axis=1)
        g = sigmoid(g + self._forget_bias)
        output = g * state + (1.0 - g) * self._activation(c)
        return output, output


__all__ = ["UGRNNCell"]
