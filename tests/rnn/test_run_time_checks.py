"""What only a run can tell of a recurrence: sizes of outputs that no step shows, states and lengths that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


class Sized(tf.nn.rnn_cell.RNNCell):
    """The running sum of the inputs, and outputs whose depth, and with `ranked=False` rank, no graph knows."""

    state_size = property(lambda self: 2)
    output_size = property(lambda self: tf.TensorShape([None]))

    def __init__(self, ranked: bool = True) -> None:
        super().__init__()
        self._rank = [None, None] if ranked else None

    def call(self, inputs: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        total = inputs + state
        return tf.placeholder_with_default(tf.concat([total, total], 1), self._rank), total


@pytest.mark.parametrize("ranked", [False, True])
def test_no_steps_and_an_output_of_unknown_size(ranked: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, 2])
        outputs, _ = tf.nn.dynamic_rnn(Sized(ranked), x, dtype=tf.float32)
        assert session.run(outputs, {x: np.ones([3, 1, 2])}).shape == (3, 1, 4)
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="'Placeholder:0' has no steps, and the size of output"
        ):
            session.run(outputs, {x: np.ones([3, 0, 2])})


def test_empty_rows_alone_and_an_output_of_unknown_size() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        lengths = tf.placeholder(tf.int32, [None])
        outputs, state = tf.nn.static_rnn(Sized(), [tf.ones([3, 2])] * 2, dtype=tf.float32, sequence_length=lengths)
        values = session.run([*outputs, state], {lengths: [0, 0, 0]})
        assert [value.shape for value in values] == [(3, 4), (3, 4), (3, 2)]
        assert not any(value.any() for value in values)


def test_a_state_of_other_rows_than_the_inputs() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, start = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.float32, [None, 2], name="start")
        _, state = tf.nn.dynamic_rnn(Sized(), x, [1, 2], start)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"saw: 1 vs. 2 .*state 'start:0' \[1, 2\]"):
            session.run(state, {x: np.ones([2, 3, 2]), start: np.ones([1, 2])})


def test_lengths_that_are_no_integers() -> None:
    message = r"must be integers, but '.*' has dtype float32"
    with tf.Graph().as_default():
        x, cell = tf.ones([2, 2, 1]), tf.nn.rnn_cell.GRUCell(2)
        with pytest.raises(TypeError, match=message):
            tf.contrib.recurrent.functional_rnn(cell, x, [1.0, 2.0], dtype=tf.float32)
        with pytest.raises(TypeError, match=message):
            tf.contrib.rnn.LSTMBlockFusedCell(2)(x, dtype=tf.float32, sequence_length=[1.0, 2.0])


def test_lengths_in_a_column() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, cell = tf.reshape(tf.range(12.0), [2, 3, 2]), Sized()
        column, _ = tf.contrib.recurrent.functional_rnn(cell, x, [[1], [3]], dtype=tf.float32)
        vector, _ = tf.contrib.recurrent.functional_rnn(cell, x, [1, 3], dtype=tf.float32)
        assert np.array_equal(*session.run([column, vector]))
