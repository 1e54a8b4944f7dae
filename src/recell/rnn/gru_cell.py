"""`GRUCell`: the gated recurrent unit of Cho et al., https://arxiv.org/abs/1406.1078."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference, OverTime
from recell.graph.shapes import TensorShape
from recell.ops.initializers import Constant, Zeros
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
    check_product(i, "x", "h", "gate_kernel")
    return check_product(i, "x", "h", "candidate_kernel")


def _over_time(
    lengths: Tensor | None, x: Tensor, h: Tensor, *weights: Tensor, activation: Any
) -> tuple[Tensor, Tensor]:
    return kernels.gru(x, h, *weights, activation=applied(activation), lengths=lengths)


@op("GRUStep", shape=_shape, T=KINDS, over_time=OverTime(_over_time, carried=(1,), sequence=0))
def gru_step(
    x: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    activation: Any,
) -> Tensor:
    """`recell.kernels.gru_step` as an operation: `h'`."""
    return kernels.gru_step(
        x, h, gate_kernel, gate_bias, candidate_kernel, candidate_bias, activation=applied(activation)
    )


class GRUCell(UnitState, LayerRNNCell):
    """Gated recurrent unit. TF symbol: `tf.nn.rnn_cell.GRUCell`; the maths: `recell.kernels.gru_step`.

        r, u = sigmoid([x, h] W + b)
        c    = activation([x, r * h] Wc + bc)
        h'   = u * h + (1 - u) * c

    Variables: `gru_cell/gates/kernel` W `[depth + units, 2 * units]`, columns r then u; `gru_cell/gates/bias` b
    `[2 * units]`, ones at first; `gru_cell/candidate/kernel` Wc `[depth + units, units]`; `gru_cell/candidate/bias` bc
    `[units]`, zeros at first. `torch.nn.GRU` and cuDNN reset after the product, `r * (h Wc)`, with a bias of its own;
    Keras calls u `z`, and puts it first.

    Args:
      num_units: units of the state.
      activation: a function or its name, for c; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      kernel_initializer: of both kernels; bias_initializer: of both biases.
      name: of the scope; dtype: of the variables, that of the first inputs unless given.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.nn.rnn_cell.GRUCell(1, kernel_initializer=tf.zeros_initializer())
      ...     output, state = cell(tf.constant([[5.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(1) * 1 + (1 - sigmoid(1)) * tanh(0)
      [[0.7310586]]
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
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._activation = get_activation(activation)

    def build(self, input_shape: Any) -> None:
        units = int(self._num_units)
        rows = self._depth(input_shape) + units
        kernel, bias = self._kernel_initializer, self._bias_initializer
        self._gate_kernel = self.add_weight("gates/kernel", [rows, 2 * units], initializer=kernel)
        self._gate_bias = self.add_weight(
            "gates/bias", [2 * units], initializer=Constant(1.0) if bias is None else bias
        )
        self._candidate_kernel = self.add_weight("candidate/kernel", [rows, units], initializer=kernel)
        self._candidate_bias = self.add_weight("candidate/bias", [units], initializer=Zeros() if bias is None else bias)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        inputs, state = convert_to_tensor(inputs), convert_to_tensor(state)
        self._build_for(inputs)
        check_step_inputs(inputs, state, self._gate_kernel)
        activation = as_attribute(self._activation, inputs.dtype.base_dtype, int(self._num_units))
        weights = self._gate_kernel, self._gate_bias, self._candidate_kernel, self._candidate_bias
        output = gru_step(inputs, state, *weights, activation)
        return output, output


__all__ = ["GRUCell", "gru_step"]
