"""`raw_rnn`: a recurrence whose inputs, ends and emissions the program's own function decides on, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import constant, convert_to_tensor
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.graph.variable_scope import variable_scope
from recell.ops.array_join import concat
from recell.ops.array_make import zeros
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import logical_not, logical_or, where
from recell.ops.loops import while_loop
from recell.ops.reductions import reduce_all
from recell.ops.tensor_array import TensorArray
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.drivers import axis_size
from recell.rnn.state import zero_state_of


def raw_rnn(
    cell: Any,
    loop_fn: Callable[[Tensor, Any, Any, Any], tuple[Any, Any, Any, Any, Any]],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Runs `cell` on what `loop_fn` gives it, until all rows are finished. TF symbol: `tf.nn.raw_rnn`.

        finished, x, state, emit, loop_state = loop_fn(0, None, None, None)
        time = 0
        while not all(finished):
            output, new_state = cell(x, state)
            now, x, new_state, emit, loop_state = loop_fn(time + 1, output, new_state, loop_state)
            emitted[time] = where(finished, 0, emit)
            state = where(finished, state, new_state)
            finished = finished or now
            time = time + 1

    So a row that `loop_fn` finishes at time t + 1 has emitted its step t and has the state after it. A row that is
    finished stays so.

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size` and call.
      loop_fn: `(time, cell_output, cell_state, loop_state) -> (finished, next_input, next_cell_state, emit_output,
        next_loop_state)`. It is called twice while building: for time 0 with None for all the rest, and for any later
        time, with a scalar int32 tensor, the cell's output and state and its own loop state.
        - `finished`: bool `[batch]`, the rows that do not run at `time`; or a scalar, all rows at once.
        - `next_input`: a nesting of tensors `[batch, ...]`, the cell's input at `time`.
        - `next_cell_state`: the initial state in the first call; then the cell's state, or another in its place.
          Scalars and tensor arrays in it belong to no row and always take their new value.
        - `emit_output`: in the first call the shape (without the batch), the dtype and the nesting of what is emitted,
          or None for one like `cell.output_size`, of the dtype of the state's first leaf. Later what is emitted for
          step `time - 1`, `[batch, ...]`.
        - `next_loop_state`: tensors, tensor arrays, nestings of them, or None. None in the first call: there is no loop
          state; None later: it stays as it is.
      parallel_iterations, swap_memory: accepted; steps run one after the other, in one memory.
      scope: of the variables; "rnn" by default.

    Returns:
      `(emitted, state, loop_state)`. `emitted`: tensor arrays of as many elements `[batch, ...]` as steps have run, in
      the nesting of `emit_output`. `state`: each row's last state, before it was finished. `loop_state`: the last one,
      or None where there was none.

    Raises:
      TypeError: not a cell, `loop_fn` not callable, an emission of another dtype than the first call's.
      ValueError: nestings that change, a state or an emission that changes its shape, no initial state or input, rows
        of two inputs that differ in number.

    Example, halving each row until it is below 1:
      >>> import recell.v1 as tf
      >>> class Halve(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = property(lambda self: 1)
      ...     def call(self, inputs, state):
      ...         return state / 2, state / 2
      >>> def loop_fn(time, output, state, loop_state):
      ...     state = tf.constant([[5.0], [0.5], [2.5]]) if output is None else state
      ...     return state[:, 0] < 1, tf.zeros([3, 1]), state, output, None
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     emitted, state, _ = tf.nn.raw_rnn(Halve(), loop_fn)
      ...     print(session.run(emitted.stack())[:, :, 0].tolist())
      ...     print(session.run(state)[:, 0].tolist())
      [[2.5, 0.0, 1.25], [1.25, 0.0, 0.625], [0.625, 0.0, 0.0]]
      [0.625, 0.5, 0.625]
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with variable_scope(scope or "rnn"):
        time = constant(0, dtypes.int32)
        finished, first_input, first_state, emit, loop_state = loop_fn(time, None, None, None)
        first_input = nest.map_structure(convert_to_tensor, first_input)
        state = nest.map_structure(_as_state, first_state)
        rows = _rows(nest.flatten(first_input))
        emptiness = _no_emission(cell, emit, state, rows)
        arrays = _emission_arrays(emptiness)
        has_loop_state = loop_state is not None

        def running(_: Any, done: Any, *_rest: Any) -> Tensor:
            return logical_not(reduce_all(done))

        def step(time: Any, done: Any, x: Any, emitted: Any, state: Any, kept: Any) -> tuple[Any, ...]:
            output, cell_state = cell(x, state)
            nest.assert_same_structure(state, cell_state)
            later = time + 1
            now, x_next, new_state, emit, new_kept = loop_fn(later, output, cell_state, kept)
            nest.assert_same_structure(state, new_state)
            nest.assert_same_structure(x, x_next)
            nest.assert_same_structure(emitted, emit)
            emit = nest.map_structure(lambda old, new: _select(done, old, new), emptiness, emit)
            new_state = nest.map_structure(lambda old, new: _select(done, old, new), state, new_state)
            emitted = nest.map_structure(lambda array, value: array.write(time, value), emitted, emit)
            return later, logical_or(done, now), x_next, emitted, new_state, kept if new_kept is None else new_kept

        start = (time, finished, first_input, arrays, state, loop_state if has_loop_state else constant(0))
        end = while_loop(
            running,
            step,
            start,
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
            return_same_structure=True,
        )
        return end[3], end[4], end[5] if has_loop_state else None


def _as_state(leaf: Any) -> Any:
    return leaf if isinstance(leaf, TensorArray) else convert_to_tensor(leaf)


def _rows(inputs: Sequence[Tensor]) -> Any:
    """The rows of the first input, an int where they are known. ValueError where two inputs differ in them."""
    found: int | None = None
    for leaf in inputs:
        dims = leaf.shape.tuple
        if dims is None:
            continue
        if not dims:
            raise ValueError(f"The next input of a raw_rnn must be [batch, ...], but '{leaf.name}' is a scalar.")
        if found is not None and dims[0] not in (None, found):
            shapes = ", ".join(f"'{other.name}' {other.shape}" for other in inputs)
            raise ValueError(
                f"Dimensions {found} and {dims[0]} are not compatible: inputs have one batch, saw {shapes}."
            )
        found = found if dims[0] is None else dims[0]
    return axis_size(inputs[0], 0)


def _no_emission(cell: Any, emit: Any, state: Any, rows: Any) -> Any:
    """What a finished row emits: zeros `[batch, ...]`, nested as the emissions of the others."""
    if emit is None:
        sizes = nest.flatten(cell.output_size)
        made = [zero_state_of(size, rows, nest.flatten(state)[0].dtype) for size in sizes]
        return nest.pack_sequence_as(cell.output_size, made)
    return nest.map_structure(lambda leaf: _zero_rows(convert_to_tensor(leaf), rows), emit)


def _zero_rows(row: Tensor, rows: Any) -> Tensor:
    """Zeros for every row, each of the shape and dtype of `row`."""
    dims = row.shape.tuple
    if dims is not None and None not in dims:
        return zero_state_of(TensorShape.of(dims), rows, row.dtype)
    made = zeros(concat([[rows], shape_of(row)], 0), row.dtype)
    made.set_shape(TensorShape([rows if isinstance(rows, int) else None]).concatenate(row.shape))
    return made


def _emission_arrays(emptiness: Any) -> Any:
    """The tensor arrays that emissions are written to."""
    leaves = nest.flatten(emptiness)
    arrays = [
        TensorArray(leaf.dtype, size=0, dynamic_size=True, tensor_array_name=name, element_shape=leaf.shape, name=name)
        for leaf, name in ((leaf, f"rnn_output_{k}") for k, leaf in enumerate(leaves))
    ]
    return nest.pack_sequence_as(emptiness, arrays)


def _select(done: Any, old: Any, new: Any) -> Any:
    """`old` for the rows that are done; what has no rows is new."""
    if isinstance(old, TensorArray) or old.shape.ndims == 0:
        return new
    return where(done, old, new)


__all__ = ["raw_rnn"]
