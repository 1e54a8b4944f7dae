"""`CFNCell`: the chaos free network of Laurent and von Brecht, https://arxiv.org/abs/1612.06212."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import split
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.input_sizes import known_last
from recell.rnn.keras_arguments import KerasArguments


class CFNCell(KerasArguments):
    """A network that falls silent without inputs: every state it visits fades to zero.

    TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.CFNCell`.

        theta, eta = sigmoid(h U + x V + b)
        h' = theta * activation(h) + (1 - eta) * activation(x W)

    Variables: `cfn_cell/kernel` `[depth, 3 * units]`, the columns of V (theta, eta) before those of W;
    `cfn_cell/recurrent_kernel` U `[units, 2 * units]`; `cfn_cell/bias` b `[2 * units]`. The paper's second gate is
    `1 - eta`. Neither torch, cuDNN nor Keras has it.

    Args:
      units: units of the state.
      activation: a function or its name; None is none.
      kernel_initializer, bias_initializer: initializers or their names; the first is for both kernels.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> from recell.rnn.cfn_cell import CFNCell
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = CFNCell(1, activation=None, kernel_initializer="zeros", bias_initializer="zeros")
      ...     output, state = cell(tf.constant([[2.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(0) * 1 + (1 - sigmoid(0)) * 0
      [[0.5]]
    """

    def build(self, inputs_shape: Any) -> None:
        depth, units = known_last(inputs_shape), int(self.units)
        self.kernel = self.add_weight("kernel", [depth, 3 * units], initializer=self.kernel_initializer)
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel", [units, 2 * units], initializer=self.kernel_initializer
        )
        self.bias = self.add_weight("bias", [2 * units], initializer=self.bias_initializer)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        h = convert_to_tensor(state)
        v, w = split(self.kernel, [2 * self.units, self.units], axis=1)
        gates = matmul(h, self.recurrent_kernel) + matmul(inputs, v)
        theta, eta = split(sigmoid(bias_add(gates, self.bias)), 2, axis=1)
        output = theta * self.activation(h) + (1.0 - eta) * self.activation(matmul(inputs, w))
        return output, output


__all__ = ["CFNCell"]
