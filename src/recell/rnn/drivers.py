"""What the drivers share: lengths, initial states, sizes of outputs, and the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.dtypes import as_dtype
from recell.graph.registry import brackets
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_order import reverse, reverse_sequence
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_cast import cast
from recell.ops.state import identity
from recell.rnn.state import size_dims


def axes_of(time_major: bool) -> tuple[int, int]:
    """The axis of time, and that of the batch."""
    return (0, 1) if time_major else (1, 0)


def axis_size(x: Tensor, axis: int) -> Any:
    """The size of one axis: an int where it is known while building, or else an int32 scalar tensor."""
    dims = x.shape.tuple
    return shape_of(x)[axis] if dims is None or dims[axis] is None else dims[axis]


def in_reverse(x: Any, lengths: Any, time_major: bool) -> Tensor:
    """`x` with the first `lengths` steps of each row in reverse, and the rest where it was; without, all of them."""
    time_axis, batch_axis = axes_of(time_major)
    if lengths is None:
        return reverse(x, axis=[time_axis])
    return reverse_sequence(x, lengths, seq_axis=time_axis, batch_axis=batch_axis)


def as_lengths(sequence_length: Any) -> Tensor | None:
    """The lengths as int32, under the name that TensorFlow gives them. ValueError when they are no vector."""
    if sequence_length is None:
        return None
    lengths = cast(sequence_length, "int32")
    check_lengths(lengths, None)
    return identity(lengths, name="sequence_length")


def integer_lengths(sequence_length: Any) -> Tensor:
    """The lengths as they are. TypeError when they are no integers, which `as_lengths` would cut off."""
    lengths = convert_to_tensor(sequence_length)
    if not lengths.dtype.is_integer:
        raise TypeError(
            f"sequence_length must be integers, but '{lengths.name}' has dtype {lengths.dtype.base_dtype.name}"
        )
    return lengths


def check_lengths(lengths: Tensor, batch: int | None) -> None:
    """ValueError for lengths that are no vector, or known not to be one for each of `batch` rows."""
    dims = lengths.shape.tuple
    if dims is None:
        return
    if len(dims) != 1:
        raise ValueError(f"sequence_length must be a vector of length batch_size, but saw shape: {lengths.shape}")
    if batch is not None and dims[0] not in (None, batch):
        scope = get_default_graph().get_name_scope()
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {dims[0]} and {batch}. Shapes are "
            f"{brackets(lengths.shape)} and {brackets(TensorShape.of((batch,)))}. for '{scope}/Select' (op: 'Select'): "
            "sequence_length must have one entry for each row of the batch."
        )


def initial_state_of(cell: Any, batch: Any, dtype: Any, no_dtype: str) -> Any:
    """The cell's own initial state. ValueError, saying `no_dtype`, without a dtype."""
    if not dtype:
        raise ValueError(no_dtype)
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch, dtype=dtype)
    return cell.zero_state(batch, dtype)


def check_state_dtype(state: Any, dtype: Any) -> None:
    """ValueError for an initial state that does not say, where `dtype` does not either, of which dtype outputs are."""
    if dtype or not nest.is_sequence(state):
        return
    kinds = [as_dtype(leaf.dtype).base_dtype for leaf in nest.flatten(state)]
    if not kinds:
        raise ValueError("Unable to infer dtype from empty state. Give a dtype.")
    if len(set(kinds)) > 1:
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single representative dtype. "
            f"(They are {', '.join(kind.name for kind in kinds)}: give a dtype, that of the cell's outputs.)"
        )


def output_sizes(cell: Any) -> list[Sequence[int | None]]:
    """The dims of each output leaf of a cell, behind the batch."""
    return [size_dims(size) for size in nest.flatten(cell.output_size)]


__all__ = [
    "as_lengths",
    "axes_of",
    "axis_size",
    "check_lengths",
    "check_state_dtype",
    "in_reverse",
    "initial_state_of",
    "integer_lengths",
    "output_sizes",
]
