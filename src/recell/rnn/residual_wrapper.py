"""`ResidualWrapper`: a cell's inputs added to its outputs, as He et al. do between layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.ops.math_binary import add
from recell.rnn.arguments import keeps_arguments
from recell.rnn.wrappers import RNNCellWrapper, leaf_by_leaf


class ResidualWrapper(RNNCellWrapper):
    """Adds a cell's inputs to its outputs, as He et al. (https://arxiv.org/abs/1512.03385) do between layers.

        output, state' = cell(inputs, state)
        output = residual_fn(inputs, output)   # inputs + output by default

    TF symbol: `tf.nn.rnn_cell.ResidualWrapper`. No variables of its own, no scope.

    Args:
      cell: an RNNCell.
      residual_fn: a function of inputs and output, nested as they are; the default adds leaf by leaf, and raises
        TypeError or ValueError where nesting or shapes differ.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     inner = tf.nn.rnn_cell.GRUCell(1, kernel_initializer=tf.zeros_initializer())
      ...     output, _ = tf.nn.rnn_cell.ResidualWrapper(inner)(tf.constant([[5.0]]), tf.zeros([1, 1]))
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(output))
      [[5.]]
    """

    @keeps_arguments
    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        output, new_state = step(inputs, state, **kwargs)
        return (self._residual_fn or _sum)(inputs, output), new_state

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("residual_fn")
        # As TensorFlow, only where there is one; the function itself, as no name finds a program's own.
        return config if self._residual_fn is None else {**config, "residual_fn": self._residual_fn}


def _sum(inputs: Any, output: Any) -> Any:
    return leaf_by_leaf(add, inputs, output)


__all__ = ["ResidualWrapper"]
