"""`IndRNNCell`: the independently recurrent network of Li et al., https://arxiv.org/abs/1803.04831."""

from __future__ import annotations

from typing import Any

from recell.ops.initializers import RandomUniform, Zeros
from recell.ops.layer import InputSpec
from recell.ops.linalg import matmul
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.input_sizes import known_last
from recell.rnn.unit_state import UnitState


class IndRNNCell(UnitState, LayerRNNCell):
    """A recurrent network whose units see only their own past. TF symbol: `tf.contrib.rnn.IndRNNCell`.

        h' = activation(x W + h * u + b)

    Variables: `ind_rnn_cell/kernel_w` W `[depth, units]`; `ind_rnn_cell/kernel_u` u `[1, units]`, uniform within 1 at
    first; `ind_rnn_cell/bias` b `[units]`, zeros at first. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the state.
      activation: a function or its name; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> ones = tf.ones_initializer()
      >>> with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", initializer=ones):
      ...     cell = tf.contrib.rnn.IndRNNCell(1, activation=tf.nn.relu)
      ...     output, state = cell(tf.constant([[1.0, 2.0]]), tf.constant([[0.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))
      [[3.]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, inputs_shape: Any) -> None:
        units = int(self._num_units)
        self._kernel_w = self.add_weight("kernel_w", [known_last(inputs_shape), units])
        self._kernel_u = self.add_weight("kernel_u", [1, units], initializer=RandomUniform(-1.0, 1.0))
        self._bias = self.add_weight("bias", [units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        joined = matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(bias_add(joined, self._bias))
        return output, output


__all__ = ["IndRNNCell"]
