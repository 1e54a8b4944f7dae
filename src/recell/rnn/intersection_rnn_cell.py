"""`IntersectionRNNCell`: the +RNN of Collins et al., https://arxiv.org/abs/1611.09913."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import split
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_activations import relu
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.linear import linear
from recell.rnn.unit_state import UnitState


class IntersectionRNNCell(UnitState, RNNCell):
    """A network gated in time and in depth. TF symbol: `tf.contrib.rnn.IntersectionRNNCell`.

        gh, ch, gy, cy = [x, h] W + b
        h' = sigmoid(gh + forget_bias) * h + (1 - sigmoid(gh + forget_bias)) * tanh(ch)
        y  = sigmoid(gy + forget_bias) * x + (1 - sigmoid(gy + forget_bias)) * y_activation(cy)

    where x, unless it is `num_units` wide already, was first projected to that.

    Variables: for the projection `intersection_rnn_cell/in_projection/kernel` `[depth, units]` and
    `in_projection/bias` `[units]`; `intersection_rnn_cell/kernel` W `[2 * units, 4 * units]`, columns gh, ch, gy, cy;
    `intersection_rnn_cell/bias` b `[4 * units]`; biases are zeros at first. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the state and of the output.
      num_in_proj: any number lets inputs of another depth be projected, to `num_units` as in TF 1.15: they could not be
        mixed with y otherwise.
      initializer: of both kernels.
      forget_bias: added to both gates while running, never stored.
      y_activation: a function or its name, for cy.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output y and state h', both `[batch, units]`. ValueError
    for inputs of unknown depth, or of another one than `num_units` when there is no `num_in_proj`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.IntersectionRNNCell(1, initializer=tf.zeros_initializer(), forget_bias=0.0)
      ...     output, state = cell(tf.constant([[5.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run([output, state]))  # both gates are half open
      [array([[2.5]], dtype=float32), array([[0.5]], dtype=float32)]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        num_in_proj: Any = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Any = relu,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if y_activation is None:
            raise TypeError("y_activation must be a function or its name, not None")
        self._y_activation = get_activation(y_activation)
        self._num_input_proj = num_in_proj  # TensorFlow's name

    def call(self, inputs: Any, state: Any) -> Any:
        x, h = convert_to_tensor(inputs), convert_to_tensor(state)
        if known_depth(x.shape) != self._num_units:
            x = self._projected(x)
        gates = linear([x, h], 4 * self._num_units, True, kernel_initializer=self._initializer)
        gh, ch, gy, cy = split(gates, 4, axis=1)
        gh, gy = sigmoid(gh + self._forget_bias), sigmoid(gy + self._forget_bias)
        y = gy * x + (1.0 - gy) * self._y_activation(cy)
        return y, gh * h + (1.0 - gh) * tanh(ch)

    def _projected(self, x: Any) -> Any:
        if not self._num_input_proj:
            raise ValueError(
                "Must have input size == output size for Intersection RNN. To fix, num_in_proj should be set to "
                f"num_units at cell init. (input {x.name} {x.shape}, num_units {self._num_units})"
            )
        return linear(x, self._num_units, True, kernel_initializer=self._initializer, scope="in_projection")


__all__ = ["IntersectionRNNCell"]
