"""What the LSTM cells share: a memory c and an output h, kept as a tuple or joined in one tensor."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.ops.array_join import concat, split
from recell.rnn.arguments import Arguments
from recell.rnn.state import LSTMStateTuple
from recell.rnn.warn import warn_joined


class LSTMState(Arguments):
    """Mixed into a cell, before its base, whose state is `LSTMStateTuple(c, h)`, both `[batch, num_units]`.

    With a constructor's `num_proj` h is `[batch, num_proj]`, and without its `state_is_tuple` the state is one tensor,
    `[batch, units + out]`, c first.
    """

    _state_is_tuple = True
    _num_proj: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_supported_dtype()
        if not self._state_is_tuple:
            warn_joined(self)

    @property
    def state_size(self) -> Any:
        c, h = self._num_units, self._out_units
        return LSTMStateTuple(c, h) if self._state_is_tuple else c + h

    @property
    def output_size(self) -> Any:
        return self._out_units

    @property
    def _out_units(self) -> Any:
        """The size of h, whatever a subclass of the program's own calls the size of its output."""
        return self._num_proj if self._num_proj else self._num_units

    def _parted(self, state: Any) -> tuple[Any, Any]:
        """c and h of a state."""
        sizes = [int(self._num_units), int(self._out_units)]
        c, h = state if self._state_is_tuple else split(value=state, num_or_size_splits=sizes, axis=1)
        return convert_to_tensor(c), convert_to_tensor(h)

    def _joined(self, c: Any, h: Any) -> Any:
        return LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


class SizedLSTMState(LSTMState):
    """An `LSTMState` whose sizes a program's own cell may read and set, under TensorFlow's names.

    `self._output_size = self._state_size`, say, in the constructor of a subclass that returns its states as outputs.
    """

    @property
    def state_size(self) -> Any:
        return self._state_size

    @property
    def output_size(self) -> Any:
        return self._output_size

    @property
    def _state_size(self) -> Any:
        return self.__dict__["_set_state_size"] if "_set_state_size" in self.__dict__ else super().state_size

    @_state_size.setter
    def _state_size(self, size: Any) -> None:
        self.__dict__["_set_state_size"] = size

    @property
    def _output_size(self) -> Any:
        return self.__dict__["_set_output_size"] if "_set_output_size" in self.__dict__ else super().output_size

    @_output_size.setter
    def _output_size(self, size: Any) -> None:
        self.__dict__["_set_output_size"] = size


__all__ = ["LSTMState", "SizedLSTMState"]
