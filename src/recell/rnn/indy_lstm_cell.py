"""`IndyLSTMCell`: the independently recurrent LSTM of Gonnet and Deselaers, https://arxiv.org/abs/1903.08023."""

from __future__ import annotations

from typing import Any

from recell.ops.array_join import split
from recell.ops.array_pad import tile
from recell.ops.initializers import RandomUniform, Zeros
from recell.ops.layer import InputSpec
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.input_sizes import known_last
from recell.rnn.lstm_state import LSTMState


class IndyLSTMCell(LSTMState, LayerRNNCell):
    """An LSTM in which each unit sees the last output of itself only. TF symbol: `tf.contrib.rnn.IndyLSTMCell`.

        i, j, f, o = x W + [h, h, h, h] * u + b
        c' = sigmoid(f + forget_bias) * c + sigmoid(i) * activation(j)
        h' = sigmoid(o) * activation(c')

    Variables: `indy_lstm_cell/kernel_w` W `[depth, 4 * units]`, columns i, j, f, o; `indy_lstm_cell/kernel_u` u
    `[1, 4 * units]`, uniform between -1 and 1 at first; `indy_lstm_cell/bias` b `[4 * units]`, zeros at first. Keras,
    torch and cuDNN have no such cell.

    Args:
      num_units: units of the state.
      forget_bias: added to the forget gate while running, never stored.
      activation: a function or its name, for j and for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      kernel_initializer: of W (not of u); bias_initializer: of b.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, both `[batch, units]` -> output h' `[batch, units]` and
    `LSTMStateTuple(c', h')`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.IndyLSTMCell(1, kernel_initializer=tf.zeros_initializer())
      ...     output, state = cell(tf.constant([[5.0]]), (tf.constant([[2.0]]), tf.constant([[0.0]])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c))  # sigmoid(1) * 2
      [[1.4621172]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        forget_bias: float = 1.0,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, input_shape: Any) -> None:
        depth, columns = known_last(input_shape), 4 * int(self._num_units)
        bias = Zeros() if self._bias_initializer is None else self._bias_initializer
        self._kernel_w = self.add_weight("kernel_w", [depth, columns], initializer=self._kernel_initializer)
        self._kernel_u = self.add_weight("kernel_u", [1, columns], initializer=RandomUniform(-1.0, 1.0))
        self._bias = self.add_weight("bias", [columns], initializer=bias)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = self._parted(state)
        gates = matmul(inputs, self._kernel_w) + tile(h, [1, 4]) * self._kernel_u
        i, j, f, o = split(bias_add(gates, self._bias), 4, axis=1)
        c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        h = self._activation(c) * sigmoid(o)
        return h, self._joined(c, h)


__all__ = ["IndyLSTMCell"]
