"""What the LSTM cells share: a memory c and an output h, kept as a tuple or joined in one tensor."""

from __future__ import annotations

import logging
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.array_join import concat, split
from recell.rnn.arguments import Arguments
from recell.rnn.state import LSTMStateTuple
from recell.rnn.step import check_memory, check_product, quarter


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
            logging.getLogger("tensorflow").warning(
                "%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", self
            )

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


def step_units(i: Inference, product: str = "mul") -> tuple[int | None, int | None]:
    """Batch and units of a step's inputs x, c, h and kernel, once they are known to go together.

    `product` is TF1's name for that of memory and forget gate.
    """
    batch, columns = check_product(i, "x", "h", "kernel").as_list()
    units = quarter(columns)
    return check_memory(i, "c", TensorShape.of((batch, units)), product), units


__all__ = ["LSTMState", "step_units"]
