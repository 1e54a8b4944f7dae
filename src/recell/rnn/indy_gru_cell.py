"""`IndyGRUCell`: a GRU with the independent recurrence of Li et al., https://arxiv.org/abs/1803.04831."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import split
from recell.ops.array_pad import tile
from recell.ops.initializers import Constant, RandomUniform, Zeros
from recell.ops.layer import InputSpec
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.input_sizes import known_last
from recell.rnn.unit_state import UnitState


class IndyGRUCell(UnitState, LayerRNNCell):
    """Gated recurrent unit whose units see only their own past. TF symbol: `tf.contrib.rnn.IndyGRUCell`.

        r, u = sigmoid(x W + [h, h] * w + b)
        c    = activation(x Wc + r * h * wc + bc)
        h'   = u * h + (1 - u) * c

    Variables: `indy_gru_cell/gates/kernel_w` W `[depth, 2 * units]`, columns r then u; `gates/kernel_u` w
    `[1, 2 * units]`; `gates/bias` b `[2 * units]`, ones at first; `candidate/kernel` Wc `[depth, units]`;
    `candidate/kernel_u` wc `[1, units]`; `candidate/bias` bc `[units]`, zeros at first. w and wc are uniform within 1
    at first. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the state.
      activation: a function or its name, for c; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      kernel_initializer: of W and Wc; bias_initializer: of both biases.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> zeros, ones = tf.zeros_initializer(), tf.ones_initializer()
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.IndyGRUCell(1, tf.identity, kernel_initializer=zeros, bias_initializer=ones)
      ...     output, state = cell(tf.constant([[5.0]]), tf.constant([[0.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output).round(6))  # sigmoid(1) * 0 + (1 - sigmoid(1)) * 1
      [[0.268941]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
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

    def build(self, inputs_shape: Any) -> None:
        units, depth = int(self._num_units), known_last(inputs_shape)
        kernel, bias = self._kernel_initializer, self._bias_initializer
        past = RandomUniform(-1.0, 1.0)
        self._gate_kernel_w = self.add_weight("gates/kernel_w", [depth, 2 * units], initializer=kernel)
        self._gate_kernel_u = self.add_weight("gates/kernel_u", [1, 2 * units], initializer=past)
        self._gate_bias = self.add_weight(
            "gates/bias", [2 * units], initializer=Constant(1.0) if bias is None else bias
        )
        self._candidate_kernel_w = self.add_weight("candidate/kernel", [depth, units], initializer=kernel)
        self._candidate_kernel_u = self.add_weight("candidate/kernel_u", [1, units], initializer=past)
        self._candidate_bias = self.add_weight("candidate/bias", [units], initializer=Zeros() if bias is None else bias)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        h = convert_to_tensor(state)
        gates = matmul(inputs, self._gate_kernel_w) + tile(h, [1, 2]) * self._gate_kernel_u
        r, u = split(sigmoid(bias_add(gates, self._gate_bias)), 2, axis=1)
        candidate = matmul(inputs, self._candidate_kernel_w) + r * h * self._candidate_kernel_u
        c = self._activation(bias_add(candidate, self._candidate_bias))
        output = u * h + (1.0 - u) * c
        return output, output


__all__ = ["IndyGRUCell"]
