"""Decoders over a list of inputs, one for each step. TF symbols: `tf.contrib.legacy_seq2seq.rnn_decoder` and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.ops.branches import cond
from recell.ops.embedding import embedding_lookup
from recell.ops.nn_dense import xw_plus_b
from recell.ops.reductions import argmax
from recell.ops.state import stop_gradient

LoopFunction = Callable[[Any, int], Any]


def extract_argmax_and_embed(embedding: Any, output_projection: Any = None, update_embedding: bool = True) -> Any:
    """A loop function that feeds a decoder with its own last word.

        loop_function(output, i) = embedding[argmax(output W + b)]

    TF symbol: `_extract_argmax_and_embed` of `tensorflow.contrib.legacy_seq2seq.python.ops.seq2seq`.

    Args:
      embedding: the table of words, `[symbols, depth]`.
      output_projection: a pair (W `[output size, symbols]`, b `[symbols]`) for outputs that are no logits yet.
      update_embedding: whether gradients reach the table through what is looked up so.

    Returns: a function of an output `[batch, size]` and the number of its step, giving `[batch, depth]`.
    """

    def loop_function(output: Any, i: int) -> Any:
        if output_projection is not None:
            output = xw_plus_b(output, output_projection[0], output_projection[1])
        words = embedding_lookup(embedding, argmax(output, 1))
        return words if update_embedding else stop_gradient(words)

    return loop_function


def decoder_steps(
    decoder_inputs: Iterable[Any], loop_function: LoopFunction | None, step: Callable[[int, Any], Any]
) -> list[Any]:
    """The outputs of `step(i, inputs)` for each input, or for what `loop_function` makes of the output before.

    Later steps take the variables that the first one has made.
    """
    outputs: list[Any] = []
    for i, inputs in enumerate(decoder_inputs):
        if loop_function is not None and outputs:
            with variable_scope("loop_function", reuse=True):
                inputs = loop_function(outputs[-1], i)
        if i > 0:
            get_variable_scope().reuse_variables()
        outputs.append(step(i, inputs))
    return outputs


def rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Runs `cell` over a list, from a given state. TF symbol: `tf.contrib.legacy_seq2seq.rnn_decoder`.

        for i, inputs in enumerate(decoder_inputs):
            inputs = loop_function(outputs[-1], i)      # after the first step, if there is a loop function
            output, state = cell(inputs, state)

    Variables: the cell's, under `rnn_decoder`.

    Args:
      decoder_inputs: tensors `[batch, depth]`. Only the first one is read where there is a `loop_function`, which sees
        the cell's last output and the number of the step to come; it may use variables that exist.
      initial_state: of the first step, nested as `cell.state_size`.
      scope: of the variables.

    Returns: the list of outputs `[batch, output size]`, and the last state.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.IndRNNCell(1, activation=lambda x: x)
      ...     steps = [tf.ones([1, 1])] * 3
      ...     outputs, state = tf.contrib.legacy_seq2seq.rnn_decoder(
      ...         steps, tf.zeros([1, 1]), cell, loop_function=lambda output, i: 10.0 * output)
      ...     for variable in tf.global_variables():
      ...         session.run(variable.initializer, {variable.initial_value: 0.0 * variable.initial_value.eval() + 1.0})
      ...     print([float(output[0, 0]) for output in session.run(outputs)])  # 1 + 1; 10 * 2 + 2 + 1; ...
      [2.0, 23.0, 254.0]
    """
    state = initial_state

    def step(i: int, inputs: Any) -> Any:
        nonlocal state
        output, state = cell(inputs, state)
        return output

    with variable_scope(scope or "rnn_decoder"):
        outputs = decoder_steps(decoder_inputs, loop_function, step)
    return outputs, state


def embedding_rnn_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` over numbers of words. TF symbol: `tf.contrib.legacy_seq2seq.embedding_rnn_decoder`.

    Variables, under `embedding_rnn_decoder`: `embedding` `[num_symbols, embedding_size]`, then the cell's under
    `rnn_decoder`.

    Args:
      decoder_inputs: integers `[batch]`, a tensor for each step.
      initial_state: of the first step, nested as `cell.state_size`.
      num_symbols: words of the decoder. embedding_size: the depth that the cell sees.
      output_projection: None where the cell's outputs are logits `[batch, num_symbols]` themselves; else a pair
        (W `[output size, num_symbols]`, b `[num_symbols]`), which finds the word that is fed back. The outputs that are
        returned are the cell's, without it.
      feed_previous: True to feed the likeliest word of the step before; only the first input is read then (it is "GO").
      update_embedding_for_previous: False to keep the gradient of words fed so out of the table.
      scope: of the variables.

    Returns: the list of the cell's outputs, and the last state.

    Raises ValueError for an `output_projection` of other shapes.
    """
    with variable_scope(scope or "embedding_rnn_decoder") as inside:
        check_projection(output_projection, num_symbols, inside.dtype)
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = extract_argmax_and_embed(table, output_projection, update_embedding_for_previous)
        # Looked up at their step, in the names of rnn_decoder, as in TensorFlow.
        words = (embedding_lookup(table, word) for word in decoder_inputs)
        return rnn_decoder(words, initial_state, cell, loop_function=loop_function)


def check_projection(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Raises ValueError unless None, or a pair of `[any, num_symbols]` and `[num_symbols]`."""
    if output_projection is not None:
        weights = convert_to_tensor(output_projection[0], dtype=dtype)
        weights.shape.assert_is_compatible_with([None, num_symbols])
        check_projection_biases(output_projection, num_symbols, dtype)


def check_projection_biases(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Raises ValueError unless None, or a pair whose second is `[num_symbols]`."""
    if output_projection is not None:
        convert_to_tensor(output_projection[1], dtype=dtype).shape.assert_is_compatible_with([num_symbols])


def decode_as_asked(feed_previous: Any, decode: Callable[[bool, bool], Any], update: bool = False) -> tuple[Any, Any]:
    """`decode(feed_previous, update_embedding)`, also where `feed_previous` is known only while running.

    Both ways are in the graph then, over the same variables; `update` is what `decode` gets for the way that feeds
    words back. A Python bool always updates.
    """
    if isinstance(feed_previous, bool):
        outputs, state = decode(feed_previous, True)
        return outputs, state

    def branch(feed: bool) -> Any:
        with variable_scope(get_variable_scope(), reuse=None if feed else True):
            return decode(feed, update)

    outputs, state = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    return outputs, state


__all__ = [
    "check_projection",
    "check_projection_biases",
    "decode_as_asked",
    "decoder_steps",
    "embedding_rnn_decoder",
    "extract_argmax_and_embed",
    "rnn_decoder",
]
