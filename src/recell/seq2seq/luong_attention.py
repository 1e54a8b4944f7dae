"""`LuongAttention`: multiplicative attention, https://arxiv.org/abs/1508.04025."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_shape import expand_dims, squeeze
from recell.ops.initializers import Ones
from recell.ops.linalg import matmul
from recell.ops.nn_activations import softmax
from recell.seq2seq.attention import BaseAttentionMechanism, units_layer


def luong_score(query: Any, keys: Any, scale: Any) -> Any:
    """The product of the query `[batch, units]` with each key `[batch, time, units]`: `[batch, time]`.

    TensorFlow's `_luong_score`. `scale` is a scalar factor, or None; True makes the variable `attention_g` for it, as
    up to 1.13. Raises ValueError for a query of another size than the keys.
    """
    if isinstance(scale, bool):
        scale = attention_gain(query) if scale else None
    depth, units = query.shape[-1], keys.shape[-1]
    if depth != units:
        raise ValueError(
            f"Incompatible or unknown inner dimensions between query and keys.  Query ({query}) has units: {depth}.  "
            f"Keys ({keys}) have units: {units}.  Perhaps you need to set num_units to the keys' dimension ({units})?"
        )
    score = squeeze(matmul(expand_dims(query, 1), keys, transpose_b=True), [1])
    return score if scale is None else scale * score


def attention_gain(query: Any) -> Any:
    """The variable that scores are multiplied by, one at first."""
    return get_variable("attention_g", dtype=query.dtype, initializer=Ones(), shape=())


class LuongAttention(BaseAttentionMechanism):
    """Attention by products of query and keys. TF symbol: `tf.contrib.seq2seq.LuongAttention`.

        keys       = values Wm
        score[t]   = query . keys[t]              times g, with `scale`
        alignments = probability_fn(score)

    Variables: `memory_layer/kernel` Wm `[depth, num_units]`, made where the mechanism is built; with `scale`,
    `luong_attention/attention_g` g, a scalar, one at first, made in the scope of the first call. torch and Keras
    (`Attention`) have no Wm; Keras' scale is the same.

    Args:
      num_units: the size of keys, which has to be that of queries.
      memory: `[batch, time, depth]`, mostly an encoder's outputs.
      memory_sequence_length: integers `[batch]`, all positive; what is past them is masked. None: all of the memory.
      scale: whether there is a g.
      probability_fn: makes alignments of scores, both `[batch, time]`; softmax unless given, `hardmax` is another.
      score_mask_value: the score past a row's length, for `probability_fn`; minus infinity unless given.
      dtype: of the variable; float32 unless given. It has to be the memory's.
      custom_key_value_fn: `custom_key_value_fn(keys, values)` gives other keys and values.
      name: of the name scope of the keys.

    Call: query `[batch, num_units]`, state `[batch, time]`, of which nothing is used -> alignments `[batch, time]` and
    the same as next state.

    Raises:
      ValueError: a memory of unknown depth; when called, a query of another size than `num_units`.
      TypeError: dtypes that differ.
      tf.errors.InvalidArgumentError: a length that is not positive, when called if known then, else in the session.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     memory = tf.constant([[[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]])
      ...     with tf.variable_scope("", initializer=tf.initializers.identity()):
      ...         attention = tf.contrib.seq2seq.LuongAttention(2, memory, memory_sequence_length=[2])
      ...     alignments, state = attention(tf.log([[3.0, 1.0]]), None)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(alignments).round(3))
      [[0.75 0.25 0.  ]]

    Luong et al., Effective Approaches to Attention-based Neural Machine Translation, https://arxiv.org/abs/1508.04025.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str = "LuongAttention",
    ) -> None:
        make_alignments = softmax if probability_fn is None else probability_fn
        super().__init__(
            query_layer=None,
            memory=memory,
            probability_fn=lambda score, _: make_alignments(score),
            memory_sequence_length=memory_sequence_length,
            memory_layer=units_layer("memory_layer", num_units, dtype),
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._name = name

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        query = convert_to_tensor(query, name="query")
        with variable_scope(None, "luong_attention", [query]):
            score = luong_score(query, self._keys, attention_gain(query) if self._scale else None)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


__all__ = ["LuongAttention", "attention_gain", "luong_score"]
