"""`LayerNormLSTMCell`: an LSTM with all options and layer normalisation, https://arxiv.org/abs/1607.06450."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable_scope, variable_scope
from recell.ops.array_join import split
from recell.ops.math_unary import sigmoid
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.layer_normed import LayerNormed
from recell.rnn.linear import linear, whole_bias
from recell.rnn.lstm_options import clipped, peepholes, seeing
from recell.rnn.lstm_state import SizedLSTMState


class LayerNormLSTMCell(LayerNormed, SizedLSTMState, RNNCell):
    """An LSTM with peepholes, clipping and projection, whose gates and memory can be normalised.

    TF symbol: `tensorflow.contrib.rnn.python.ops.rnn_cell.LayerNormLSTMCell`, which `tf.contrib.rnn` does not show.

        i, j, f, o = [x, m] W + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        m' = sigmoid(o + w_o * c') * activation(c')
        m' = clip(m' P, -proj_clip, proj_clip)

    With `layer_norm` i, j, f, o and, before it is clipped, c' are normalised over the units, each with gamma and beta
    of its own; b is then made but not added.

    Variables, under `layer_norm_lstm_cell`: `kernel` W `[depth + out, 4 * units]`, columns i, j, f, o; `bias` b
    `[4 * units]`, zeros at first; with `layer_norm` `input/gamma`, `input/beta`, and the same of `transform` (j),
    `forget`, `output` and `state`, `[units]`; with peepholes `w_f_diag`, `w_i_diag`, `w_o_diag` `[units]`; with a
    projection `projection/kernel` P `[units, num_proj]`. Keras, torch and cuDNN have no such cell.

    Args:
      num_units: units of the memory.
      use_peepholes: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      cell_clip: bound of c'; None is none.
      initializer: of the kernels and peepholes.
      num_proj: size of the output, by a projection; None is no projection. proj_clip: bound of what it gives.
      forget_bias: added to the forget gate while running, never stored.
      activation: a function or its name, for j and for c'; tanh by default.
      layer_norm: normalises; norm_gain, norm_shift: what gamma and beta start at.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`. ValueError for inputs of unknown depth.

    Example:
      >>> import recell.v1 as tf
      >>> from recell.rnn.layer_norm_lstm_cell import LayerNormLSTMCell
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = LayerNormLSTMCell(2, cell_clip=0.75, initializer=tf.zeros_initializer(), layer_norm=True)
      ...     output, state = cell(tf.constant([[5.0]]), (tf.constant([[2.0, 4.0]]), tf.zeros([1, 2])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c))  # mean 0, deviation 1, then clipped
      [[-0.75  0.75]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: float | None = None,
        forget_bias: float = 1.0,
        activation: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._activation = get_activation(activation)

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        known_depth(inputs.shape)  # of which linear has less to say
        c, m = self._parted(state)
        units, dtype, act = int(self._num_units), inputs.dtype.base_dtype, self._activation
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            i, j, f, o = split(self._gates(inputs, m), 4, axis=1)
            i, j = self._normal(i, "input"), self._normal(j, "transform")
            f, o = self._normal(f, "forget"), self._normal(o, "output")
            w_f, w_i, w_o = peepholes(self._use_peepholes, ["w_f_diag", "w_i_diag", "w_o_diag"], units, dtype)
            f, i = sigmoid(seeing(f + self._forget_bias, w_f, c)), sigmoid(seeing(i, w_i, c))
            c = clipped(self._normal(f * c + i * act(j), "state"), self._cell_clip)
            m = sigmoid(seeing(o, w_o, c)) * act(c)
            if self._num_proj:
                with variable_scope("projection"):
                    m = clipped(linear(m, int(self._num_proj), False), self._proj_clip)
        return m, self._joined(c, m)

    def _gates(self, inputs: Any, m: Any) -> Any:
        columns = 4 * int(self._num_units)
        product = linear([inputs, m], columns, False)
        bias = whole_bias(columns, product.dtype.base_dtype)
        return product if self._layer_norm else bias_add(product, bias)


__all__ = ["LayerNormLSTMCell"]
