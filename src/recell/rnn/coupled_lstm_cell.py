"""`CoupledInputForgetGateLSTMCell`: the LSTM that writes what it forgets, https://arxiv.org/abs/1503.04069."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable
from recell.ops.array_join import concat, split
from recell.ops.initializers import Zeros
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_dense import bias_add
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.layer_normed import LayerNormed
from recell.rnn.lstm_options import clipped, peepholes, seeing, sharded_kernel
from recell.rnn.lstm_state import SizedLSTMState
from recell.rnn.warn import warn_no_effect


class CoupledInputForgetGateLSTMCell(LayerNormed, SizedLSTMState, RNNCell):
    """An LSTM whose input gate is what its forget gate leaves. TF symbol: `tf.contrib.rnn` of the same name.

        j, f, o = [x, m] W + b
        f  = sigmoid(f + forget_bias + w_f * c)
        c' = f * c + (1 - f) * activation(j)
        m' = sigmoid(o + w_o * c') * activation(c')
        m' = clip(m' P, -proj_clip, proj_clip)

    With `layer_norm` j, f, o and c' are normalised over the units, and b is made but not added.

    Variables, under `coupled_input_forget_gate_lstm_cell`: `W_0` `[depth + out, 3 * units]`, columns j, f, o, or its
    rows in `W_0`, `W_1`, ...; `B` b `[3 * units]`, zeros at first; with `layer_norm` `<gate>/gamma` and `<gate>/beta`
    `[units]` for the gates `transform`, `forget`, `output` and for `state`; with peepholes `W_F_diag`, `W_O_diag`
    `[units]`; with a projection `W_P_0`, ... `[units, num_proj]`. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of the memory.
      use_peepholes: lets the gates see the memory: the old one for f, the new one for o.
      initializer: has no effect, as in TensorFlow 1.15. The variables start as their scope's initializer says.
      num_proj: size of the output, by a projection; None is no projection. proj_clip: bound of what it gives.
      num_unit_shards, num_proj_shards: how many variables W and P are kept in.
      forget_bias: added to the forget gate while running, never stored.
      state_is_tuple: False makes the state one tensor `[batch, units + out]`, c then m.
      activation: a function or its name, for j and for c'; tanh by default.
      reuse: True to use variables that exist, under the scope of the first call.
      layer_norm: normalises; norm_gain, norm_shift: what gamma and beta start at.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`. ValueError for inputs of unknown depth and for more shards than rows.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     with tf.variable_scope("", initializer=tf.zeros_initializer()):
      ...         cell = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(1)
      ...         output, state = cell(tf.constant([[5.0]]), (tf.constant([[2.0]]), tf.constant([[0.0]])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state.c))  # sigmoid(1) * 2 + (1 - sigmoid(1)) * tanh(0)
      [[1.4621172]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = tanh,
        reuse: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._activation = get_activation(activation)
        if initializer is not None:
            warn_no_effect(self, "initializer")

    def call(self, inputs: Any, state: Any) -> Any:
        inputs = convert_to_tensor(inputs)
        c, m = self._parted(state)
        units, dtype, act = int(self._num_units), inputs.dtype.base_dtype, self._activation
        out = int(self._out_units)
        rows = known_depth(inputs.shape) + out
        kernel = sharded_kernel("W", [rows, 3 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", [3 * units], dtype, initializer=Zeros())
        product = matmul(concat([inputs, m], 1), kernel)
        gates = product if self._layer_norm else bias_add(product, bias)
        j, f, o = split(gates, 3, axis=1)
        j, f, o = self._normal(j, "transform"), self._normal(f, "forget"), self._normal(o, "output")
        w_f, w_o = peepholes(self._use_peepholes, ["W_F_diag", "W_O_diag"], units, dtype)
        f = sigmoid(seeing(f + self._forget_bias, w_f, c))
        c = self._normal(f * c + (1.0 - f) * act(j), "state")
        m = sigmoid(seeing(o, w_o, c)) * act(c)
        if self._num_proj:
            m = matmul(m, sharded_kernel("W_P", [units, out], dtype, self._num_proj_shards))
            m = clipped(m, self._proj_clip)
        return m, self._joined(c, m)


__all__ = ["CoupledInputForgetGateLSTMCell"]
