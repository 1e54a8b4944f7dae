"""Losses of words, over lists of steps; TF symbols: `tf.contrib.legacy_seq2seq.sequence_loss` and `..._by_example`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from recell.graph import compat
from recell.graph.core import name_scope
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_binary import add_n
from recell.ops.math_cast import cast
from recell.ops.nn_cross_entropy import sparse_softmax_cross_entropy_with_logits
from recell.ops.reductions import reduce_sum

LossFunction = Callable[..., Any]


def sequence_loss_by_example(
    logits: list[Any],
    targets: list[Any],
    weights: list[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: LossFunction | None = None,
    name: str | None = None,
) -> Any:
    """Each example's weighted cross entropy. TF symbol: `tf.contrib.legacy_seq2seq.sequence_loss_by_example`.

        loss = sum_t weights[t] * cross_entropy(targets[t], logits[t]) / (sum_t weights[t] + 1e-12)

    Args:
      logits: tensors `[batch, symbols]`, one for each step. targets: integers `[batch]`. weights: numbers `[batch]`.
      average_across_timesteps: False for the sum alone.
      softmax_loss_function: called with `labels=targets[t], logits=logits[t]` in the place of the cross entropy, gives
        `[batch]`; for sampled losses, whose `logits` are what comes before the last product. A function with other
        parameters, in the manner of before 1.1, gets both by position: the labels where its first or second parameter
        is called label or target.
      name: of the name scope.

    Returns: `[batch]`.

    Raises ValueError for lists of other lengths than each other's, or of none.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     logits, targets = [tf.zeros([2, 4])] * 3, [tf.constant([0, 3])] * 3
      ...     weights = [tf.constant([1.0, 1.0]), tf.constant([1.0, 0.5]), tf.constant([1.0, 0.0])]
      ...     sums = tf.contrib.legacy_seq2seq.sequence_loss_by_example(logits, targets, weights, False)
      ...     print(session.run(sums))  # log(4) * 3 and log(4) * 1.5
      [4.158883  2.0794415]
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}. Give one of each for every step."
        )
    loss_of = _by_keyword(softmax_loss_function)
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        steps = zip(logits, targets, weights, strict=True)
        loss = add_n([loss_of(labels=target, logits=logit) * weight for logit, target, weight in steps])
        return loss / (add_n(weights) + 1e-12) if average_across_timesteps else loss


def sequence_loss(
    logits: list[Any],
    targets: list[Any],
    weights: list[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: LossFunction | None = None,
    name: str | None = None,
) -> Any:
    """The sum of `sequence_loss_by_example`, a scalar. TF symbol: `tf.contrib.legacy_seq2seq.sequence_loss`.

    Args:
      logits, targets, weights, average_across_timesteps, softmax_loss_function: see `sequence_loss_by_example`.
      average_across_batch: True to divide by the number of examples, whatever their weights.
      name: of the name scope.

    Raises ValueError for lists of other lengths than each other's, or of none.
    """
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        loss = reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps=average_across_timesteps,
                softmax_loss_function=softmax_loss_function,
            )
        )
        return loss / cast(shape_of(targets[0])[0], loss.dtype) if average_across_batch else loss


def _cross_entropy(labels: Any, logits: Any) -> Any:
    return sparse_softmax_cross_entropy_with_logits(labels=reshape(labels, [-1]), logits=logits)


def _by_keyword(function: LossFunction | None) -> LossFunction:
    """`function` as one of `labels` and `logits`, whichever release's it is."""
    if function is None:
        return _cross_entropy
    position = _position_of_labels(function)
    if position == 0:
        return lambda labels, logits: function(labels, logits)
    if position == 1:
        return lambda labels, logits: function(logits, labels)
    return function


def _position_of_labels(function: LossFunction) -> int | None:
    """Where an old function takes the labels; None for one to be called by keyword, as 1.1 and later do."""
    if not compat.takes_old_arguments():
        return None
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of what is written in C
        return None
    names = [parameter.name for parameter in parameters]
    if {"labels", "logits"} <= set(names) or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    for position, name in enumerate(names[:2]):
        if any(word in name.lower() for word in ("label", "target")):
            return position
    return None


__all__ = ["sequence_loss", "sequence_loss_by_example"]
