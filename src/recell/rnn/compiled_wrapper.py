"""`CompiledWrapper`: a cell that TensorFlow would compile with XLA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.rnn.arguments import keeps_arguments
from recell.rnn.wrappers import RNNCellWrapper


class CompiledWrapper(RNNCellWrapper):
    """The cell itself. TF symbol: `tf.contrib.rnn.CompiledWrapper`.

    TensorFlow asks XLA to compile the cell's operations, which changes no number. Here every cell's operations between
    products run as compiled code already, wrapped or not (docs/performance.md, "Your own cells"). No variables of its
    own, no scope.

    Args:
      cell: an RNNCell.
      compile_stateful: whether operations with a state, random ones for instance, should be compiled too; kept
        for `get_config`.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.CompiledWrapper(tf.nn.rnn_cell.LSTMCell(2))
      >>> cell.state_size, cell.output_size
      (LSTMStateTuple(c=2, h=2), 2)
    """

    @keeps_arguments
    def __init__(self, cell: Any, compile_stateful: bool = False) -> None:
        super().__init__(cell)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        return step(inputs, state, **kwargs)


__all__ = ["CompiledWrapper"]
