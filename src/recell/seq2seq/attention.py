"""What every attention mechanism has: a memory, its keys, masks for the memory's lengths, and first alignments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.dtypes import as_dtype, float32
from recell.graph.errors import InvalidArgumentError
from recell.graph.tensor import Tensor
from recell.layers.core import Dense
from recell.ops.array_join import concat, stack
from recell.ops.array_make import ones, ones_like, sequence_mask, zeros
from recell.ops.array_shape import rank as rank_of
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.check_ops import assert_positive
from recell.ops.comparison import where
from recell.ops.layer import Layer
from recell.rnn.state import zero_state_of


class AttentionMechanism:
    """Base of all that `AttentionWrapper` takes. TF symbol: `tf.contrib.seq2seq.AttentionMechanism`.

    Derive from `_BaseAttentionMechanism` (or from one of the mechanisms), which has a memory, and override
    `__call__(query, state)` to return `(alignments, next_state)`.
    """

    @property
    def alignments_size(self) -> Any:
        """The number of entries that alignments are over. NotImplementedError unless a subclass has it."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """The size of the state. NotImplementedError unless a subclass has it."""
        raise NotImplementedError


class BaseAttentionMechanism(AttentionMechanism):
    """A mechanism over a memory. TensorFlow's `_BaseAttentionMechanism`, which programs derive their own from.

        values = memory, zero where a row is past its length
        keys   = memory_layer(values)

    Subclasses find `self.keys`, `self.values`, `self._query_layer` and `self._probability_fn(score, state)`, which
    masks the score before it makes alignments of it.

    Args:
      query_layer: a layer for queries, or None.
      memory: `[batch, time, depth]`, or a nesting of such tensors for a `memory_layer` that takes one.
      probability_fn: `probability_fn(score, state)` gives alignments, both `[batch, time]`.
      memory_sequence_length: integers `[batch]`, all positive: how much of each row of the memory there is.
      memory_layer: a layer that makes keys of values; without one the keys are the values.
      check_inner_dims_defined: whether the memory's depth has to be known.
      score_mask_value: the score of what is past a row's length; minus infinity unless given.
      custom_key_value_fn: `custom_key_value_fn(keys, values)` gives other keys and values.
      name: of the name scope.

    Raises:
      TypeError: layers that are no layers, a `probability_fn` that cannot be called, a memory of another dtype than
        `memory_layer`.
      ValueError: a memory of unknown depth.
      tf.errors.InvalidArgumentError: a length that is not positive, when the mechanism is called if the lengths are
        constants, else in the session.

    Example, attention by distance:
      >>> import recell.v1 as tf
      >>> from recell.v1.contrib.seq2seq.python.ops.attention_wrapper import _BaseAttentionMechanism
      >>> class Near(_BaseAttentionMechanism):
      ...     def __init__(self, memory, lengths=None):
      ...         super().__init__(None, memory, lambda score, state: tf.nn.softmax(score), lengths)
      ...     def __call__(self, query, state):
      ...         distance = tf.reduce_sum(tf.square(self.keys - tf.expand_dims(query, 1)), 2)
      ...         alignments = self._probability_fn(-distance, state)
      ...         return alignments, alignments
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     near = Near(tf.constant([[[0.0], [2.0], [1.0]]]), lengths=[2])
      ...     print(session.run(near(tf.ones([1, 1]), None)[0]))
      [[0.5 0.5 0. ]]
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[[Any, Any], Any],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        for argument, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"{argument} is not a Layer: {type(layer).__name__}")
        if not callable(probability_fn):
            raise TypeError(f"probability_fn must be callable, saw type: {type(probability_fn).__name__}")
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        mask = _Mask(memory_sequence_length, memory)
        self._probability_fn = lambda score, state: probability_fn(mask.applied(score, score_mask_value), state)
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            values = prepare_memory(memory, memory_sequence_length, check_inner_dims_defined=check_inner_dims_defined)
            keys = values if memory_layer is None else memory_layer(values)
            if custom_key_value_fn is not None:
                keys, values = custom_key_value_fn(keys, values)
            self._keys, self._values = keys, values
            self.dtype: Any = keys.dtype.base_dtype.name if memory_layer is None else memory_layer.dtype
            self._batch_size = _size(keys, 0)
            self._alignments_size = _size(keys, 1)

    @property
    def memory_layer(self) -> Any:
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        return self._query_layer

    @property
    def values(self) -> Any:
        """`[batch, time, depth]`, of which contexts are made."""
        return self._values

    @property
    def keys(self) -> Any:
        """`[batch, time, units]`, which queries are compared with."""
        return self._keys

    @property
    def batch_size(self) -> Any:
        """An int, or an int32 scalar where the graph does not tell."""
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        """The memory's time axis: an int, or an int32 scalar where the graph does not tell."""
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        """The size of the state: alignments, unless a subclass says otherwise."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """The alignments before the first step, zeros `[batch, time]`."""
        return zeros_of(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step: the initial alignments."""
        return self.initial_alignments(batch_size, dtype)


def units_layer(name: str, num_units: int, dtype: Any) -> Dense:
    """The layer that makes keys or queries of `num_units`, without a bias; float32 unless `dtype` is given."""
    return Dense(num_units, name=name, use_bias=False, dtype=float32 if dtype is None else dtype)


def zeros_of(size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros `[batch, size]`; both sizes may be int32 scalars."""
    if not isinstance(size, Tensor):
        return zero_state_of(size, batch_size, dtype)
    made = zeros(stack([batch_size, size]), dtype)
    made.set_shape([None if isinstance(batch_size, Tensor) else batch_size, None])
    return made


def _size(tensor: Tensor, axis: int) -> Any:
    """The size of an axis, an int where the graph tells."""
    known = tensor.shape[axis].value
    return shape_of(tensor)[axis] if known is None else known


def prepare_memory(
    memory: Any, memory_sequence_length: Any = None, memory_mask: Any = None, check_inner_dims_defined: bool = True
) -> Any:
    """The memory as tensors, zero where a row is past its length. TensorFlow's `_prepare_memory`.

    Args:
      memory: a nesting of `[batch, time, ...]`.
      memory_sequence_length: integers `[batch]`; or `memory_mask`, `[batch, time]`.
      memory_mask: zeros and ones, or bools. A bool in this place is `check_inner_dims_defined`, as up to 1.13.

    Raises ValueError for sizes behind the time axis that are unknown, and for lengths together with a mask.
    """
    if isinstance(memory_mask, bool):
        memory_mask, check_inner_dims_defined = None, memory_mask
    _check_one(memory_sequence_length, memory_mask)
    memory = nest.map_structure(lambda leaf: convert_to_tensor(leaf, name="memory"), memory)
    leaves = nest.flatten(memory)
    for leaf in leaves if check_inner_dims_defined else ():
        if leaf.shape.ndims is None or not leaf.shape[2:].is_fully_defined():
            raise ValueError(
                f"Expected memory {leaf.name} to have fully defined inner dims, but saw shape: {leaf.shape}"
            )
    if memory_sequence_length is None and memory_mask is None:
        return memory
    dtype = leaves[0].dtype.base_dtype
    if memory_mask is None:
        lengths = convert_to_tensor(memory_sequence_length, name="memory_sequence_length")
        mask = sequence_mask(lengths, maxlen=shape_of(leaves[0])[1], dtype=dtype)
    else:
        mask = convert_to_tensor(memory_mask)
        mask = where(mask, ones(shape_of(mask), dtype), zeros(shape_of(mask), dtype)) if mask.dtype.is_bool else mask
    return nest.map_structure(lambda leaf: leaf * _like(mask, leaf), memory)


def _like(mask: Tensor, leaf: Tensor) -> Tensor:
    """The mask with as many axes as the leaf."""
    known = mask.shape.ndims is not None and mask.shape.tuple
    rank = leaf.shape.ndims
    if known and rank is not None and None not in known:
        return reshape(mask, [*known, *[1] * (rank - 2)])
    ones_behind = ones([rank_of(leaf) - 2 if rank is None else rank - 2], "int32")
    return reshape(mask, concat([shape_of(mask), ones_behind], 0))


def maybe_mask_score(
    score: Any, memory_sequence_length: Any = None, memory_mask: Any = None, score_mask_value: Any = None
) -> Any:
    """The score `[batch, time]`, with `score_mask_value` past each row's length. TensorFlow's `_maybe_mask_score`.

    Args:
      memory_sequence_length: integers `[batch]`, all positive; or `memory_mask`, bools `[batch, time]`.
      memory_mask: a number in this place is `score_mask_value`, as up to 1.13.
      score_mask_value: minus infinity unless given.

    Raises ValueError for lengths together with a mask, InvalidArgumentError for a length that is not positive (in the
    session, if the graph does not tell).
    """
    if isinstance(memory_mask, (int, float, np.number)):
        memory_mask, score_mask_value = None, memory_mask
    _check_one(memory_sequence_length, memory_mask)
    if memory_sequence_length is None and memory_mask is None:
        return score
    if memory_mask is None:
        memory_mask = _checked_mask(memory_sequence_length, shape_of(score)[1])
    if score_mask_value is None:
        score_mask_value = as_dtype(score.dtype).as_numpy_dtype(-np.inf)
    return where(memory_mask, score, score_mask_value * ones_like(score))


class _Mask:
    """The mask of a mechanism's scores: made once, beside the memory, not again in every step of a loop.

    A length that is known not to be positive is an error when the mask is applied, as in TensorFlow.
    """

    def __init__(self, lengths: Any, memory: Any) -> None:
        self._lengths = lengths
        self._error: Exception | None = None
        if lengths is None:
            return
        try:
            self._mask = _checked_mask(lengths, shape_of(nest.flatten(memory)[0])[1])
        except InvalidArgumentError as error:
            self._error = error

    def applied(self, score: Any, score_mask_value: Any) -> Any:
        if self._error is not None:
            raise self._error
        if self._lengths is None:
            return score
        if score.shape[1:].is_compatible_with(self._mask.shape[1:]):
            return maybe_mask_score(score, memory_mask=self._mask, score_mask_value=score_mask_value)
        return maybe_mask_score(score, self._lengths, score_mask_value=score_mask_value)


def _checked_mask(lengths: Any, maxlen: Any) -> Tensor:
    message = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([assert_positive(lengths, message=message)]):
        return sequence_mask(lengths, maxlen=maxlen)


def _check_one(memory_sequence_length: Any, memory_mask: Any) -> None:
    if memory_sequence_length is not None and memory_mask is not None:
        raise ValueError("memory_sequence_length and memory_mask can't be provided at same time.")


__all__ = [
    "AttentionMechanism",
    "BaseAttentionMechanism",
    "maybe_mask_score",
    "prepare_memory",
    "units_layer",
    "zeros_of",
]
