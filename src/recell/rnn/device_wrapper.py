"""`DeviceWrapper`: a cell whose operations are made under `tf.device`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.core import device as on_device
from recell.rnn.arguments import keeps_arguments
from recell.rnn.state import zero_state_scope
from recell.rnn.wrappers import RNNCellWrapper


class DeviceWrapper(RNNCellWrapper):
    """Makes a cell's operations under `tf.device(device)`. TF symbol: `tf.nn.rnn_cell.DeviceWrapper`.

    The device is recorded with the operations; where they run is the session's choice. No variables of its own, no
    scope.

    Args:
      cell: an RNNCell.
      device: what `tf.device` takes: a name, or a function of an operation that gives one.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default():
      ...     cell = tf.nn.rnn_cell.DeviceWrapper(tf.nn.rnn_cell.GRUCell(2), "/gpu:0")
      ...     cell.zero_state(4, tf.float32).device
      '/device:GPU:0'
    """

    @keeps_arguments
    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        with on_device(self._device):
            return step(inputs, state, **kwargs)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with zero_state_scope(self, batch_size), on_device(self._device):
            return self._cell.zero_state(batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "device": self._device}  # itself, also where it is a function


__all__ = ["DeviceWrapper"]
