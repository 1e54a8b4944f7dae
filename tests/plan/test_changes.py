"""Variables that branches and loops change: who reads what, and whose memory is whose."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def test_one_branch_assigns_and_the_other_reads(session):
    variable, flag = tf.Variable(1.0), tf.placeholder(tf.bool)
    result = tf.cond(flag, lambda: variable.assign_add(1.0), lambda: variable.value() * 10.0)
    session.run(variable.initializer)
    assert session.run(result, {flag: False}) == 10.0
    assert session.run(result, {flag: True}) == 2.0
    assert session.run(result, {flag: False}) == 20.0


def test_a_loop_condition_sees_what_the_body_assigns(session):
    variable = tf.Variable(0)

    def body(i):
        with tf.control_dependencies([variable.assign_add(1)]):
            return i + 1

    loop = tf.while_loop(lambda i: tf.logical_and(i < 10, variable < 5), body, [0])
    session.run(variable.initializer)
    assert session.run(loop) == 5
    assert session.run(variable) == 5


def test_a_branch_within_a_loop_within_a_branch_assigns(session):
    variable, flag = tf.Variable(0), tf.placeholder(tf.bool)

    def body(i):
        def more():
            inner = tf.cond(tf.less(variable, 3), lambda: variable.assign_add(1), lambda: variable.value() + 0)
            with tf.control_dependencies([inner]):
                return i + 1

        return tf.cond(flag, more, lambda: i + variable)

    loop = tf.while_loop(lambda i: tf.logical_and(i < 6, variable < 100), body, [0])
    session.run(variable.initializer)
    assert session.run(loop, {flag: True}) == 6
    assert session.run(variable) == 3


def test_what_a_branch_gave_is_not_changed_by_a_later_assignment(session):
    variable, flag = tf.Variable([1.0, 2.0]), tf.placeholder(tf.bool)
    given = tf.cond(flag, lambda: variable.assign_add([1.0, 1.0]), lambda: variable.value())
    with tf.control_dependencies([given]):
        later = variable.assign_add([10.0, 10.0])
    session.run(variable.initializer)
    first, second = session.run([given, later], {flag: True})
    np.testing.assert_array_equal(first, [2.0, 3.0])
    np.testing.assert_array_equal(second, [12.0, 13.0])
    first[:] = 99.0
    np.testing.assert_array_equal(session.run(variable), [12.0, 13.0])


def test_a_branch_gives_a_variable_as_it_was_and_as_it_becomes(session):
    variable, flag = tf.Variable([1.0, 2.0]), tf.placeholder(tf.bool)

    def change():
        return variable.value(), variable.assign_add([1.0, 1.0]) * 1.0, tf.constant([7.0, 7.0])

    result = tf.cond(flag, change, lambda: (variable.value(),) * 3)
    session.run(variable.initializer)
    before, after, other = session.run(result, {flag: True})
    np.testing.assert_array_equal(before, [1.0, 2.0])
    np.testing.assert_array_equal(after, [2.0, 3.0])
    np.testing.assert_array_equal(other, [7.0, 7.0])


def test_gradients_by_a_variable_that_a_branch_changes(session):
    variable, flag = tf.Variable(2.0), tf.placeholder(tf.bool)

    def change():
        with tf.control_dependencies([variable.assign_add(1.0)]):
            return variable.read_value() ** 2

    result = tf.cond(flag, change, lambda: variable.value() * 5.0)
    gradient = tf.gradients(result, variable)[0]
    session.run(variable.initializer)
    assert session.run(gradient, {flag: False}) == 5.0
    assert session.run([result, gradient], {flag: True}) == [9.0, 6.0]


def test_a_variable_may_be_initialized_in_a_branch(session):
    variable, flag = tf.Variable(2.0), tf.placeholder(tf.bool)

    def change():
        with tf.control_dependencies([variable.initializer]):
            return variable.read_value() + 1.0

    result = tf.cond(flag, change, lambda: tf.constant(0.0))
    assert session.run(result, {flag: True}) == 3.0


@pytest.mark.parametrize("shape", [(), (3,), (2,), (1, 3)])
def test_a_change_by_another_shape_is_refused(session, shape):
    variable, value = tf.Variable(np.zeros((2, 3), np.float32)), tf.placeholder(tf.float32)
    session.run(variable.initializer)
    for change in (variable.assign_add(value), variable.assign_sub(value)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Parameters and update must be the same size"):
            session.run(change, {value: np.ones(shape)})
    np.testing.assert_array_equal(session.run(variable), np.zeros((2, 3)))


def test_rows_of_another_shape_are_refused(session):
    variable, value = tf.Variable(np.zeros((3, 2), np.float32)), tf.placeholder(tf.float32)
    session.run(variable.initializer)
    update = tf.scatter_update(variable, [0, 1], value)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Must have updates.shape = indices.shape"):
        session.run(update, {value: [[1.0, 2.0]]})
    np.testing.assert_array_equal(session.run(update, {value: 3.0}), [[3.0, 3.0], [3.0, 3.0], [0.0, 0.0]])


@pytest.mark.parametrize("row", [-1, 3])
def test_slices_outside_of_the_variable_are_refused(session, row):
    variable, rows = tf.Variable([1.0, 2.0, 3.0]), tf.placeholder(tf.int32, [1, 1])
    session.run(variable.initializer)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"indices\[0\] = \[{row}\] does not index into shape"):
        session.run(tf.scatter_nd_update(variable, rows, [9.0]), {rows: [[row]]})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Must have updates\.shape"):
        session.run(tf.scatter_nd_add(variable, rows, tf.placeholder_with_default([[1.0, 2.0]], None)), {rows: [[0]]})


def test_a_read_after_a_python_function_sees_what_that_changed(session):
    variable = tf.Variable([1.0, 2.0])
    change = variable.assign_add([1.0, 1.0])

    def function(value):
        session.run(change)
        return value

    before = tf.py_func(function, [variable], tf.float32)
    with tf.control_dependencies([before]):
        after = variable.read_value() * 1.0
    session.run(variable.initializer)
    old, new = session.run([before, after])
    np.testing.assert_array_equal(old, [1.0, 2.0])
    np.testing.assert_array_equal(new, [2.0, 3.0])
