"""`GridLSTMCell`: the grid LSTM of Kalchbrenner et al., https://arxiv.org/abs/1507.01526, over time and frequency.

The model of speech that it is from: T. Sainath, B. Li: Modeling time-frequency patterns with LSTM vs. convolutional
architectures for LVCSR tasks, Interspeech 2016.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from recell.ops.array_join import concat
from recell.ops.array_pad import pad
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.frequency_lstm import FrequencyLSTM, parted, slices, slices_in
from recell.rnn.input_sizes import known_depth
from recell.rnn.warn import warn_joined


class GridLSTMCell(FrequencyLSTM, RNNCell):
    """Two LSTMs that see each other, one over time and one over frequency. TF symbol: `tf.contrib.rnn.GridLSTMCell`.

    The inputs are cut into blocks, and each block into slices x_1, x_2, ... of `feature_size` columns,
    `frequency_skip` apart. For each slice in turn, for both d = time and d = freq,

        i, j, f, o = [x_k, m_time,k, m'_freq,k-1] W_d + b_d
        see(g)  = w_g,d,freq * c'_freq,k-1 + w_g,d,time * c_time,k
        c'_d    = sigmoid(f + forget_bias + see(f)) * c_d + sigmoid(i + see(i)) * tanh(j)
        c'_d    = clip(c'_d, -cell_clip, cell_clip)
        m'_d    = sigmoid(o + w_o,d,freq * c'_freq + w_o,d,time * c'_time) * tanh(c'_d)

    Time comes from the step before; frequency comes from the slice below, zero below the first of a block. With
    `couple_input_forget_gates` there is no f, and the old memory is kept by 1 - sigmoid(i + see(i)).

    Variables, for block number n: `grid_lstm_cell/W_f_n_0` W_freq `[feature_size + 2 * units, 4 * units]`, columns
    i, j, f, o (or `3 * units`: i, j, o), in `num_unit_shards` pieces `W_f_n_0`, `W_f_n_1`, ...; `B_f_n` b_freq, zeros
    at first; `W_t_n_0`, `B_t_n` for time; with peepholes `W_F_diag_freqf_n` w_f,freq,freq `[units]`,
    `W_F_diag_freqt_n` w_f,freq,time, and so on: F, I, O for the gate, freq or time for the LSTM, f or t for the memory
    it sees. With `share_time_frequency_weights` both LSTMs use those of frequency. Neither torch, cuDNN nor Keras has
    it.

    Args:
      num_units: units of each memory.
      use_peepholes: lets the gates see the memories.
      share_time_frequency_weights: one set of weights for both LSTMs.
      cell_clip: bound of the new memories; None is none.
      initializer: has no effect, as in TensorFlow 1.15. The variables start as their scope's initializer says.
      num_unit_shards: how many variables a kernel is kept in.
      forget_bias: added to the forget gates while running, never stored.
      feature_size: columns of a slice.
      frequency_skip: columns from the start of one slice to that of the next.
      num_frequency_blocks: a list of the number of slices in each block. It must be what the inputs' width gives.
      start_freqindex_list, end_freqindex_list: first column of each block, and the one after its last. Without them
        there is one block, of all columns.
      couple_input_forget_gates: forgets as much as is let in.
      state_is_tuple: False makes the state one tensor `[batch, slices * 2 * units]`. With several blocks every block
        then reads its old state from the first columns, as TensorFlow's do.
      reuse: True to use variables that exist, under the scope of the first call.

    Call: inputs `[batch, width]`, state of `state_tuple_type`: c and m of time `[batch, units]` for each slice k of
    each block n, `state_f<k>_b<n>_c` and `state_f<k>_b<n>_m` -> output `[batch, slices * 2 * units]`, m'_time, m'_freq
    of each slice, and the new state. Raises ValueError for a width that is unknown or does not give the slices named.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.GridLSTMCell(2, feature_size=3, frequency_skip=1, num_frequency_blocks=[2])
      >>> cell.state_size
      GridLSTMStateTuple(state_f00_b00_c=2, state_f00_b00_m=2, state_f01_b00_c=2, state_f01_b00_m=2)
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([1, 5, 4]), dtype=tf.float32)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(outputs).shape)
      (1, 5, 8)

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
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._total_blocks = sum(num_frequency_blocks)
        self._state_tuple_type: Any = self._state_type("GridLSTMStateTuple", ["state"]) if state_is_tuple else None
        if not state_is_tuple:
            warn_joined(self)

    def _state_type(self, name: str, directions: Sequence[str]) -> Any:
        """The namedtuple of c and m of every slice of every block, for every direction in turn."""
        prefixes = [
            _prefix(direction, number, block)
            for direction in directions
            for block, count in enumerate(self._num_frequency_blocks)
            for number in range(count)
        ]
        return namedtuple(name, [prefix + leaf for prefix in prefixes for leaf in ("_c", "_m")])

    @property
    def state_tuple_type(self) -> Any:
        """The namedtuple that the state is; None with a joined state."""
        return self._state_tuple_type

    @property
    def state_size(self) -> Any:
        if self._state_tuple_type is None:
            return 2 * self._num_units * self._total_blocks
        return self._state_tuple_type(*[self._num_units] * len(self._state_tuple_type._fields))

    @property
    def output_size(self) -> Any:
        return 2 * self._num_units * self._total_blocks

    def call(self, inputs: Any, state: Any) -> Any:
        outputs, states = self._walk(inputs, self._blocks(inputs), state, "state")
        new_state = self._state_tuple_type(*states) if self._state_is_tuple else concat(states, 1)
        return concat(outputs, 1), new_state

    def _blocks(self, inputs: Any, offset: int = 0) -> list[list[Any]]:
        """The slices of each block; `offset` columns higher, with zeros where there are none."""
        width, size, skip = known_depth(inputs.shape), self._feature_size, self._frequency_skip
        counts = self._num_frequency_blocks
        blocks = [(start, slices_in(end - start, size, skip)) for start, end in self._bounds(width)]
        for named, (_, count) in zip(counts, blocks, strict=True):
            if named != count:
                raise ValueError(
                    f"Invalid num_frequency_blocks, requires {named} but gets {count}, please check the input size "
                    f"and filter config are correct. (inputs {inputs.name} of shape {inputs.shape}, feature_size "
                    f"{size}, frequency_skip {skip}, num_frequency_blocks {counts})"
                )
        if offset:
            inputs = pad(inputs, [[0, 0], [max(-offset, 0), max(offset, 0)]])
        return [slices(inputs, start + max(offset, 0), count, size, skip) for start, count in blocks]

    def _bounds(self, width: int) -> list[tuple[int, int]]:
        """First column of each block, and the one after its last."""
        counts, starts, ends = self._num_frequency_blocks, self._start_freqindex_list, self._end_freqindex_list
        if not starts:
            if len(counts) != 1:
                raise ValueError(
                    f"Length of num_frequency_blocks is not 1, but instead is {len(counts)}: several blocks need "
                    "start_freqindex_list and end_freqindex_list."
                )
            return [(0, width)]
        if len(starts) != len(ends):
            raise ValueError(f"Length of start and end freqindex_list does not match {len(starts)} {len(ends)}")
        if len(counts) != len(starts):
            raise ValueError(
                f"Length of num_frequency_blocks is not equal to start_freqindex_list {len(counts)} {len(starts)}"
            )
        return list(zip(starts, ends, strict=True))

    def _walk(self, inputs: Any, blocks: list[list[Any]], state: Any, direction: str) -> tuple[list[Any], list[Any]]:
        """Outputs m_time, m_freq and new states c_time, m_time of all slices, block after block."""
        outputs, states = [], []
        for block, features in enumerate(blocks):
            (over_freq, seen_by_freq), (over_time, seen_by_time) = self._weights(block, inputs.dtype)
            m_freq = c_freq = self._no_memory(inputs)
            for number, x in enumerate(features):
                c_time, m_time = self._parted(state, direction, number, block)
                joined, seen = concat([x, m_time, m_freq], 1), (c_freq, c_time)
                freq = self._gates(joined, over_freq)
                time = freq if over_time is over_freq else self._gates(joined, over_time)
                c_freq = self._memory(freq, seen_by_freq, c_freq, seen)
                c_time = self._memory(time, seen_by_time, c_time, seen)
                seen = (c_freq, c_time)
                m_freq = self._output(freq, seen_by_freq, c_freq, seen)
                m_time = self._output(time, seen_by_time, c_time, seen)
                outputs += [m_time, m_freq]
                states += [c_time, m_time]
        return outputs, states

    def _weights(self, block: int, dtype: Any) -> list[Any]:
        """A block's kernel, bias and peepholes of the LSTM over frequency, then of the one over time."""
        kinds = ["freq"] if self._share_time_frequency_weights else ["freq", "time"]
        products = [
            self._kernel_and_bias(f"W_{kind[0]}_{block}", f"B_{kind[0]}_{block}", self._feature_size, dtype)
            for kind in kinds
        ]
        peepholes = [self._peepholes([f"W_{{}}_diag_{kind}{seen}_{block}" for seen in "ft"], dtype) for kind in kinds]
        found = list(zip(products, peepholes, strict=True))
        return [found[0], found[-1]]

    def _parted(self, state: Any, direction: str, number: int, block: int) -> tuple[Any, Any]:
        """c and m of time, from the step before."""
        if self._state_is_tuple:
            prefix = _prefix(direction, number, block)
            return getattr(state, prefix + "_c"), getattr(state, prefix + "_m")
        return parted(state, number, self._num_units)


def _prefix(direction: str, number: int, block: int) -> str:
    return f"{direction}_f{number:02d}_b{block:02d}"


__all__ = ["GridLSTMCell"]
