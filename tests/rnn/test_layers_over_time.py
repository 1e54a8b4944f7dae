"""Stacks of known cells run layer by layer: the numbers of the loop, for any stack, wrapper, length and dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rnn.layered import assert_close, both_ways, with_gradients
from tests.rnn.programs import Cells

import recell.v1 as tf

rnn = tf.contrib.rnn
TOLERANCE = {"float64": 1e-10, "float32": 2e-5}


class Changed(Cells.RNNCell):
    """A cell of the program's own: a known one, and what `change` makes of its inputs and outputs."""

    def __init__(self, cell: Any, change: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self._cell, self._change = cell, change

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return tf.TensorShape([None])

    def call(self, inputs: Any, state: Any) -> Any:
        output, state = self._cell(inputs, state)
        return self._change(inputs, output), state


def with_fed_rate(inputs: Any, output: Any) -> Any:
    return tf.nn.dropout(output, tf.cast(tf.placeholder_with_default(0.5, []), output.dtype))


def beside(inputs: Any, output: Any) -> Any:
    return tf.concat([inputs, output * 2.0], 1)


CELLS = {
    "basic": lambda n: Cells.BasicRNNCell(n),
    "lstm": lambda n: Cells.BasicLSTMCell(n, forget_bias=0.3),
    "joined": lambda n: Cells.BasicLSTMCell(n, state_is_tuple=False),
    "peepholes": lambda n: Cells.LSTMCell(n, use_peepholes=True, cell_clip=0.4),
    "projected": lambda n: Cells.LSTMCell(n + 1, num_proj=n, proj_clip=0.3, cell_clip=0.2),
    "softsign": lambda n: Cells.LSTMCell(n, activation=lambda x: tf.nn.softsign(2 * x)),
    "block": lambda n: rnn.LSTMBlockCell(n, use_peephole=True, cell_clip=0.5),
    "gru": lambda n: Cells.GRUCell(n),
    "relu": lambda n: Cells.GRUCell(n, activation=tf.nn.relu),
    "block gru": lambda n: rnn.GRUBlockCellV2(n),
    "cudnn gru": lambda n: tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(n),
}
# By name: the wrapper, and the size of its output, from those of the input and of the cell's output.
WRAPPERS: dict[str, tuple[Callable[[Any], Any], Callable[[int, int], int]]] = {
    "input": (lambda cell: Cells.DropoutWrapper(cell, input_keep_prob=0.6), lambda depth, out: out),
    "output": (lambda cell: Cells.DropoutWrapper(cell, output_keep_prob=0.7, seed=4), lambda depth, out: out),
    "fed rate": (lambda cell: Changed(cell, with_fed_rate), lambda depth, out: out),
    "device": (lambda cell: Cells.DeviceWrapper(cell, "/cpu:0"), lambda depth, out: out),
    "into": (lambda cell: rnn.InputProjectionWrapper(cell, 3, activation=tf.nn.tanh), lambda depth, out: out),
    "out of": (lambda cell: rnn.OutputProjectionWrapper(cell, 4), lambda depth, out: 4),
    "beside": (lambda cell: Changed(cell, beside), lambda depth, out: depth + out),
    "residual": (lambda cell: Cells.ResidualWrapper(cell), lambda depth, out: out),
    "highway": (lambda cell: rnn.HighwayWrapper(cell), lambda depth, out: out),
}
OF_ONE_SIZE = {"residual", "highway"}

layers = st.tuples(
    st.sampled_from(sorted(CELLS)),
    st.integers(1, 4),
    st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=2, unique=True),
)


def stack(specs: Any, depth: int) -> Any:
    """The cells of `specs` on top of each other, in as many of their wrappers as fit; `depth` is that of the inputs."""
    cells = []
    for kind, units, wrappers in specs:
        cell, out = CELLS[kind](units), units
        for name in wrappers:
            wrap, size = WRAPPERS[name]
            if name not in OF_ONE_SIZE or out == depth:
                cell, out = wrap(cell), size(depth, out)
        cells.append(cell)
        depth = out
    return cells[0] if len(cells) == 1 else Cells.MultiRNNCell(cells)


@st.composite
def lengths_of(draw: Any, batch: int, time: int) -> list[int] | None:
    return draw(st.none() | st.lists(st.integers(-1, time + 1), min_size=batch, max_size=batch))


def driven(driver: str, cell: Any, fed: Any, lengths: Any) -> tuple[Any, Any]:
    if driver == "static":
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(fed), None, fed.dtype, lengths)
        return tf.stack(outputs), state
    return tf.nn.dynamic_rnn(cell, fed, lengths, None, fed.dtype, time_major=True)


@settings(max_examples=60, deadline=None)
@given(
    specs=st.lists(layers, min_size=1, max_size=3),
    driver=st.sampled_from(["dynamic", "static"]),
    kind=st.sampled_from(sorted(TOLERANCE)),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)),
    data=st.data(),
)
def test_layers_give_what_the_loop_gives(
    specs: Any, driver: str, kind: str, sizes: tuple[int, int, int], data: Any
) -> None:
    """Values, final states and gradients, by inputs and weights, in two runs: dropout goes on in its streams."""
    time, batch, depth = sizes
    lengths = data.draw(lengths_of(batch, time))
    values = np.random.RandomState(3).standard_normal(sizes).astype(kind)

    def build() -> Any:
        fed = tf.constant(values)
        return with_gradients(*driven(driver, stack(specs, depth), fed, lengths), fed)

    assert_close(*both_ways(build, runs=2), TOLERANCE[kind])


@settings(max_examples=15, deadline=None)
@given(specs=st.lists(layers, min_size=1, max_size=2), lengths=st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_padding_of_nan_reaches_no_output_and_no_gradient_of_inputs(specs: Any, lengths: list[int]) -> None:
    values = np.random.RandomState(3).standard_normal((4, 3, 2))
    dead = np.arange(4)[:, None] >= lengths
    values[dead] = np.nan

    def build() -> Any:
        fed = tf.constant(values)
        outputs, state = driven("dynamic", stack(specs, 2), fed, lengths)
        return [outputs, state, tf.gradients(tf.reduce_sum(outputs**2), fed)[0]]

    layered, looped = both_ways(build)
    for value, wanted in zip(layered[:-1], looped[:-1], strict=True):
        assert np.isfinite(value).all()
        np.testing.assert_allclose(value, wanted, rtol=1e-9)
    assert not layered[0][dead].any()
    np.testing.assert_allclose(layered[-1][~dead], looped[-1][~dead], rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(specs=st.lists(layers, min_size=1, max_size=2), ragged=st.booleans())
def test_derivatives_of_second_order(specs: Any, ragged: bool) -> None:
    values = np.random.RandomState(3).standard_normal((3, 2, 2))

    def build() -> Any:
        fed = tf.constant(values)
        outputs, _ = driven("dynamic", stack(specs, 2), fed, [1, 3] if ragged else None)
        first = tf.gradients(tf.reduce_sum(outputs**2), fed)[0]
        second = tf.gradients(tf.reduce_sum(first**2), [fed, *tf.trainable_variables()])
        return [first, *(slope for slope in second if slope is not None)]

    assert_close(*both_ways(build), 1e-8)
