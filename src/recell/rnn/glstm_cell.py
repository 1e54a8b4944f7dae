"""`GLSTMCell`: the group LSTM of Kuchaiev and Ginsburg, https://arxiv.org/abs/1703.10722."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.array_join import concat, split
from recell.ops.initializers import Zeros
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_dense import bias_add
from recell.ops.slicing import slice_
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import known_depth
from recell.rnn.linear import linear
from recell.rnn.lstm_state import SizedLSTMState


class GLSTMCell(SizedLSTMState, RNNCell):
    """An LSTM of several groups, each of which sees its part of the input and of the last output, and no other.

    TF symbol: `tf.contrib.rnn.GLSTMCell`. For group k of G:

        i_k, j_k, f_k, o_k = [x_k, m_k] W_k

    and with the groups side by side, i = [i_1, ..., i_G] and so on:

        c' = sigmoid(f + b_f + forget_bias) * c + sigmoid(i + b_i) * tanh(j + b_j)
        m' = sigmoid(o + b_o) * activation(c')
        m' = m' P

    Variables, under `glstm_cell`: `group0/kernel`, `group1/kernel`, ... W_k `[(depth + out) / G, 4 * units / G]`,
    columns i, j, f, o; `bias_i`, `bias_j`, `bias_f`, `bias_o` `[units]`, zeros at first; with a projection
    `projection/kernel` P `[units, num_proj]`. Keras, torch and cuDNN have no such cell.

    Args:
      num_units: units of the memory, all groups together.
      initializer: of the groups' kernels (not of the projection, which takes the scope's).
      num_proj: size of the output, by a projection; None is no projection.
      number_of_groups: G, which must divide `num_units`, `num_proj` and the depth of the inputs.
      forget_bias: added to the forget gate while running, never stored.
      activation: a function or its name, for c'; tanh by default, and always tanh for j.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, depth]`, state `LSTMStateTuple(c, h)`, `[batch, units]` and `[batch, out]` -> output m'
    `[batch, out]` and `LSTMStateTuple(c', m')`. ValueError for an unknown depth.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.GLSTMCell(2, tf.ones_initializer(), number_of_groups=2, activation=tf.nn.relu)
      ...     output, state = cell(tf.constant([[0.0, 9.0]]), (tf.zeros([1, 2]), tf.zeros([1, 2])))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output).round(4))  # the first group sees nothing but zeros
      [[0.     0.9998]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        initializer: Any = None,
        num_proj: Any = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Any = tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._activation = get_activation(activation)
        if num_units % number_of_groups:
            raise ValueError(f"num_units must be divisible by number_of_groups, got {num_units} and {number_of_groups}")
        if num_proj and num_proj % number_of_groups:
            raise ValueError(f"num_proj must be divisible by number_of_groups, got {num_proj} and {number_of_groups}")

    def call(self, inputs: Any, state: Any) -> Any:
        c, m = self._parted(state)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            i, j, f, o = self._gates(convert_to_tensor(inputs), m)
        c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * tanh(j)
        m = sigmoid(o) * self._activation(c)
        if self._num_proj:
            with variable_scope("projection"):
                m = linear(m, int(self._num_proj), False)
        return m, self._joined(c, m)

    def _gates(self, x: Any, m: Any) -> list[Any]:
        """The four gates `[batch, units]`, biases added, of all groups side by side."""
        units, groups = int(self._num_units), self._number_of_groups
        columns = 4 * units // groups
        xs, ms = self._cut(x, known_depth(x.shape)), self._cut(m, int(self._out_units))
        parts = []
        for k, pair in enumerate(zip(xs, ms, strict=True)):
            with variable_scope(f"group{k}"):
                parts.append(split(linear(list(pair), columns, False), 4, axis=1))
        dtype = x.dtype.base_dtype
        biases = [get_variable(f"bias_{gate}", [units], dtype, initializer=Zeros()) for gate in "ijfo"]
        return [bias_add(concat(list(g), 1), b) for g, b in zip(zip(*parts, strict=True), biases, strict=True)]

    def _cut(self, x: Any, depth: int) -> list[Any]:
        """The groups' parts of `x` `[batch, depth]`."""
        groups = self._number_of_groups
        if groups == 1:
            return [x]
        if depth % groups:
            raise ValueError(f"input size ({depth}) must be divisible by number_of_groups ({groups}): {x.name}")
        return [slice_(x, [0, k * depth // groups], [-1, depth // groups]) for k in range(groups)]


__all__ = ["GLSTMCell"]
