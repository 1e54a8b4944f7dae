"""`BahdanauAttention`: additive attention, https://arxiv.org/abs/1409.0473."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_shape import expand_dims
from recell.ops.initializers import Constant, Zeros
from recell.ops.math_unary import rsqrt, square, tanh
from recell.ops.nn_activations import softmax
from recell.ops.reductions import reduce_sum
from recell.seq2seq.attention import BaseAttentionMechanism, units_layer


def bahdanau_score(
    processed_query: Any, keys: Any, attention_v: Any, attention_g: Any = None, attention_b: Any = None
) -> Any:
    """The additive score `[batch, time]` of a query `[batch, units]` and keys `[batch, time, units]`.

    TensorFlow's `_bahdanau_score`. `attention_v` is `[units]`, or a bool, as up to 1.13: whether to normalise; the
    variables are then made here.
    """
    if isinstance(attention_v, bool):
        units = keys.shape[-1].value
        attention_v, attention_g, attention_b = score_variables(units, processed_query.dtype, attention_v)
    summed = keys + expand_dims(processed_query, 1)
    if attention_g is None or attention_b is None:
        return reduce_sum(attention_v * tanh(summed), [2])
    normed_v = attention_g * attention_v * rsqrt(reduce_sum(square(attention_v)))
    return reduce_sum(normed_v * tanh(summed + attention_b), [2])


def score_variables(num_units: int, dtype: Any, normalize: bool) -> tuple[Any, Any, Any]:
    """v, g and b; the latter two None without `normalize`."""
    v = get_variable("attention_v", [num_units], dtype=dtype)
    if not normalize:
        return v, None, None
    g = get_variable("attention_g", dtype=dtype, initializer=Constant(math.sqrt(1.0 / num_units)), shape=())
    return v, g, get_variable("attention_b", [num_units], dtype=dtype, initializer=Zeros())


class BahdanauAttention(BaseAttentionMechanism):
    """Attention by a layer of tanh over query and keys. TF symbol: `tf.contrib.seq2seq.BahdanauAttention`.

        keys       = values Wm
        score[t]   = sum(v * tanh(keys[t] + query Wq))
        alignments = probability_fn(score)

    With `normalize` (https://arxiv.org/abs/1602.07868) the score is `sum(g * v / |v| * tanh(keys[t] + query Wq + b))`.

    Variables: `memory_layer/kernel` Wm `[depth, num_units]`, made where the mechanism is built; in the scope of the
    first call, under `bahdanau_attention`: `query_layer/kernel` Wq `[query, num_units]`, `attention_v` v `[num_units]`;
    with `normalize`, `attention_g` g, a scalar, `sqrt(1 / num_units)` at first, and `attention_b` b `[num_units]`,
    zeros. Keras (`AdditiveAttention`) has v alone.

    Args:
      num_units: the size of keys and of the layer.
      memory: `[batch, time, depth]`, mostly an encoder's outputs.
      memory_sequence_length: integers `[batch]`, all positive; what is past them is masked. None: all of the memory.
      normalize: whether v has a length and tanh a bias of their own.
      probability_fn: makes alignments of scores, both `[batch, time]`; softmax unless given, `hardmax` is another.
      score_mask_value: the score past a row's length, for `probability_fn`; minus infinity unless given.
      dtype: of Wm and Wq; float32 unless given. It has to be the memory's and the query's.
      custom_key_value_fn: `custom_key_value_fn(keys, values)` gives other keys and values.
      name: of the name scope of the keys.

    Call: query `[batch, query]`, state `[batch, time]`, of which nothing is used -> alignments `[batch, time]` and the
    same as next state.

    Raises:
      ValueError: a memory of unknown depth; when called, a query of unknown size.
      TypeError: dtypes that differ.
      tf.errors.InvalidArgumentError: a length that is not positive, when called if known then, else in the session.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     memory = tf.constant([[[0.5, 0.0], [0.5, 0.0], [5.0, 5.0]]])
      ...     attention = tf.contrib.seq2seq.BahdanauAttention(4, memory, memory_sequence_length=[2], normalize=True)
      ...     alignments, state = attention(tf.constant([[3.0, 1.0]]), None)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(alignments))
      ...     print([variable.op.name for variable in tf.global_variables()])
      [[0.5 0.5 0. ]]
      ['memory_layer/kernel', 'bahdanau_attention/query_layer/kernel', 'bahdanau_attention/attention_v', \
'bahdanau_attention/attention_g', 'bahdanau_attention/attention_b']

    Bahdanau et al., Neural Machine Translation by Jointly Learning to Align and Translate, https://arxiv.org/abs/1409.0473.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "BahdanauAttention",
    ) -> None:
        make_alignments = softmax if probability_fn is None else probability_fn
        super().__init__(
            query_layer=units_layer("query_layer", num_units, dtype),
            memory=memory,
            probability_fn=lambda score, _: make_alignments(score),
            memory_sequence_length=memory_sequence_length,
            memory_layer=units_layer("memory_layer", num_units, dtype),
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        query = convert_to_tensor(query, name="query")
        with variable_scope(None, "bahdanau_attention", [query]):
            processed = self._query_layer(query) if self._query_layer else query
            variables = score_variables(self._num_units, query.dtype.base_dtype, self._normalize)
            score = bahdanau_score(processed, self._keys, *variables)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


__all__ = ["BahdanauAttention", "bahdanau_score", "score_variables"]
