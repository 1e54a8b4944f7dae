"""What most cells share: a state and an output that are both `[batch, num_units]`."""

from __future__ import annotations

from typing import Any

from recell.rnn.arguments import Arguments


class UnitState(Arguments):
    """Mixed into a cell, before its base, whose constructor keeps `num_units`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_supported_dtype()

    @property
    def state_size(self) -> Any:
        return self._num_units

    @property
    def output_size(self) -> Any:
        return self._num_units


__all__ = ["UnitState"]
