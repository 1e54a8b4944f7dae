"""`sequence_loss`: the weighted cross entropy of sequences of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor
from recell.ops.array_shape import reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_binary import div_no_nan
from recell.ops.math_cast import cast
from recell.ops.nn_cross_entropy import sparse_softmax_cross_entropy_with_logits
from recell.ops.reductions import count_nonzero, reduce_sum


def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """Weighted cross entropy of sequences. TF symbol: `tf.contrib.seq2seq.sequence_loss`.

        loss[b, t] = weights[b, t] * -log(softmax(logits[b, t])[targets[b, t]])

    and, over the axes that the flags name,

        average: sum(loss) / sum(weights)
        sum:     sum(loss) / (number of weights that are not zero)

    where a division by zero gives zero. Both axes averaged, or both summed: a scalar. Else one axis is taken, of which
    an average goes before a sum and the batch before the time: `[time]`, or `[batch]`. No flag: `[batch, time]`.

    Args:
      logits: `[batch, time, classes]`, floating.
      targets: `[batch, time]`, int32 or int64.
      weights: `[batch, time]`, of the logits' dtype.
      average_across_timesteps, sum_over_timesteps: what is done to the time axis.
      average_across_batch, sum_over_batch: what is done to the batch.
      softmax_loss_function: `(labels, logits)`, called with keyword arguments, of `[batch * time]` and
        `[batch * time, classes]`; gives `[batch * time]`. By default the sparse softmax cross entropy.
      name: of the scope, "sequence_loss" by default.

    Raises:
      ValueError: another rank, or average and sum of one axis.

    Example, log(4) for each step but the last:
      >>> import recell.v1 as tf
      >>> targets, weights = tf.constant([[0, 1, 2]]), tf.constant([[1.0, 1.0, 0.0]])
      >>> loss = tf.contrib.seq2seq.sequence_loss(tf.zeros([1, 3, 4]), targets, weights, average_across_timesteps=False)
      >>> with tf.Session() as session:
      ...     print(session.run(loss).round(4))
      [1.3863 1.3863 0.    ]
    """
    logits, targets, weights = (convert_to_tensor(value) for value in (logits, targets, weights))
    _check_ranks(logits, targets, weights)
    for axis, average, total in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        if average and total:
            raise ValueError(f"average_across_{axis} and sum_over_{axis} cannot be set to True at same time.")
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        loss = _losses(logits, targets, weights, softmax_loss_function)
        if average_across_timesteps and average_across_batch:
            return div_no_nan(reduce_sum(loss), reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            return div_no_nan(reduce_sum(loss), cast(count_nonzero(weights), loss.dtype))
        loss = reshape(loss, shape_of(logits)[:2])
        if average_across_timesteps or average_across_batch:
            axis_taken = 0 if average_across_batch else 1
            return div_no_nan(reduce_sum(loss, axis=[axis_taken]), reduce_sum(weights, axis=[axis_taken]))
        if sum_over_timesteps or sum_over_batch:
            axis_taken = 0 if sum_over_batch else 1
            count = cast(count_nonzero(weights, axis=[axis_taken]), loss.dtype)
            return div_no_nan(reduce_sum(loss, axis=[axis_taken]), count)
        return loss


def _check_ranks(logits: Tensor, targets: Tensor, weights: Tensor) -> None:
    for tensor, rank, what in (
        (logits, 3, "Logits must be a [batch_size x sequence_length x logits] tensor"),
        (targets, 2, "Targets must be a [batch_size x sequence_length] tensor"),
        (weights, 2, "Weights must be a [batch_size x sequence_length] tensor"),
    ):
        if tensor.shape.ndims != rank:
            raise ValueError(f"{what}, but '{tensor.name}' has shape {tensor.shape}.")


def _losses(logits: Tensor, targets: Tensor, weights: Tensor, function: Callable[..., Any] | None) -> Tensor:
    """The weighted loss of every step of every row, `[batch * time]`."""
    known = logits.shape[2].value
    classes = shape_of(logits)[2] if known is None else known
    flat = reshape(logits, [-1, classes])
    labels = reshape(targets, [-1])
    loss = (function or sparse_softmax_cross_entropy_with_logits)(labels=labels, logits=flat)
    return loss * reshape(weights, [-1])


__all__ = ["sequence_loss"]
