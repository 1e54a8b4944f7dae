"""`dynamic_rnn`: a cell along the time axis of a batch of sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import variable_scope
from recell.ops.state import identity
from recell.ops.structures import pack_values
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.drivers import (
    as_lengths,
    axes_of,
    axis_size,
    check_lengths,
    check_state_dtype,
    initial_state_of,
    output_sizes,
)
from recell.rnn.recurrence import recur
from recell.rnn.traced_step import Layout


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Runs `cell` over sequences of any length. TF symbol: `tf.nn.dynamic_rnn`.

        for t in range(min(time, max(1, max(sequence_length)))):
            output, new_state = cell(inputs[:, t], state)
            outputs[:, t] = where(t < sequence_length, output, 0)
            state = where(t < sequence_length, new_state, state)

    Rows past their length are selected away, so padding may hold anything, NaN too.

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size`, `zero_state` and call.
      inputs: `[batch, time, ...]` (`[time, batch, ...]` with `time_major`), or a nesting of such tensors.
      sequence_length: integers `[batch]`; None means that every row is as long as the time axis. Zero and less: an
        empty row, whose final state is its initial one. More than the time axis counts as all of it.
      initial_state: nested as `cell.state_size`, each leaf `[batch] + size`; zeros unless given.
      dtype: of the zeros, needed without `initial_state`.
      parallel_iterations: accepted; steps run one after the other, as they need each other.
      swap_memory: keeps the states of about the square root of the steps for the gradient and computes the rest a
        second time, which lowers the peak memory of training: for an LSTM of 256 units, 64 rows and 500 steps from
        437 MB to 148 MB, at 1.2 to 1.5 times the time (`python -m benchmarks.swap_memory`). Random draws repeat; a
        step with side effects (assignments, Python functions, printing) runs once, and is kept.
      scope: of the variables; "rnn" by default.

    Returns:
      `(outputs, state)`: outputs nested as `cell.output_size`, laid out as the inputs; the state after each row's last
      step, nested as `cell.state_size`.

    Raises:
      TypeError: not a cell, or a state nested unlike the one that the cell returns.
      ValueError: neither `initial_state` nor `dtype`, states of several dtypes and no `dtype`, inputs of unknown depth
        or too low a rank, lengths that are no vector, or a state that changes its shape.
      tf.errors.InvalidArgumentError, in the session: lengths that are not one for each row.
    """
    assert_like_rnncell("cell", cell)
    with variable_scope(scope or "rnn"):
        leaves = [convert_to_tensor(leaf) for leaf in nest.flatten(inputs)]
        _check_rank_two(leaves)
        lengths = as_lengths(sequence_length)
        layout = _layout(leaves, time_major, swap_memory)
        state = initial_state
        if state is None:
            batch = axis_size(leaves[0], axes_of(time_major)[1]) if layout.batch is None else layout.batch
            state = initial_state_of(cell, batch, dtype, "If there is no initial_state, you must give a dtype.")
        _check_depths(leaves, time_major)
        check_state_dtype(state, dtype)
        inputs = nest.pack_sequence_as(inputs, leaves)
        with name_scope("while"):
            if lengths is not None:
                check_lengths(lengths, layout.batch)
            sizes = output_sizes(cell)
            result = recur(_checked_step(cell, sizes, layout.batch), inputs, lengths, state, layout, sizes)
            ends = [identity(leaf, name=f"Exit_{2 + len(result.outputs) + k}") for k, leaf in enumerate(result.states)]
        outputs = [_named_output(leaf, time_major, len(leaves) + k) for k, leaf in enumerate(result.outputs)]
        return nest.pack_sequence_as(cell.output_size, outputs), pack_values(state, ends)


def _named_output(leaf: Tensor, time_major: bool, position: int) -> Tensor:
    """The output under the name that it has in TensorFlow."""
    if not time_major:
        return identity(leaf, name=f"transpose_{position}")
    with name_scope("TensorArrayStack"):
        return identity(leaf, name="TensorArrayGatherV3")


def _checked_step(cell: Any, sizes: Sequence[Sequence[int | None]], batch: int | None) -> Callable[[Any, Any], Any]:
    """One call of the cell, which must keep the nesting of its state and give outputs of the sizes that it says."""

    def step(x: Any, state: Any) -> tuple[Any, Any]:
        output, new_state = cell(x, state)
        nest.assert_same_structure(state, new_state)
        leaves = nest.flatten(output)
        if len(leaves) != len(sizes):
            nest.assert_same_structure(nest.flatten(cell.output_size), leaves)
        for leaf, size in zip(leaves, sizes, strict=True):
            found, expected = convert_to_tensor(leaf).shape, TensorShape([batch, *size])
            if not found.is_compatible_with(expected):
                raise ValueError(
                    f"Inconsistent shapes: saw {found} but expected {expected}: an output of the cell against what its "
                    "output_size says."
                )
        return output, new_state

    return step


def _check_rank_two(leaves: Sequence[Tensor]) -> None:
    for leaf in leaves:
        rank = leaf.shape.ndims
        if rank is None:
            raise ValueError(
                f"The rank of the input must be known, but '{leaf.name}' has shape <unknown>. Give its placeholder a "
                "shape, such as [None, None, depth], or use set_shape."
            )
        if rank < 2:
            raise ValueError(f"Expected input tensor {leaf} to have rank at least 2")


def _layout(leaves: Sequence[Tensor], time_major: bool, swap_memory: bool) -> Layout:
    time_axis, batch_axis = axes_of(time_major)
    time = _agreed(leaves, time_axis, "Time steps is not the same for all the elements in the input in a batch.")
    batch = _agreed(leaves, batch_axis, "Batch_size is not the same for all the elements in the input.")
    return Layout(time, batch, time_major, swap_memory=bool(swap_memory))


def _agreed(leaves: Sequence[Tensor], axis: int, message: str) -> int | None:
    """The size of an axis that all leaves share. ValueError when two differ."""
    found: int | None = None
    for leaf in leaves:
        size = leaf.shape.as_list()[axis]
        if size is None:
            continue
        if found is not None and size != found:
            shapes = ", ".join(f"{other.name} {other.shape}" for other in leaves)
            raise ValueError(f"{message} ({shapes})")
        found = size
    return found


def _check_depths(leaves: Sequence[Tensor], time_major: bool) -> None:
    for leaf in leaves:
        dims = leaf.shape.as_list()
        if len(dims) < 3:
            order = dims if time_major else dims[1::-1]
            raise ValueError(
                f"Shape {TensorShape(order)} must have rank at least 3 (time and batch, then the depth: '{leaf.name}')"
            )
        if None in dims[2:]:
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw value None. "
                f"('{leaf.name}' {leaf.shape}: give its last axis a size, or use set_shape)"
            )


__all__ = ["dynamic_rnn"]
