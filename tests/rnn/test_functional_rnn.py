"""tf.contrib.recurrent against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import Cells, graph, inputs, run

import recell.v1 as tf

__all__ = ["graph"]

FILE = pathlib.Path(__file__).with_name("functional_rnn_cases.txt")
functional_rnn, Recurrent = tf.contrib.recurrent.functional_rnn, tf.contrib.recurrent.Recurrent


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def step(theta: Any, state: Any, x: Any) -> Any:
    return tf.tanh(tf.matmul(state, theta) + x), ()


@pytest.mark.parametrize("aligned_end", [False, True])
def test_gradient_of_some_steps_is_that_of_the_slice(aligned_end: bool) -> None:
    """With `aligned_end` TensorFlow 1.15 takes the gradient of the first step as if its state had been zero."""
    x, theta, start = (tf.constant(inputs(shape)) for shape in ((5, 2, 3), (3, 3), (2, 3)))
    some, _ = Recurrent(theta, start, x, step, max_input_length=tf.constant(3), aligned_end=aligned_end)
    whole, _ = Recurrent(theta, start, x[2:] if aligned_end else x[:3], step)
    got, wanted = run([tf.gradients(states**2, [theta, start, x]) for states in (some, whole)])
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("lengths", [[3, 2, 0], [1, 1, 1]])
def test_gradient_of_going_back_is_that_of_the_turned_inputs(lengths: list[int]) -> None:
    x, start = tf.constant(inputs((3, 5, 2))), tf.constant(inputs((3, 3), seed=1))
    cell, longest = Cells.GRUCell(3), max(lengths)
    outputs, state = functional_rnn(cell, x, lengths, start, reverse=True)
    expected, end = tf.nn.dynamic_rnn(cell, tf.reverse(x[:, :longest], [1]), initial_state=start)
    expected = tf.reverse(expected, [1]) * tf.expand_dims(tf.sequence_mask(lengths, longest, tf.float32), 2)
    losses = [tf.reduce_sum(outputs**2) + tf.reduce_sum(state), tf.reduce_sum(expected**2) + tf.reduce_sum(end)]
    got, wanted = run([tf.gradients(loss, [x, start, *tf.trainable_variables()]) for loss in losses])
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("back", [False, True])
def test_lengths_of_int64_and_of_unknown_batch(back: bool) -> None:
    x, lengths = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int64, [None])
    outputs, state = functional_rnn(Cells.GRUCell(3), x, lengths, dtype=tf.float32, reverse=back)
    values = run([outputs, state], {x: inputs((3, 4, 2)), lengths: [4, 1, 0]})
    assert (values[0].shape, values[1].shape) == ((3, 4, 3), (3, 3))
    assert (np.abs(values[0]).sum(2) > 0).sum(1).tolist() == [4, 1, 0]
    values = run([outputs, state], {x: inputs((0, 4, 2)), lengths: np.zeros([0], np.int64)})
    assert (values[0].shape, values[1].shape) == ((0, 4, 3), (0, 3))


@pytest.mark.parametrize("back", [False, True])
def test_padding_of_nan_stays_out_of_the_outputs(back: bool) -> None:
    """TensorFlow 1.15 multiplies by zero here, which keeps NaN."""
    x = inputs((2, 3, 2))
    x[1, 2] = np.nan
    outputs, _ = functional_rnn(Cells.GRUCell(3), x, [3, 2], dtype=tf.float32, reverse=back)
    assert not np.isnan(run(outputs)[1, 2]).any()


@pytest.mark.parametrize("back", [False, True])
def test_a_length_beyond_the_time_axis(back: bool) -> None:
    outputs, _ = functional_rnn(Cells.GRUCell(3), tf.ones([3, 4, 2]), [4, 9, 1], dtype=tf.float32, reverse=back)
    with pytest.raises(tf.errors.InvalidArgumentError, match="beyond the time axis"):
        run(outputs)


@pytest.mark.parametrize("count", [6, -1])
def test_more_steps_than_inputs(count: int) -> None:
    x, theta, start = (tf.constant(inputs(shape)) for shape in ((5, 2, 3), (3, 3), (2, 3)))
    states, _ = Recurrent(theta, start, x, step, max_input_length=count)
    with pytest.raises(tf.errors.InvalidArgumentError, match="max_input_length"):
        run(states)


@pytest.mark.parametrize("shape", [[3, 4], [3, 4, None], None])
def test_inputs_of_wrong_shape(shape: Any) -> None:
    with pytest.raises(ValueError, match=r"rank|depth"):
        functional_rnn(Cells.GRUCell(3), tf.placeholder(tf.float32, shape), dtype=tf.float32)


def test_extras_nested_otherwise_than_said() -> None:
    with pytest.raises(ValueError, match="same nested structure"):
        Recurrent(tf.ones([3, 3]), tf.ones([2, 3]), tf.ones([5, 2, 3]), step, extras={"a": tf.zeros([])})
