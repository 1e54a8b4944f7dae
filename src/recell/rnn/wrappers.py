"""What cells with others in them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.rnn.arguments import Arguments
from recell.rnn.cell import RNNCell, assert_like_rnncell
from recell.rnn.state import zero_state_scope


class OfInnerCell(Arguments):
    """Mixed into a wrapper, before its base, whose constructor keeps `cell`: sizes and states are the inner cell's.

    Raises TypeError for a `cell` that is no RNNCell.
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


class AroundCell(OfInnerCell):
    """The same for a wrapper with a scope of its own: its weights are its own and the inner cell's."""

    @property
    def trainable_weights(self) -> list[Any]:
        if not self.trainable:
            return []
        return each_once(super().trainable_weights, getattr(self._cell, "trainable_weights", ()))

    @property
    def non_trainable_weights(self) -> list[Any]:
        fixed = getattr(self._cell, "non_trainable_weights", ())
        inner = fixed if self.trainable else [*getattr(self._cell, "trainable_weights", ()), *fixed]
        return each_once(super().non_trainable_weights, inner)


def each_once(*weights: Iterable[Any]) -> list[Any]:
    """All of them in order, without repetitions: a variable made by an inner cell's `call` is noted by both."""
    return list({id(weight): weight for some in weights for weight in some}.values())


class RNNCellWrapper(OfInnerCell, RNNCell):
    """A cell around another that adds no scope, and whose `weights` are its own alone, as in TensorFlow.

    Subclasses override `_wrapped(inputs, state, step, **kwargs)`, where `step` is the inner cell's own.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        self._cell = cell
        super().__init__(**kwargs)

    def _wrapped(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        return self._wrapped(inputs, state, self._cell.__call__, scope=scope)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._wrapped(inputs, state, self._cell.call)

    def build(self, input_shape: Any) -> None:
        self._cell.build(input_shape)
        self.built = True


def leaf_by_leaf(function: Callable[[Any, Any], Any], inputs: Any, output: Any) -> Any:
    """`function` of inputs and output, leaf by leaf. TypeError or ValueError where their nesting or shapes differ."""
    nest.assert_same_structure(inputs, output)
    inputs, output = nest.map_structure(convert_to_tensor, inputs), nest.map_structure(convert_to_tensor, output)
    nest.map_structure(lambda x, y: x.shape.assert_is_compatible_with(y.shape), inputs, output)
    return nest.map_structure(function, inputs, output)


__all__ = ["AroundCell", "OfInnerCell", "RNNCellWrapper", "each_once", "leaf_by_leaf"]
