"""Alignments from scores and probabilities: `hardmax`, `safe_cumprod`, `monotonic_attention`."""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_make import one_hot, ones, zeros
from recell.ops.array_shape import reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.clip import clip_by_value
from recell.ops.custom_gradient import custom_gradient
from recell.ops.functional import scan
from recell.ops.math_scan import cumprod, cumsum
from recell.ops.math_unary import exp, log
from recell.ops.reductions import argmax
from recell.seq2seq.sums_in_order import sums_in_order


def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """One at the largest of the last axis, zero elsewhere. TF symbol: `tf.contrib.seq2seq.hardmax`.

    Args:
      logits: `[..., n]`; of equal ones the first counts.

    Returns:
      `[..., n]`, of the dtype of `logits`. It has no gradient.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     print(session.run(tf.contrib.seq2seq.hardmax([[0.5, 2.0, 1.0]])))
      [[0. 1. 0.]]
    """
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        dims = logits.shape.tuple
        depth = shape_of(logits)[-1] if not dims or dims[-1] is None else dims[-1]
        return one_hot(argmax(logits, -1), depth, dtype=logits.dtype.base_dtype)


def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Running products of numbers in [0, 1], with a finite gradient. TF symbol: `tf.contrib.seq2seq.safe_cumprod`.

        exp(cumsum(log(clip(x, tiny, 1))))      with the smallest normal number of the dtype as tiny

    The other arguments (`axis`, `exclusive`, `reverse`, `name`) are those of `tf.cumsum`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     print(session.run(tf.contrib.seq2seq.safe_cumprod([0.5, 0.5, 1.0], exclusive=True)))
      [1.   0.5  0.25]
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return exp(cumsum(log(clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Tensor:
    """Where an attention that only moves forward will stop next. TF symbol: `tf.contrib.seq2seq.monotonic_attention`.

    Starting from entry j with the probability `previous[j]`, it looks at the entries j, j + 1, ... in turn, and stops
    at entry i with the probability `p[i]`. With q = exclusive running products of 1 - p:

        recursive   a[i] = p[i] * r[i],   r[i] = (1 - p[i - 1]) * r[i - 1] + previous[i]
        parallel    a[i] = p[i] * q[i] * sum(previous[j] / clip(q[j], 1e-10, 1) over j <= i)
        hard        a[i] = s[i] * exclusive running product of (1 - s)[i],   s[i] = p[i] * sum(previous[j] over j <= i)

    "recursive" is exact and takes one step for each entry; "parallel" is the same in closed form, inexact where p is
    near 0 or 1 for long; "hard" is for zeros and ones. As in TensorFlow, the gradient of "hard" with respect to
    `previous_attention` is NaN from the entry on that was chosen (its `cumprod` divides by zero there).

    Args:
      p_choose_i: probabilities `[batch, time]`.
      previous_attention: the alignments of the step before, `[batch, time]`.
      mode: "recursive", "parallel" or "hard".

    Returns:
      The new alignments `[batch, time]`. A row may sum to less than 1: the rest has run past the end.

    Raises:
      ValueError: another mode.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     p, previous = [[0.5, 0.5, 0.5]], [[1.0, 0.0, 0.0]]
      ...     print(session.run(tf.contrib.seq2seq.monotonic_attention(p, previous, "recursive")))
      ...     print(session.run(tf.contrib.seq2seq.monotonic_attention([[0.0, 1.0, 1.0]], previous, "hard")))
      [[0.5   0.25  0.125]]
      [[0. 1. 0.]]

    Raffel et al., Online and Linear-Time Attention by Enforcing Monotonic Alignments, https://arxiv.org/abs/1704.00784.
    """
    p: Any = convert_to_tensor(p_choose_i, name="p_choose_i")
    previous: Any = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        return p * transpose(_arriving(p, previous))
    if mode == "parallel":
        q = safe_cumprod(1 - p, axis=1, exclusive=True)
        return p * q * cumsum(previous / clip_by_value(q, 1e-10, 1.0), axis=1)
    if mode == "hard":
        p = p * _summed(previous)
        return p * _passed(1 - p)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _arriving(p: Any, previous: Any) -> Any:
    """r, `[time, batch]`: the probability that each entry is looked at."""
    known = p.shape[0].value if p.shape.ndims is not None else None
    batch = shape_of(p)[0] if known is None else known
    dtype = p.dtype.base_dtype
    walked_on = concat([ones([batch, 1], dtype), 1 - p[:, :-1]], 1)

    def look(arrived: Any, entry: Any) -> Any:
        through, started = entry
        return reshape(through * arrived + started, [batch])

    return scan(look, [transpose(walked_on), transpose(previous)], zeros([batch], dtype))


@custom_gradient
def _summed(x: Tensor) -> Any:
    """Running sums along axis 1. Whether one is exactly 1 decides whether the gradient of `_passed` is NaN."""

    def gradient(grad: Tensor) -> Tensor:
        return cumsum(grad, axis=1, reverse=True)

    return sums_in_order(x), gradient


@custom_gradient
def _passed(x: Tensor) -> Any:
    """Exclusive running products along axis 1, with the gradient that TensorFlow's `cumprod` has: NaN at zeros."""
    products = cumprod(x, axis=1, exclusive=True)

    def gradient(grad: Tensor) -> Tensor:
        return cumsum(products * grad, axis=1, exclusive=True, reverse=True) / x

    return products, gradient


__all__ = ["hardmax", "monotonic_attention", "safe_cumprod"]
