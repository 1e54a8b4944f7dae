"""`GRUBlockCell` and `GRUBlockCellV2`: the GRU of Cho et al. as TensorFlow's fused kernel has it.

https://arxiv.org/abs/1406.1078.
"""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.initializers import Constant, Zeros
from recell.ops.layer import InputSpec
from recell.ops.math_unary import tanh
from recell.rnn.activation import as_attribute
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.gru_cell import gru_step
from recell.rnn.step import check_step_inputs
from recell.rnn.unit_state import UnitState


class GRUBlockCell(UnitState, LayerRNNCell):
    """Gated recurrent unit as `GRUCell` computes it, with variables of other names.

    TF symbol: `tf.contrib.rnn.GRUBlockCell`; the maths: `recell.kernels.gru_step`.

        r, u = sigmoid([x, h] W + b)
        c    = tanh([x, r * h] Wc + bc)
        h'   = u * h + (1 - u) * c

    Variables: `gru_cell/w_ru` W `[depth + units, 2 * units]`, columns r then u; `gru_cell/b_ru` b `[2 * units]`, ones
    at first; `gru_cell/w_c` Wc `[depth + units, units]`; `gru_cell/b_c` bc `[units]`, zeros at first. `torch.nn.GRU`
    and cuDNN reset after the product, `r * (h Wc)`, with a bias of its own; Keras calls u `z`, and puts it first.

    Args:
      num_units: units of the state; cell_size: its name of before, one of the two must be given.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope.

    Call: inputs `[batch, depth]`, state `[batch, units]` -> output `[batch, units]` and the same tensor as new state.

    Raises ValueError unless exactly one of `num_units` and `cell_size` is given.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     with tf.variable_scope("model", initializer=tf.zeros_initializer()):
      ...         output, state = tf.contrib.rnn.GRUBlockCell(1)(tf.constant([[5.0]]), tf.constant([[1.0]]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))  # sigmoid(1) * 1 + (1 - sigmoid(1)) * tanh(0)
      [[0.7310586]]

    Paper: Cho et al., https://arxiv.org/abs/1406.1078.
    """

    _VARIABLES = ("w_ru", "b_ru", "w_c", "b_c")

    @keeps_arguments
    def __init__(
        self, num_units: Any = None, cell_size: Any = None, reuse: Any = None, name: str | None = "gru_cell"
    ) -> None:
        if (num_units is None) == (cell_size is None):
            raise ValueError(
                "Exactly one of num_units or cell_size must be provided. "
                f"(num_units={num_units}, cell_size={cell_size}: they name the same thing)"
            )
        super().__init__(_reuse=reuse, name=name)
        self._num_units, self._cell_size = cell_size if num_units is None else num_units, None
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        units = int(self._num_units)
        rows = self._depth(input_shape) + units
        w_ru, b_ru, w_c, b_c = self._VARIABLES
        self._weights = (
            self.add_weight(w_ru, [rows, 2 * units]),
            self.add_weight(b_ru, [2 * units], initializer=Constant(1.0)),
            self.add_weight(w_c, [rows, units]),
            self.add_weight(b_c, [units], initializer=Zeros()),
        )
        self.built = True

    def call(self, inputs: Any, h_prev: Any) -> Any:
        inputs, h = convert_to_tensor(inputs), convert_to_tensor(h_prev)
        self._build_for(inputs)
        check_step_inputs(inputs, h, self._weights[0])
        weights = [convert_to_tensor(weight) for weight in self._weights]
        output = gru_step(inputs, h, *weights, as_attribute(tanh, inputs.dtype.base_dtype, int(self._num_units)))
        return output, output


class GRUBlockCellV2(GRUBlockCell):
    """`GRUBlockCell` whose variables have the names of `GRUCell`'s, so that the two read each other's checkpoints.

    TF symbol: `tf.contrib.rnn.GRUBlockCellV2`.

        r, u = sigmoid([x, h] W + b)
        c    = tanh([x, r * h] Wc + bc)
        h'   = u * h + (1 - u) * c

    Variables: `gru_cell/gates/kernel`, `gru_cell/gates/bias`,
    `gru_cell/candidate/kernel`, `gru_cell/candidate/bias`; all else is as in `GRUBlockCell`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     outputs, state = tf.nn.dynamic_rnn(tf.contrib.rnn.GRUBlockCellV2(4), tf.ones([2, 6, 3]), dtype=tf.float32)
      ...     print(outputs.shape, [v.name for v in tf.trainable_variables()][:2])
      (2, 6, 4) ['rnn/gru_cell/gates/kernel:0', 'rnn/gru_cell/gates/bias:0']
    """

    _VARIABLES = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


__all__ = ["GRUBlockCell", "GRUBlockCellV2"]
