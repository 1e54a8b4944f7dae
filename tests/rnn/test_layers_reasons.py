"""Which recurrences run layer by layer, which do not and why, and that layers are what then runs."""

from __future__ import annotations

import doctest
import pathlib
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
from tests.rnn.layered import assert_close, both_ways, flat, reasons, with_gradients
from tests.rnn.programs import Cells, graph, inputs, run

import recell.v1 as tf
from recell import kernels
from recell.plan.over_time import why_step_by_step
from recell.rnn import basic_lstm_cell
from recell.rnn.recurrence import recur
from recell.rnn.traced_step import Layout

__all__ = ["graph"]

rnn = tf.contrib.rnn
LENGTHS = [4, 0, 6, 9]


class Own(Cells.RNNCell):
    """A cell of the program's own around another one: `step(cell, inputs, state)`."""

    def __init__(self, cell: Any, step: Callable[..., Any]) -> None:
        super().__init__()
        self._cell, self._step = cell, step

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    def call(self, inputs: Any, state: Any) -> Any:
        return self._step(self._cell, inputs, state)


def own(step: Callable[..., Any], cell: Any = None) -> Any:
    return Own(Cells.LSTMCell(3) if cell is None else cell, step)


def printing(cell: Any, x: Any, state: Any) -> Any:
    return cell(tf.Print(x, [x]), state)


def peeking(cell: Any, x: Any, state: Any) -> Any:
    return cell(tf.concat([x, state.h], 1), state)


def leaking(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return output, type(state)(state.c * 0.9, state.h)


def twice(cell: Any, x: Any, state: Any) -> Any:
    cell(x, state)
    output, new = cell(2 * x, state)
    return cell(x, state)[0] + output, new


def showing(cell: Any, x: Any, state: Any) -> Any:
    _, state = cell(x, state)
    return state.c, state


def crossed(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return output, type(state)(state.h, state.c)


def weighing(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return output * tf.nn.softmax(state.c), state


def normed_over_rows(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return output - tf.reduce_mean(output, 0, keep_dims=True), state


def rooted(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return tf.sqrt(tf.abs(output)), state


def overridden(cell: Any, x: Any, state: Any) -> Any:
    @tf.custom_gradient
    def doubled(value: Any) -> Any:
        return 2.0 * value, lambda slope: slope

    output, state = cell(doubled(x), state)
    return output, state


def branching(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return tf.cond(tf.reduce_sum(x) > 0, lambda: output, lambda: -output), state


def differentiating(cell: Any, x: Any, state: Any) -> Any:
    output, state = cell(x, state)
    return tf.gradients(output, x)[0], state


@pytest.mark.parametrize(
    ("make", "lengths", "reason"),
    [
        (lambda: rnn.LayerNormBasicLSTMCell(3), None, "sees the state"),
        (lambda: rnn.AttentionCellWrapper(Cells.GRUCell(3), 2), None, "sees the state"),
        (
            lambda: Cells.DropoutWrapper(Cells.GRUCell(3), state_keep_prob=0.5),
            None,
            "not the one that a known step hands on",
        ),
        (lambda: own(peeking), None, "sees the state"),
        (lambda: own(leaking), None, "sees the state"),
        (lambda: own(crossed), None, "not the one that a known step hands on"),
        (lambda: own(showing), None, "is a state, and an output of every step"),
        (lambda: own(weighing), None, "sees the state"),
        (lambda: own(printing), None, "prints, assigns or calls Python"),
        (lambda: own(overridden), None, "a gradient of the program's own"),
        (lambda: own(branching), None, "has a body of its own"),
        (lambda: own(differentiating), None, "gradient within the step"),
        (lambda: own(lambda cell, x, state: (x, state)), None, "None of its operations is a known step"),
        (lambda: own(normed_over_rows), LENGTHS, "may look at what stands behind them"),
        (lambda: own(rooted), LENGTHS, "may look at what stands behind them"),
        (
            lambda: Cells.GRUCell(3, activation=lambda x: tf.nn.dropout(tf.tanh(x), 0.5)),
            None,
            "draws random numbers",
        ),
    ],
)
def test_a_step_that_is_no_stack_of_known_cells_runs_as_a_loop(make: Any, lengths: Any, reason: str) -> None:
    tf.nn.dynamic_rnn(make(), tf.constant(inputs()), lengths, dtype=tf.float32)
    (found,) = reasons()
    assert found is not None
    assert reason in found


def test_a_checkpointed_loop_and_complex_numbers_stay_loops() -> None:
    tf.nn.dynamic_rnn(Cells.GRUCell(3), tf.constant(inputs()), dtype=tf.float32, swap_memory=True)
    with tf.variable_scope("complex", initializer=tf.zeros_initializer()):
        cell = Cells.BasicRNNCell(3, activation="linear")
        start = tf.zeros([4, 3], tf.complex64)
        tf.nn.dynamic_rnn(cell, tf.constant(inputs().astype(np.complex64)), initial_state=start)
    swapped, complex_ = reasons()
    assert "swap_memory" in str(swapped)
    assert "complex64" in str(complex_)


@pytest.mark.parametrize("step", [normed_over_rows, rooted])
def test_without_lengths_rows_may_be_mixed(step: Any) -> None:
    def build() -> Any:
        fed = tf.constant(inputs())
        return with_gradients(*tf.nn.dynamic_rnn(own(step), fed, dtype=tf.float32), fed)

    assert_close(*both_ways(build), 1e-5)


def test_every_layer_is_called_once() -> None:
    cell = Cells.MultiRNNCell([Cells.DropoutWrapper(Cells.BasicLSTMCell(3), 0.9), Cells.BasicLSTMCell(2)])
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(inputs((4, 6, 3))), [6, 5, 2, 0], dtype=tf.float32)
    with mock.patch.object(basic_lstm_cell.kernels, "lstm", wraps=kernels.lstm) as lstm:
        run(outputs)
    assert [call.args[0].shape for call in lstm.call_args_list] == [(6, 4, 3), (6, 4, 3)]


def test_steps_that_no_row_reaches_are_not_computed() -> None:
    """Nor are numbers drawn for them: seeded dropout goes on where the loop's does."""

    def build() -> Any:
        cell = Cells.DropoutWrapper(Cells.GRUCell(3), output_keep_prob=0.5)
        return tf.nn.dynamic_rnn(cell, tf.constant(inputs()), [2, 0, 3, 1], dtype=tf.float32)

    assert_close(*both_ways(build, runs=3), 1e-6)


@pytest.mark.parametrize("lengths", [[0, 0], [-1, 0], None])
@pytest.mark.parametrize("driver", [tf.nn.dynamic_rnn, tf.nn.static_rnn])
@pytest.mark.parametrize("time", [1, 3])
def test_rows_without_steps(lengths: Any, driver: Any, time: int) -> None:
    def build() -> Any:
        fed = tf.constant(inputs((2, time, 3)))
        xs = tf.unstack(fed, axis=1) if driver is tf.nn.static_rnn else fed
        cell = rnn.OutputProjectionWrapper(Cells.LSTMCell(2), 4)
        return with_gradients(*driver(cell, xs, sequence_length=lengths, dtype=tf.float32), fed)

    assert_close(*both_ways(build), 1e-5)


def test_no_steps_and_no_rows() -> None:
    fed = tf.placeholder(tf.float32, [None, None, 3])
    cell = Cells.MultiRNNCell([Cells.LSTMCell(4), Cells.GRUCell(2)])
    lengths = tf.placeholder(tf.int32, [None])
    outputs, state = tf.nn.dynamic_rnn(cell, fed, lengths, dtype=tf.float32)
    for batch, time in ((2, 0), (0, 2), (0, 0)):
        values = run([outputs, *flat(state)], {fed: np.zeros([batch, time, 3]), lengths: np.zeros([batch])})
        assert values[0].shape == (batch, time, 2)
        assert [value.shape for value in values[1:]] == [(batch, 4), (batch, 4), (batch, 2)]


def test_states_of_other_rows_are_broadcast_by_the_loop() -> None:
    """A memory of one row goes with any number of inputs, as long as no layer is asked."""
    fed, c = tf.placeholder(tf.float64, [None, None, 2]), tf.placeholder(tf.float64, [None, 3])
    state = Cells.LSTMStateTuple(c, tf.zeros([2, 3], tf.float64))
    outputs, _ = tf.nn.dynamic_rnn(Cells.BasicLSTMCell(3), fed, initial_state=state)
    rows = run(outputs, {fed: inputs((2, 3, 2)), c: np.ones([1, 3])})
    assert rows.shape == (2, 3, 3)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_outputs_that_are_inputs_or_the_same_at_every_step(lengths: Any) -> None:
    def build() -> Any:
        fed, cell = tf.constant(inputs()), Cells.GRUCell(3)

        def step(x: Any, state: Any) -> Any:
            output, state = cell(x, state)
            return (output, x, tf.constant(inputs((6, 1))), *([tf.reduce_sum(x)] if lengths is None else [])), state

        rows = None if lengths is None else tf.constant([*lengths, 3, 1])
        layout = Layout(4, 6, time_major=True)
        result = recur(step, fed, rows, cell.zero_state(6, tf.float32), layout, [[3], [3], [1], []])
        return with_gradients(result.outputs, result.states, fed)

    assert_close(*both_ways(build), 1e-5)


def test_a_state_that_stays_as_it_was() -> None:
    """A context beside the state of a cell: the same at every step."""

    class Conditioned(Cells.RNNCell):
        state_size = (4, 2)
        output_size = 4

        def call(self, inputs: Any, state: Any) -> Any:
            own, context = state
            output, new = Cells.GRUCell(4, name="inner")(tf.concat([inputs, context], 1), own)
            return output, (new, context)

    def build() -> Any:
        fed, context = tf.constant(inputs()), tf.constant(inputs((4, 2), 5))
        start = (tf.zeros([4, 4]), context)
        return with_gradients(*tf.nn.dynamic_rnn(Conditioned(), fed, LENGTHS, start), [fed, context])

    assert_close(*both_ways(build), 1e-5)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_inputs_of_several_parts_and_more_axes(lengths: Any) -> None:
    def joined(cell: Any, x: Any, state: Any) -> Any:
        words, extra, picture = x
        flat_picture = tf.reshape(picture, [-1, 6])
        return cell(tf.concat([words, tf.cast(extra, tf.float32), flat_picture], 1), state)

    def build() -> Any:
        fed = tf.constant(inputs()), tf.constant(np.ones([4, 6, 1], np.int32)), tf.constant(inputs((4, 6, 2, 3)))
        return with_gradients(*tf.nn.dynamic_rnn(own(joined), fed, lengths, dtype=tf.float32), [fed[0], fed[2]])

    assert_close(*both_ways(build), 1e-5)


@pytest.mark.parametrize("partitions", [None, 3])
def test_looked_up_inputs(partitions: int | None) -> None:
    """With a table in several parts, steps take rows of it in numbers that differ from step to step."""

    def build() -> Any:
        words = tf.constant(np.random.RandomState(0).randint(0, 7, (4, 6, 1)))
        partitioner = tf.fixed_size_partitioner(partitions) if partitions else None
        with tf.variable_scope("m", partitioner=partitioner):
            cell = rnn.EmbeddingWrapper(Cells.GRUCell(3), 7, 2)
            return with_gradients(*tf.nn.dynamic_rnn(cell, words, LENGTHS, dtype=tf.float32), [])

    assert_close(*both_ways(build), 1e-5)


@pytest.mark.parametrize("variational", [False, True])
def test_an_unrolled_seed_draws_the_same_at_every_step(variational: bool) -> None:
    """As many operations of one seed are what TF1 unrolls a step into."""

    def build() -> Any:
        cell = Cells.DropoutWrapper(
            Cells.BasicRNNCell(3), 0.6, 0.5, variational_recurrent=variational, input_size=3, dtype=tf.float32, seed=3
        )
        fed = tf.ones([4, 6, 3])
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(fed, axis=1), dtype=tf.float32)
        return with_gradients(outputs, state, fed)

    layered, looped = both_ways(build, runs=2)
    assert_close(layered, looped, 1e-6)
    kept = [value != 0 for value in layered[:6]]
    assert all((kept[0] == mask).all() for mask in kept)


def test_draws_of_the_programs_own() -> None:
    """Shapes from the inputs, integers and permutations among them."""

    def noisy(cell: Any, x: Any, state: Any) -> Any:
        x += tf.random_normal(tf.shape(x)) + tf.truncated_normal([1, 3], seed=4)
        x *= tf.cast(tf.random_uniform(tf.shape(x), 0, 3, tf.int32, seed=5), tf.float32)
        output, state = cell(tf.random_shuffle(x, seed=6), state)
        return tf.nn.dropout(output, 0.5, noise_shape=[4, 1]), state

    def build() -> Any:
        fed = tf.constant(inputs())
        return with_gradients(*tf.nn.dynamic_rnn(own(noisy), fed, dtype=tf.float32), fed)

    assert_close(*both_ways(build, runs=2), 1e-5)


def test_both_directions_and_fused_cells_are_layers() -> None:
    fed = tf.constant(inputs((6, 4, 3)))
    tf.nn.bidirectional_dynamic_rnn(Cells.LSTMCell(2), Cells.GRUCell(2), fed, dtype=tf.float32)
    rnn.LSTMBlockFusedCell(4)(fed, dtype=tf.float32, sequence_length=[6, 3, 2, 0])
    rnn.FusedRNNCellAdaptor(Cells.BasicLSTMCell(3), use_dynamic_rnn=True)(fed, dtype=tf.float32)
    rnn.stack_bidirectional_dynamic_rnn([Cells.GRUCell(2)], [Cells.GRUCell(2)], fed, dtype=tf.float32)
    assert reasons() == [None] * 6


def test_what_is_no_recurrence_says_so() -> None:
    assert why_step_by_step(tf.constant(1.0)) == "'Const' is no recurrence, but a Const."


@pytest.mark.parametrize("time_major", [False, True])
def test_reasons_are_found_by_what_drivers_give(time_major: bool) -> None:
    outputs, _ = tf.nn.dynamic_rnn(own(peeking), tf.constant(inputs()), dtype=tf.float32, time_major=time_major)
    apart, _ = tf.nn.static_rnn(Cells.GRUCell(3), tf.unstack(tf.constant(inputs()), axis=1), dtype=tf.float32)
    assert "sees the state" in str(why_step_by_step(outputs))
    assert why_step_by_step(apart[2]) is None


def test_the_example_of_the_docs() -> None:
    page = pathlib.Path(__file__).parents[2] / "docs" / "recurrences.md"
    assert doctest.testfile(str(page), module_relative=False) == (0, 5)
