"""raw_rnn against TensorFlow 1.15's answers, and against dynamic_rnn."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import Cells, graph, inputs, names, run

import recell.v1 as tf

__all__ = ["graph"]

FILE = pathlib.Path(__file__).with_name("raw_rnn_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def along(cell: Any, x: Any, lengths: Any, **options: Any) -> Any:
    """What dynamic_rnn does, said as a loop function: `x` is `[time, batch, depth]`."""
    time, batch = x.shape.as_list()[:2]
    rows = tf.TensorArray(x.dtype, time, clear_after_read=False).unstack(x)

    def loop_fn(step: Any, output: Any, state: Any, loop_state: Any) -> Any:
        state = cell.zero_state(batch, x.dtype) if output is None else state
        return step >= tf.minimum(lengths, time), rows.read(tf.minimum(step, time - 1)), state, output, loop_state

    return tf.nn.raw_rnn(cell, loop_fn, **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lengths", [[3, 0, 7, 5], [0, 0, 0, 0], [1, 1, 1, 1], [9, 9, 9, 9]])
def test_same_as_dynamic_rnn(lengths: list[int], dtype: str) -> None:
    x = tf.constant(inputs((7, 4, 3)).astype(dtype))
    cell = Cells.MultiRNNCell([Cells.LSTMCell(3, use_peepholes=True), Cells.GRUCell(2)])
    emitted, state, _ = along(cell, x, tf.constant(lengths))
    variables = names()
    outputs, expected = tf.nn.dynamic_rnn(cell, x, lengths, dtype=x.dtype, time_major=True)
    assert names() == variables
    got, wanted = run([[emitted.stack(), state], [outputs, expected]])
    # The one is a loop, the other may run in a fused kernel: float32 differs in its last bits.
    tolerance = {"rtol": 1e-6, "atol": 1e-7}
    np.testing.assert_allclose(got[0], wanted[0][: max(0, min(7, max(lengths)))], **tolerance)
    for a, b in zip(tf.nest.flatten(got[1]), tf.nest.flatten(wanted[1]), strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


def test_same_gradients_as_dynamic_rnn() -> None:
    x = tf.constant(inputs((5, 4, 3)))
    cell, lengths = Cells.LSTMCell(3), tf.constant([5, 2, 0, 3])
    emitted, state, _ = along(cell, x, lengths)
    outputs, expected = tf.nn.dynamic_rnn(cell, x, lengths, dtype=x.dtype, time_major=True)
    weights = inputs((5, 4, 3), seed=1)
    losses = [
        tf.reduce_sum(emitted.stack() * weights) + tf.reduce_sum(state.c**2),
        tf.reduce_sum(outputs * weights) + tf.reduce_sum(expected.c**2),
    ]
    got, wanted = run([tf.gradients(loss, [x, *tf.trainable_variables()]) for loss in losses])
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_tensor_array_in_the_state() -> None:
    """It belongs to no row: rows that are finished write to it too. (TensorFlow 1.15 takes none here.)"""

    class Noting(Cells.RNNCell):
        state_size = property(lambda self: (1, (), ()))
        output_size = property(lambda self: 1)

        def call(self, inputs: Any, state: Any) -> Any:
            total, count, notes = state
            total = total + inputs
            return total, (total, count + 1, notes.write(count, total * 2))

    start = tf.constant([[1.0], [2.0]])

    def loop_fn(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        if output is None:
            state = (start, tf.constant(0), tf.TensorArray(tf.float32, 0, dynamic_size=True))
        return time >= tf.constant([3, 1]), tf.ones([2, 1]), state, output, None

    emitted, state, _ = tf.nn.raw_rnn(Noting(), loop_fn)
    assert state[2].stack().shape.as_list() == [None, 2, 1]
    values = run([emitted.stack(), state[0], state[1], state[2].stack(), tf.gradients(state[2].stack(), start)[0]])
    assert values[0][:, :, 0].tolist() == [[2, 3], [3, 0], [4, 0]]
    assert (values[1].tolist(), values[2]) == ([[4], [3]], 3)
    assert values[3][:, :, 0].tolist() == [[4, 6], [6, 8], [8, 8]]
    assert values[4].tolist() == [[6], [6]]


def test_loop_state_of_another_dtype() -> None:
    """TensorFlow 1.15 finds out in the session."""

    def loop_fn(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        state = tf.zeros([2, 2]) if output is None else state
        return time >= tf.constant([3, 1]), tf.ones([2, 2]), state, output, 0 if output is None else tf.constant(1.0)

    with pytest.raises(TypeError, match=r"enters the loop with type int32, but has type float32"):
        tf.nn.raw_rnn(Cells.GRUCell(2), loop_fn)


def test_dropout_in_the_cell_draws_anew_for_each_step() -> None:
    cell = Cells.DropoutWrapper(Cells.BasicRNNCell(20, activation=tf.identity), output_keep_prob=0.5)
    emitted, _, _ = along(cell, tf.ones([4, 2, 3]), tf.constant([4, 4]))
    dropped = run(emitted.stack()) == 0
    assert 20 < dropped.sum() < 140
    assert (dropped[0] != dropped[1]).any()
