"""Attention that only moves forward: `BahdanauMonotonicAttention`, `LuongMonotonicAttention`.

https://arxiv.org/abs/1704.00784
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import int32
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_make import one_hot, zeros
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import greater
from recell.ops.initializers import Constant
from recell.ops.math_cast import cast
from recell.ops.math_unary import sigmoid
from recell.ops.random import random_normal
from recell.seq2seq.alignments import monotonic_attention
from recell.seq2seq.attention import BaseAttentionMechanism, units_layer
from recell.seq2seq.bahdanau_attention import bahdanau_score, score_variables
from recell.seq2seq.luong_attention import attention_gain, luong_score


def monotonic_probability_fn(
    score: Any, previous_alignments: Any, sigmoid_noise: float, mode: str, seed: int | None = None
) -> Any:
    """Alignments `[batch, time]` of a score and the alignments before. TensorFlow's `_monotonic_probability_fn`."""
    if sigmoid_noise > 0:
        score = score + sigmoid_noise * random_normal(shape_of(score), dtype=score.dtype, seed=seed)
    p = cast(greater(score, 0), score.dtype) if mode == "hard" else sigmoid(score)
    return monotonic_attention(p, previous_alignments, mode)


def _probability_fn(sigmoid_noise: float, mode: str, seed: int | None) -> Callable[[Any, Any], Any]:
    return lambda score, previous: monotonic_probability_fn(score, previous, sigmoid_noise, mode, seed)


class BaseMonotonicAttentionMechanism(BaseAttentionMechanism):
    """A mechanism that starts at the first entry. TensorFlow's `_BaseMonotonicAttentionMechanism`."""

    _score_bias_init: float

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """One at the first entry of each row, `[batch, time]`."""
        return one_hot(zeros([batch_size], int32), self._alignments_size, dtype=dtype)

    def _score_bias(self, dtype: Any) -> Any:
        return get_variable(
            "attention_score_bias", dtype=dtype, shape=(), initializer=Constant(self._score_bias_init, dtype=dtype)
        )


class BahdanauMonotonicAttention(BaseMonotonicAttentionMechanism):
    """Additive attention that only moves forward. TF symbol: `tf.contrib.seq2seq.BahdanauMonotonicAttention`.

        keys       = values Wm
        score[t]   = sum(v * tanh(keys[t] + query Wq)) + r
        p[t]       = sigmoid(score[t] + sigmoid_noise * N(0, 1))   in mode "hard": 1 where that sum is positive, else 0
        alignments = monotonic_attention(p, previous alignments, mode)

    With `normalize` the score is `sum(g * v / |v| * tanh(keys[t] + query Wq + b)) + r`.

    Variables: `memory_layer/kernel` Wm `[depth, num_units]`, made where the mechanism is built; in the scope of the
    first call, under `bahdanau_monotonic_attention`: `query_layer/kernel` Wq `[query, num_units]`, `attention_v` v
    `[num_units]`; with `normalize` `attention_g` g, a scalar, and `attention_b` b `[num_units]`; `attention_score_bias`
    r, a scalar. torch and Keras have neither this nor the next.

    Args:
      num_units: the size of keys and of the layer.
      memory: `[batch, time, depth]`, mostly an encoder's outputs.
      memory_sequence_length: integers `[batch]`, all positive; what is past them is masked. None: all of the memory.
      normalize: whether v has a length and tanh a bias of their own.
      score_mask_value: the score past a row's length; minus infinity, which gives p = 0, unless given.
      sigmoid_noise: how much normal noise to add to scores, which drives p to 0 and 1 while training.
      sigmoid_noise_seed: of the noise.
      score_bias_init: what r starts at; negative for a p that is small at first, which long memories need.
      mode: "recursive", "parallel" or "hard", as of `monotonic_attention`; "hard" has no gradient by the score.
      dtype: of Wm and Wq; float32 unless given. It has to be the memory's and the query's.
      name: of the name scope of the keys.

    Call: query `[batch, query]`, state `[batch, time]`, the alignments of the step before -> alignments `[batch, time]`
    and the same as next state. The state before the first step has a one at the first entry.

    Raises:
      ValueError: a memory of unknown depth; when called, another mode.
      TypeError: dtypes that differ.
      tf.errors.InvalidArgumentError: a length that is not positive, when called if known then, else in the session.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     attention = tf.contrib.seq2seq.BahdanauMonotonicAttention(4, tf.zeros([1, 3, 2]), mode="recursive")
      ...     alignments, state = attention(tf.ones([1, 5]), attention.initial_state(1, tf.float32))
      ...     session.run(tf.global_variables_initializer())
      ...     with tf.variable_scope("", reuse=True):
      ...         v = tf.get_variable("bahdanau_monotonic_attention/attention_v")
      ...     print(session.run(alignments, {v: [0.0, 0.0, 0.0, 0.0]}))
      [[0.5   0.25  0.125]]

    Raffel et al., Online and Linear-Time Attention by Enforcing Monotonic Alignments, https://arxiv.org/abs/1704.00784.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=units_layer("query_layer", num_units, dtype),
            memory=memory,
            probability_fn=_probability_fn(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            memory_layer=units_layer("memory_layer", num_units, dtype),
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name
        self._score_bias_init = score_bias_init

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        query = convert_to_tensor(query, name="query")
        with variable_scope(None, "bahdanau_monotonic_attention", [query]):
            processed = self._query_layer(query) if self._query_layer else query
            variables = score_variables(self._num_units, query.dtype.base_dtype, self._normalize)
            score = bahdanau_score(processed, self._keys, *variables)
            score = score + self._score_bias(processed.dtype.base_dtype)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


class LuongMonotonicAttention(BaseMonotonicAttentionMechanism):
    """Multiplicative attention that only moves forward. TF symbol: `tf.contrib.seq2seq.LuongMonotonicAttention`.

        keys       = values Wm
        score[t]   = query . keys[t] + r          the product times g, with `scale`
        p[t]       = sigmoid(score[t] + sigmoid_noise * N(0, 1))   in mode "hard": 1 where that sum is positive, else 0
        alignments = monotonic_attention(p, previous alignments, mode)

    Variables: `memory_layer/kernel` Wm `[depth, num_units]`, made where the mechanism is built; in the scope of the
    first call, under `luong_monotonic_attention`: with `scale` `attention_g` g, a scalar, one at first;
    `attention_score_bias` r, a scalar.

    Args:
      num_units: the size of keys, which has to be that of queries.
      scale: whether there is a g.
      memory, memory_sequence_length, score_mask_value, sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode, dtype,
        name: as of `BahdanauMonotonicAttention`.

    Call: query `[batch, num_units]`, state `[batch, time]`, the alignments of the step before -> alignments
    `[batch, time]` and the same as next state. The state before the first step has a one at the first entry.

    Raises:
      ValueError: a memory of unknown depth; when called, another mode, or a query of another size than `num_units`.
      TypeError: dtypes that differ.
      tf.errors.InvalidArgumentError: a length that is not positive, when called if known then, else in the session.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     memory = tf.constant([[[-1.0], [1.0], [1.0]]])
      ...     with tf.variable_scope("", initializer=tf.ones_initializer()):
      ...         attention = tf.contrib.seq2seq.LuongMonotonicAttention(1, memory, mode="hard")
      ...     alignments, state = attention(tf.ones([1, 1]), attention.initial_state(1, tf.float32))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(alignments))
      [[0. 1. 0.]]

    Raffel et al., Online and Linear-Time Attention by Enforcing Monotonic Alignments, https://arxiv.org/abs/1704.00784.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: float = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=None,
            memory=memory,
            probability_fn=_probability_fn(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            memory_layer=units_layer("memory_layer", num_units, dtype),
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._name = name
        self._score_bias_init = score_bias_init

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        query = convert_to_tensor(query, name="query")
        with variable_scope(None, "luong_monotonic_attention", [query]):
            score = luong_score(query, self._keys, attention_gain(query) if self._scale else None)
            score = score + self._score_bias(query.dtype.base_dtype)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


__all__ = [
    "BahdanauMonotonicAttention",
    "BaseMonotonicAttentionMechanism",
    "LuongMonotonicAttention",
    "monotonic_probability_fn",
]
