"""`TimeFreqLSTMCell`: the LSTM over time and frequency of Li et al. (2015), for the recognition of speech.

J. Li, A. Mohamed, G. Zweig, Y. Gong: LSTM time and frequency recurrence for automatic speech recognition, ASRU 2015.
"""

from __future__ import annotations

from typing import Any

from recell.ops.array_join import concat
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.frequency_lstm import FrequencyLSTM, parted, slices, slices_in
from recell.rnn.input_sizes import known_depth


class TimeFreqLSTMCell(FrequencyLSTM, RNNCell):
    """One LSTM that walks over frequency within a step of time. TF symbol: `tf.contrib.rnn.TimeFreqLSTMCell`.

    The inputs are cut into slices x_1, x_2, ... of `feature_size` columns, `frequency_skip` apart, and for each in turn

        i, j, f, o = [x_k, m_k, m'_(k-1)] W + b
        c'_k = sigmoid(f + forget_bias + w_f * c_k) * c_k + sigmoid(i + w_i * c_k) * tanh(j)
        c'_k = clip(c'_k, -cell_clip, cell_clip)
        m'_k = sigmoid(o + w_o * c'_k) * tanh(c'_k)

    where c_k and m_k come from the step before and m'_0 is zero.

    Variables: `time_freq_lstm_cell/W_0` W `[feature_size + 2 * units, 4 * units]`, columns i, j, f, o, in
    `num_unit_shards` pieces `W_0`, `W_1`, ...; `time_freq_lstm_cell/B` b `[4 * units]`, zeros at first; with peepholes
    `W_F_diag`, `W_I_diag`, `W_O_diag` `[units]`. Neither torch, cuDNN nor Keras has it.

    `state_size` and `output_size` are those of one slice, as TensorFlow's are: with several slices a step's state
    `[batch, slices * 2 * units]` has to be made by the program, and `dynamic_rnn`, which goes by them, cannot drive it.

    Args:
      num_units: units of the memory.
      use_peepholes: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      cell_clip: bound of c'; None is none.
      initializer: has no effect, as in TensorFlow 1.15. The variables start as their scope's initializer says.
      num_unit_shards: how many variables W is kept in.
      forget_bias: added to the forget gate while running, never stored.
      feature_size: columns of a slice.
      frequency_skip: columns from the start of one slice to that of the next.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, width]`, state `[batch, slices * 2 * units]`, c_1, m_1, c_2, m_2, ... -> output
    `[batch, slices * units]`, m'_1, m'_2, ..., and the new state. Raises ValueError for an unknown width, or one that
    holds no slice.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.TimeFreqLSTMCell(1, feature_size=2)
      ...     before = tf.constant([[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]])  # c and m of three slices
      ...     with tf.variable_scope("net", initializer=tf.zeros_initializer()):
      ...         output, state = cell(tf.zeros([1, 4]), before)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(state[:, ::2]))  # sigmoid(1) * c
      [[0.7310586 1.4621172 2.1931758]]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: Any = None,
        frequency_skip: int = 1,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)

    @property
    def state_size(self) -> Any:
        return 2 * self._num_units

    @property
    def output_size(self) -> Any:
        return self._num_units

    def call(self, inputs: Any, state: Any) -> Any:
        features = self._features(inputs)
        weights = self._kernel_and_bias("W", "B", self._feature_size, inputs.dtype)
        peepholes = self._peepholes(["W_{}_diag"], inputs.dtype)
        below, outputs, states = self._no_memory(inputs), [], []
        for number, x in enumerate(features):
            c, m = parted(state, number, self._num_units)
            gates = self._gates(concat([x, m, below], 1), weights)
            c = self._memory(gates, peepholes, c, [c])
            below = self._output(gates, peepholes, c, [c])
            states += [c, below]
            outputs.append(below)
        return concat(outputs, 1), concat(states, 1)

    def _features(self, inputs: Any) -> list[Any]:
        width = known_depth(inputs.shape)
        count = slices_in(width, self._feature_size, self._frequency_skip)
        if count < 1:
            raise ValueError(
                f"TimeFreqLSTMCell: inputs {inputs.name} of shape {inputs.shape} hold no slice of feature_size "
                f"{self._feature_size} with frequency_skip {self._frequency_skip}; feature_size can be {width} at most."
            )
        return slices(inputs, 0, count, self._feature_size, self._frequency_skip)


__all__ = ["TimeFreqLSTMCell"]
