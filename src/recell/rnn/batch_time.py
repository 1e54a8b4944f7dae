"""Two helpers about the first two axes of sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_make import range_ as range_of
from recell.ops.array_shape import rank as rank_of
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import transpose


def transpose_batch_time(x: Any) -> Tensor:
    """`x` with its first two axes changed for each other. TF symbol: `tf.contrib.rnn.transpose_batch_time`.

    Args:
      x: a tensor of any rank: `[batch, time, ...]`, or `[time, batch, ...]`.

    Returns:
      `[time, batch, ...]`, or `[batch, time, ...]`; `x` itself when its rank is known to be less than 2.
    """
    x = convert_to_tensor(x)
    dims = x.shape.tuple
    if dims is None:
        return transpose(x, concat([[1, 0], range_of(2, rank_of(x))], 0))
    return x if len(dims) < 2 else transpose(x, [1, 0, *range(2, len(dims))])


def best_effort_input_batch_size(flat_input: Sequence[Any]) -> Any:
    """The number of rows of time-major inputs. TF symbol: `tf.contrib.rnn.best_effort_input_batch_size`.

    Args:
      flat_input: a list of tensors `[time, batch, ...]`.

    Returns:
      An int, the first size of a second axis that is known, or else an int32 scalar tensor, that of the first input.

    Raises:
      ValueError: an input of a rank below 2.
      IndexError: no inputs.
    """
    for leaf in flat_input:
        dims = leaf.shape.tuple
        if dims is None:
            continue
        if len(dims) < 2:
            raise ValueError(f"Expected input tensor {leaf} to have rank at least 2")
        if dims[1] is not None:
            return dims[1]
    return shape_of(flat_input[0])[1]


__all__ = ["best_effort_input_batch_size", "transpose_batch_time"]
