"""`MinimalRNNCell`: the network with one gate and no candidate of Chen, https://arxiv.org/abs/1711.06788."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import concat, split
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.input_sizes import known_last
from recell.rnn.keras_arguments import KerasArguments


class MinimalRNNCell(KerasArguments):
    """One gate between the old state and what the input maps to.

    TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.MinimalRNNCell`.

        phi = activation(x W)
        u   = sigmoid([phi, h] U + b)
        h'  = u * h + (1 - u) * phi

    Variables: `minimal_rnn_cell/kernel` `[depth + 2 * units, units]`, the rows of W above those of U;
    `minimal_rnn_cell/bias` b `[units]`. Neither torch, cuDNN nor Keras has it.

    Args:
      units: units of the state.
      activation: a function or its name, for phi; None is none.
      kernel_initializer, bias_initializer: initializers or their names.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> from recell.rnn.minimal_rnn_cell import MinimalRNNCell
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = MinimalRNNCell(1, activation=None, kernel_initializer="ones", bias_initializer="zeros")
      ...     output, state = cell(tf.constant([[2.0]]), tf.constant([[-2.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(2 - 2) * -2 + (1 - sigmoid(2 - 2)) * 2
      [[0.]]
    """

    def build(self, inputs_shape: Any) -> None:
        depth = known_last(inputs_shape)
        self._rows = [depth, 2 * int(self.units)]
        self.kernel = self.add_weight("kernel", [sum(self._rows), self.units], initializer=self.kernel_initializer)
        self.bias = self.add_weight("bias", [self.units], initializer=self.bias_initializer)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        h = convert_to_tensor(state)
        w, gate = split(self.kernel, self._rows, axis=0)
        phi = self.activation(matmul(inputs, w))
        u = sigmoid(bias_add(matmul(concat([phi, h], 1), gate), self.bias))
        output = u * h + (1.0 - u) * phi
        return output, output


__all__ = ["MinimalRNNCell"]
