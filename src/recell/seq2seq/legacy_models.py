"""Encoders and decoders put together, over lists of steps. TF symbols: `tf.contrib.legacy_seq2seq.*_seq2seq`.

Papers: Sutskever et al., https://arxiv.org/abs/1409.3215; Cho et al., https://arxiv.org/abs/1406.1078.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from recell.graph.dtypes import float32
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.array_join import concat
from recell.ops.array_shape import reshape
from recell.ops.embedding import embedding_lookup
from recell.rnn.embedding_wrapper import embedding_table
from recell.rnn.projection_wrappers import OutputProjectionWrapper
from recell.rnn.static_rnn import static_rnn
from recell.seq2seq.legacy_attention import embedding_attention_decoder
from recell.seq2seq.legacy_decoders import (
    LoopFunction,
    check_projection,
    decode_as_asked,
    embedding_rnn_decoder,
    extract_argmax_and_embed,
    rnn_decoder,
)


def basic_rnn_seq2seq(
    encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any, dtype: Any = float32, scope: Any = None
) -> tuple[list[Any], Any]:
    """An encoder, and a decoder that begins with its state. TF symbol: `tf.contrib.legacy_seq2seq.basic_rnn_seq2seq`.

    Variables, under `basic_rnn_seq2seq`: those of a copy of `cell` under `rnn`, then the cell's under `rnn_decoder`.

    Args:
      encoder_inputs: tensors `[batch, depth]`. decoder_inputs: tensors `[batch, another depth]`.
      cell: the decoder's; the encoder's is a copy of it.
      dtype: of the encoder's zero state. scope: of the variables.

    Returns: the list of the decoder's outputs `[batch, output size]`, and its last state.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     outputs, state = tf.contrib.legacy_seq2seq.basic_rnn_seq2seq(
      ...         [tf.ones([2, 3])] * 4, [tf.ones([2, 6])] * 5, tf.nn.rnn_cell.BasicLSTMCell(7))
      ...     print(len(outputs), outputs[0].shape, state.c.shape)
      ...     print(*[v.name for v in tf.global_variables()], sep="\\n")
      5 (2, 7) (2, 7)
      basic_rnn_seq2seq/rnn/basic_lstm_cell/kernel:0
      basic_rnn_seq2seq/rnn/basic_lstm_cell/bias:0
      basic_rnn_seq2seq/rnn_decoder/basic_lstm_cell/kernel:0
      basic_rnn_seq2seq/rnn_decoder/basic_lstm_cell/bias:0
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    loop_function: LoopFunction | None = None,
    dtype: Any = float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`basic_rnn_seq2seq` with one set of weights for both. TF symbol: `tf.contrib.legacy_seq2seq.tied_rnn_seq2seq`.

    Variables: the cell's, under `combined_tied_rnn_seq2seq/tied_rnn_seq2seq`.

    Args:
      encoder_inputs, decoder_inputs: tensors `[batch, depth]`.
      cell: of both.
      loop_function: the decoder's, as in `rnn_decoder`.
      dtype: of the encoder's zero state. scope: of the variables, in the place of the inner name.

    Returns: the list of the decoder's outputs `[batch, output size]`, and its last state.
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


def embedding_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """An encoder and a decoder of words. TF symbol: `tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq`.

    Variables, under `embedding_rnn_seq2seq`: `rnn/embedding_wrapper/embedding` `[num_encoder_symbols, embedding_size]`,
    those of a copy of `cell` beside it; then those of `embedding_rnn_decoder`, whose cell is in an
    `OutputProjectionWrapper` unless there is an `output_projection`.

    Args:
      encoder_inputs, decoder_inputs: integers `[batch]`, a tensor for each step.
      cell: the decoder's; the encoder's is a copy of it.
      num_encoder_symbols, num_decoder_symbols: how many words each side has.
      embedding_size: depth of the words' vectors on both sides.
      output_projection: a pair (W `[output size, num_decoder_symbols]`, b `[num_decoder_symbols]`) to find the word to
        feed back with; outputs are then the cell's, without it.
      feed_previous: whether the decoder reads its own likeliest word of the step before, and of `decoder_inputs` the
        first alone: a bool, or a bool tensor. Where it is a tensor, no gradient reaches the table through words fed so.
      dtype: of states and variables, the scope's unless given. scope: of the variables.

    Returns: the list of outputs, `[batch, num_decoder_symbols]` without an `output_projection`, else
    `[batch, output size]`; the decoder's last state.

    Raises ValueError for an `output_projection` of other shapes.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     words = [tf.placeholder(tf.int32, [None]) for _ in range(4)]
      ...     logits, state = tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
      ...         words, words, tf.nn.rnn_cell.GRUCell(8), 100, 200, 16, feed_previous=tf.placeholder(tf.bool))
      ...     print(len(logits), logits[0].shape, state.shape)
      4 (?, 200) (?, 8)
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as inside:
        if dtype is not None:
            inside.set_dtype(dtype)
        sizes = num_encoder_symbols, embedding_size
        _, encoder_state = _encode_words(copy.deepcopy(cell), encoder_inputs, *sizes, inside.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(feed: bool, update: bool) -> Any:
            return embedding_rnn_decoder(
                decoder_inputs,
                encoder_state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=feed,
                update_embedding_for_previous=update,
            )

        return decode_as_asked(feed_previous, decode)


def embedding_tied_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`embedding_rnn_seq2seq` with one table and one set of weights for both sides.

    TF symbol: `tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq`.

    Variables, under `embedding_tied_rnn_seq2seq`: `embedding` `[num_symbols, embedding_size]`, then those of
    `tied_rnn_seq2seq`, whose cell is in an `OutputProjectionWrapper` unless there is an `output_projection`.

    Args:
      encoder_inputs, decoder_inputs: integers `[batch]`, a tensor for each step.
      cell: of both.
      num_symbols: words of both. embedding_size: depth of their vectors.
      num_decoder_symbols: how many of them the decoder chooses from, `num_symbols` unless given: columns of its outputs
        without an `output_projection`.
      output_projection: a pair (W `[output size, num_symbols]`, b `[num_symbols]`) to find the word to feed back with.
      feed_previous, dtype, scope: see `embedding_rnn_seq2seq`.

    Returns: the list of outputs, and the decoder's last state.

    Raises ValueError for an `output_projection` of other shapes.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as inside:
        dtype = inside.dtype
        check_projection(output_projection, num_symbols, dtype)
        table = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        encoder_words = [embedding_lookup(table, word) for word in encoder_inputs]
        decoder_words = [embedding_lookup(table, word) for word in decoder_inputs]
        if output_projection is None:
            columns = num_symbols if num_decoder_symbols is None else num_decoder_symbols
            cell = OutputProjectionWrapper(cell, columns)

        def decode(feed: bool, update: bool) -> Any:
            loop_function = extract_argmax_and_embed(table, output_projection, update) if feed else None
            return tied_rnn_seq2seq(encoder_words, decoder_words, cell, loop_function=loop_function, dtype=dtype)

        return decode_as_asked(feed_previous, decode)


def embedding_attention_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`embedding_rnn_seq2seq` whose decoder attends to the encoder's outputs.

    TF symbol: `tf.contrib.legacy_seq2seq.embedding_attention_seq2seq`.

    Variables, under `embedding_attention_seq2seq`: `rnn/embedding_wrapper/embedding`
    `[num_encoder_symbols, embedding_size]`, those of a copy of `cell` beside it; then those of
    `embedding_attention_decoder`, whose cell is in an `OutputProjectionWrapper` unless there is an `output_projection`:
    the outputs are then projected twice, as in TensorFlow.

    Args:
      encoder_inputs, decoder_inputs: integers `[batch]`, a tensor for each step.
      cell: the decoder's; the encoder's is a copy of it.
      num_encoder_symbols, num_decoder_symbols: how many words each side has.
      embedding_size: depth of the words' vectors on both sides.
      num_heads, initial_state_attention: see `attention_decoder`.
      output_projection, feed_previous, dtype, scope: see `embedding_rnn_seq2seq`.

    Returns: the list of outputs, `[batch, num_decoder_symbols]` without an `output_projection`, else
    `[batch, output size]`; the decoder's last state.

    Raises ValueError as `attention_decoder`, and for biases of another shape than `[num_decoder_symbols]`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     words = [tf.placeholder(tf.int32, [None]) for _ in range(4)]
      ...     logits, state = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
      ...         words, words, tf.nn.rnn_cell.GRUCell(8), 100, 200, 16, num_heads=2, feed_previous=True)
      ...     print(len(logits), logits[0].shape, state.shape)
      4 (?, 200) (?, 8)

    Paper: Bahdanau et al., https://arxiv.org/abs/1409.0473.
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as inside:
        sizes = num_encoder_symbols, embedding_size
        encoder_outputs, encoder_state = _encode_words(copy.deepcopy(cell), encoder_inputs, *sizes, inside.dtype)
        states = concat([reshape(output, [-1, 1, cell.output_size]) for output in encoder_outputs], 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(feed: bool, update: bool) -> Any:
            return embedding_attention_decoder(
                decoder_inputs,
                encoder_state,
                states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=feed,
                update_embedding_for_previous=update,
                initial_state_attention=initial_state_attention,
            )

        return decode_as_asked(feed_previous, decode)


def one2many_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs_dict: Mapping[Any, list[Any]],
    enc_cell: Any,
    dec_cells_dict: Mapping[Any, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: Mapping[Any, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[Any, list[Any]], dict[Any, Any]]:
    """One encoder of words and several decoders. TF symbol: `tf.contrib.legacy_seq2seq.one2many_rnn_seq2seq`.

    Variables, under `one2many_rnn_seq2seq`: `rnn/embedding_wrapper/embedding` and those of `enc_cell` beside it; for
    each decoder, in the dictionary's order, those of `embedding_rnn_decoder` under `one2many_decoder_<name>`, with its
    cell in an `OutputProjectionWrapper`.

    Args:
      encoder_inputs: integers `[batch]`, a tensor for each step.
      decoder_inputs_dict: by the decoder's name, integers `[batch]`, a tensor for each step.
      enc_cell: of the encoder; its state is where all decoders begin.
      dec_cells_dict: the decoders' cells by name.
      num_encoder_symbols: words of the encoder. num_decoder_symbols_dict: those of each decoder.
      embedding_size: depth of all words' vectors.
      feed_previous: see `embedding_rnn_seq2seq`; but gradients do reach the tables.
      dtype, scope: of the variables.

    Returns: two dictionaries by name, of the lists of outputs `[batch, symbols]` and of the last states.

    Raises ValueError where the names of inputs and cells differ, KeyError for a decoder without a number of symbols.

    Paper: Luong et al., Multi-task Sequence to Sequence Learning, https://arxiv.org/abs/1511.06114.
    """
    if dec_cells_dict.keys() != decoder_inputs_dict.keys():
        raise ValueError(
            "keys of dec_cells_dict != keys of decoder_inputs_dict: "
            f"{list(dec_cells_dict)} and {list(decoder_inputs_dict)}."
        )
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as inside:
        _, encoder_state = _encode_words(enc_cell, encoder_inputs, num_encoder_symbols, embedding_size, inside.dtype)
        for name, decoder_inputs in decoder_inputs_dict.items():
            with variable_scope(f"one2many_decoder_{name}"):
                outputs[name], states[name] = _one_of_many(
                    decoder_inputs,
                    encoder_state,
                    dec_cells_dict[name],
                    num_decoder_symbols_dict[name],
                    embedding_size,
                    feed_previous,
                )
    return outputs, states


def _encode_words(cell: Any, inputs: list[Any], symbols: int, embedding_size: int, dtype: Any) -> tuple[list[Any], Any]:
    """`static_rnn` of `EmbeddingWrapper(cell, symbols, embedding_size)`, with its names.

    But the words are looked up before the loop: their table's gradient is then rows, as TensorFlow's is.
    """
    with variable_scope("rnn"), variable_scope("embedding_wrapper") as inside:
        table = embedding_table(symbols, embedding_size, dtype)
        words = [embedding_lookup(table, reshape(word, [-1])) for word in inputs]
        return static_rnn(cell, words, dtype=dtype, scope=inside)


def _one_of_many(
    decoder_inputs: list[Any], state: Any, cell: Any, symbols: int, embedding_size: int, feed_previous: Any
) -> tuple[list[Any], Any]:
    cell = OutputProjectionWrapper(cell, symbols)

    def decode(feed: bool, update: bool) -> Any:
        return embedding_rnn_decoder(
            decoder_inputs,
            state,
            cell,
            symbols,
            embedding_size,
            feed_previous=feed,
            update_embedding_for_previous=update,
        )

    return decode_as_asked(feed_previous, decode, update=True)


__all__ = [
    "basic_rnn_seq2seq",
    "embedding_attention_seq2seq",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "one2many_rnn_seq2seq",
    "tied_rnn_seq2seq",
]
