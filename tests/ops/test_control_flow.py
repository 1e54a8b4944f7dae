"""Branches and loops against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("control_flow_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_dependencies_of_a_body_run_in_every_iteration(session):
    seen = []

    def body(i):
        with tf.control_dependencies([tf.py_func(lambda k: seen.append(int(k)), [i], [])]):
            return i + 1

    session.run(tf.while_loop(lambda i: i < 3, body, [0]))
    assert seen == [0, 1, 2]


def test_what_a_body_captures_is_computed_once(session):
    seen = []
    captured = tf.py_func(lambda: seen.append(1) or np.float32(2), [], tf.float32)
    captured.set_shape([])
    _, total = tf.while_loop(lambda i, _: i < 4, lambda i, x: (i + 1, x + captured), (0, 0.0))
    assert session.run(total) == 8.0
    assert seen == [1]


def test_reads_in_a_body_see_its_own_assignments(session):
    variable = tf.Variable(1.0)

    def body(i, total):
        with tf.control_dependencies([variable.assign_add(1.0)]):
            return i + 1, total + variable.read_value()

    _, total = tf.while_loop(lambda i, _: i < 3, body, [0, 0.0])
    session.run(variable.initializer)
    assert session.run(total) == 2.0 + 3.0 + 4.0


def test_minimize_in_a_loop(session):
    variable = tf.Variable(2.0)

    def body(i):
        step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(variable.read_value()), var_list=[variable])
        with tf.control_dependencies([step]):
            return i + 1

    loop = tf.while_loop(lambda i: i < 3, body, [0])
    session.run(tf.global_variables_initializer())
    session.run(loop)
    assert session.run(variable) == pytest.approx(2.0 * 0.8**3)
    session.run(loop)
    assert session.run(variable) == pytest.approx(2.0 * 0.8**6)


def test_only_the_branch_taken_runs(session):
    seen = []

    def branch(name):
        return lambda: tf.py_func(lambda: seen.append(name) or np.float32(1), [], tf.float32)

    chosen = tf.placeholder(tf.bool, [])
    result = tf.cond(chosen, branch("true"), branch("false"))
    session.run(result, {chosen: False})
    session.run(result, {chosen: True})
    assert seen == ["false", "true"]


def test_inner_tensors_cannot_be_used_or_fetched_outside(session):
    inner = []

    def body(i):
        inner.append(i + 1)
        return inner[-1]

    tf.while_loop(lambda i: i < 3, body, [0])
    with pytest.raises(ValueError, match="has no value outside"):
        inner[0] + 1
    with pytest.raises(ValueError, match="not fetchable"):
        session.run(inner[0])


def test_loop_variable_of_another_dtype_is_an_error():
    with (
        tf.Graph().as_default(),
        pytest.raises(TypeError, match="enters the loop with type int32, but has type float32"),
    ):
        tf.while_loop(lambda i, _: i < 3, lambda i, j: [i + 1, tf.cast(j, tf.float32)], [0, 1])


def test_second_derivative_through_a_loop(session):
    x = tf.constant(1.5)
    _, y = tf.while_loop(lambda i, _: i < 4, lambda i, y: (i + 1, y * x), (0, 1.0))
    first = tf.gradients(y, x)[0]
    assert session.run([first, tf.gradients(first, x)[0]]) == [4 * 1.5**3, 12 * 1.5**2]


def test_second_derivative_through_a_branch_not_linear(session):
    x, chosen = tf.constant(3.0), tf.placeholder(tf.bool, [])
    first = tf.gradients(tf.cond(chosen, lambda: x**3, lambda: x * 2.0), x)[0]
    second = tf.gradients(first, x)[0]
    assert session.run(second, {chosen: True}) == 18.0
    assert session.run(second, {chosen: False}) == 0.0


def test_long_loop_that_takes_gradients_keeps_no_history(session):
    x = tf.constant(1.0)

    def body(i, y):
        return i + 1, y - 0.1 * tf.gradients(y * y, y)[0]

    _, y = tf.while_loop(lambda i, _: i < 2000, body, (0, x))
    assert session.run(y) == pytest.approx(0.8**2000, abs=1e-30)


@given(st.lists(st.sampled_from(["double", "square", "sub", "tanh"]), min_size=1, max_size=5), st.integers(0, 4))
@settings(max_examples=25, deadline=None)
def test_loop_is_the_unrolled_program(steps, count):
    """A loop, the same written out, and torch itself: values and gradients."""
    functions = {
        "double": lambda m, y, x: y * 2.0,
        "square": lambda m, y, x: y * y * x,
        "sub": lambda m, y, x: x - y,
        "tanh": lambda m, y, x: m.tanh(y + x),
    }

    def once(module, y, x):
        for step in steps:
            y = functions[step](module, y, x)
        return module.tanh(y)

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(0.7, tf.float64)
        start = tf.constant(0.4, tf.float64)
        _, looped = tf.while_loop(lambda i, _: i < count, lambda i, y: (i + 1, once(tf, y, x)), (0, start))
        unrolled = start
        for _ in range(count):
            unrolled = once(tf, unrolled, x)
        found = session.run([looped, *tf.gradients(looped, [x, start], unconnected_gradients="zero")])
        if count:
            written_out = session.run([unrolled, *tf.gradients(unrolled, [x, start], unconnected_gradients="zero")])
            assert found == pytest.approx(written_out, rel=1e-12)
    tx, ts = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, 0.4))
    y = ts * 1
    for _ in range(count):
        y = once(torch, y, tx)
    wanted = torch.autograd.grad(y, [tx, ts], allow_unused=True)
    assert found == pytest.approx([y.item(), *(0.0 if g is None else g.item() for g in wanted)], rel=1e-12)
