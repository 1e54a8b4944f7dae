"""`LayerNormBasicLSTMCell`: layer normalisation and recurrent dropout without memory loss in one LSTM.

https://arxiv.org/abs/1607.06450 and https://arxiv.org/abs/1603.05118.
"""

from __future__ import annotations

from typing import Any

from recell.graph.variable_scope import get_variable
from recell.ops.array_join import split
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_dense import bias_add
from recell.ops.nn_dropout import dropout
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.layer_normed import LayerNormed
from recell.rnn.linear import linear
from recell.rnn.lstm_state import LSTMState
from recell.rnn.warn import warn_input_size


class LayerNormBasicLSTMCell(LayerNormed, LSTMState, RNNCell):
    """An LSTM with normalised gates and memory, and dropout of what is new in it.

    TF symbol: `tf.contrib.rnn.LayerNormBasicLSTMCell`.

        i, j, f, o = [x, h] W
        i, j, f, o = LN(i), LN(j), LN(f), LN(o)
        c' = LN(sigmoid(f + forget_bias) * c + sigmoid(i) * dropout(activation(j)))
        h' = sigmoid(o) * activation(c')

    where `LN(a) = gamma * (a - mean(a)) / sqrt(variance(a) + 1e-12) + beta` over the units, with its own gamma and
    beta at each place. Without `layer_norm` there is no LN, and a bias is added to the product. c' is kept normalised.

    Variables, under `layer_norm_basic_lstm_cell`: `kernel` W `[depth + units, 4 * units]`, columns i, j, f, o;
    `input/gamma`, `input/beta`, then the same of `transform` (j), `forget`, `output` and `state`, `[units]`; without
    `layer_norm` only `bias` `[4 * units]`, which starts as the scope's initializer says (not with zeros). Keras, torch
    and cuDNN have no such cell.

    Args:
      num_units: units of the state.
      forget_bias: added to the normalised forget gate while running, never stored.
      input_size: without effect, a warning.
      activation: a function or its name, for j and for c'; tanh by default.
      layer_norm: False leaves the normalisation out.
      norm_gain, norm_shift: what gamma and beta start at.
      dropout_keep_prob: the chance of staying, in (0, 1], of each number that is to be added to the memory: a number,
        or a scalar tensor of the inputs' dtype, which a program may feed. dropout_prob_seed: of the random numbers.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, both `[batch, units]` -> output h' `[batch, units]` and
    `LSTMStateTuple(c', h')`. ValueError for a `dropout_keep_prob` of 0 or less.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     with tf.variable_scope("", initializer=tf.zeros_initializer()):
      ...         cell = tf.contrib.rnn.LayerNormBasicLSTMCell(2, norm_gain=0.5)
      ...         output, state = cell(tf.constant([[5.0]]), (tf.constant([[2.0, 4.0]]), tf.zeros([1, 2])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c).round(4))  # mean 0, deviation 0.5
      [[-0.5  0.5]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Any = tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if input_size is not None:
            warn_input_size(self)
        self._activation = get_activation(activation)
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed  # TensorFlow's names

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = self._parted(state)
        i, j, f, o = split(self._linear([inputs, h]), 4, axis=1)
        i, j = self._normal(i, "input"), self._normal(j, "transform")
        f, o = self._normal(f, "forget"), self._normal(o, "output")
        j = self._dropped(self._activation(j))
        c = self._normal(c * sigmoid(f + self._forget_bias) + sigmoid(i) * j, "state")
        h = self._activation(c) * sigmoid(o)
        return h, self._joined(c, h)

    def _linear(self, args: Any) -> Any:
        """The gates of the joined inputs and h. Cells of programs' own call it, and `_norm`."""
        gates = linear(args, 4 * int(self._num_units), False)
        if self._layer_norm:
            return gates
        return bias_add(gates, get_variable("bias", [4 * int(self._num_units)], gates.dtype.base_dtype))

    def _norm(self, inp: Any, scope: str, dtype: Any = None) -> Any:
        """`inp` normalised, with the variables `<scope>/gamma` and `<scope>/beta`; they have its dtype."""
        return self._normal(inp, scope)

    def _dropped(self, x: Any) -> Any:
        keep = self._keep_prob
        if isinstance(keep, float) and keep >= 1:
            return x
        return dropout(x, keep, seed=self._seed)


__all__ = ["LayerNormBasicLSTMCell"]
