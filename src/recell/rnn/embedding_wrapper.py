"""`EmbeddingWrapper`: a cell whose inputs are numbers of words."""

from __future__ import annotations

import math
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import device
from recell.graph.variable_scope import get_variable, get_variable_scope
from recell.ops.array_shape import reshape
from recell.ops.embedding import embedding_lookup
from recell.ops.initializers import RandomUniform
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.wrappers import AroundCell


class EmbeddingWrapper(AroundCell, RNNCell):
    """Looks its inputs up in a table of vectors, for the cell. TF symbol: `tf.contrib.rnn.EmbeddingWrapper`.

        output, state' = cell(embedding[inputs], state)

    One look-up of all steps together, `tf.nn.embedding_lookup` before `tf.nn.dynamic_rnn`, is faster.

    Variables: `embedding_wrapper/embedding` `[embedding_classes, embedding_size]`, of the dtype of the state's first
    part, then the cell's, under `embedding_wrapper`.

    Args:
      cell: an RNNCell.
      embedding_classes: rows of the table. embedding_size: its columns.
      initializer: of the table; else that of the variable scope; else uniform numbers of variance 1, between
        -sqrt(3) and sqrt(3).
      reuse: True to use variables that exist, under the scope of the first call.

    Call: integers `[batch]` (or `[batch, 1]`: they are flattened) and the cell's state -> the cell's output, new state.

    Raises TypeError for what is no cell, ValueError for a size that is not positive.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     cell = tf.contrib.rnn.EmbeddingWrapper(tf.nn.rnn_cell.GRUCell(4), 100, 8)
      ...     outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant([[[3], [99]], [[0], [7]]]), dtype=tf.float32)
      ...     print(tf.global_variables()[0].name, outputs.shape.as_list())
      rnn/embedding_wrapper/embedding:0 [2, 2, 4]
    """

    @keeps_arguments
    def __init__(
        self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(_reuse=reuse)
        _check_sizes(embedding_classes, embedding_size)

    def call(self, inputs: Any, state: Any) -> Any:
        dtype = convert_to_tensor(nest.flatten(state)[0]).dtype.base_dtype
        # Where TensorFlow keeps large tables; the inner cell is made under the same device.
        with device("/cpu:0"):
            table = embedding_table(self._embedding_classes, self._embedding_size, dtype, self._initializer)
            return self._cell(embedding_lookup(table, reshape(inputs, [-1])), state)


def embedding_table(classes: int, size: int, dtype: Any, initializer: Any = None) -> Any:
    """The variable `embedding` `[classes, size]` of the current scope, started as `EmbeddingWrapper` says.

    Raises ValueError for a size that is not positive.
    """
    _check_sizes(classes, size)
    start = initializer or get_variable_scope().initializer or RandomUniform(-math.sqrt(3), math.sqrt(3))
    return get_variable("embedding", [classes, size], dtype=dtype, initializer=start)


def _check_sizes(classes: int, size: int) -> None:
    if classes <= 0 or size <= 0:
        raise ValueError(f"Both embedding_classes and embedding_size must be > 0: {classes}, {size}.")


__all__ = ["EmbeddingWrapper", "embedding_table"]
