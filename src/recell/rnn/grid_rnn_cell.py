"""`GridRNNCell`: cells along the dimensions of a grid, as in Kalchbrenner et al., https://arxiv.org/abs/1507.01526."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recell.graph import nest
from recell.graph.convert import convert_to_tensor
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import get_variable, variable_scope
from recell.ops.array_join import concat, split
from recell.ops.array_make import zeros
from recell.ops.initializers import Zeros
from recell.ops.linalg import matmul
from recell.ops.nn_dense import bias_add
from recell.ops.slicing import slice_
from recell.rnn.activation import get_activation
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.input_sizes import row_count
from recell.rnn.lstm_cell import LSTMCell
from recell.rnn.warn import warn_joined


class Dims(NamedTuple):
    """Which dimensions of a grid do what, each list in rising order."""

    inputs: list[int]
    outputs: list[int]
    recurrent: list[int]
    early: list[int]
    """Those that are computed first, from old values alone."""
    priority: list[int]
    """Those that see the new values of the early ones."""


@dataclass
class Step:
    """What a step knows, by dimension: the old c (None without one), the newest h (None while there is none)."""

    c: list[Any]
    h: list[Any]
    states: dict[int, Any] = field(default_factory=dict)
    """The new states of recurrent dimensions."""
    has_dense: bool = False
    """Whether a non-recurrent dimension was computed, whose weights tied ones share."""


class GridRNNCell(RNNCell):
    """A recurrent cell for each dimension of a grid, which see each other's states.

    TF symbol: `tf.contrib.grid_rnn.GridRNNCell`.

    Dimension d keeps h_d, and c_d if its cell is an LSTM. A step, for D dimensions:

        x_d = part of the inputs for d;  h_d = x_d P_d,  c_d = x_d Q_d      for input dimensions, in place of the state
        H = [h_0, ..., h_(D-1)]
        y_d, s_d = cell_d([h_0, ..., h_(D-2)], (c_d, h_(D-1)))              for all but priority dimensions
        the same for priority dimensions, where h_d = y_d for those computed before

    and y_d = non_recurrent_fn(H W_d + b_d), without any state, for non-recurrent dimensions. As in TensorFlow, every
    cell takes the last dimension's h as its own. The input is cut into equal parts, one for each input dimension; in
    dimensions without an input, and in all when the inputs are None or have no columns, h and c are the state's.

    Variables, under the class's name (`GridRNNCell/...`, `Grid2LSTMCell/...`), which is not bound to the first call:
    `project_m_0` P_0 and, for LSTMs, `project_c_0` Q_0 `[part, units]`; the cells' under `recurrent/cell_0`, or
    `recurrent` when tied; `non_recurrent/cell_0/fully_connected/weights` W_0 `[D * units, units]` and `biases` b_0, or
    under `non_recurrent` when tied. Neither torch, cuDNN nor Keras has it.

    Args:
      num_units: units of each dimension.
      num_dims: dimensions of the step.
      input_dims, output_dims, priority_dims, non_recurrent_dims: an int or a list of dimensions; None is none.
      tied: one cell for all dimensions, and one W and b.
      cell_fn: makes a cell of `num_units`; an LSTMCell unless given.
      non_recurrent_fn: a function or its name, for non-recurrent dimensions; relu unless given.
      state_is_tuple: False joins the state in one tensor: c and h of each recurrent dimension.
      output_is_tuple: False joins the outputs in one tensor.

    Call: inputs `[batch, parts * part]` or None, state a tuple of the recurrent dimensions' states -> a tuple of the
    output dimensions' y_d `[batch, units]`, and of the new s_d. Raises ValueError for a state of another length,
    TypeError for an unknown width, or where a dimension has neither input nor state to start from.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.grid_rnn.GridRNNCell(3, num_dims=2, input_dims=0, output_dims=[0, 1], priority_dims=0)
      >>> cell.state_size, cell.output_size
      ((LSTMStateTuple(c=3, h=3), LSTMStateTuple(c=3, h=3)), (3, 3))
      >>> with tf.Graph().as_default():
      ...     output, state = cell(tf.ones([2, 5]), cell.zero_state(2, tf.float32))
      ...     [v.op.name for v in tf.trainable_variables()][:3]
      ['GridRNNCell/project_m_0', 'GridRNNCell/project_c_0', 'GridRNNCell/recurrent/cell_1/lstm_cell/kernel']

    Raises ValueError for dimensions that the grid has not, TypeError for a `cell_fn` that makes no cell.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        num_dims: int = 1,
        input_dims: Any = None,
        output_dims: Any = None,
        priority_dims: Any = None,
        non_recurrent_dims: Any = None,
        tied: bool = False,
        cell_fn: Callable[[int], Any] | None = None,
        non_recurrent_fn: Any = None,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        super().__init__()
        for kind, is_tuple in (("state", state_is_tuple), ("output", output_is_tuple)):
            if not is_tuple:
                warn_joined(self, kind)
        if num_dims < 1:
            raise ValueError(f"dims must be >= 1: {num_dims}")
        self._dims = _dims(num_dims, input_dims, output_dims, priority_dims, non_recurrent_dims)
        self._dense_activation = get_activation("relu" if non_recurrent_fn is None else non_recurrent_fn)
        make = LSTMCell if cell_fn is None else cell_fn
        self._cells = [make(num_units)] * num_dims if tied else [make(num_units) for _ in range(num_dims)]
        if not isinstance(self._cells[0], RNNCell):
            raise TypeError(f"cell_fn must return an RNNCell instance, saw: {type(self._cells[0])}")

    @property
    def output_size(self) -> Any:
        sizes = tuple(self._cells[0].output_size for _ in self._dims.outputs)
        return sizes if self._output_is_tuple else sum(sizes)

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return tuple(self._cells[0].state_size for _ in self._dims.recurrent)
        return sum(self._part_sizes()) * len(self._dims.recurrent)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step: `(outputs, new_state)`. `scope` is a name or VariableScope instead of the class's name."""
        step = self._parted(state)
        with variable_scope(type(self).__name__ if scope is None else scope, custom_getter=self._rnn_get_variable):
            if inputs is not None:
                self._project(convert_to_tensor(inputs), step)
            self._propagate(self._dims.early, step)
            self._propagate(self._dims.priority, step)
            outputs = [step.h[d] for d in self._dims.outputs]
            states = [step.states[d] for d in self._dims.recurrent]
            return (
                tuple(outputs) if self._output_is_tuple else _joined(outputs, step),
                tuple(states) if self._state_is_tuple else _joined(nest.flatten(states), step),
            )

    def _part_sizes(self) -> Sequence[int]:
        """Sizes of a cell's c and h, or of its h alone."""
        size = self._cells[0].state_size
        return size if isinstance(size, tuple) else [size]

    def _parted(self, state: Any) -> Step:
        """c and h of each recurrent dimension."""
        sizes, dims = self._part_sizes(), self._dims.recurrent
        if len(sizes) == 1 and sizes[0] != self._num_units:
            raise TypeError(
                f"{type(self).__name__} of {self._num_units} units cannot use {type(self._cells[0]).__name__} with a "
                f"state of {sizes[0]}: let cell_fn make a cell of num_units, and an LSTM with state_is_tuple=True."
            )
        step = Step([None] * self._num_dims, [None] * self._num_dims)
        if self._state_is_tuple:
            if len(state) != len(dims):
                raise ValueError(f"Expected state as a tuple of {len(dims)} element, but received: {state}")
            parts = [list(own) if len(sizes) > 1 else [own] for own in state]
        else:
            parts = _cut(state, sizes, len(dims))
        for d, own in zip(dims, parts, strict=True):
            *c, step.h[d] = own
            if c:
                (step.c[d],) = c
        return step

    def _project(self, inputs: Any, step: Step) -> None:
        """Puts the inputs in the place of the state, in the dimensions that have them."""
        width = inputs.shape.with_rank(2).as_list()[1]
        if width is None:
            raise TypeError(
                f"{type(self).__name__}: the number of columns of inputs {inputs.name}, shape {inputs.shape}, must be "
                "known: use set_shape."
            )
        if not width or not self._dims.inputs:
            return
        parts = split(inputs, len(self._dims.inputs), axis=1)
        shape = [width // len(parts), self._num_units]
        for d, x in zip(self._dims.inputs, parts, strict=True):
            step.h[d] = matmul(x, get_variable(f"project_m_{d}", shape, dtype=inputs.dtype))
            if len(self._part_sizes()) > 1:
                step.c[d] = matmul(x, get_variable(f"project_c_{d}", shape, dtype=inputs.dtype))

    def _propagate(self, dims: Sequence[int], step: Step) -> None:
        """Computes `dims`, all from the values that the grid has now, and then puts theirs in it."""
        if not dims:
            return
        *others, last = _known(step.h, type(self).__name__)
        last = convert_to_tensor(last)
        seen = concat(others, 1) if others else zeros([row_count(last), 0], last.dtype)
        new: dict[int, Any] = {}
        for d in dims:
            if d in self._dims.recurrent:
                with variable_scope("recurrent" if self._tied else f"recurrent/cell_{d}"):
                    own = last if step.c[d] is None else (step.c[d], last)
                    new[d], step.states[d] = self._cells[d](seen, own)
            else:
                with variable_scope("non_recurrent" if self._tied else f"non_recurrent/cell_{d}") as entered:
                    if self._tied and step.has_dense:
                        entered.reuse_variables()
                    new[d] = self._dense(concat([seen, last], 1) if others else last)
                    step.has_dense = True
        for d, value in new.items():
            step.h[d] = value

    def _dense(self, x: Any) -> Any:
        """`non_recurrent_fn(x W + b)`, with variables where `tf.contrib.layers.fully_connected` has them."""
        collections = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
        with variable_scope("fully_connected"):
            shape = [x.shape.as_list()[1], self._num_units]
            weights = get_variable("weights", shape, dtype=x.dtype, collections=collections)
            start = Zeros()
            biases = get_variable("biases", shape[1:], dtype=x.dtype, initializer=start, collections=collections)
            return self._dense_activation(bias_add(matmul(x, weights), biases))


def _joined(parts: list[Any], step: Step) -> Any:
    """The parts in one tensor; `[0, 0]`, as TensorFlow's, when there are none."""
    return concat(parts, 1) if parts else zeros([0, 0], step.h[-1].dtype)


def _dims(count: int, inputs: Any, outputs: Any, priority: Any, non_recurrent: Any) -> Dims:
    """What each of `count` dimensions does. ValueError for others than 0 to `count - 1`."""
    inputs, outputs, priority, non_recurrent = (
        _chosen(count, dims) for dims in (inputs, outputs, priority, non_recurrent)
    )
    every = range(count)
    return Dims(
        inputs,
        outputs,
        recurrent=[d for d in every if d not in non_recurrent],
        early=[d for d in every if d not in priority],
        priority=priority,
    )


def _chosen(count: int, dims: Any) -> list[int]:
    if dims is None:
        return []
    given = list(dims) if isinstance(dims, (list, tuple)) else [dims]
    if any(d < 0 or d >= count for d in given):
        raise ValueError(f"Invalid dims: {given}. Must be in [0, {count})")
    return sorted(set(given))


def _cut(state: Any, sizes: Sequence[int], count: int) -> list[list[Any]]:
    """`count` states of parts of `sizes`, out of one tensor."""
    begin = 0
    found: list[list[Any]] = []
    for _ in range(count):
        found.append([])
        for size in sizes:
            found[-1].append(slice_(state, [0, begin], [-1, size]))
            begin += size
    return found


def _known(values: list[Any], name: str) -> list[Any]:
    """The values, once it is known that there is one for every dimension."""
    for d, value in enumerate(values):
        if value is None:
            raise TypeError(
                f"{name}: dimension {d} is needed before it is computed, and has no value to start from, being "
                f"non-recurrent and without inputs: put {d} in input_dims, or take it out of non_recurrent_dims."
            )
    return values


__all__ = ["GridRNNCell"]
