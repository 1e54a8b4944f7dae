"""Gradients and the order of assignments against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("gradients_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_lookups_and_dense_use_add_up(session):
    table = tf.Variable(np.arange(8, dtype=np.float32).reshape(4, 2))
    rows = tf.nn.embedding_lookup(table, [1, 1, 3])
    session.run(table.initializer)
    only = tf.gradients(rows * 2.0, table)[0]
    assert isinstance(only, tf.IndexedSlices)
    both = tf.gradients([rows * 2.0, table * 3.0], table)[0]
    assert isinstance(both, tf.Tensor)
    dense, mixed = session.run([tf.convert_to_tensor(only), both])
    assert dense.tolist() == [[0, 0], [4, 4], [0, 0], [2, 2]]
    assert (mixed == dense + 3).all()


def test_gradient_names_a_missing_override(session):
    x = tf.constant(2.0)
    with tf.get_default_graph().gradient_override_map({"Identity": "NobodyRegistersThis"}):
        y = tf.identity(x)
    with pytest.raises(LookupError, match="NobodyRegistersThis"):
        tf.gradients(y, x)


def test_a_gradient_name_is_registered_once():
    tf.RegisterGradient("RegisteredOnceOnly")(lambda op, g: g)
    with pytest.raises(KeyError, match="RegisteredOnceOnly"):
        tf.RegisterGradient("RegisteredOnceOnly")(lambda op, g: g)


def test_reads_come_before_assignments_of_the_same_run(session):
    variable = tf.Variable(1.0)
    scaled = variable * 10.0
    changed = variable.assign(5.0)
    session.run(variable.initializer)
    assert session.run([scaled, changed]) == [10.0, 5.0]
    assert session.run([changed, scaled]) == [5.0, 50.0]


def test_a_fetched_variable_shows_what_the_run_leaves_behind(session):
    variable = tf.Variable(1.0)
    change = variable.assign_add(2.0)
    session.run(variable.initializer)
    assert session.run([variable, change]) == [3.0, 3.0]
    assert session.run([change, variable]) == [5.0, 5.0]


def test_views_of_a_variable_keep_the_old_value(session):
    variable = tf.Variable(np.arange(4, dtype=np.float32))
    view = tf.reshape(variable, [2, 2])[0]
    change = variable.assign_add(np.ones(4, np.float32))
    session.run(variable.initializer)
    held, _ = session.run([view, change])
    session.run(change)
    assert held.tolist() == [0.0, 1.0]


def test_gradients_see_the_values_from_before_an_update(session):
    variable = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(variable**3)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    gradient = tf.gradients(loss, variable)[0]
    session.run(variable.initializer)
    before, found, _ = session.run([loss, gradient, step])
    assert before == 9.0
    assert found.tolist() == [3.0, 12.0]
    assert session.run(variable) == pytest.approx([0.7, 0.8], rel=1e-6)


def test_additions_of_several_threads_all_count(session):
    variable = tf.Variable(np.zeros(50, np.float32))
    change = variable.assign_add(np.ones(50, np.float32))
    session.run(variable.initializer)
    held = []

    def work():
        for _ in range(50):
            value = session.run(change)
            held.append((value, value.copy()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (session.run(variable) == 200.0).all()
    assert all((value == copy).all() and (value == value[0]).all() for value, copy in held)


UNARY = {
    "tanh": lambda m, x: m.tanh(x),
    "exp": lambda m, x: m.exp(-x * x),
    "square": lambda m, x: x * x * 0.5,
    "stop": lambda m, x: tf.stop_gradient(x) if m is tf else x.detach(),
    "half": lambda m, x: x / 2.0 + 1.0,
    "row": lambda m, x: x[0] + x * 0.0,
    "sum": lambda m, x: (tf.reduce_sum(x) if m is tf else x.sum()) * 0.1 + x * 0.0,
}
BINARY = {
    "add": lambda m, x, y: x + y,
    "mul": lambda m, x, y: x * y,
    "sub": lambda m, x, y: x - y * 2.0,
    "ratio": lambda m, x, y: x / (y * y + 1.0),
    "matmul": lambda m, x, y: m.matmul(x, y) * 0.3,
}
PROGRAMS = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8
)


def _execute(module, steps, first, second):
    values = [first, second]
    for name, a, b in steps:
        x, y = values[a % len(values)], values[b % len(values)]
        values.append(UNARY[name](module, x) if name in UNARY else BINARY[name](module, x, y))
    return values


@given(PROGRAMS)
@settings(max_examples=60, deadline=None)
def test_random_programs_against_torch(steps):
    """Values, gradients by the inputs and by an intermediate tensor, and None exactly where torch has none."""
    arrays = [np.cos(np.arange(4.0) + k).reshape(2, 2) for k in range(2)]
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    values = _execute(torch, steps, *inputs)
    middle = values[2]
    wanted = [None, None]
    if values[-1].requires_grad:
        wanted = torch.autograd.grad(values[-1].sum(), inputs, allow_unused=True, retain_graph=True)
    with tf.Graph().as_default(), tf.Session() as session:
        xs = [tf.constant(a) for a in arrays]
        built = _execute(tf, steps, *xs)
        gradients = tf.gradients(built[-1], xs)
        assert [g is None for g in gradients] == [g is None for g in wanted]
        found = session.run([built[-1], *(g for g in gradients if g is not None)])
        expected = [values[-1], *(g for g in wanted if g is not None)]
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-10, atol=1e-12)
        if middle.requires_grad and len(steps) > 1 and values[-1].requires_grad:
            by_middle = torch.autograd.grad(values[-1].sum(), [middle], allow_unused=True)[0]
            ours = tf.gradients(built[-1], built[2])[0]
            assert (ours is None) == (by_middle is None)
            if ours is not None:
                np.testing.assert_allclose(session.run(ours), by_middle.numpy(), rtol=1e-10, atol=1e-12)
