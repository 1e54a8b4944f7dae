"""Autograd records what a gradient of the run needs, and a variable's value is differentiated by as it is."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import recell.v1 as tf
from recell.plan.compile import compile_plan


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def switches(session, *fetches):
    plan, _ = compile_plan([tf.convert_to_tensor(f) for f in fetches], [], [], session.resources)
    return [step.call.args[0] for step in plan.steps if getattr(step.call, "args", None) in ((True,), (False,))]


def test_recording_is_turned_on_once_for_many_variables(session):
    weights = [tf.Variable([float(k)]) for k in range(1, 6)]
    product = weights[0]
    for weight in weights[1:]:
        product = product * weight
    gradients = tf.gradients(product, weights)
    assert switches(session, *gradients) == [True]
    session.run(tf.global_variables_initializer())
    assert [float(g[0]) for g in session.run(gradients)] == [120.0, 60.0, 40.0, 30.0, 24.0]


def test_what_is_not_differentiated_is_not_recorded(session):
    weight = tf.Variable([2.0])
    loss = weight * 3.0
    aside = tf.exp(loss)
    gradient = tf.gradients(loss, weight)[0]
    assert switches(session, aside, gradient) == [True, False]
    session.run(weight.initializer)
    assert session.run(gradient).tolist() == [3.0]


def test_a_variable_read_again_after_a_change_counts_each_value_once(session):
    v = tf.Variable(2.0)
    first = v * v
    with tf.control_dependencies([first]):
        change = v.assign_add(1.0)
    with tf.control_dependencies([change]):
        second = tf.identity(v) * 5.0
    gradient = tf.gradients([first, second], v)[0]
    session.run(v.initializer)
    assert session.run(gradient) == 9.0
    assert session.run(v) == 3.0
    assert session.run(gradient) == 11.0


def test_a_value_replaced_between_runs_is_differentiated_by_anew(session):
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    gradient = tf.gradients(v * v, v)[0]
    session.run(v.initializer)
    assert session.run(gradient).tolist() == [2.0, 4.0]
    session.run(v.assign_add([1.0, 1.0]))
    assert session.run(gradient).tolist() == [4.0, 6.0]
    session.run(tf.assign(v, [5.0], validate_shape=False))
    assert session.run(gradient).tolist() == [10.0]


def test_a_gradient_of_a_gradient_by_a_variable(session):
    v = tf.Variable(3.0)
    first = tf.gradients(v * v * v, v)[0]
    second = tf.gradients(first, v)[0]
    session.run(v.initializer)
    for _ in range(2):
        assert session.run([first, second]) == [27.0, 18.0]


def test_threads_differentiate_by_one_variable_at_once(session):
    v = tf.Variable(np.ones(50, np.float32))
    x = tf.placeholder(tf.float32, [])
    gradient = tf.gradients(tf.reduce_sum(v * v) * x, v)[0]
    session.run(v.initializer)
    wrong = []

    def work(number):
        for _ in range(50):
            found = session.run(gradient, {x: float(number)})
            if not np.allclose(found, 2.0 * number):
                wrong.append((number, found[0]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
