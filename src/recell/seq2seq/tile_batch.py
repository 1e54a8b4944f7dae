"""`tile_batch`: every row of a batch, one time for each beam."""

from __future__ import annotations

from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_pad import tile
from recell.ops.array_shape import expand_dims, reshape
from recell.ops.array_shape import shape as shape_of


def tile_batch(t: Any, multiplier: Any, name: str | None = None) -> Any:
    """Repeats every row `multiplier` times, one after the other. TF symbol: `tf.contrib.seq2seq.tile_batch`.

    What is one row to the encoder is `beam_width` rows to the cell of a `BeamSearchDecoder`: its state, and the memory
    and the lengths that an attention mechanism looks at, are tiled before they are given to it.

    Args:
      t: a tensor `[batch, ...]`, or a nesting of such.
      multiplier: an int.
      name: of the scope of the operations.

    Returns:
      Tensors `[batch * multiplier, ...]` in the nesting of `t`: row `i * multiplier + k` is row `i` of `t`.

    Raises:
      ValueError: a tensor whose rank is not known, or is 0.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Session() as session:
      ...     print(session.run(tf.contrib.seq2seq.tile_batch(tf.constant([5, 7]), 3)))
      [5 5 5 7 7 7]
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda leaf: _tiled(leaf, multiplier), t)


def _tiled(t: Any, multiplier: Any) -> Tensor:
    t = convert_to_tensor(t, name="t")
    if not t.shape.ndims:
        raise ValueError("t must have statically known rank")
    rows, *rest = t.shape.as_list()
    dynamic = shape_of(t)
    tiled = tile(expand_dims(t, 1), [1, multiplier] + [1] * len(rest))
    tiled = reshape(tiled, concat([[dynamic[0] * multiplier], dynamic[1:]], 0))
    tiled.set_shape(TensorShape([None if rows is None else int(rows * multiplier), *rest]))
    return tiled


__all__ = ["tile_batch"]
