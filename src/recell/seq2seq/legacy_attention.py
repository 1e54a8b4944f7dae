"""A decoder that looks at the encoder's outputs: additive attention, https://arxiv.org/abs/1412.7449.

TF symbols: `tf.contrib.legacy_seq2seq.attention_decoder`, `embedding_attention_decoder`.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import float32
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.array_join import concat
from recell.ops.array_make import zeros
from recell.ops.array_shape import expand_dims, reshape, squeeze
from recell.ops.array_shape import shape as shape_of
from recell.ops.embedding import embedding_lookup
from recell.ops.linalg import matmul
from recell.ops.math_cast import cast
from recell.ops.math_unary import tanh
from recell.ops.nn_activations import softmax
from recell.ops.reductions import reduce_sum
from recell.rnn.linear import linear
from recell.seq2seq.legacy_decoders import (
    LoopFunction,
    check_projection_biases,
    decoder_steps,
    extract_argmax_and_embed,
)


class _Heads:
    """`count` attention heads over states `[batch, length, size]`, with variables in the scope of their making.

    `heads(query)` makes `Attention_<k>/kernel` and `bias` there where the scope in force allows, and gives the heads'
    contexts, a list of `[batch, size]`.
    """

    def __init__(self, states: Any, size: int, count: int, dtype: Any) -> None:
        dims = states.shape.as_list()
        batch, length = (shape_of(states)[k] if dims[k] is None else dims[k] for k in (0, 1))
        self._states, self._size, self._dtype = states, size, dtype
        self._keys, self._scorers = [], []
        rows = reshape(states, [-1, size])
        for k in range(count):
            # In TensorFlow a convolution of 1 by 1, which is this product.
            weights = get_variable(f"AttnW_{k}", [1, 1, size, size], dtype=dtype)
            self._keys.append(reshape(matmul(rows, reshape(weights, [size, size])), [batch, length, size]))
            self._scorers.append(get_variable(f"AttnV_{k}", [size], dtype=dtype))

    def nothing(self, batch: Any) -> list[Any]:
        """What the first step sees unless it asks: zeros `[batch, size]` for each head."""
        return [zeros([batch, self._size], dtype=self._dtype) for _ in self._keys]

    def __call__(self, query: Any) -> list[Any]:
        if nest.is_sequence(query):
            query = concat([convert_to_tensor(part) for part in nest.flatten(query)], 1)
        return [self._look(k, query) for k in range(len(self._keys))]

    def _look(self, k: int, query: Any) -> Any:
        with variable_scope(f"Attention_{k}"):
            question = expand_dims(cast(linear(query, self._size, True), self._dtype), 1)
            scores = reduce_sum(self._scorers[k] * tanh(self._keys[k] + question), 2)
            weights = cast(softmax(cast(scores, float32)), self._dtype)
            return squeeze(matmul(expand_dims(weights, 1), self._states), [1])


def attention_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` with additive attention. TF symbol: `tf.contrib.legacy_seq2seq.attention_decoder`.

        for each step:
            output, state = cell([inputs, contexts] W + b, state)
            for each head k, over the attention states h_j:
                a = softmax_j(v_k . tanh(h_j W_k + state U_k + c_k))
                contexts[k] = sum_j a_j h_j
            outputs = [output, contexts] P + p

    The contexts of the first step are zeros. A state of several parts counts as one long vector. The softmax is one of
    single precision, whatever the dtype, as TensorFlow's.

    Variables, under `attention_decoder`, for `size` the depth of the attention states: `AttnW_<k>` W_k
    `[1, 1, size, size]` and `AttnV_<k>` v_k `[size]` for each head; `kernel` W `[depth + heads * size, depth]`, `bias`;
    the cell's; `Attention_<k>/kernel` U_k `[state, size]` and `Attention_<k>/bias` for each head;
    `AttnOutputProjection/kernel` P `[cell's output + heads * size, output_size]`, `AttnOutputProjection/bias`.

    Args:
      decoder_inputs: tensors `[batch, depth]`, one for each step.
      initial_state: nested as `cell.state_size`.
      attention_states: `[batch, length, size]`, with `size` known.
      output_size: columns of the outputs, the cell's `output_size` unless given.
      num_heads: how many contexts there are.
      loop_function: as in `rnn_decoder`; it sees outputs of `output_size` columns.
      dtype: of the variables, the scope's unless given. scope: of the variables.
      initial_state_attention: True to begin with the contexts that `initial_state` asks for; for going on where
        another decoder has stopped.

    Returns: the list of outputs `[batch, output_size]`, and the cell's last state.

    Raises ValueError for no inputs, no heads, and where the depth of the inputs or of the attention states is unknown.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     outputs, state = tf.contrib.legacy_seq2seq.attention_decoder(
      ...         [tf.ones([2, 3])] * 4, tf.zeros([2, 5]), tf.ones([2, 7, 6]), tf.nn.rnn_cell.GRUCell(5), num_heads=2)
      ...     print(len(outputs), outputs[0].shape, state.shape)
      4 (2, 5) (2, 5)

    Paper: Vinyals et al., Grammar as a Foreign Language, https://arxiv.org/abs/1412.7449.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError(f"With less than 1 heads, use a non-attention decoder. Got num_heads={num_heads}.")
    attention_states = convert_to_tensor(attention_states)
    size = _depth(attention_states)
    if size is None:
        raise ValueError(f"Shape[2] of attention_states must be known: {attention_states.shape}")
    output_size = cell.output_size if output_size is None else output_size
    state = initial_state
    with variable_scope(scope or "attention_decoder", dtype=dtype) as inside:
        dtype = inside.dtype
        heads = _Heads(attention_states, size, num_heads, dtype)
        contexts = heads(initial_state) if initial_state_attention else heads.nothing(_rows(decoder_inputs[0]))

        def step(i: int, inputs: Any) -> Any:
            nonlocal state, contexts
            joined = [cast(part, dtype) for part in [inputs, *contexts]]
            output, state = cell(linear(joined, _known_depth(inputs), True), state)
            asked_before = i == 0 and initial_state_attention  # which has made the variables
            with variable_scope(get_variable_scope(), reuse=True) if asked_before else nullcontext():
                contexts = heads(state)
            with variable_scope("AttnOutputProjection"):
                return linear([cast(output, dtype), *contexts], output_size, True)

        return decoder_steps(decoder_inputs, loop_function, step), state


def embedding_attention_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`attention_decoder` over numbers of words.

    TF symbol: `tf.contrib.legacy_seq2seq.embedding_attention_decoder`.

    Variables, under `embedding_attention_decoder`: `embedding` `[num_symbols, embedding_size]`, then those of
    `attention_decoder`.

    Args:
      decoder_inputs: integers `[batch]`, a tensor for each step.
      initial_state, attention_states, cell, num_heads, output_size, initial_state_attention: see `attention_decoder`.
      num_symbols: words of the decoder. embedding_size: the depth of their vectors.
      output_projection: None where outputs are logits `[batch, num_symbols]`; else a pair
        (W `[output_size, num_symbols]`, b `[num_symbols]`), which finds the word that is fed back. The outputs that are
        returned are those without it.
      feed_previous: True to feed the likeliest word of the step before; only the first input is read then.
      update_embedding_for_previous: False to keep the gradient of words fed so out of the table.
      dtype: of the variables, the scope's unless given. scope: of the variables.

    Returns: the list of outputs `[batch, output_size]`, and the cell's last state.

    Raises ValueError as `attention_decoder`, and for biases of another shape than `[num_symbols]`.
    """
    output_size = cell.output_size if output_size is None else output_size
    check_projection_biases(output_projection, num_symbols, dtype)
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = extract_argmax_and_embed(table, output_projection, update_embedding_for_previous)
        return attention_decoder(
            [embedding_lookup(table, word) for word in decoder_inputs],
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )


def _depth(states: Any) -> int | None:
    dims: tuple[int | None, ...] | None = states.shape.with_rank(3).tuple
    return None if dims is None else dims[2]


def _rows(inputs: Any) -> Any:
    inputs = convert_to_tensor(inputs)
    dims = inputs.shape.tuple
    return shape_of(inputs)[0] if not dims or dims[0] is None else dims[0]


def _known_depth(inputs: Any) -> int:
    inputs = convert_to_tensor(inputs)
    dims = inputs.shape.with_rank(2).tuple
    if dims is None or dims[1] is None:
        raise ValueError(
            f"Could not infer input size from input: {inputs.name} {inputs.shape}. Give its last dimension, with "
            "set_shape or in the placeholder."
        )
    depth: int = dims[1]
    return depth


__all__ = ["attention_decoder", "embedding_attention_decoder"]
