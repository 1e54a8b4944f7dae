"""`MultiRNNCell`: cells on top of each other."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.compat import shares_repeated_cells
from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat
from recell.ops.slicing import slice_
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.state import zero_state_scope
from recell.rnn.wrappers import each_once

_LOG = logging.getLogger("tensorflow")

_WEIGHTS_OF_THEIR_OWN = (
    "MultiRNNCell was given one cell object for several layers: each layer gets weights of its own, as in TensorFlow "
    "1.0. For one shared set, as from 1.1 on, use `recell run --tf 1.15`; to be rid of this, make one cell a layer: "
    "[make_cell() for _ in range(n)]."
)
_SHARED = "At least two cells provided to MultiRNNCell are the same object and will share weights."


class MultiRNNCell(RNNCell):
    """Cells on top of each other: each one's output is the next one's input. TF symbol: `tf.nn.rnn_cell.MultiRNNCell`.

        h_0 = inputs
        h_k, state'[k] = cells[k](h_(k-1), state[k])

    Variables: those of the cells, under `multi_rnn_cell/cell_0`, `multi_rnn_cell/cell_1`, ...

    One object in several places, `[cell] * n`, makes n layers with weights of their own, as TensorFlow 1.0 did and the
    tutorials assume (1.15 shares one set, or fails where the input is not as wide as the cell; `recell run --tf 1.15`
    does that too). An object that has weights already, or cannot be copied, is shared. Either way there is a warning.

    Args:
      cells: a list or tuple of RNNCells.
      state_is_tuple: False makes the state one tensor, the cells' states joined along axis 1.

    Call: inputs for the first cell, state a tuple of the cells' states -> the last cell's output, the new states.

    Example:
      >>> import recell.v1 as tf
      >>> cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(2), tf.nn.rnn_cell.GRUCell(3)])
      >>> cells.state_size, cells.output_size
      ((LSTMStateTuple(c=2, h=2), 3), 3)

    Raises TypeError for cells that are no list or tuple, ValueError for none at all or for states that cannot be
    joined.
    """

    @keeps_arguments
    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        self._cells = _separated(cells)
        if not state_is_tuple and any(nest.is_sequence(cell.state_size) for cell in self._cells):
            sizes = [cell.state_size for cell in self._cells]
            raise ValueError(
                f"Some cells return tuples of states, but the flag state_is_tuple is not set.  State sizes are: {sizes}"
            )

    @property
    def state_size(self) -> Any:
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        with zero_state_scope(self, batch_size):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:
        if self._state_is_tuple:
            self._check_parts(state)
        output, position, new_states = inputs, 0, []
        for number, cell in enumerate(self._cells):
            with variable_scope(f"cell_{number}"):
                if self._state_is_tuple:
                    old = state[number]
                else:
                    old = slice_(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                output, new = cell(output, old)
                new_states.append(new)
        return output, tuple(new_states) if self._state_is_tuple else concat(new_states, 1)

    def _check_parts(self, state: Any) -> None:
        """ValueError for a state that is no tuple, IndexError for one with fewer states than there are cells."""
        count = len(self._cells)
        if not nest.is_sequence(state):
            raise ValueError(f"Expected state to be a tuple of length {count}, but received: {state}")
        if len(state) < count:
            raise IndexError(f"tuple index out of range: a state for each of {count} cells is needed, received {state}")

    @property
    def trainable_weights(self) -> list[Any]:
        return _of_all(self._cells, "trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        fixed = _of_all(self._cells, "non_trainable_weights")
        return fixed if self.trainable else [*_of_all(self._cells, "trainable_weights"), *fixed]


def _of_all(cells: Sequence[Any], attribute: str) -> list[Any]:
    """The weights of all cells, once each."""
    return each_once(*(getattr(cell, attribute, ()) for cell in cells))


def _separated(cells: Sequence[Any]) -> list[Any]:
    """The cells, those that repeat an earlier one (bare or in a wrapper) replaced by copies of their own."""
    made: list[Any] = []
    seen: set[int] = set()
    said: set[str] = set()
    for cell in cells:
        inner = {id(part) for part in _with_parts(cell)}
        if inner & seen:
            copied = None if shares_repeated_cells() else _copied(cell)
            said.add(_SHARED if copied is None else _WEIGHTS_OF_THEIR_OWN)
            cell = cell if copied is None else copied
        seen |= inner
        made.append(cell)
    for text in sorted(said):
        _LOG.warning(text)
    return made


def _with_parts(cell: Any) -> Iterator[Any]:
    """The cell and the cells in it."""
    yield cell
    inner = [getattr(cell, "_cell", None), *(getattr(cell, "_cells", None) or ())]
    for part in inner:
        if part is not None:
            yield from _with_parts(part)


def _copied(cell: Any) -> Any:
    """A cell of the same arguments without variables, or None when there are variables or no copy can be made."""
    if any(getattr(part, "_scope", None) is not None for part in _with_parts(cell)):
        return None
    try:
        return copy.deepcopy(cell)
    except Exception:  # whatever a user's cell holds that cannot be copied: a session, a lock, an open file
        return None


__all__ = ["MultiRNNCell"]
