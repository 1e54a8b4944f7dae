"""`LSTMBlockFusedCell`: an LSTM over whole sequences at once, and the base of such layers, `LSTMBlockWrapper`.

The LSTM is that of Zaremba et al., https://arxiv.org/abs/1409.2329.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.tensor import Tensor
from recell.ops.array_index import gather_nd
from recell.ops.array_join import concat, stack, unstack
from recell.ops.array_make import range_, sequence_mask, zeros
from recell.ops.array_shape import expand_dims, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.layer import InputSpec
from recell.rnn.arguments import Arguments, keeps_arguments
from recell.rnn.drivers import axis_size, check_lengths, integer_lengths
from recell.rnn.lstm_block_cell import LSTMBlock
from recell.rnn.recurrence import Result, recur
from recell.rnn.state import LSTMStateTuple
from recell.rnn.traced_step import Layout


class LSTMBlockWrapper(Arguments, abc.ABC):
    """A layer that runs an LSTM over whole sequences, to be subclassed. TF symbol: `tf.contrib.rnn.LSTMBlockWrapper`.

    A subclass says `num_units` and overrides `_call_cell(inputs, initial_cell_state, initial_output, dtype,
    sequence_length)`, which gets inputs `[time, batch, depth]`, a state of two tensors `[batch, units]` and returns the
    memory and the output after every step, both `[time, batch, units]`. The layer makes a state of zeros where none is
    given, and applies the lengths: outputs past a row's length are multiplied by zero, and its final state is that
    after its last step, or the initial one for a row of length zero.
    """

    @property
    @abc.abstractmethod
    def num_units(self) -> Any:
        """Units of memory and output."""

    @abc.abstractmethod
    def _call_cell(
        self, inputs: Any, initial_cell_state: Any, initial_output: Any, dtype: Any, sequence_length: Any
    ) -> tuple[Any, Any]:
        """Memory and output after every step, `[time, batch, units]`."""

    def call(self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None) -> Any:
        """The whole sequence.

        Args:
          inputs: `[time, batch, depth]`, or a list of tensors `[batch, depth]`.
          initial_state: a pair of tensors `[batch, units]`, memory and output; zeros unless given.
          dtype: of the zeros, needed without `initial_state`.
          sequence_length: integers `[batch]`; None means that every row is as long as the time axis.

        Returns:
          outputs `[time, batch, units]` (a list of them for a list) and the state after each row's last step,
          `LSTMStateTuple(c, h)`, both `[batch, units]`.

        Raises:
          ValueError: neither `initial_state` nor `dtype`, a state that is no pair, lengths that are not one for each
            row. TypeError: lengths that are no integers.
        """
        is_list = isinstance(inputs, list)
        inputs = stack(inputs) if is_list else convert_to_tensor(inputs)
        c, h = self._initial(inputs, initial_state, dtype)
        lengths = None if sequence_length is None else _lengths(sequence_length, inputs)
        outputs, *state = self._over_time(inputs, c, h, dtype or c.dtype.base_dtype, lengths)
        return unstack(outputs) if is_list else outputs, LSTMStateTuple(*state)

    def _initial(self, inputs: Tensor, state: Any, dtype: Any) -> tuple[Tensor, Tensor]:
        if state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            zero = zeros(stack([axis_size(inputs, 1), int(self.num_units)]), dtype)
            return zero, zero
        if len(state) != 2:
            raise ValueError(f"Expecting initial_state to be a tuple with length 2 or None, not one of {len(state)}")
        c, h = (convert_to_tensor(leaf, preferred_dtype=inputs.dtype.base_dtype) for leaf in state)
        return c, h

    def _over_time(self, inputs: Any, c: Any, h: Any, dtype: Any, lengths: Tensor | None) -> tuple[Any, Any, Any]:
        """Outputs and the final state, from what `_call_cell` gives."""
        memories, outputs = self._call_cell(inputs, c, h, dtype, lengths)
        if lengths is None:
            return outputs, memories[-1], outputs[-1]
        mask = transpose(sequence_mask(lengths, shape_of(inputs)[0], outputs.dtype.base_dtype), [1, 0])
        last = stack([lengths, range_(shape_of(inputs, out_type=lengths.dtype.base_dtype)[1])], axis=1)
        c, h = (
            gather_nd(concat([expand_dims(first, 0), rest], 0), last) for first, rest in ((c, memories), (h, outputs))
        )
        return outputs * expand_dims(mask, 2), c, h


class LSTMBlockFusedCell(LSTMBlock, LSTMBlockWrapper):
    """`LSTMBlockCell` over whole sequences, as one operation. TF symbol: `tf.contrib.rnn.LSTMBlockFusedCell`.

        i, j, f, o = [x, h] W + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * tanh(j)
        c' = clip(c', -cell_clip, cell_clip)
        h' = sigmoid(o + w_o * c') * tanh(c')

    It makes the same recurrence as `dynamic_rnn(LSTMBlockCell(...), time_major=True)`: rows past their length are
    selected away, so that padding may hold NaN (TensorFlow's multiplies by zero), lengths beyond the time axis are cut
    to it, those below zero count as zero, and no steps at all give the initial state (errors there).

    Variables: `lstm_fused_cell/kernel` W `[depth + units, 4 * units]`, columns i, j, f, o; `lstm_fused_cell/bias` b
    `[4 * units]`, zeros at first; with a peephole `lstm_fused_cell/w_i_diag`, `w_f_diag`, `w_o_diag` `[units]`.
    `torch.nn.LSTM` and cuDNN have neither peepholes nor a clip, and order the columns i, f, j, o, as Keras does.

    Args:
      num_units: units of memory and output.
      forget_bias: added to the forget gate while running, never stored.
      cell_clip: bound of c', which the gradient ignores; None, zero and less are none.
      use_peephole: lets the gates see the memory: the old one for i and f, the new, clipped one for o.
      reuse: True to use variables that exist, under the scope of the first call.
      dtype: of the variables, that of the first inputs unless given. TensorFlow's computes in float16 and float32.
      name: of the scope.

    Call: inputs `[time, batch, depth]` -> outputs `[time, batch, units]` and `LSTMStateTuple(c, h)`, both
    `[batch, units]`; the other arguments and the errors are those of `LSTMBlockWrapper.call`. ValueError for inputs of
    another rank, a list of them included.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.LSTMBlockFusedCell(4)
      ...     outputs, state = cell(tf.ones([6, 2, 3]), dtype=tf.float32, sequence_length=[6, 2])
      ...     session.run(tf.global_variables_initializer())
      ...     print(outputs.shape, state.c.shape, session.run(tf.reduce_any(tf.not_equal(outputs, 0), [0, 2])))
      ...     print(session.run(tf.reduce_all(tf.equal(outputs[2:, 1], 0))))
      (6, 2, 4) (2, 4) [ True  True]
      True

    Paper: Zaremba et al., https://arxiv.org/abs/1409.2329.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: Any,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: str | None = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> Any:
        return self._num_units

    def build(self, input_shape: Any) -> None:
        depth = input_shape.as_list()[2]
        if depth is None:
            raise TypeError(
                f"The depth of the inputs must be known to make the kernel, but their shape is {input_shape}"
            )
        self._make_weights(depth)
        self.built = True

    def _over_time(self, inputs: Any, c: Any, h: Any, dtype: Any, lengths: Tensor | None) -> tuple[Any, Any, Any]:
        if type(self)._call_cell is not LSTMBlockFusedCell._call_cell:  # a subclass has something to add
            return super()._over_time(inputs, c, h, dtype, lengths)
        result = self._recur(inputs, c, h, lengths, lambda c, h: h)
        return result.outputs[0], result.states[0], result.states[1]

    def _call_cell(
        self, inputs: Any, initial_cell_state: Any, initial_output: Any, dtype: Any, sequence_length: Any
    ) -> tuple[Any, Any]:
        result = self._recur(inputs, initial_cell_state, initial_output, sequence_length, lambda c, h: (c, h))
        return result.outputs[0], result.outputs[1]

    def _recur(
        self, inputs: Tensor, c: Tensor, h: Tensor, lengths: Tensor | None, shown: Callable[[Any, Any], Any]
    ) -> Result:
        """The recurrence; of each step's memory and output the outputs are what `shown` picks."""

        def step(x: Any, state: Any) -> tuple[Any, Any]:
            new = self._step(x, *state)
            return shown(*new), tuple(new)

        time, batch = inputs.shape.as_list()[:2]
        if batch is None and lengths is not None and lengths.shape.ndims:
            batch = lengths.shape.as_list()[0]
        return recur(step, inputs, lengths, (c, h), Layout(time, batch, time_major=True), [[int(self._num_units)]] * 2)


def _lengths(sequence_length: Any, inputs: Tensor) -> Tensor:
    lengths = integer_lengths(sequence_length)
    check_lengths(lengths, inputs.shape.as_list()[1])
    return lengths


__all__ = ["LSTMBlockFusedCell", "LSTMBlockWrapper"]
