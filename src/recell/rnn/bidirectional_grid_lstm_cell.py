"""`BidirectionalGridLSTMCell`: grid LSTMs up and down in frequency, https://arxiv.org/abs/1507.01526, side by side."""

from __future__ import annotations

from typing import Any

from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat
from recell.rnn.arguments import keeps_arguments
from recell.rnn.grid_lstm_cell import GridLSTMCell


class BidirectionalGridLSTMCell(GridLSTMCell):
    """Two grid LSTMs over frequency, one upwards and one downwards.

    TF symbol: `tf.contrib.rnn.BidirectionalGridLSTMCell`; equations and arguments: `GridLSTMCell`.

        fwd_1, ..., fwd_n = GridLSTM_fwd(x_1, ..., x_n)
        bwd_1, ..., bwd_n = GridLSTM_bwd(x_n, ..., x_1)
        outputs = [fwd_1, ..., fwd_n, bwd_1, ..., bwd_n]

    for each block of slices x_1, x_2, ...; so slice number 0 of the downward one is the highest.

    Variables: those of `GridLSTMCell`, under `bidirectional_grid_lstm_cell/fwd` and `bidirectional_grid_lstm_cell/bwd`.
    Neither torch, cuDNN nor Keras has it.

    Args:
      num_units, ..., couple_input_forget_gates, reuse: see `GridLSTMCell`. The state is always a tuple.
      backward_slice_offset: columns by which the downward slices lie higher than the upward ones (lower if negative).
        Beyond the inputs there are zeros.

    Call: inputs `[batch, width]`, state of `state_tuple_type`: `fwd_state_f<k>_b<n>_c`, `fwd_state_f<k>_b<n>_m`
    `[batch, units]` for each slice k of each block n, then the same of `bwd_state` -> output
    `[batch, slices * 4 * units]`, m'_time, m'_freq of each slice upwards, then downwards, and the new state.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.BidirectionalGridLSTMCell(2, feature_size=3, frequency_skip=1, num_frequency_blocks=[2])
      >>> cell.output_size, cell.state_size[:3]
      (16, (2, 2, 2))
      >>> cell.state_tuple_type._fields[0], cell.state_tuple_type._fields[-1]
      ('fwd_state_f00_b00_c', 'bwd_state_f01_b00_m')

    Raises ValueError without `num_frequency_blocks`.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: Any = None,
        frequency_skip: Any = None,
        num_frequency_blocks: Any = None,
        start_freqindex_list: Any = None,
        end_freqindex_list: Any = None,
        couple_input_forget_gates: bool = False,
        backward_slice_offset: int = 0,
        reuse: Any = None,
    ) -> None:
        super().__init__(
            num_units,
            use_peepholes,
            share_time_frequency_weights,
            cell_clip,
            initializer,
            num_unit_shards,
            forget_bias,
            feature_size,
            frequency_skip,
            num_frequency_blocks,
            start_freqindex_list,
            end_freqindex_list,
            couple_input_forget_gates,
            reuse=reuse,
        )
        self._state_tuple_type = self._state_type("BidirectionalGridLSTMStateTuple", ["fwd_state", "bwd_state"])

    @property
    def output_size(self) -> Any:
        return 2 * super().output_size

    def call(self, inputs: Any, state: Any) -> Any:
        upwards = self._blocks(inputs)
        downwards = [features[::-1] for features in self._blocks(inputs, self._backward_slice_offset)]
        with variable_scope("fwd"):
            fwd_outputs, fwd_states = self._walk(inputs, upwards, state, "fwd_state")
        with variable_scope("bwd"):
            bwd_outputs, bwd_states = self._walk(inputs, downwards, state, "bwd_state")
        return concat(fwd_outputs + bwd_outputs, 1), self._state_tuple_type(*fwd_states, *bwd_states)


__all__ = ["BidirectionalGridLSTMCell"]
