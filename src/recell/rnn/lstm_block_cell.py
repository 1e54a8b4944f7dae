"""`LSTMBlockCell`: the LSTM of TensorFlow's fused kernels, one step at a time.

That of Zaremba et al., https://arxiv.org/abs/1409.2329, with peepholes (Gers and Schmidhuber, 2000) on request.
"""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.initializers import Zeros
from recell.ops.layer import InputSpec
from recell.ops.math_unary import tanh
from recell.rnn.activation import as_attribute
from recell.rnn.arguments import Arguments, keeps_arguments
from recell.rnn.cell import LayerRNNCell
from recell.rnn.lstm_cell import lstm_step
from recell.rnn.lstm_state import LSTMState
from recell.rnn.state import LSTMStateTuple
from recell.rnn.step import check_step_inputs


class LSTMBlock(Arguments):
    """Mixed into `LSTMBlockCell` and `LSTMBlockFusedCell`, before their base: their variables and their step.

    The constructor keeps `num_units`, `forget_bias`, `cell_clip` and `use_peephole`.
    """

    def _make_weights(self, depth: int) -> None:
        units = int(self._num_units)
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Zeros())
        names = ("w_i_diag", "w_f_diag", "w_o_diag") if self._use_peephole else ()
        self._peepholes = [self.add_weight(name, [units]) for name in names] or [None] * 3

    def _step(self, x: Any, c: Any, h: Any) -> Any:
        """`(c', h')` for x `[batch, depth]`, c and h `[batch, units]`. TypeError where their dtypes differ."""
        check_step_inputs(x, h, self._kernel)
        clip = None if self._cell_clip is None or self._cell_clip <= 0 else float(self._cell_clip)
        i, f, o = (None if weights is None else convert_to_tensor(weights) for weights in self._peepholes)
        return lstm_step(
            x,
            c,
            h,
            convert_to_tensor(self._kernel),
            convert_to_tensor(self._bias),
            peephole_f=f,
            peephole_i=i,
            peephole_o=o,
            projection=None,
            activation=as_attribute(tanh, x.dtype.base_dtype, int(self._num_units)),
            forget_bias=float(self._forget_bias),
            cell_clip=clip,
            proj_clip=None,
            straight_through_clip=True,
        )


class LSTMBlockCell(LSTMBlock, LSTMState, LayerRNNCell):
    """Long short-term memory as `LSTMCell` computes it, under the arguments of TensorFlow's fused cell.

    TF symbol: `tf.contrib.rnn.LSTMBlockCell`; the maths: `recell.kernels.lstm_step`.

        i, j, f, o = [x, h] W + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * tanh(j)
        c' = clip(c', -cell_clip, cell_clip)
        h' = sigmoid(o + w_o * c') * tanh(c')

    As in TensorFlow, the gradient passes the clip as if there were none; `LSTMCell`'s is zero where it clips.

    Variables, those of `LSTMCell`: `lstm_cell/kernel` W `[depth + units, 4 * units]`, columns i, j, f, o;
    `lstm_cell/bias` b `[4 * units]`, zeros at first; with a peephole `lstm_cell/w_i_diag`, `w_f_diag`, `w_o_diag`
    `[units]`. `torch.nn.LSTM` and cuDNN have neither peepholes nor a clip, and order the columns i, f, j, o, as Keras
    does.

    Args:
      num_units: units of memory and output.
      forget_bias: added to the forget gate while running, never stored.
      cell_clip: bound of c'; None, zero and less are none (zero clips in `LSTMCell`).
      use_peephole: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      dtype: of the variables, that of the first inputs unless given. TensorFlow's computes in float16 and float32.
      reuse: True to use variables that exist, under the scope of the first call.
      name: of the scope.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, both `[batch, units]` -> output h' `[batch, units]` and
    `LSTMStateTuple(c', h')`. ValueError for inputs of another rank or a state that is no pair.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     with tf.variable_scope("model", initializer=tf.ones_initializer()):
      ...         cell = tf.contrib.rnn.LSTMBlockCell(1, cell_clip=0.25)
      ...         outputs, state = tf.nn.dynamic_rnn(cell, tf.constant([[[0.5], [0.5]]]), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c))
      [[0.25]]

    Paper: Zaremba et al., https://arxiv.org/abs/1409.2329.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: str | None = "lstm_cell",
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self.input_spec = InputSpec(ndim=2)

    def build(self, inputs_shape: Any) -> None:
        self._make_weights(self._depth(inputs_shape))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        if len(state) != 2:
            raise ValueError(f"Expecting state to be a tuple with length 2 (c and h), received {len(state)} of them.")
        inputs = convert_to_tensor(inputs)
        self._build_for(inputs)
        c, h = self._step(inputs, *self._parted(state))
        return h, LSTMStateTuple(c, h)


__all__ = ["LSTMBlock", "LSTMBlockCell"]
