"""Feeding and fetching at the edges: values in the middle of a graph, containers, memory that must not be shared."""

from __future__ import annotations

import collections

import numpy as np
import pytest

import recell.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def test_one_of_several_outputs_is_fed(session):
    first, second = tf.split(tf.constant([1.0, 2.0]), 2)
    values = session.run([first, second, first + second], {first: [7.0]})
    np.testing.assert_array_equal(np.ravel(values), [7.0, 2.0, 9.0])


def test_a_fed_placeholder_may_be_waited_for(session):
    x = tf.placeholder(tf.float32)
    with tf.control_dependencies([x]):
        y = tf.constant(1.0) + 1.0
    assert session.run([y, tf.group(x), tf.tuple([x, x + 1.0])], {x: 2.0}) == [2.0, None, [2.0, 3.0]]


def test_variables_and_constants_that_are_fed_may_be_waited_for(session):
    variable, constant = tf.Variable(1.0), tf.constant(1.0)
    with tf.control_dependencies([variable, constant]):
        total = variable + constant
    assert session.run([total, variable, constant], {variable: 5.0, constant: 7.0}) == [12.0, 5.0, 7.0]


def test_the_last_of_two_feeds_of_a_tensor_counts(session):
    x = tf.placeholder(tf.float32, name="x")
    assert session.run(x, {x: 1.0, "x:0": 2.0}) == 2.0


def test_default_dictionaries_are_fetched_as_such(session):
    wanted = collections.defaultdict(list, a=tf.constant(1.0))
    found = session.run(wanted)
    assert type(found) is collections.defaultdict
    assert dict(found) == {"a": 1.0}


def test_a_constant_keeps_its_value_when_the_array_changes(session):
    array = np.ones(3, np.float32)
    constant, reshaped = tf.constant(array), tf.constant(array, shape=[3, 1])
    array[:] = 5.0
    np.testing.assert_array_equal(session.run(constant), [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(session.run(reshaped), [[1.0], [1.0], [1.0]])
    session.run(constant)[:] = 6.0
    np.testing.assert_array_equal(session.run(constant), [1.0, 1.0, 1.0])


def test_plans_of_a_graph_as_it_was_are_given_up(session):
    x = tf.constant(1.0)
    other = tf.constant(2.0)
    for _ in range(5):
        session.run(x)
        x.op._add_control_input(tf.identity(other).op)
    session.run(x)
    assert len(session._plans) == 1


@pytest.mark.parametrize(
    ("value", "dtype"), [(2**24 + 1, tf.float32), (2049, tf.float16), (-1, tf.bool), (300, tf.uint8)]
)
def test_python_ints_that_would_change_are_refused(session, value, dtype):
    x = tf.placeholder(dtype)
    with pytest.raises(TypeError, match="is not compatible with Tensor type"):
        session.run(x, {x: value})


def test_bfloat16_comes_and_goes(session):
    x = tf.placeholder(tf.bfloat16, [2])
    doubled = session.run(x * tf.constant(2.0, tf.bfloat16), {x: [1.5, 3.14159]})
    assert doubled.dtype == tf.bfloat16.as_numpy_dtype
    np.testing.assert_array_equal(doubled.astype(np.float32), [3.0, 6.28125])
