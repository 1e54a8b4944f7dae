"""Helpers for inference: a decoder is given what it has put out itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_pad import tile
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import size as size_of
from recell.ops.branches import cond
from recell.ops.comparison import equal
from recell.ops.embedding import embedding_lookup
from recell.ops.reductions import argmax, reduce_all
from recell.seq2seq.helper import Helper
from recell.seq2seq.sampling import categorical_sample


def as_embedding_function(embedding: Any) -> Callable[[Any], Any]:
    """`embedding` if it is a function, else the look-up in it."""
    return embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)


class GreedyEmbeddingHelper(Helper):
    """Gives the embedding of the likeliest class. TF symbol: `tf.contrib.seq2seq.GreedyEmbeddingHelper`.

        inputs of step 0 = embedding(start_tokens)
        sample_ids       = argmax(outputs)
        finished         = sample_ids == end_token
        next inputs      = embedding(sample_ids)

    Args:
      embedding: `[classes, depth]`, a list of such (see `tf.nn.embedding_lookup`), or a function of int32 `[batch]`.
      start_tokens: int32 `[batch]`.
      end_token: int32 scalar.

    Raises:
      ValueError: tokens of another rank or dtype.
      TypeError: outputs that are not one tensor.

    Example, a decoder whose outputs are its inputs, and in which class 0 leads to 2 and 2 to 1:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(
      ...     tf.one_hot([2, 0, 1], 3), start_tokens=[0, 1], end_token=1)
      >>> class Copy(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = property(lambda self: 3)
      ...     def call(self, inputs, state):
      ...         return inputs, state
      >>> decoder = tf.contrib.seq2seq.BasicDecoder(Copy(), helper, tf.zeros([2, 3]))
      >>> outputs, _, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=5)
      >>> with tf.Session() as session:
      ...     print([value.tolist() for value in session.run([outputs.sample_id, lengths])])
      [[[2, 1, 0], [0, 2, 1]], [2, 3]]
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = as_embedding_function(embedding)
        self._start_tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._start_tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._batch_size = size_of(self._start_tokens)
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

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
        """No row is finished; the embeddings of the start tokens."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """The class of the highest output, int32 `[batch]`."""
        return argmax(_one_tensor(outputs), axis=-1, output_type=dtypes.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Tensor, Any, Any]:
        """The embeddings of `sample_ids`; those of the start tokens once all rows are finished."""
        finished = equal(sample_ids, self._end_token)
        next_inputs = cond(reduce_all(finished), lambda: self._start_inputs, lambda: self._embedding_fn(sample_ids))
        return finished, next_inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Gives the embedding of a class that it draws. TF symbol: `tf.contrib.seq2seq.SampleEmbeddingHelper`.

        inputs of step 0 = embedding(start_tokens)
        sample_ids       = drawn from softmax(outputs / softmax_temperature)
        finished         = sample_ids == end_token
        next inputs      = embedding(sample_ids)

    Args:
      embedding, start_tokens, end_token: see `GreedyEmbeddingHelper`.
      softmax_temperature: float32 scalar above zero: below 1 likely classes become likelier. None: 1.
      seed: of the draws, which are then TF 1's.

    Raises: see `GreedyEmbeddingHelper`.

    Example:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.SampleEmbeddingHelper(tf.eye(3), [0, 0], 1, softmax_temperature=0.1, seed=1)
      >>> ids = helper.sample(0, tf.constant([[0.0, 9.0, 0.0], [9.0, 0.0, 0.0]]), None)
      >>> with tf.Session() as session:
      ...     print(session.run(ids).tolist())
      [1, 0]
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """A class for each row, int32 `[batch]`."""
        logits = _one_tensor(outputs)
        if self._softmax_temperature is not None:
            logits = logits / self._softmax_temperature
        return categorical_sample(logits, seed=self._seed)


class InferenceHelper(Helper):
    """Gives a decoder what a function samples from its outputs. TF symbol: `tf.contrib.seq2seq.InferenceHelper`.

        inputs of step 0 = start_inputs
        sample           = sample_fn(outputs)
        finished         = end_fn(sample)
        next inputs      = next_inputs_fn(sample)

    Args:
      sample_fn: of the outputs `[batch, ...]`.
      sample_shape, sample_dtype: of what it gives, the shape behind the batch.
      start_inputs: `[batch, ...]`.
      end_fn: of the sample; gives bool `[batch]`.
      next_inputs_fn: of the sample; None takes the sample itself.

    Example, doubling until above 3:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.InferenceHelper(
      ...     lambda outputs: 2 * outputs, [1], tf.float32, tf.constant([[0.5]]), lambda sample: sample[:, 0] > 3)
      >>> sample = helper.sample(0, tf.constant([[2.0]]), None)
      >>> finished, inputs, _ = helper.next_inputs(0, None, None, sample)
      >>> with tf.Session() as session:
      ...     print([value.tolist() for value in session.run([sample, finished, inputs])])
      [[[4.0]], [True], [[4.0]]]
    """

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = shape_of(start_inputs)[0]
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self) -> Tensor:
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> tuple[Tensor, Any]:
        """No row is finished; the start inputs."""
        return tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        return self._sample_fn(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What `next_inputs_fn` makes of the sample."""
        next_inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), next_inputs, state


def _one_tensor(outputs: Any) -> Tensor:
    if not isinstance(outputs, Tensor):
        raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
    return outputs


__all__ = ["GreedyEmbeddingHelper", "InferenceHelper", "SampleEmbeddingHelper", "as_embedding_function"]
