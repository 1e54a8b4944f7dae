"""`SRUCell`: the simple recurrent unit of Lei et al., https://arxiv.org/abs/1709.02755."""

from __future__ import annotations

from typing import Any

from recell.ops.array_join import concat, split
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.input_sizes import known_last
from recell.rnn.unit_state import UnitState


class SRUCell(UnitState, LayerRNNCell):
    """Simple recurrent unit: no product with the state, and a highway around it. TF symbol: `tf.contrib.rnn.SRUCell`.

        j, f, r, s = x W
        f, r = sigmoid([f, r] + b)
        c' = f * c + (1 - f) * j
        h  = r * activation(c') + (1 - r) * s

    Variables: `sru_cell/kernel` W `[depth, 4 * units]`, columns j, f, r, s; `sru_cell/bias` b `[2 * units]`, for f and
    r, zeros at first. The paper's highway passes x itself where s is its projection. Neither torch, cuDNN nor Keras
    has it.

    Args:
      num_units: units of the state and of the output.
      activation: a function or its name, for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope; others (`dtype`, `trainable`) as for any layer.

    Call: inputs `[batch, depth]`, state c `[batch, units]` -> output h and new state c', both `[batch, units]`.

    Example:
      >>> import recell.v1 as tf
      >>> ones = tf.ones_initializer()
      >>> with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", initializer=ones):
      ...     cell = tf.contrib.rnn.SRUCell(1, activation=tf.identity)
      ...     output, state = cell(tf.constant([[0.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run([output, state]))  # both gates are half open
      [array([[0.25]], dtype=float32), array([[0.5]], dtype=float32)]
    """

    @keeps_arguments
    def __init__(
        self, num_units: Any, activation: Any = None, reuse: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, inputs_shape: Any) -> None:
        units = int(self._num_units)
        self._kernel = self.add_weight("kernel", [known_last(inputs_shape), 4 * units])
        self._bias = self.add_weight("bias", [2 * units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        j, f, r, s = split(matmul(inputs, self._kernel), 4, axis=1)
        f, r = split(sigmoid(bias_add(concat([f, r], 1), self._bias)), 2, axis=1)
        c = f * state + (1.0 - f) * j
        h = r * self._activation(c) + (1.0 - r) * s
        return h, c


__all__ = ["SRUCell"]
