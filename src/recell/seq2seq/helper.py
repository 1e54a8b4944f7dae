"""`Helper`, which says what a decoder's steps are given, and `CustomHelper`, one made of three functions."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_shape import size as size_of


class Helper(abc.ABC):
    """Samples from a decoder's outputs and gives it its next inputs. TF symbol: `tf.contrib.seq2seq.Helper`.

    `BasicDecoder` calls `initialize` once and, step by step, `sample` and then `next_inputs`.
    """

    @property
    @abc.abstractmethod
    def batch_size(self) -> Any:
        """The number of rows, an int32 scalar."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def sample_ids_shape(self) -> TensorShape:
        """The shape of what `sample` gives, behind the batch."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def sample_ids_dtype(self) -> Any:
        """The dtype of what `sample` gives."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """`(finished, inputs)` for the first step: bool `[batch]`, and the cell's inputs `[batch, ...]`."""
        raise NotImplementedError

    @abc.abstractmethod
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is drawn from the outputs of step `time`."""
        raise NotImplementedError

    @abc.abstractmethod
    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """`(finished, next_inputs, next_state)` after step `time`."""
        raise NotImplementedError


class CustomHelper(Helper):
    """A helper made of three functions. TF symbol: `tf.contrib.seq2seq.CustomHelper`.

    Args:
      initialize_fn: `() -> (finished, next_inputs)`, bool `[batch]` and `[batch, ...]`.
      sample_fn: `(time, outputs, state) -> sample_ids`.
      next_inputs_fn: `(time, outputs, state, sample_ids) -> (finished, next_inputs, next_state)`.
      sample_ids_shape: of what `sample_fn` gives, behind the batch; scalars by default.
      sample_ids_dtype: of what `sample_fn` gives; int32 by default.

    All but `initialize_fn` are called with keyword arguments. The number of rows is that of `finished`: ValueError for
    `batch_size` before `initialize`.

    Example, which feeds each output back three times:
      >>> import recell.v1 as tf
      >>> helper = tf.contrib.seq2seq.CustomHelper(
      ...     lambda: (tf.fill([2], False), tf.ones([2, 3])),
      ...     lambda time, outputs, state: tf.fill([2], time),
      ...     lambda time, outputs, state, sample_ids: (tf.fill([2], time >= 2), outputs, state))
      >>> decoder = tf.contrib.seq2seq.BasicDecoder(tf.nn.rnn_cell.BasicRNNCell(3), helper, tf.zeros([2, 3]))
      >>> (_, sample_ids), _, _ = tf.contrib.seq2seq.dynamic_decode(decoder)
      >>> with tf.Session() as session:
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(sample_ids).tolist())
      [[0, 1, 2], [0, 1, 2]]
    """

    def __init__(
        self,
        initialize_fn: Callable[[], tuple[Any, Any]],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., tuple[Any, Any, Any]],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Tensor | None = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self) -> Tensor:
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """What `initialize_fn` gives."""
        with name_scope(name, "CustomHelperInitialize"):
            finished, next_inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size_of(finished)
        return finished, next_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        with name_scope(name, "CustomHelperSample"):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What `next_inputs_fn` gives."""
        with name_scope(name, "CustomHelperNextInputs"):
            return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


__all__ = ["CustomHelper", "Helper"]
