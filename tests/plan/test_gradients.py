"""What a plan's gradient steps answer: gates, links, links through bodies, several questions in one run."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import recell.v1 as tf

_names = (f"plan_test_{k}" for k in itertools.count())


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


def test_nothing_flows_back_through_a_stopped_tensor(session):
    # Zeros instead of nothing would meet the infinite slope of the logarithm and give NaN.
    x = tf.constant(0.0)
    stopped = tf.log(x)
    gradient = tf.gradients(3.0 * x + tf.exp(stopped), x, stop_gradients=[stopped])
    assert session.run(gradient) == [3.0]


def test_stopped_tensors_are_xs_themselves(session):
    a = tf.constant(1.0)
    b = 2.0 * a
    assert session.run(tf.gradients(a + b, [a, b], stop_gradients=[a, b])) == [1.0, 1.0]
    assert session.run(tf.gradients(a + b, [a, b])) == [3.0, 1.0]


def test_one_gradient_stops_and_another_does_not(session):
    x = tf.constant(2.0)
    middle = x * x
    stopped = tf.gradients(middle * x, x, stop_gradients=[middle])[0]
    free = tf.gradients(middle * x, x)[0]
    assert session.run([stopped, free]) == [4.0, 12.0]
    assert session.run([free, stopped]) == [12.0, 4.0]


def test_complex_gradients_with_weights(session):
    x = tf.constant(1 + 2j, tf.complex64)
    gradient = tf.gradients(x * x, x, grad_ys=tf.constant(1 + 1j, tf.complex64))
    assert session.run(gradient) == [6 - 2j]


def test_an_override_in_a_branch_that_ran_before(session):
    name = next(_names)
    tf.RegisterGradient(name)(lambda op, grad: grad * 100.0)
    flag, x = tf.placeholder(tf.bool), tf.constant(2.0)

    def overridden():
        with tf.get_default_graph().gradient_override_map({"Identity": name}):
            return tf.identity(x) * 2.0

    result = tf.cond(flag, overridden, lambda: x * 3.0)
    assert session.run(result, {flag: True}) == 4.0
    gradient = tf.gradients(result, x)[0]
    assert session.run(gradient, {flag: True}) == 200.0
    assert session.run(gradient, {flag: False}) == 3.0


def test_an_override_in_nested_branches_uses_tensors_from_outside(session):
    name = next(_names)
    flag, x, factor = tf.placeholder(tf.bool), tf.constant(2.0), tf.Variable(3.0)
    tf.RegisterGradient(name)(lambda op, grad: grad * factor)

    def overridden():
        with tf.get_default_graph().gradient_override_map({"Identity": name}):
            return tf.identity(x) * 2.0

    result = tf.cond(flag, lambda: tf.cond(flag, overridden, lambda: x), lambda: x * 3.0)
    gradient = tf.gradients(result, x)[0]
    session.run(factor.initializer)
    assert session.run(gradient, {flag: True}) == 6.0
    assert session.run(gradient, {flag: False}) == 3.0


def test_gradients_that_share_a_region_in_any_order(session):
    x = tf.constant(2.0)
    a = tf.exp(x)
    first, second = tf.gradients(a * a, x)[0], tf.gradients(a**3, [x, a])
    e = np.exp(2.0)
    np.testing.assert_allclose(session.run([first, *second]), [2 * e**2, 3 * e**3, 3 * e**2], rtol=1e-5)
    np.testing.assert_allclose(session.run([*second, first]), [3 * e**3, 3 * e**2, 2 * e**2], rtol=1e-5)


@pytest.mark.parametrize(
    ("fed", "expected"),
    [({}, [24.0, 12.0, 3.0]), ({"a": 5.0}, [60.0, 30.0, 3.0]), ({"b": 7.0}, [24.0, 12.0, 3.0])],
)
def test_gradients_go_on_behind_what_is_fed(session, fed, expected):
    # The figures are TensorFlow 1.15's: a fed tensor has the caller's value and its operation's derivative.
    x = tf.placeholder(tf.float32)
    a = tf.multiply(x, 2.0, name="a")
    b = tf.multiply(a, a, name="b")
    gradients = tf.gradients(b * 3.0, [x, a, b])
    assert session.run(gradients, {x: 1.0, **{f"{name}:0": value for name, value in fed.items()}}) == expected


def test_a_learned_state_that_is_fed_still_learns(session):
    first = tf.Variable([[1.0, 1.0]])
    state = tf.tile(first, [2, 1])
    gradient = tf.gradients(tf.reduce_sum(tf.matmul(state, [[2.0, 0.0], [0.0, 3.0]]) ** 2), first)[0]
    session.run(first.initializer)
    np.testing.assert_allclose(session.run(gradient), [[16.0, 36.0]])
    np.testing.assert_allclose(session.run(gradient, {state: [[1.0, 2.0], [3.0, 4.0]]}), [[32.0, 108.0]])


def test_gradients_behind_a_fed_tensor_need_what_it_is_made_of(session):
    x, weight = tf.placeholder(tf.float32), tf.Variable(2.0)
    product = x * weight
    session.run(weight.initializer)
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder"):
        session.run(tf.gradients(product * product, weight), {product: 5.0})
    assert session.run(tf.gradients(product * product, product), {product: 5.0}) == [10.0]


def test_inference_mode_of_the_caller_is_not_the_session_s(session):
    variable = tf.Variable(2.0)
    gradient = tf.gradients(variable * variable, variable)[0]
    with torch.inference_mode():
        session.run(variable.initializer)
        assert session.run(gradient) == 4.0
    assert session.run(gradient) == 4.0
    assert session.run(variable.assign_add(1.0)) == 3.0
