"""`NASCell`: the recurrent cell that a search found, https://arxiv.org/abs/1611.01578."""

from __future__ import annotations

from typing import Any

from recell.ops.array_join import split
from recell.ops.initializers import Zeros
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_activations import relu
from recell.ops.nn_dense import bias_add
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.lstm_state import SizedLSTMState


class NASCell(SizedLSTMState, LayerRNNCell):
    """A tree of gates found by neural architecture search. TF symbol: `tf.contrib.rnn.NASCell`.

        x1 ... x8 = x W            m1 ... m8 = m R + b
        l1 = tanh(sigmoid(x1 + m1) * relu(x2 + m2))       l2 = tanh(sigmoid(x3 + m3) + relu(x4 * m4))
        l3 = tanh(tanh(x5 + m5) * sigmoid(x6 + m6))       l4 = sigmoid(tanh(x7 + m7) + sigmoid(x8 + m8))
        c' = tanh(l1 + c) * l2
        m' = tanh(c' * tanh(l3 + l4))
        m' = m' P

    where b is there with `use_bias`, and P with `num_proj`.

    Variables: `nas_cell/recurrent_kernel` R `[out, 8 * units]`, where out is `num_proj` or `num_units`;
    `nas_cell/kernel` W `[depth, 8 * units]`; with `use_bias` `nas_cell/bias` b `[8 * units]`, zeros at first; with
    `num_proj` `nas_cell/projection_weights` P `[units, num_proj]`. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the memory.
      num_proj: size of the output, by a projection; None is no projection.
      use_bias: whether there is a bias, of the recurrent product.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`. ValueError for inputs of unknown depth or another rank than 2.

    Example:
      >>> import recell.v1 as tf
      >>> ones = tf.ones_initializer()
      >>> with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", initializer=ones):
      ...     cell = tf.contrib.rnn.NASCell(1)
      ...     output, state = cell(tf.constant([[0.5]]), cell.zero_state(1, tf.float32))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run([state.c, output]))
      [array([[0.16183522]], dtype=float32), array([[0.12442377]], dtype=float32)]
    """

    @keeps_arguments
    def __init__(
        self, num_units: Any, num_proj: Any = None, use_bias: bool = False, reuse: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        units, out = int(self._num_units), int(self._out_units)
        depth = known_depth(inputs_shape)
        self.recurrent_kernel = self.add_weight("recurrent_kernel", [out, 8 * units])
        self.kernel = self.add_weight("kernel", [depth, 8 * units])
        if self._use_bias:
            self.bias = self.add_weight("bias", [8 * units], initializer=Zeros())
        if self._num_proj:
            self.projection_weights = self.add_weight("projection_weights", [units, out])
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        c, m = self._parted(state)
        recurrent = matmul(m, self.recurrent_kernel)
        if self._use_bias:
            recurrent = bias_add(recurrent, self.bias)
        m1, m2, m3, m4, m5, m6, m7, m8 = split(recurrent, 8, axis=1)
        x1, x2, x3, x4, x5, x6, x7, x8 = split(matmul(inputs, self.kernel), 8, axis=1)
        l1 = tanh(sigmoid(x1 + m1) * relu(x2 + m2))
        l2 = tanh(sigmoid(x3 + m3) + relu(x4 * m4))
        l3 = tanh(tanh(x5 + m5) * sigmoid(x6 + m6))
        l4 = sigmoid(tanh(x7 + m7) + sigmoid(x8 + m8))
        c = tanh(l1 + c) * l2
        m = tanh(c * tanh(l3 + l4))
        if self._num_proj:
            m = matmul(m, self.projection_weights)
        return m, self._joined(c, m)


__all__ = ["NASCell"]
