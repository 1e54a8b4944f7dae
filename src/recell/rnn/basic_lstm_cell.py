"""`BasicLSTMCell`: long short-term memory as in Zaremba et al., https://arxiv.org/abs/1409.2329."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference, OverTime
from recell.graph.shapes import TensorShape
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec
from recell.ops.op import op
from recell.rnn.activation import applied, as_attribute, get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.lstm_state import LSTMState
from recell.rnn.step import KINDS, check_step_inputs, lstm_step_sizes

if TYPE_CHECKING:
    from torch import Tensor

    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")


def _shapes(i: Inference) -> list[TensorShape]:
    shape = TensorShape.of(lstm_step_sizes(i, "Mul"))
    return [shape, shape]


def _over_time(
    lengths: Tensor | None,
    x: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    activation: Any,
    forget_bias: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    activation = applied(activation)
    return kernels.lstm(x, c, h, kernel, bias, forget_bias=forget_bias, activation=activation, lengths=lengths)


@op("BasicLSTMStep", shape=_shapes, T=KINDS, over_time=OverTime(_over_time, carried=(1, 2), sequence=1))
def _step(
    x: Tensor, c: Tensor, h: Tensor, kernel: Tensor, bias: Tensor, activation: Any, forget_bias: float = 1.0
) -> tuple[Tensor, Tensor]:
    return kernels.lstm_step(x, c, h, kernel, bias, forget_bias=forget_bias, activation=applied(activation))


class BasicLSTMCell(LSTMState, LayerRNNCell):
    """Long short-term memory. TF symbol: `tf.nn.rnn_cell.BasicLSTMCell`; the maths: `recell.kernels.lstm_step`.

        i, j, f, o = [x, h] W + b
        c' = sigmoid(f + forget_bias) * c + sigmoid(i) * activation(j)
        h' = sigmoid(o) * activation(c')

    Variables: `basic_lstm_cell/kernel` W `[depth + units, 4 * units]`, columns i, j, f, o, and `basic_lstm_cell/bias`
    b `[4 * units]`, zeros at first. `torch.nn.LSTM`, cuDNN and Keras order the columns i, f, j, o, and Keras keeps the
    forget bias inside b, where it is trained along.

    Args:
      num_units: units of memory and output.
      forget_bias: added to the forget gate while running, never stored.
      state_is_tuple: False makes the state one tensor `[batch, 2 * units]`, c then h.
      activation: a function or its name, for j and for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, both `[batch, units]` -> output h' `[batch, units]`
    and `LSTMStateTuple(c', h')`.

    Example:
      >>> import recell.v1 as tf
      >>> ones = tf.ones_initializer()
      >>> with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope("", initializer=ones):
      ...     cell = tf.nn.rnn_cell.BasicLSTMCell(1)
      ...     output, state = cell(tf.constant([[0.5]]), cell.zero_state(1, tf.float32))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run([output, state.c]))
      [array([[0.17426...]], dtype=float32), array([[0.28764...]], dtype=float32)]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, input_shape: Any) -> None:
        units = int(self._num_units)
        depth = self._depth(input_shape)
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        self._build_for(inputs)
        c, h = self._parted(state)
        check_step_inputs(inputs, h, self._kernel)
        activation = as_attribute(self._activation, inputs.dtype.base_dtype, int(self._num_units))
        c, h = _step(inputs, c, h, self._kernel, self._bias, activation, float(self._forget_bias))
        return h, self._joined(c, h)


__all__ = ["BasicLSTMCell"]
