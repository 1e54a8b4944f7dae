"""What the LSTMs that run over frequency share: slices of a spectrum, weights in shards, and the step of one memory.

They walk over `features`, overlapping slices `[batch, feature_size]` of the inputs, from low frequencies to high ones.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from recell.graph.variable_scope import get_variable
from recell.ops.array_join import concat, split
from recell.ops.array_make import zeros
from recell.ops.array_shape import shape as shape_of
from recell.ops.clip import clip_by_value
from recell.ops.initializers import Zeros
from recell.ops.linalg import matmul
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.nn_dense import bias_add
from recell.ops.slicing import slice_
from recell.rnn.arguments import Arguments


def known_width(inputs: Any) -> int:
    """Columns of inputs `[batch, width]`. ValueError for another rank, or an unknown width."""
    width = inputs.shape.with_rank(2).as_list()[1]
    if width is None:
        raise ValueError("Cannot infer input_size from static shape inference.")
    return width


def slices_in(width: int, size: int, skip: int) -> int:
    """How many slices of `size` columns, `skip` apart, `width` columns hold; less than one if they hold none."""
    return int((width - size) / skip) + 1


def slices(inputs: Any, start: int, count: int, size: int, skip: int) -> list[Any]:
    """`count` slices `[batch, size]` of the columns of `inputs`, `skip` apart, the first at `start`."""
    return [slice_(inputs, [0, start + number * skip], [-1, size]) for number in range(count)]


def part(state: Any, number: int, units: int) -> Any:
    """Columns `[batch, units]` of a joined state `[batch, n * units]`: those of slice k are 2k, c, and 2k + 1, m."""
    return slice_(state, [0, number * units], [-1, units])


def sharded_variable(name: str, shape: Sequence[int], dtype: Any, shards: int) -> Any:
    """One matrix of variables `name_0`, `name_1`, ... below each other, as equal in rows as can be.

    ValueError for more shards than rows.
    """
    rows, columns = shape
    if shards > rows:
        raise ValueError(f"Too many shards: shape={list(shape)}, num_shards={shards}")
    least, larger = divmod(rows, shards)
    parts = [
        get_variable(f"{name}_{number}", [least + (number < larger), columns], dtype=dtype) for number in range(shards)
    ]
    return parts[0] if shards == 1 else concat(parts, 0, name=f"{name}/concat")


class FrequencyLSTM(Arguments):
    """Mixed into a cell, before its base: the step that all LSTMs over frequency take, by their arguments.

    A memory c has gates of its own, columns i, j, f, o, or i, j, o where the forget gate is 1 - i. With peepholes they
    see memories: c itself, or in a grid that of frequency and that of time.
    """

    _couple_input_forget_gates = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self._initializer is not None:
            logging.getLogger("tensorflow").warning(
                "%s: `initializer` has no effect, as in TensorFlow 1.15. The variables start as their scope says: "
                "call the cell within tf.variable_scope(..., initializer=...).",
                self,
            )

    def _kernel_and_bias(self, kernel: str, bias: str, depth: int, dtype: Any) -> tuple[Any, Any]:
        """A memory's weights, for `depth` features joined with an m of time and one of frequency."""
        columns = (3 if self._couple_input_forget_gates else 4) * self._num_units
        shape = [depth + 2 * self._num_units, columns]
        joined = sharded_variable(kernel, shape, dtype, self._num_unit_shards)
        return joined, get_variable(bias, [columns], dtype=dtype, initializer=Zeros())

    def _peepholes(self, names: Sequence[str], dtype: Any) -> dict[str, list[Any]]:
        """For each gate F, I, O a vector `[units]` for every memory that it sees; `names` with `{}` for the gate."""
        made: dict[str, list[Any]] = {"F": [], "I": [], "O": []}
        for gate, vectors in made.items():
            if self._use_peepholes and not (gate == "F" and self._couple_input_forget_gates):
                vectors += [get_variable(name.format(gate), [self._num_units], dtype=dtype) for name in names]
        return made

    def _gates(self, joined: Any, weights: tuple[Any, Any]) -> list[Any]:
        """The gates before their activation, `[batch, units]` each."""
        kernel, bias = weights
        return split(bias_add(matmul(joined, kernel), bias), 3 if self._couple_input_forget_gates else 4, axis=1)

    def _memory(self, gates: list[Any], peepholes: dict[str, list[Any]], c: Any, seen: Sequence[Any]) -> Any:
        """The new c, where `seen` are the old memories."""
        i, j, *uncoupled, _ = gates
        i = sigmoid(_seeing(i, peepholes["I"], seen))
        f = 1.0 - i
        if uncoupled:
            f = sigmoid(_seeing(uncoupled[0] + self._forget_bias, peepholes["F"], seen))
        c = f * c + i * tanh(j)
        return c if self._cell_clip is None else clip_by_value(c, -self._cell_clip, self._cell_clip)

    def _output(self, gates: list[Any], peepholes: dict[str, list[Any]], c: Any, seen: Sequence[Any]) -> Any:
        """m of the new memory c, where `seen` are the new memories."""
        return sigmoid(_seeing(gates[-1], peepholes["O"], seen)) * tanh(c)

    def _no_memory(self, inputs: Any) -> Any:
        """Zeros `[batch, units]`: what frequency brings to the first slice."""
        batch = inputs.shape.as_list()[0]
        return zeros([shape_of(inputs)[0] if batch is None else batch, self._num_units], inputs.dtype)


def _seeing(gate: Any, weights: Sequence[Any], memories: Sequence[Any]) -> Any:
    """A gate with its peepholes, if it has any."""
    for weight, memory in zip(weights, memories, strict=False):
        gate = gate + weight * memory
    return gate


__all__ = ["FrequencyLSTM", "known_width", "part", "sharded_variable", "slices", "slices_in"]
