"""What the cells around a cell share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from recell.rnn.arguments import Arguments
from recell.rnn.cell import RNNCell, assert_like_rnncell
from recell.rnn.state import zero_state_scope


class AroundCell(Arguments):
    """Mixed into a wrapper, before its base, whose constructor keeps `cell`: sizes and states are the inner cell's.

    Its weights are its own and the inner one's. Raises TypeError for a `cell` that is no RNNCell.
    """

    _cell: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", self._cell)

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

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with zero_state_scope(self, batch_size):
            return self._cell.zero_state(batch_size, dtype)

    @property
    def trainable_weights(self) -> list[Any]:
        return _once(super().trainable_weights, getattr(self._cell, "trainable_weights", ())) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        fixed = getattr(self._cell, "non_trainable_weights", ())
        inner = fixed if self.trainable else [*getattr(self._cell, "trainable_weights", ()), *fixed]
        return _once(super().non_trainable_weights, inner)


def _once(*weights: Iterable[Any]) -> list[Any]:
    """All of them in order, without repetitions: a variable made by the inner cell's `call` is noted by both."""
    return list({id(weight): weight for some in weights for weight in some}.values())


class RNNCellWrapper(AroundCell, RNNCell):
    """A cell around another that adds no scope, and whose `weights` are its own alone, as in TensorFlow.

    Subclasses override `_wrapped(inputs, state, step, **kwargs)`, where `step` is the inner cell's own.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        self._cell = cell
        super().__init__(**kwargs)

    trainable_weights = RNNCell.trainable_weights
    non_trainable_weights = RNNCell.non_trainable_weights

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        return self._wrapped(inputs, state, self._cell.__call__, scope=scope)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._wrapped(inputs, state, self._cell.call)

    def build(self, input_shape: Any) -> None:
        self._cell.build(input_shape)
        self.built = True


__all__ = ["AroundCell", "RNNCellWrapper"]
