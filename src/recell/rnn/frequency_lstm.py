"""What the LSTMs that run over frequency share: slices of a spectrum, and the step of one memory.

They walk over `features`, overlapping slices `[batch, feature_size]` of the inputs, from low frequencies to high ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.variable_scope import get_variable
from recell.ops.array_join import split
from recell.ops.array_make import zeros
from recell.ops.initializers import Zeros
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_dense import bias_add
from recell.ops.slicing import slice_
from recell.rnn.arguments import Arguments
from recell.rnn.input_sizes import row_count
from recell.rnn.lstm_options import clipped, peepholes, seeing, sharded_kernel
from recell.rnn.warn import warn_no_effect


def slices_in(width: int, size: int, skip: int) -> int:
    """How many slices of `size` columns, `skip` apart, `width` columns hold; less than one if they hold none."""
    return int((width - size) / skip) + 1


def slices(inputs: Any, start: int, count: int, size: int, skip: int) -> list[Any]:
    """`count` slices `[batch, size]` of the columns of `inputs`, `skip` apart, the first at `start`."""
    return [slice_(inputs, [0, start + number * skip], [-1, size]) for number in range(count)]


def parted(state: Any, number: int, units: int) -> tuple[Any, Any]:
    """c and m of slice `number`, `[batch, units]` each, of a joined state `[batch, slices * 2 * units]`."""
    c, m = (slice_(state, [0, column * units], [-1, units]) for column in (2 * number, 2 * number + 1))
    return c, m


class FrequencyLSTM(Arguments):
    """Mixed into a cell, before its base: the step that all LSTMs over frequency take, by their arguments.

    A memory c has gates of its own, columns i, j, f, o, or i, j, o where the forget gate is 1 - i. With peepholes they
    see memories: c itself, or in a grid that of frequency and that of time.
    """

    _couple_input_forget_gates = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self._initializer is not None:
            warn_no_effect(self, "initializer")

    def _kernel_and_bias(self, kernel: str, bias: str, depth: int, dtype: Any) -> tuple[Any, Any]:
        """A memory's weights, for `depth` features joined with an m of time and one of frequency."""
        columns = (3 if self._couple_input_forget_gates else 4) * self._num_units
        shape = [depth + 2 * self._num_units, columns]
        joined = sharded_kernel(kernel, shape, dtype, self._num_unit_shards)
        return joined, get_variable(bias, [columns], dtype=dtype, initializer=Zeros())

    def _peepholes(self, names: Sequence[str], dtype: Any) -> dict[str, list[Any]]:
        """For each gate a vector `[units]` for every memory that it sees; `names` with `{}` for the gate."""
        gates = "IO" if self._couple_input_forget_gates else "FIO"
        return {
            gate: peepholes(self._use_peepholes, [name.format(gate) for name in names], self._num_units, dtype)
            for gate in gates
        }

    def _gates(self, joined: Any, weights: tuple[Any, Any]) -> list[Any]:
        """The gates before their activation, `[batch, units]` each."""
        kernel, bias = weights
        return split(bias_add(matmul(joined, kernel), bias), 3 if self._couple_input_forget_gates else 4, axis=1)

    def _memory(self, gates: list[Any], weights: dict[str, list[Any]], c: Any, seen: Sequence[Any]) -> Any:
        """The new c, where the peepholes' `weights` look at `seen`, the old memories."""
        i, j, *uncoupled, _ = gates
        i = sigmoid(_seeing(i, weights["I"], seen))
        f = 1.0 - i
        if uncoupled:
            f = sigmoid(_seeing(uncoupled[0] + self._forget_bias, weights["F"], seen))
        return clipped(f * c + i * tanh(j), self._cell_clip)

    def _output(self, gates: list[Any], weights: dict[str, list[Any]], c: Any, seen: Sequence[Any]) -> Any:
        """m of the new memory c, where the peephole's weights look at `seen`, the new memories."""
        return sigmoid(_seeing(gates[-1], weights["O"], seen)) * tanh(c)

    def _no_memory(self, inputs: Any) -> Any:
        """Zeros `[batch, units]`: what frequency brings to the first slice."""
        return zeros([row_count(inputs), self._num_units], inputs.dtype)


def _seeing(gate: Any, weights: Sequence[Any], memories: Sequence[Any]) -> Any:
    """A gate that sees several memories, if it has peepholes."""
    for weight, memory in zip(weights, memories, strict=True):
        gate = seeing(gate, weight, memory)
    return gate


__all__ = ["FrequencyLSTM", "parted", "slices", "slices_in"]
