"""`BasicRNNCell`: the network of Elman, "Finding structure in time" (1990)."""

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
from recell.rnn.step import KINDS, check_product, check_step_inputs
from recell.rnn.unit_state import UnitState

if TYPE_CHECKING:
    from torch import Tensor

    from recell import kernels
else:
    kernels = lazy_module("recell.kernels")


def _shape(i: Inference) -> TensorShape:
    return check_product(i, "x", "h", "kernel")


def _over_time(
    lengths: Tensor | None, x: Tensor, h: Tensor, kernel: Tensor, bias: Tensor, activation: Any
) -> tuple[Tensor, Tensor]:
    return kernels.rnn(x, h, kernel, bias, activation=applied(activation), lengths=lengths)


@op("BasicRNNStep", shape=_shape, T=KINDS, over_time=OverTime(_over_time, carried=(1,), sequence=0))
def _step(x: Tensor, h: Tensor, kernel: Tensor, bias: Tensor, activation: Any) -> Tensor:
    return kernels.rnn_step(x, h, kernel, bias, applied(activation))


class BasicRNNCell(UnitState, LayerRNNCell):
    """The most basic cell: output and new state are one layer on input and old state.

    TF symbol: `tf.nn.rnn_cell.BasicRNNCell`; the maths: `recell.kernels.rnn_step`.

        h' = activation([x, h] W + b)

    Variables: `basic_rnn_cell/kernel` W `[depth + units, units]`, `basic_rnn_cell/bias` b `[units]`, zeros at first.
    `torch.nn.RNN` keeps the two halves of W apart, transposed, with a bias each.

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
      ...     cell = tf.nn.rnn_cell.BasicRNNCell(1)
      ...     output, state = cell(tf.constant([[0.1, 0.2]]), tf.constant([[0.3]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output).round(4))  # tanh(0.6)
      [[0.537]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
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
        self._kernel = self.add_weight("kernel", [depth + units, units])
        self._bias = self.add_weight("bias", [units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        inputs, state = convert_to_tensor(inputs), convert_to_tensor(state)
        self._build_for(inputs)
        check_step_inputs(inputs, state, self._kernel)
        activation = as_attribute(self._activation, inputs.dtype.base_dtype, int(self._num_units))
        output = _step(inputs, state, self._kernel, self._bias, activation)
        return output, output


__all__ = ["BasicRNNCell"]
