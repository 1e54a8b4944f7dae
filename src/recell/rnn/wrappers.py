"""Cells around a cell: the base of the wrappers, residual connections, devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import device as on_device
from recell.ops.math_binary import add
from recell.rnn.cell import RNNCell, assert_like_rnncell
from recell.rnn.state import zero_state_scope


class RNNCellWrapper(RNNCell):
    """A cell around another: sizes, states and weights are the inner one's, and no scope is added.

    Subclasses override `_wrapped(inputs, state, step, **kwargs)`, where `step` is the inner cell's own.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self._cell = cell

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        return self._wrapped(inputs, state, self._cell.__call__, scope=scope)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._wrapped(inputs, state, self._cell.call)

    @property
    def cell(self) -> Any:
        """The inner cell."""
        return self._cell

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def trainable_weights(self) -> list[Any]:
        return list(getattr(self._cell, "trainable_weights", ())) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        fixed = list(getattr(self._cell, "non_trainable_weights", ()))
        return fixed if self.trainable else [*getattr(self._cell, "trainable_weights", ()), *fixed]

    def build(self, input_shape: Any) -> None:
        self._cell.build(input_shape)
        self.built = True

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with zero_state_scope(self, batch_size):
            return self._cell.zero_state(batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        inner = {"class_name": type(self._cell).__name__, "config": self._cell.get_config()}
        return {**super().get_config(), "cell": inner}


class ResidualWrapper(RNNCellWrapper):
    """Adds a cell's inputs to its outputs, as He et al. (https://arxiv.org/abs/1512.03385) do between layers.

        output, state' = cell(inputs, state)
        output = residual_fn(inputs, output)   # inputs + output by default

    TF symbol: `tf.nn.rnn_cell.ResidualWrapper`. No variables of its own.

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

    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        output, new_state = step(inputs, state, **kwargs)
        return (self._residual_fn or _sum)(inputs, output), new_state

    def get_config(self) -> dict[str, Any]:
        own = {} if self._residual_fn is None else {"residual_fn": self._residual_fn}
        return {**super().get_config(), **own}


def _sum(inputs: Any, output: Any) -> Any:
    nest.assert_same_structure(inputs, output)
    inputs, output = nest.map_structure(convert_to_tensor, inputs), nest.map_structure(convert_to_tensor, output)
    nest.map_structure(lambda a, b: a.shape.assert_is_compatible_with(b.shape), inputs, output)
    return nest.map_structure(add, inputs, output)


class DeviceWrapper(RNNCellWrapper):
    """Makes a cell's operations under `tf.device(device)`. TF symbol: `tf.nn.rnn_cell.DeviceWrapper`.

    The device is recorded with the operations; where they run is the session's choice. No variables of its own.

    Args:
      cell: an RNNCell.
      device: what `tf.device` takes.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        with on_device(self._device):
            return step(inputs, state, **kwargs)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with zero_state_scope(self, batch_size), on_device(self._device):
            return self._cell.zero_state(batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "device": self._device}


__all__ = ["DeviceWrapper", "RNNCellWrapper", "ResidualWrapper"]
