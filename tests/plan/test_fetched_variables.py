"""What a run shows of a variable that it also changes.

TensorFlow 1.15 hands out the memory of a reference variable, so that a fetch of the variable, or of what shares its
memory, shows the value at the end of the run: twelve times of twelve, for each kind of change below.
"""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf

CHANGES = {
    "assign": (lambda v: tf.assign(v, [7.0, 7.0]), [7.0, 7.0]),
    "assign_add": (lambda v: tf.assign_add(v, [1.0, 1.0]), [2.0, 3.0]),
    "scatter": (lambda v: tf.scatter_add(v, [0], [5.0]), [6.0, 2.0]),
    "optimizer": (lambda v: tf.train.GradientDescentOptimizer(0.5).apply_gradients([(tf.ones([2]), v)]), [0.5, 1.5]),
}
LOOKS = {
    "variable": lambda v: v,
    "value": lambda v: v.value(),
    "read_value": lambda v: v.read_value(),
    "identity": lambda v: tf.identity(v),
    "stop_gradient": lambda v: tf.stop_gradient(v),
    "default": lambda v: tf.placeholder_with_default(v, [2]),
}


def _variable(**options):
    return tf.get_variable("v", initializer=np.array([1.0, 2.0], np.float32), **options)


def _run(fetches, feed=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feed)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_fetched_variable_is_as_the_run_leaves_it(change, look):
    make, after = CHANGES[change]
    v = _variable()
    shown, computed, changed = LOOKS[look](v), v * 2.0, make(v)
    found = _run([shown, computed, getattr(changed, "op", changed)])
    assert found[0].tolist() == after
    assert found[1].tolist() == [2.0, 4.0]


def test_also_when_the_fetch_is_put_before_the_change():
    v = _variable()
    before = tf.identity(v)
    with tf.control_dependencies([before]):
        change = tf.assign_add(v, [1.0, 1.0])
    assert _run([before, change.op])[0].tolist() == [2.0, 3.0]


def test_every_assignment_of_a_run_shows_the_last_value():
    v = _variable()
    first = tf.assign_add(v, [1.0, 1.0])
    with tf.control_dependencies([first]):
        second = tf.assign_add(v, [10.0, 10.0])
    assert [value.tolist() for value in _run([first, second, v])] == [[12.0, 13.0]] * 3


def test_the_global_step_counts_from_one_and_its_rate_from_the_start():
    v = _variable()
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(1.0, step, 1, 0.5)
    train = tf.train.GradientDescentOptimizer(rate).minimize(tf.reduce_sum(v), global_step=step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [session.run([train, step, rate])[1:] for _ in range(3)] == [[1, 1.0], [2, 0.5], [3, 0.25]]


def test_what_was_fetched_stays():
    v = _variable()
    change = tf.assign_add(v, [1.0, 1.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        held = session.run([v, change])
        session.run(change)
        assert [value.tolist() for value in held] == [[2.0, 3.0]] * 2
        assert not np.shares_memory(*held)


def test_a_fed_variable_is_what_was_fed():
    v = _variable()
    change = tf.assign(v, [7.0, 7.0])
    assert _run([v.value(), change.op], {v.value(): [3.0, 3.0]})[0].tolist() == [3.0, 3.0]


def test_a_reading_of_a_resource_variable_is_a_value_of_its_own():
    v = _variable(use_resource=True)
    before = v.read_value()
    with tf.control_dependencies([before]):
        change = v.assign_add([1.0, 1.0])
    assert _run([before, change])[0].tolist() == [1.0, 2.0]
