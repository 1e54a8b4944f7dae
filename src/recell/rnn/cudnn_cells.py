"""`CudnnCompatibleLSTMCell` and `CudnnCompatibleGRUCell`: single steps of what cuDNN's networks compute.

The networks are those of Appleyard et al., https://arxiv.org/abs/1604.01946.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference, OverTime
from recell.graph.shapes import TensorShape
from recell.ops.initializers import Constant, Zeros
from recell.ops.op import op
from recell.rnn.activation import applied, as_attribute
from recell.rnn.arguments import keeps_arguments
from recell.rnn.gru_cell import GRUCell
from recell.rnn.lstm_block_cell import LSTMBlockCell
from recell.rnn.step import KINDS, check_product, check_step_inputs

if TYPE_CHECKING:
    from torch import Tensor

    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")


class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """`LSTMBlockCell` without forget bias, peepholes and clip: the cell of `CudnnLSTM`'s layers and checkpoints.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell`; the maths: `recell.kernels.lstm_step`.

        i, j, f, o = [x, h] W + b
        c' = sigmoid(f) * c + sigmoid(i) * tanh(j)
        h' = sigmoid(o) * tanh(c')

    Variables: `cudnn_compatible_lstm_cell/kernel` `[depth + units, 4 * units]`, columns i, j, f, o (cuDNN's own
    order is i, f, j, o); `cudnn_compatible_lstm_cell/bias` `[4 * units]`, zeros at first.

    Args:
      num_units: units of memory and output.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, both `[batch, units]` -> output h' `[batch, units]` and
    `LSTMStateTuple(c', h')`.

    Example, the weights of a network given to cells:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     x = tf.ones([3, 1, 2])
      ...     network = tf.contrib.cudnn_rnn.CudnnLSTM(1, 2)
      ...     outputs, _ = network(x)
      ...     cell = tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(2)
      ...     same, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=True)
      ...     session.run(tf.global_variables_initializer())
      ...     given = [spec.tensor for spec in network.saveable.specs]
      ...     _ = session.run([tf.assign(*pair) for pair in zip(cell.variables, given)])
      ...     print(session.run(tf.reduce_max(abs(outputs - same))) < 1e-6)
      True
    """

    @keeps_arguments
    def __init__(self, num_units: Any, reuse: Any = None) -> None:
        super().__init__(num_units, forget_bias=0.0, reuse=reuse, name="cudnn_compatible_lstm_cell")


def _shape(i: Inference) -> TensorShape:
    check_product(i, "x", "h", "gate_kernel")
    batch, units = i.shape("h").as_list()
    known = i.shape("x").as_list()[0]
    return TensorShape.of((known if batch is None else batch, units))


def _over_time(
    lengths: Tensor | None, x: Tensor, h: Tensor, *weights: Tensor, activation: Any
) -> tuple[Tensor, Tensor]:
    return kernels.gru_reset_after(x, h, *weights, activation=applied(activation), lengths=lengths)


@op("GRUResetAfterStep", shape=_shape, T=KINDS, over_time=OverTime(_over_time, carried=(1,), sequence=0))
def _step(
    x: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    input_kernel: Tensor,
    input_bias: Tensor,
    hidden_kernel: Tensor,
    hidden_bias: Tensor,
    activation: Any,
) -> Tensor:
    weights = gate_kernel, gate_bias, input_kernel, input_bias, hidden_kernel, hidden_bias
    return kernels.gru_reset_after_step(x, h, *weights, activation=applied(activation))


class CudnnCompatibleGRUCell(GRUCell):
    """The gated recurrent unit of `CudnnGRU`'s layers and checkpoints, which resets after the product.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell`; the maths: `recell.kernels.gru_reset_after_step`.

        r, u = sigmoid([x, h] W + b)
        c    = tanh(x Wx + bx + r * (h Wh + bh))
        h'   = u * h + (1 - u) * c

    Variables, under `cudnn_compatible_gru_cell`: `gates/kernel` W `[depth + units, 2 * units]`, columns r then u;
    `gates/bias` b `[2 * units]`, ones at first (those of `CudnnGRU` are zero); `candidate/input_projection/kernel` Wx
    `[depth, units]` and `candidate/hidden_projection/kernel` Wh `[units, units]`; their biases bx and bh `[units]`,
    zeros at first. `tf.nn.rnn_cell.GRUCell` resets the state before the product; `torch.nn.GRU` is as this one.

    Args:
      num_units: units of the state.
      reuse: True to use variables that exist, under the scope of the first call.
      kernel_initializer: of the three kernels.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(1, kernel_initializer=tf.zeros_initializer())
      ...     output, state = cell(tf.constant([[5.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(1) * 1 + (1 - sigmoid(1)) * tanh(0)
      [[0.7310586]]

    Paper: Cho et al., https://arxiv.org/abs/1406.1078 (its first version).
    """

    @keeps_arguments
    def __init__(self, num_units: Any, reuse: Any = None, kernel_initializer: Any = None) -> None:
        super().__init__(num_units, reuse=reuse, kernel_initializer=kernel_initializer)

    def build(self, input_shape: Any) -> None:
        units, depth = int(self._num_units), self._depth(input_shape)
        kernel = self._kernel_initializer
        self._gate_kernel = self.add_weight("gates/kernel", [depth + units, 2 * units], initializer=kernel)
        self._gate_bias = self.add_weight("gates/bias", [2 * units], initializer=Constant(1.0))
        reads, recalls = "candidate/input_projection", "candidate/hidden_projection"
        # Both kernels before both biases: the order of TensorFlow's variables.
        input_kernel = self.add_weight(f"{reads}/kernel", [depth, units], initializer=kernel)
        hidden_kernel = self.add_weight(f"{recalls}/kernel", [units, units], initializer=kernel)
        input_bias, hidden_bias = (
            self.add_weight(f"{part}/bias", [units], initializer=Zeros()) for part in (reads, recalls)
        )
        self._candidate = input_kernel, input_bias, hidden_kernel, hidden_bias
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        inputs, state = convert_to_tensor(inputs), convert_to_tensor(state)
        self._build_for(inputs)
        check_step_inputs(inputs, state, self._gate_kernel)
        activation = as_attribute(self._activation, inputs.dtype.base_dtype, int(self._num_units))
        output = _step(inputs, state, self._gate_kernel, self._gate_bias, *self._candidate, activation)
        return output, output


__all__ = ["CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"]
