"""`model_with_buckets`: one model unrolled for several lengths. TF symbol: the same of `tf.contrib.legacy_seq2seq`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph.core import name_scope
from recell.graph.variable_scope import get_variable_scope, variable_scope
from recell.seq2seq.legacy_losses import LossFunction, sequence_loss, sequence_loss_by_example


def model_with_buckets(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    targets: list[Any],
    weights: list[Any],
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[list[Any], list[Any]], tuple[list[Any], Any]],
    softmax_loss_function: LossFunction | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[list[Any]], list[Any]]:
    """A model and its loss for each pair of lengths, over one set of variables.

    TF symbol: `tf.contrib.legacy_seq2seq.model_with_buckets`. Sentences are padded to the next larger bucket, so that
    short ones do not pay for the longest.

    Args:
      encoder_inputs, decoder_inputs, targets, weights: tensors for the longest bucket, one for each step; see
        `sequence_loss_by_example`.
      buckets: pairs (encoder steps, decoder steps), the last one the longest.
      seq2seq: a function of the encoder's and the decoder's inputs that gives outputs and a state, such as
        `lambda x, y: embedding_rnn_seq2seq(x, y, GRUCell(24), ...)`. It is called once for each bucket, with variables
        reused from the second on.
      softmax_loss_function: see `sequence_loss_by_example`.
      per_example_loss: True for losses `[batch]` instead of their mean.
      name: of the name scope.

    Returns: a list of the outputs, and one of the losses, by bucket.

    Raises ValueError for fewer encoder inputs, targets or weights than the last bucket needs.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     words = [tf.placeholder(tf.int32, [None]) for _ in range(10)]
      ...     weights = [tf.placeholder(tf.float32, [None]) for _ in range(10)]
      ...     def model(x, y):
      ...         return tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(x, y, tf.nn.rnn_cell.GRUCell(8), 100, 100, 16)
      ...     outputs, losses = tf.contrib.legacy_seq2seq.model_with_buckets(
      ...         words, words, words, weights, [(3, 4), (9, 10)], model)
      ...     print([len(steps) for steps in outputs], [loss.shape for loss in losses])
      [4, 10] [TensorShape([]), TensorShape([])]
    """
    longest_source, longest_target = buckets[-1]
    for kind, steps, needed in (
        ("encoder_inputs", encoder_inputs, longest_source),
        ("targets", targets, longest_target),
        ("weights", weights, longest_target),
    ):
        if len(steps) < needed:
            raise ValueError(f"Length of {kind} ({len(steps)}) must be at least that of last bucket ({needed}).")
    loss_of = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with name_scope(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs, *targets, *weights]):
        for number, (source, target) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if number > 0 else None):
                logits, _ = seq2seq(encoder_inputs[:source], decoder_inputs[:target])
                outputs.append(logits)
                losses.append(
                    loss_of(logits, targets[:target], weights[:target], softmax_loss_function=softmax_loss_function)
                )
    return outputs, losses


__all__ = ["model_with_buckets"]
