"""What follows from shapes alone is computed once for each set of shapes, and nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf
from recell.graph.registry import REGISTRY
from recell.plan.compile import compile_plan


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def steps_of(session, fetch, *feeds):
    plan, _ = compile_plan([fetch], [], feeds, session.resources)
    return [step.op.type if step.op else None for step in plan.steps]


def test_a_zero_state_of_an_unknown_batch_is_one_step(session):
    x = tf.placeholder(tf.float32, [None, 3])
    state = tf.nn.rnn_cell.BasicLSTMCell(4).zero_state(tf.shape(x)[0], tf.float32)
    assert steps_of(session, state.c + tf.tanh(state.h), x) == [None, "Tanh", "Add"]
    for rows in (2, 5, 2, 0):
        assert session.run(state.c, {x: np.ones((rows, 3), np.float32)}).shape == (rows, 4)


def test_more_shapes_than_are_kept_give_the_right_values(session):
    x = tf.placeholder(tf.float32, [None])
    ramp = tf.cast(tf.range(tf.size(x)), tf.float32) + x
    for length in [*range(20), *range(20)]:
        assert session.run(ramp, {x: np.zeros(length, np.float32)}).tolist() == list(range(length))


def test_constants_are_computed_once(session):
    value = tf.reshape(tf.range(6) * 2, [2, 3])
    calls = []
    definition = REGISTRY["Range"]
    kernel = definition.kernel
    object.__setattr__(definition, "kernel", lambda *a, **k: calls.append(1) or kernel(*a, **k))
    try:
        first, second = session.run(value), session.run(value)
    finally:
        object.__setattr__(definition, "kernel", kernel)
    assert first.tolist() == second.tolist() == [[0, 2, 4], [6, 8, 10]]
    assert len(calls) == 1


def test_a_caller_who_changes_what_was_fetched_changes_no_later_run(session):
    x = tf.placeholder(tf.float32, [None, 2])
    zeros = tf.zeros_like(x)
    feed = {x: np.ones((2, 2), np.float32)}
    for fetch in (zeros, tf.identity(zeros), tf.reshape(zeros, [-1])):
        session.run(fetch, feed)[...] = 7.0
        assert not session.run(fetch, feed).any()


def test_a_variable_initialized_by_them_is_its_own(session):
    zeros = tf.fill([3], 0.0)
    variable = tf.Variable(zeros)
    session.run(variable.initializer)
    session.run(variable.assign_add([1.0, 1.0, 1.0]))
    assert session.run(zeros).tolist() == [0.0, 0.0, 0.0]


def test_a_fed_dimension_counts(session):
    x = tf.placeholder(tf.float32, [None])
    size = tf.size(x)
    filled = tf.fill([size], 1.0)
    feed = {x: np.ones(2, np.float32)}
    assert session.run(filled, feed).tolist() == [1.0, 1.0]
    assert session.run(filled, {size: 3}).tolist() == [1.0, 1.0, 1.0]
    assert session.run(filled, feed).tolist() == [1.0, 1.0]


def test_a_gradient_by_a_constant_and_by_zeros(session):
    x = tf.placeholder(tf.float32, [None])
    zeros, constant = tf.zeros_like(x), tf.fill([2], 2.0)
    y = (zeros + constant) * x
    gradients = tf.gradients(y, [zeros, constant])
    by_zeros, by_constant = session.run(gradients, {x: [3.0, 4.0]})
    assert by_zeros.tolist() == by_constant.tolist() == [3.0, 4.0]


def test_a_gradient_goes_past_a_shape(session):
    x = tf.Variable([1.0, 2.0, 3.0])
    doubled = x * 2.0
    mean = tf.reduce_sum(doubled) / tf.cast(tf.size(doubled * doubled), tf.float32)
    session.run(x.initializer)
    np.testing.assert_allclose(session.run(tf.gradients(mean, x)[0]), [2 / 3] * 3, rtol=1e-6)


def test_an_error_names_the_operation_in_every_run(session):
    x = tf.placeholder(tf.float32, [None])
    parts = tf.reshape(tf.zeros_like(x), [-1, 2], name="pairs")
    assert session.run(parts, {x: np.ones(4, np.float32)}).shape == (2, 2)
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"node pairs \(defined at"):
            session.run(parts, {x: np.ones(3, np.float32)})


def test_what_waits_for_others_is_not_computed_ahead(session):
    x = tf.placeholder(tf.float32, [])
    with tf.control_dependencies([tf.Assert(x > 0, ["not positive"])]):
        one = tf.fill([1], 1.0)
    assert session.run(one, {x: 1.0}).tolist() == [1.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not positive"):
        session.run(one, {x: -1.0})


def test_random_numbers_stay_random(session):
    x = tf.placeholder(tf.float32, [None])
    drawn = tf.random_uniform(tf.shape(x))
    feed = {x: np.ones(20, np.float32)}
    assert session.run(drawn, feed).tolist() != session.run(drawn, feed).tolist()
