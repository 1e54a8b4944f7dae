"""`WeightNormLSTMCell`: an LSTM with normalised weights, https://arxiv.org/abs/1602.07868."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_join import concat, split
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add, l2_normalize
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.linear import whole_bias
from recell.rnn.lstm_options import clipped, peepholes, seeing
from recell.rnn.lstm_state import SizedLSTMState

_SCOPE = "wn_lstm_cell"


class WeightNormLSTMCell(SizedLSTMState, RNNCell):
    """An LSTM with peepholes, clipping and projection, whose weights are directions times lengths.

    TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.WeightNormLSTMCell`, which `tf.contrib.rnn` does not show.

        i, j, f, o = x (g_0 * V_x / |V_x|) + m (g_1 * V_m / |V_m|) + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        m' = sigmoid(o + w_o * c') * activation(c')
        m' = clip(m' (g_P * V_P / |V_P|), -proj_clip, proj_clip)

    where `|V|` are the lengths of the columns. Without `norm` there are no g, and V is used as it is.

    Variables, under `wn_lstm_cell/wn_lstm_cell` (twice, and without a number for a second cell, which has to be called
    in a scope of its own): `kernel`, the rows V_x over V_m, `[depth + out, 4 * units]`, columns i, j, f, o; with `norm`
    `norm_0` and `norm_1`, g_0 and g_1 `[4 * units]`, which start like the kernel, not with its lengths; `bias` b
    `[4 * units]`, zeros at first; with peepholes `w_f_diag`, `w_i_diag`, `w_o_diag` `[units]`; with a projection
    `projection/kernel` V_P `[units, num_proj]` and, with `norm`, `projection/norm_0` g_P `[num_proj]`. torch has the
    same for any module, `torch.nn.utils.parametrizations.weight_norm`, whose lengths start as those of the weights.

    Args:
      num_units: units of the memory.
      norm: False leaves the normalisation out.
      use_peepholes: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      cell_clip: bound of c'; None is none.
      initializer: of the kernels, lengths and peepholes.
      num_proj: size of the output, by a projection; None is no projection. proj_clip: bound of what it gives.
      forget_bias: added to the forget gate while running, never stored.
      activation: a function or its name, for j and for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`. ValueError for inputs of unknown depth.

    Example:
      >>> import recell.v1 as tf
      >>> from recell.rnn.weight_norm_lstm_cell import WeightNormLSTMCell
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = WeightNormLSTMCell(1, activation=tf.nn.relu, initializer=tf.ones_initializer())
      ...     output, state = cell(tf.constant([[3.0, 4.0]]), (tf.constant([[0.0]]), tf.constant([[0.0]])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c).round(4))  # sigmoid(7 / sqrt(2)) * relu(7 / sqrt(2))
      [[4.9149]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        norm: bool = True,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: float | None = None,
        forget_bias: float = 1,
        activation: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._activation = get_activation(activation)

    def _set_scope(self, scope: Any = None) -> None:
        # Always that name, whatever scope is given, and never made unique: names in checkpoints depend on it.
        if self._scope is None:
            super()._set_scope(_SCOPE)

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        depth = known_depth(inputs.shape)
        c, m = self._parted(state)
        units, dtype, act = int(self._num_units), inputs.dtype.base_dtype, self._activation
        with variable_scope(_SCOPE, initializer=self._initializer):
            kernel = self._weights([depth, m.shape.as_list()[1]], 4 * units, dtype)
            product = bias_add(matmul(concat([inputs, m], 1), kernel), whole_bias(4 * units, dtype))
            i, j, f, o = split(product, 4, axis=1)
            w_f, w_i, w_o = peepholes(self._use_peepholes, ["w_f_diag", "w_i_diag", "w_o_diag"], units, dtype)
            f, i = sigmoid(seeing(f + self._forget_bias, w_f, c)), sigmoid(seeing(i, w_i, c))
            c = clipped(c * f + i * act(j), self._cell_clip)
            m = sigmoid(seeing(o, w_o, c)) * act(c)
            if self._num_proj:
                with variable_scope("projection"):
                    kernel = self._weights([units], int(self._num_proj), dtype)
                    m = clipped(matmul(m, kernel), self._proj_clip)
        return m, self._joined(c, m)

    def _weights(self, depths: list[int], columns: int, dtype: Any) -> Any:
        """The kernel for inputs of these depths side by side, each part normalised by itself."""
        kernel = convert_to_tensor(get_variable("kernel", [sum(depths), columns], dtype))
        if not self._norm:
            return kernel
        parts = split(kernel, depths, axis=0)
        lengths = [get_variable(f"norm_{k}", [columns], dtype) for k in range(len(depths))]
        return concat([l2_normalize(v, 0) * g for v, g in zip(parts, lengths, strict=True)], 0)


__all__ = ["WeightNormLSTMCell"]
