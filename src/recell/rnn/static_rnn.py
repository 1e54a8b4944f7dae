"""`static_rnn`: a cell over a Python list of inputs, one for each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.dimensions import Dimension
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import get_variable_scope, variable_scope
from recell.ops.array_join import stack, unstack
from recell.ops.structures import pack_values
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.drivers import (
    as_lengths,
    axis_size,
    check_lengths,
    check_state_dtype,
    initial_state_of,
    output_sizes,
)
from recell.rnn.recurrence import recur_traced
from recell.rnn.traced_step import Layout, trace_step


def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Runs `cell` over a list of inputs. TF symbols: `tf.nn.static_rnn`, `tf.contrib.rnn.static_rnn`.

        for t in range(len(inputs)):
            output, new_state = cell(inputs[t], state)
            outputs[t] = where(t < sequence_length, output, 0)
            state = where(t < sequence_length, new_state, state)

    The steps become one operation, as in `dynamic_rnn`: a long list costs neither building time nor memory. So the cell
    is called once while building, and its operations are not in the graph once for each step. A cell whose state
    changes its shape or dtype from step to step, without lengths, is called for each step as well.

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size`, `zero_state` and call.
      inputs: a list of tensors `[batch, ...]`, or of equal nestings of them.
      initial_state: nested as `cell.state_size`; zeros unless given.
      dtype: of the zeros, needed without `initial_state`.
      sequence_length: integers `[batch]`; steps past a row's length give zeros and leave its state as it was.
      scope: of the variables; "rnn" by default.

    Returns:
      A list of outputs, one for each input; the state after each row's last step.

    Raises:
      TypeError: not a cell, or inputs that are no list or tuple.
      ValueError: no inputs, neither `initial_state` nor `dtype`, inputs of unknown depth or nested unlike each other,
        lengths that are no vector, states of several dtypes with lengths and no `dtype`.
    """
    assert_like_rnncell("cell", cell)
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    steps = len(inputs)
    with variable_scope(scope or "rnn"):
        for x in inputs[1:]:
            nest.assert_same_structure(inputs[0], x, check_types=False)
        columns = [[convert_to_tensor(leaf) for leaf in nest.flatten(x)] for x in inputs]
        batch = _batch_size(columns)
        state = initial_state
        if state is None:
            rows = axis_size(columns[0][0], 0) if batch is None else batch
            state = initial_state_of(cell, rows, dtype, "If no initial_state is provided, dtype must be specified")
        lengths = as_lengths(sequence_length)
        if lengths is not None:
            check_lengths(lengths, batch)
            check_state_dtype(state, dtype)
        sequences, time_major = _over_time(columns)
        layout = Layout(steps, batch, time_major, unrolled=True)
        packed = nest.pack_sequence_as(inputs[0], sequences)
        step = trace_step(cell, packed, lengths, state, layout)
        if lengths is None and not step.keeps_its_state:
            return _step_by_step(cell, inputs, state)
        result = recur_traced(step, output_sizes(cell))
        axis = 0 if time_major else 1
        parts = [unstack(leaf, steps, axis, name="outputs") for leaf in result.outputs]
        outputs = [nest.pack_sequence_as(result.output_structure, list(row)) for row in zip(*parts, strict=True)]
        return outputs, pack_values(result.state_structure, result.states)


def _step_by_step(cell: Any, inputs: Sequence[Any], state: Any) -> tuple[list[Any], Any]:
    """The loop written out, over variables that exist."""
    get_variable_scope().reuse_variables()
    outputs = []
    for x in inputs:
        output, state = cell(x, state)
        outputs.append(output)
    return outputs, state


def rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`static_rnn` under its name of before 1.0, with the scope of then: "RNN". TF symbol: `tf.nn.rnn`."""
    return static_rnn(cell, inputs, initial_state, dtype, sequence_length, scope or "RNN")


def _batch_size(columns: Sequence[Sequence[Tensor]]) -> int | None:
    """The number of rows as far as it is known. ValueError where inputs differ in it, or have no known depth."""
    found = Dimension(None)
    for leaves in columns:
        for leaf in leaves:
            if leaf.shape.ndims == 1 and len(leaves) == 1:
                found = found.merge_with(Dimension(leaf.shape.as_list()[0]))
                continue
            dims = leaf.shape.with_rank_at_least(2).dims
            if dims is None:
                continue
            found = found.merge_with(dims[0])
            for position, size in enumerate(dims[1:]):
                if size.value is None:
                    raise ValueError(
                        f"Input size (dimension {position} of inputs) must be accessible via shape inference, but saw "
                        f"value None. ('{leaf.name}' {leaf.shape})"
                    )
    return found.value


def _over_time(columns: Sequence[Sequence[Tensor]]) -> tuple[list[Tensor], bool]:
    """Each leaf's steps as one tensor, and whether time comes first in it.

    The list is most often what `tf.unstack(x)` has made: then x itself is taken.
    """
    whole = [_unstacked([column[k] for column in columns]) for k in range(len(columns[0]))]
    axes = {axis for _, axis in whole}
    if len(axes) == 1 and axes <= {0, 1}:
        return [tensor for tensor, _ in whole], axes == {0}  # type: ignore[misc]
    return [stack([_same_depth(column[k], columns[0][k]) for column in columns]) for k in range(len(columns[0]))], True


def _unstacked(steps: Sequence[Tensor]) -> tuple[Tensor | None, int | None]:
    """What was unstacked to give these steps, all of them in order, and along which axis."""
    op = steps[0].op
    if op.type != "Unpack" or len(op.outputs) != len(steps):
        return None, None
    if any(step is not output for step, output in zip(steps, op.outputs, strict=True)):
        return None, None
    source, axis = op.inputs[0], op.attrs["axis"]
    rank = source.shape.ndims
    return (None, None) if rank is None or rank < 2 else (source, axis % rank)


def _same_depth(step: Tensor, first: Tensor) -> Tensor:
    """The step itself. ValueError when it cannot be stacked with the first one."""
    a, b = first.shape, step.shape
    if a.ndims is not None and b.ndims is not None and not TensorShape(a[1:]).is_compatible_with(b[1:]):
        raise ValueError(
            f"Dimensions must be equal, but are {a.as_list()[1:]} and {b.as_list()[1:]}: inputs of one cell are equally"
            f" deep at every step, '{first.name}' {a} and '{step.name}' {b} are not."
        )
    return step


__all__ = ["rnn", "static_rnn"]
