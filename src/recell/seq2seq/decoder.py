"""`Decoder`, what is run step by step until it is finished, and `dynamic_decode`, which runs it."""

from __future__ import annotations

import abc
import contextlib
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import constant, convert_to_tensor
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import variable_scope
from recell.ops.array_make import fill, zeros_like
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import less_equal, logical_not, logical_or, where
from recell.ops.loops import while_loop
from recell.ops.reductions import reduce_all
from recell.ops.tensor_array import TensorArray
from recell.rnn.batch_time import transpose_batch_time
from recell.rnn.state import zero_state_of


class Decoder(abc.ABC):
    """What `dynamic_decode` runs. TF symbol: `tf.contrib.seq2seq.Decoder`.

    A decoder of one's own gives `batch_size` (an int or an int32 scalar), `output_size` (sizes behind the batch, ints
    or TensorShapes, in the nesting of the outputs), `output_dtype` (dtypes in the same nesting), `initialize`, `step`
    and, where it has something to do at the end, `finalize`.
    """

    @property
    def batch_size(self) -> Any:
        """The number of rows."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """The sizes of a step's outputs behind the batch, nested as they are."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """The dtypes of a step's outputs, nested as they are."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """What the first step is given: `(finished, inputs, state)`, `finished` bool `[batch]`."""
        raise NotImplementedError

    @abc.abstractmethod
    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> tuple[Any, Any, Any, Any]:
        """One step, number `time` (int32 scalar): `(outputs, next_state, next_inputs, finished)`."""
        raise NotImplementedError

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> tuple[Any, Any]:
        """What `dynamic_decode` gives for all outputs, `[time, batch, ...]`, and the last state.

        NotImplementedError means: these as they are.
        """
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether a row that `step` says is finished may run again later, as a beam that changes its place does.

        Otherwise a row that has been finished once stays so.
        """
        return False

    def _at_once(self, limit: Tensor | None, impute_finished: bool, swap_memory: bool) -> tuple[Any, Any, Any] | None:
        """What `dynamic_decode` gives before `finalize`, time first, where it takes no loop of single steps."""
        return None


def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
    **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """Runs `decoder` until all rows are finished. TF symbol: `tf.contrib.seq2seq.dynamic_decode`.

        finished, inputs, state = decoder.initialize()
        finished = finished or maximum_iterations <= 0
        time, lengths = 0, 0
        while time < maximum_iterations and not all(finished):
            output, new_state, inputs, now = decoder.step(time, inputs, state)
            lengths = where(finished, lengths, time + 1)
            if impute_finished:
                output, new_state = where(finished, 0, output), where(finished, state, new_state)
            outputs[time], state = output, new_state
            finished = now if decoder.tracks_own_finished else now or finished
            time = time + 1
        outputs, state = decoder.finalize(outputs, state, lengths)

    So a row's length counts the step at which it was finished. Without `impute_finished` a finished row runs on: what
    it puts out behind its length, and its last state, are then of no meaning, but their gradients are there.

    Args:
      decoder: a `Decoder`.
      output_time_major: outputs are `[time, batch, ...]` instead of `[batch, time, ...]`.
      impute_finished: zero outputs and an unchanged state for rows that are finished. Scalars and tensor arrays in the
        state belong to no row and always take their new value.
      maximum_iterations: the most steps to take, an int or an int32 scalar.
      parallel_iterations, swap_memory: accepted; steps run one after the other, in one memory.
      scope: of the variables; "decoder", "decoder_1", ... by default.
      kwargs: accepted and not looked at.

    Returns:
      `(outputs, state, lengths)`: the outputs of all steps nested as `decoder.output_size`, the last state, each after
      `decoder.finalize`; the lengths, int32 of the shape of the decoder's `finished`.

    Raises:
      TypeError: `decoder` is none, `maximum_iterations` is not an int32, or a state that changes its nesting.
      ValueError: `maximum_iterations` is no scalar, nestings that change, a state or inputs that change their shape.

    Example, counting down from each row's number:
      >>> import recell.v1 as tf
      >>> class Countdown(tf.contrib.seq2seq.Decoder):
      ...     batch_size, output_size, output_dtype = 3, tf.TensorShape([]), tf.int32
      ...     def initialize(self, name=None):
      ...         start = tf.constant([3, 1, 2])
      ...         return tf.equal(start, 0), (), start
      ...     def step(self, time, inputs, state, name=None):
      ...         return state, state - 1, (), tf.equal(state, 1)
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     results = tf.contrib.seq2seq.dynamic_decode(Countdown(), impute_finished=True)
      ...     for result in session.run(results):
      ...         print(result.tolist())
      [[3, 2, 1], [1, 0, 0], [2, 1, 0]]
      [0, 0, 0]
      [3, 1, 2]
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with variable_scope(scope, "decoder"):
        limit = _limit(maximum_iterations)
        outputs, state, lengths = decoder._at_once(limit, impute_finished, swap_memory) or _looped(
            decoder, limit, impute_finished, parallel_iterations, swap_memory
        )
        with contextlib.suppress(NotImplementedError):
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
        return outputs, state, lengths


def _looped(
    decoder: Decoder, limit: Tensor | None, impute_finished: bool, parallel_iterations: int, swap_memory: bool
) -> tuple[Any, Any, Any]:
    """Outputs of all steps, time first, the last state and the lengths."""
    finished, inputs, state = decoder.initialize()
    no_output = zero_state_of(decoder.output_size, decoder.batch_size, decoder.output_dtype)
    if limit is not None:
        finished = logical_or(finished, less_equal(limit, 0))
    lengths = zeros_like(finished, dtypes.int32)
    time = constant(0, dtypes.int32)
    arrays = nest.map_structure(_array_of, decoder.output_dtype, decoder.output_size, no_output)
    ends = while_loop(
        lambda _time, _outputs, _state, _inputs, done, _lengths: logical_not(reduce_all(done)),
        _Step(decoder, no_output if impute_finished else None),
        (time, arrays, state, inputs, finished, lengths),
        parallel_iterations=parallel_iterations,
        swap_memory=swap_memory,
        maximum_iterations=limit,
    )
    _, arrays, state, _, _, lengths = ends
    outputs = nest.map_structure(lambda array: array.stack(), arrays)
    return outputs, state, lengths


def _limit(maximum_iterations: Any) -> Tensor | None:
    if maximum_iterations is None:
        return None
    limit = convert_to_tensor(maximum_iterations, dtypes.int32, name="maximum_iterations")
    if limit.shape.ndims != 0:
        raise ValueError(f"maximum_iterations must be a scalar, but '{limit.name}' has shape {limit.shape}.")
    return limit


def _array_of(dtype: Any, size: Any, no_output: Tensor) -> TensorArray:
    """What an output is written to. A size that is an int, or nothing, is not held against what `step` gives."""
    element_shape = no_output.shape if isinstance(size, TensorShape) and size.ndims else None
    return TensorArray(dtype, size=0, dynamic_size=True, element_shape=element_shape)


class _Step:
    """The body of the loop. `no_output` is what a finished row puts out, None to leave it what the decoder gives."""

    def __init__(self, decoder: Decoder, no_output: Any) -> None:
        self.decoder, self.no_output = decoder, no_output

    def __call__(
        self, time: Any, arrays: Any, state: Any, inputs: Any, finished: Any, lengths: Any
    ) -> tuple[Any, Any, Any, Any, Any, Any]:
        outputs, new_state, new_inputs, now = self.decoder.step(time, inputs, state)
        if not self.decoder.tracks_own_finished:
            now = logical_or(now, finished)
        nest.assert_same_structure(state, new_state)
        nest.assert_same_structure(arrays, outputs)
        nest.assert_same_structure(inputs, new_inputs)
        lengths = where(logical_not(finished), fill(shape_of(lengths), time + 1), lengths)
        if self.no_output is not None:
            outputs = nest.map_structure(lambda new, zero: where(finished, zero, new), outputs, self.no_output)
            new_state = nest.map_structure(lambda new, old: _kept(finished, old, new), new_state, state)
        arrays = nest.map_structure(lambda array, value: array.write(time, value), arrays, outputs)
        return time + 1, arrays, new_state, new_inputs, now, lengths


def _kept(finished: Any, old: Any, new: Any) -> Any:
    """`old` for the rows that are finished; what has no rows is new."""
    if isinstance(old, TensorArray):
        return new
    new = convert_to_tensor(new)
    new.set_shape(old.shape)
    return new if new.shape.ndims == 0 else where(finished, old, new)


__all__ = ["Decoder", "dynamic_decode"]
