"""Grids of one, two and three dimensions that have names, after https://arxiv.org/abs/1507.01526.

What they have in common: `recell.rnn.grid_rnn_cell`, where variables and arguments are explained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.rnn.arguments import keeps_arguments
from recell.rnn.basic_lstm_cell import BasicLSTMCell
from recell.rnn.basic_rnn_cell import BasicRNNCell
from recell.rnn.grid_rnn_cell import GridRNNCell
from recell.rnn.gru_cell import GRUCell
from recell.rnn.lstm_cell import LSTMCell


class _NamedGrid(GridRNNCell):
    """Input, output and priority are dimension 0, which is non-recurrent if there is a function for it."""

    def __init__(
        self,
        num_units: int,
        num_dims: int,
        cell_fn: Callable[[int], Any],
        state_is_tuple: bool,
        output_is_tuple: bool,
        tied: bool = False,
        non_recurrent_fn: Any = None,
    ) -> None:
        super().__init__(
            num_units,
            num_dims,
            input_dims=0,
            output_dims=0,
            priority_dims=0,
            non_recurrent_dims=None if non_recurrent_fn is None else 0,
            tied=tied,
            cell_fn=cell_fn,
            non_recurrent_fn=non_recurrent_fn,
            state_is_tuple=state_is_tuple,
            output_is_tuple=output_is_tuple,
        )


class Grid1BasicRNNCell(_NamedGrid):
    """A `GridRNNCell` of one dimension, with a BasicRNNCell. TF symbol: `tf.contrib.grid_rnn.Grid1BasicRNNCell`.

        y = h' = tanh(x P W + b)

    The input takes the place of the old state, which counts only where there is no input.
    """

    @keeps_arguments
    def __init__(self, num_units: int, state_is_tuple: bool = True, output_is_tuple: bool = True) -> None:
        super().__init__(num_units, 1, BasicRNNCell, state_is_tuple, output_is_tuple)


class Grid1BasicLSTMCell(_NamedGrid):
    """A `GridRNNCell` of one dimension, with a BasicLSTMCell. TF symbol: `tf.contrib.grid_rnn.Grid1BasicLSTMCell`.

        y, (c', h') = BasicLSTMCell([], (x Q, x P))

    The input takes the place of the old state, which counts only where there is no input; [] has no columns.
    """

    @keeps_arguments
    def __init__(
        self, num_units: int, forget_bias: float = 1, state_is_tuple: bool = True, output_is_tuple: bool = True
    ) -> None:
        cell_fn = _cell_maker(BasicLSTMCell, forget_bias=forget_bias)
        super().__init__(num_units, 1, cell_fn, state_is_tuple, output_is_tuple)


class Grid1LSTMCell(_NamedGrid):
    """A `GridRNNCell` of one dimension, with an LSTMCell. TF symbol: `tf.contrib.grid_rnn.Grid1LSTMCell`.

        y, (c', h') = LSTMCell([], (x Q, x P))

    The input takes the place of the old state, which counts only where there is no input; [] has no columns.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        cell_fn = _cell_maker(LSTMCell, forget_bias=forget_bias, use_peepholes=use_peepholes)
        super().__init__(num_units, 1, cell_fn, state_is_tuple, output_is_tuple)


class Grid2BasicRNNCell(_NamedGrid):
    """A `GridRNNCell` of two dimensions, with BasicRNNCells. TF symbol: `tf.contrib.grid_rnn.Grid2BasicRNNCell`.

        h_1' = cell_1(x P, h_1)
        y = h_0' = cell_0(x P, h_1')
        y = non_recurrent_fn([x P, h_1'] W + b)      with a non_recurrent_fn

    Dimension 0 has the input and the output. With a `non_recurrent_fn` it keeps no state: it is depth, as dimension 1
    is time.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        tied: bool = False,
        non_recurrent_fn: Any = None,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        super().__init__(num_units, 2, BasicRNNCell, state_is_tuple, output_is_tuple, tied, non_recurrent_fn)


class Grid2BasicLSTMCell(_NamedGrid):
    """A `GridRNNCell` of two dimensions, with BasicLSTMCells. TF symbol: `tf.contrib.grid_rnn.Grid2BasicLSTMCell`.

        h_1', c_1' = cell_1(x P, (c_1, h_1))
        y = h_0', c_0' = cell_0(x P, (x Q, h_1'))
        y = non_recurrent_fn([x P, h_1'] W + b)      with a non_recurrent_fn

    The dimensions are those of `Grid2BasicRNNCell`.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        tied: bool = False,
        non_recurrent_fn: Any = None,
        forget_bias: float = 1,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        cell_fn = _cell_maker(BasicLSTMCell, forget_bias=forget_bias)
        super().__init__(num_units, 2, cell_fn, state_is_tuple, output_is_tuple, tied, non_recurrent_fn)


class Grid2LSTMCell(_NamedGrid):
    """A `GridRNNCell` of two dimensions, with LSTMCells. TF symbol: `tf.contrib.grid_rnn.Grid2LSTMCell`.

        h_1', c_1' = cell_1(x P, (c_1, h_1))
        y = h_0', c_0' = cell_0(x P, (x Q, h_1'))
        y = non_recurrent_fn([x P, h_1'] W + b)      with a non_recurrent_fn

    The dimensions are those of `Grid2BasicRNNCell`.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.grid_rnn.Grid2LSTMCell(3, non_recurrent_fn=tf.nn.relu)
      >>> cell.state_size, cell.output_size
      ((LSTMStateTuple(c=3, h=3),), (3,))
      >>> with tf.Graph().as_default():
      ...     outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([2, 7, 5]), dtype=tf.float32)
      ...     outputs[0].shape.as_list(), tf.trainable_variables()[-1].op.name
      ([2, 7, 3], 'rnn/Grid2LSTMCell/non_recurrent/cell_0/fully_connected/biases')
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        tied: bool = False,
        non_recurrent_fn: Any = None,
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        cell_fn = _cell_maker(LSTMCell, forget_bias=forget_bias, use_peepholes=use_peepholes)
        super().__init__(num_units, 2, cell_fn, state_is_tuple, output_is_tuple, tied, non_recurrent_fn)


class Grid2GRUCell(_NamedGrid):
    """A `GridRNNCell` of two dimensions, with GRUCells. TF symbol: `tf.contrib.grid_rnn.Grid2GRUCell`.

        h_1' = cell_1(x P, h_1)
        y = h_0' = cell_0(x P, h_1')
        y = non_recurrent_fn([x P, h_1'] W + b)      with a non_recurrent_fn

    The dimensions are those of `Grid2BasicRNNCell`.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        tied: bool = False,
        non_recurrent_fn: Any = None,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        super().__init__(num_units, 2, GRUCell, state_is_tuple, output_is_tuple, tied, non_recurrent_fn)


class Grid3LSTMCell(_NamedGrid):
    """A `GridRNNCell` of three dimensions, with LSTMCells. TF symbol: `tf.contrib.grid_rnn.Grid3LSTMCell`.

        h_1', c_1' = cell_1([x P, h_1], (c_1, h_2))
        h_2', c_2' = cell_2([x P, h_1], (c_2, h_2))
        y = h_0', c_0' = cell_0([x P, h_1'], (x Q, h_2'))
        y = non_recurrent_fn([x P, h_1', h_2'] W + b)      with a non_recurrent_fn

    Dimension 0 has the input and the output.
    """

    @keeps_arguments
    def __init__(
        self,
        num_units: int,
        tied: bool = False,
        non_recurrent_fn: Any = None,
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        output_is_tuple: bool = True,
    ) -> None:
        cell_fn = _cell_maker(LSTMCell, forget_bias=forget_bias, use_peepholes=use_peepholes)
        super().__init__(num_units, 3, cell_fn, state_is_tuple, output_is_tuple, tied, non_recurrent_fn)


def _cell_maker(kind: Callable[..., Any], **options: Any) -> Callable[[int], Any]:
    """Makes cells of a number of units with these options."""
    return lambda num_units: kind(num_units, **options)


__all__ = [
    "Grid1BasicLSTMCell",
    "Grid1BasicRNNCell",
    "Grid1LSTMCell",
    "Grid2BasicLSTMCell",
    "Grid2BasicRNNCell",
    "Grid2GRUCell",
    "Grid2LSTMCell",
    "Grid3LSTMCell",
]
