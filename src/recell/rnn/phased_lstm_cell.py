"""`PhasedLSTMCell`: an LSTM that opens and closes with time, https://arxiv.org/abs/1610.09513."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_join import split
from recell.ops.comparison import where
from recell.ops.initializers import Constant, Initializer, RandomUniform
from recell.ops.math_binary import mod
from recell.ops.math_cast import cast
from recell.ops.math_unary import exp, log, sigmoid, tanh
from recell.ops.random import random_uniform
from recell.ops.state import stop_gradient
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.linear import linear
from recell.rnn.lstm_state import LSTMState


class LogUniform(Initializer):
    """Numbers in `[minval, maxval)` whose logarithms are evenly spread."""

    def __init__(self, minval: float, maxval: float, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Sequence[int], dtype: Any = None, partition_info: Any = None) -> Any:
        low, high = (log(convert_to_tensor(bound, dtype)) for bound in (self.minval, self.maxval))
        return exp(random_uniform(shape, low, high, dtype, seed=self.seed))

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class PhasedLSTMCell(LSTMState, RNNCell):
    """An LSTM each unit of which is open during a part of its own period, for events at irregular times.

    TF symbol: `tf.contrib.rnn.PhasedLSTMCell`. One step at time t:

        i, f = sigmoid([x, h, c] W_m + b_m)
        c~   = f * c + i * tanh([x, h] W_n + b_n)
        h~   = sigmoid([x, h, c~] W_o + b_o) * tanh(c~)
        phi  = mod(t - phase, period) / period
        k    = 2 phi / r_on, 2 - 2 phi / r_on or leak * phi: below r_on / 2, below r_on, and from there on
        c', h' = k * c~ + (1 - k) * c, k * h~ + (1 - k) * h

    c in W_m and c~ in W_o only with peepholes. The gradient through mod is that of its first argument: by the period
    only the division counts, although mod depends on it too.

    Variables, under `phased_lstm_cell`: `mask_gates/kernel` W_m `[depth + units, 2 * units]` (columns i then f, another
    `units` rows with peepholes), `mask_gates/bias`; `new_input/kernel` W_n `[depth + units, units]`, `new_input/bias`;
    `output_gate/kernel` W_o, `output_gate/bias`; `period`, `phase`, `ratio_on` r_on `[units]`. Biases start at zeros, a
    phase somewhere in its period. Keras, torch and cuDNN have no such cell.

    Args:
      num_units: units of the state.
      use_peepholes: lets the gates see the memory: the old one for i and f, the new one for the output gate.
      leak: slope of k while closed.
      ratio_on: part of the period in which a unit is open. trainable_ratio_on: whether it is learnt.
      period_init_min, period_init_max: bounds of the initial periods, whose logarithms are uniform.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs (t, x), t `[batch, 1]`, x `[batch, depth]`; state `LSTMStateTuple(c, h)`, both `[batch, units]` ->
    output h' `[batch, units]` and `LSTMStateTuple(c', h')`. Under `dynamic_rnn` t is `[batch, time, 1]`. t may be of
    another dtype than x, and phi is found in it: in float64 with its precision, and of integers with period and phase
    cut off to integers, which then get no gradient.

    Example:
      >>> import numpy as np
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.PhasedLSTMCell(1, leak=0.0, ratio_on=0.5, period_init_max=1.0)  # so a period is 1
      ...     times, x = tf.constant([[[0.0], [0.125], [0.75]]]), tf.ones([1, 3, 1])
      ...     outputs, _ = tf.nn.dynamic_rnn(cell, (times, x), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     for variable in tf.global_variables():
      ...         if "kernel" in variable.name or "phase:" in variable.name:
      ...             variable.load(np.full(variable.shape, 1.0 if "kernel" in variable.name else 0.0), session)
      ...     print(session.run(outputs).ravel().round(4))  # closed, half open, closed
      [0.     0.1848 0.1848]
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        leak: float = 0.001,
        ratio_on: float = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: float = 1.0,
        period_init_max: float = 1000.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)

    def call(self, inputs: Any, state: Any) -> Any:
        time, x = inputs
        x = convert_to_tensor(x)
        c, h = self._parted(state)
        units = int(self._num_units)

        def seen(memory: Any) -> list[Any]:
            return [x, h, memory] if self._use_peepholes else [x, h]

        with variable_scope("mask_gates"):
            i, f = split(sigmoid(linear(seen(c), 2 * units, True)), 2, axis=1)
        with variable_scope("new_input"):
            c_new = f * c + i * tanh(linear([x, h], units, True))
        with variable_scope("output_gate"):
            h_new = sigmoid(linear(seen(c_new), units, True)) * tanh(c_new)
        k = self._openness(convert_to_tensor(time), x.dtype.base_dtype)
        c, h = k * c_new + (1.0 - k) * c, k * h_new + (1.0 - k) * h
        return h, self._joined(c, h)

    def _openness(self, time: Any, dtype: Any) -> Any:
        """k `[batch, units]`, how far each unit is open at `time` `[batch, 1]`."""
        shape = [int(self._num_units)]
        periods = LogUniform(self._period_init_min, self._period_init_max)
        period = get_variable("period", shape, dtype, initializer=periods)
        phase = get_variable("phase", shape, dtype, initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable(
            "ratio_on", shape, dtype, initializer=Constant(self._ratio_on), trainable=self._trainable_ratio_on
        )
        # In the dtype of the time: single precision cannot tell apart the seconds of a year.
        shifted, period = time - cast(phase, time.dtype), cast(period, time.dtype)
        phi = cast((shifted + stop_gradient(mod(shifted, period) - shifted)) / period, dtype)
        rising = 2.0 * phi / ratio_on
        falling = where(phi < ratio_on, 2.0 - rising, self._leak * phi)
        return where(phi < 0.5 * ratio_on, rising, falling)


__all__ = ["LogUniform", "PhasedLSTMCell"]
