"""Helpers for training: the right inputs at every step, or now and then the decoder's own instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_index import gather_nd, scatter_nd
from recell.ops.array_join import concat
from recell.ops.array_make import fill, zeros_like
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import size as size_of
from recell.ops.branches import cond
from recell.ops.comparison import equal, greater_equal, logical_not, logical_or, where
from recell.ops.math_cast import cast
from recell.ops.reductions import argmax, reduce_all, reduce_any
from recell.ops.tensor_array import TensorArray
from recell.rnn.batch_time import transpose_batch_time
from recell.seq2seq.helper import Helper
from recell.seq2seq.inference_helpers import as_embedding_function
from recell.seq2seq.sampling import bernoulli_sample, categorical_sample


class TrainingHelper(Helper):
    """Gives the right inputs at every step (teacher forcing). TF symbol: `tf.contrib.seq2seq.TrainingHelper`.

        inputs of step t = inputs[:, t]
        sample_ids       = argmax(outputs)
        finished         = t + 1 >= sequence_length

    Once all rows are finished, the inputs are zeros.

    Args:
      inputs: `[batch, time, ...]` (`[time, batch, ...]` with `time_major`).
      sequence_length: int32 `[batch]`, at most the size of the time axis. A row of length zero takes no step.
      time_major: see `inputs`.
      name: of the scope of the helper's operations.

    Raises:
      ValueError: lengths that are no vector, or inputs of too low a rank.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.nn.rnn_cell.BasicRNNCell(1, activation=tf.identity)
      >>> helper = tf.contrib.seq2seq.TrainingHelper(tf.ones([2, 3, 1]), [3, 1])
      >>> decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, tf.zeros([2, 1]))
      >>> with tf.variable_scope("", initializer=tf.ones_initializer()):
      ...     outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, impute_finished=True)
      >>> with tf.Session() as session:
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(outputs.rnn_output)[:, :, 0].tolist(), session.run(lengths).tolist())
      [[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]] [3, 1]
    """

    def __init__(self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None) -> None:
        with name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            self._inputs = convert_to_tensor(inputs, name="inputs")
            steps: Any = self._inputs if time_major else transpose_batch_time(self._inputs)
            self._steps = steps
            self._input_tas = _unstacked(steps)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.shape.ndims != 1:
                raise ValueError(
                    f"Expected sequence_length to be a vector, but received shape: {self._sequence_length.shape}"
                )
            self._zero_inputs = zeros_like(steps[0, :])
            self._batch_size = size_of(self._sequence_length)

    @property
    def inputs(self) -> Tensor:
        """The inputs of all steps, as they were given."""
        return self._inputs

    @property
    def sequence_length(self) -> Tensor:
        """The lengths, `[batch]`."""
        return self._sequence_length

    @property
    def batch_size(self) -> Tensor:
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        return dtypes.int32

    def initialize(self, name: str | None = None) -> tuple[Tensor, Any]:
        """The rows of length zero are finished; the first inputs."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = equal(0, self._sequence_length)
            return finished, self._inputs_at(0, reduce_all(finished))

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, name: str | None = None, **unused_kwargs: Any
    ) -> Tensor:
        """The class of the highest output, int32 `[batch]`."""
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            return cast(argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None, **unused_kwargs: Any
    ) -> tuple[Tensor, Any, Any]:
        """The inputs of step `time + 1`."""
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs]):
            following = time + 1
            finished = greater_equal(following, self._sequence_length)
            return finished, self._inputs_at(following, reduce_all(finished)), state

    def _inputs_at(self, time: Any, all_finished: Tensor) -> Any:
        return cond(all_finished, lambda: self._zero_inputs, lambda: self._input_tas.read(time))


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Now and then embeds a class that it draws, instead of the right input: scheduled sampling.

    TF symbol: `tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper`. For each row and step:

        sample_id  = a class drawn from softmax(outputs), with probability sampling_probability; else -1
        next input = inputs[:, t + 1] if sample_id == -1 else embedding(sample_id)
        finished   = t + 1 >= sequence_length

    Args:
      inputs, sequence_length, time_major, name: see `TrainingHelper`; embeddings have the shape of a step's inputs.
      embedding: `[classes, depth]`, a list of such (see `tf.nn.embedding_lookup`), or a function of int32 `[n]`.
      sampling_probability: float scalar, or a vector that is drawn for each row at once.
      seed: of the classes drawn.
      scheduling_seed: of the choice between drawing and the right input.

    Raises ValueError for a probability of another rank, and see `TrainingHelper`.

    Paper: Bengio et al., "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks",
    https://arxiv.org/abs/1506.03099.

    Example:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper(
      ...     tf.zeros([2, 3, 1]), [3, 3], tf.constant([[5.0], [6.0]]), sampling_probability=1.0)
      >>> outputs = tf.constant([[0.0, 99.0], [99.0, 0.0]])  # logits of two classes
      >>> ids = helper.sample(0, outputs, None)
      >>> _, inputs, _ = helper.next_inputs(tf.constant(0), outputs, None, ids)
      >>> with tf.Session() as session:
      ...     print([value.tolist() for value in session.run([ids, inputs])])
      [[1, 0], [[6.0], [5.0]]]
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledEmbeddingSamplingWrapper", [embedding, sampling_probability]):
            self._embedding_fn = as_embedding_function(embedding)
            self._sampling_probability = _probability(sampling_probability)
            self._seed = seed
            self._scheduling_seed = scheduling_seed
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """The classes drawn, int32 `[batch]`; -1 for the rows that get the right input."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample", [time, outputs, state]):
            chosen = bernoulli_sample(
                self._sampling_probability,
                dtype=dtypes.bool,
                sample_shape=self.batch_size,
                seed=self._scheduling_seed,
            )
            return where(chosen, categorical_sample(outputs, seed=self._seed), fill([self.batch_size], -1))

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Tensor, Any, Any]:
        """The right inputs of step `time + 1`, or the embeddings of `sample_ids`."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs", [time, outputs, state, sample_ids]):
            finished, right, state = super().next_inputs(time, outputs, state, name=name)

            def mixed() -> Tensor:
                drawn, given = _places(sample_ids > -1), _places(sample_ids <= -1)
                embedded = self._embedding_fn(gather_nd(sample_ids, drawn))
                return _joined(shape_of(right), drawn, embedded, given, gather_nd(right, given))

            return finished, cond(reduce_all(finished), lambda: right, mixed), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """Now and then feeds an output back, instead of the right input: scheduled sampling.

    TF symbol: `tf.contrib.seq2seq.ScheduledOutputTrainingHelper`. For each row and step:

        sample_id  = 1 with probability sampling_probability; else 0
        next input = [next_inputs_fn(outputs), auxiliary_inputs[:, t + 1]] if sample_id == 1
                     else [inputs[:, t + 1], auxiliary_inputs[:, t + 1]]
        finished   = t + 1 >= sequence_length

    Args:
      inputs, sequence_length, time_major, name: see `TrainingHelper`.
      sampling_probability: float scalar, or a vector that is drawn for each row at once.
      seed: of the choice.
      next_inputs_fn: makes inputs `[n, ...]` of the outputs `[n, ...]` of the rows that are fed back; None leaves them
        as they are.
      auxiliary_inputs: `[batch, time, ...]` (laid out as `inputs`), joined to every input on the last axis.

    Raises ValueError for a probability of another rank, and see `TrainingHelper`.

    Paper: Bengio et al., https://arxiv.org/abs/1506.03099.

    Example:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.ScheduledOutputTrainingHelper(
      ...     tf.zeros([2, 3, 1]), [3, 3], sampling_probability=0.5, next_inputs_fn=lambda outputs: 10 * outputs)
      >>> _, inputs, _ = helper.next_inputs(tf.constant(0), tf.ones([2, 1]), None, tf.constant([1, 0]))
      >>> with tf.Session() as session:
      ...     print(session.run(inputs).tolist())
      [[10.0], [0.0]]
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledOutputTrainingHelper", [inputs, auxiliary_inputs, sampling_probability]):
            self._sampling_probability = _probability(sampling_probability)
            self._auxiliary_input_tas: TensorArray | None = None
            if auxiliary_inputs is not None:
                auxiliary = convert_to_tensor(auxiliary_inputs)
                inputs = concat([inputs, auxiliary], -1)
                self._auxiliary_input_tas = _unstacked(auxiliary if time_major else transpose_batch_time(auxiliary))
            self._seed = seed
            self._next_inputs_fn = next_inputs_fn
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """1 for the rows that are fed back, int32 `[batch]`."""
        with name_scope(name, "ScheduledOutputTrainingHelperSample", [time, outputs, state]):
            return bernoulli_sample(self._sampling_probability, sample_shape=self.batch_size, seed=self._seed)

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Tensor, Any, Any]:
        """The right inputs of step `time + 1`, or the outputs where `sample_ids` is not zero."""
        with name_scope(name, "ScheduledOutputTrainingHelperNextInputs", [time, outputs, state, sample_ids]):
            finished, right, state = super().next_inputs(time, outputs, state, name=name)
            fed_back = cast(sample_ids, dtypes.bool)

            def with_auxiliary(values: Any, places: Tensor | None = None) -> Any:
                if self._auxiliary_input_tas is None:
                    return values
                auxiliary = self._auxiliary_input_tas.read(time + 1)
                return concat([values, auxiliary if places is None else gather_nd(auxiliary, places)], -1)

            def mixed() -> Tensor:
                if self._next_inputs_fn is None:
                    return where(fed_back, with_auxiliary(outputs), right)
                own, given = _places(fed_back), _places(logical_not(fed_back))
                made = with_auxiliary(self._next_inputs_fn(gather_nd(outputs, own)), own)
                return _joined(shape_of(right), own, made, given, gather_nd(right, given))

            nothing_to_feed = logical_or(reduce_all(finished), logical_not(reduce_any(fed_back)))
            return finished, cond(nothing_to_feed, lambda: right, mixed), state


def _unstacked(steps: Tensor) -> TensorArray:
    """The steps `[time, batch, ...]` as an array that they are read from one by one."""
    return TensorArray(steps.dtype, size=shape_of(steps)[0], element_shape=steps.shape[1:]).unstack(steps)


def _probability(sampling_probability: Any) -> Tensor:
    chance = convert_to_tensor(sampling_probability, name="sampling_probability")
    if chance.shape.ndims not in (0, 1):
        raise ValueError(f"sampling_probability must be either a scalar or a vector. saw shape: {chance.shape}")
    return chance


def _places(mask: Any) -> Tensor:
    """The places where `mask` holds, int32 `[count, 1]`."""
    return cast(where(mask), dtypes.int32)


def _joined(shape: Tensor, places: Tensor, values: Any, other_places: Tensor, other_values: Any) -> Tensor:
    """The rows at `places` and those at `other_places` as one tensor."""
    return scatter_nd(places, values, shape) + scatter_nd(other_places, other_values, shape)


__all__ = ["ScheduledEmbeddingTrainingHelper", "ScheduledOutputTrainingHelper", "TrainingHelper"]
