"""Properties of the drivers over many sizes: static, dynamic, hand-written loop and NumPy formula agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rnn.programs import Cells

import recell.v1 as tf

sizes = st.integers(1, 4)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def rnn_formula(x: np.ndarray, state: Any, w: np.ndarray, b: np.ndarray) -> Any:
    h = np.tanh(np.concatenate([x, state], 1) @ w + b)
    return h, h


def lstm_formula(x: np.ndarray, state: Any, w: np.ndarray, b: np.ndarray) -> Any:
    c, h = state
    i, j, f, o = np.split(np.concatenate([x, h], 1) @ w + b, 4, axis=1)
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
    h = sigmoid(o) * np.tanh(c)
    return h, (c, h)


def gru_formula(
    x: np.ndarray, state: Any, w: np.ndarray, b: np.ndarray, candidate: np.ndarray, candidate_bias: np.ndarray
) -> Any:
    r, u = np.split(sigmoid(np.concatenate([x, state], 1) @ w + b), 2, axis=1)
    c = np.tanh(np.concatenate([x, r * state], 1) @ candidate + candidate_bias)
    h = u * state + (1 - u) * c
    return h, h


KINDS = {
    "BasicRNNCell": rnn_formula,
    "BasicLSTMCell": lstm_formula,
    "LSTMCell": lstm_formula,
    "GRUCell": gru_formula,
}


def masked_loop(formula: Any, weights: list[np.ndarray], x: np.ndarray, state: Any, lengths: np.ndarray) -> Any:
    """The formula over time in NumPy: zeros and old states past a row's length."""
    pair = isinstance(state, tuple)
    outputs = []
    for t in range(x.shape[1]):
        alive = (t < lengths)[:, None]
        output, new = formula(x[:, t], state, *weights)
        outputs.append(np.where(alive, output, 0))
        state = (
            tuple(np.where(alive, a, b) for a, b in zip(new, state, strict=True))
            if pair
            else (np.where(alive, new, state))
        )
    return np.stack(outputs, 1), state


@pytest.mark.parametrize("kind", list(KINDS))
@settings(max_examples=15, deadline=None)
@given(batch=sizes, time=st.integers(1, 6), depth=sizes, units=sizes, data=st.data())
def test_four_ways_agree(kind: str, batch: int, time: int, depth: int, units: int, data: Any) -> None:
    random = np.random.RandomState(data.draw(st.integers(0, 1000)))
    lengths = np.array(data.draw(st.lists(st.integers(-1, time + 2), min_size=batch, max_size=batch)))
    x = random.standard_normal((batch, time, depth))
    with tf.Graph().as_default(), tf.Session() as session:
        cell = getattr(Cells, kind)(units, name="c")
        pair = isinstance(cell.state_size, tuple)
        start = [random.standard_normal((batch, units)) for _ in range(2 if pair else 1)]
        state = Cells.LSTMStateTuple(*(tf.constant(s) for s in start)) if pair else tf.constant(start[0])
        fed = tf.constant(x)
        dynamic = tf.nn.dynamic_rnn(cell, fed, lengths, state)
        outputs, static_state = tf.nn.static_rnn(cell, tf.unstack(fed, axis=1), state, sequence_length=lengths)
        by_hand, alive_state = [], state
        for t in range(time):
            output, new = cell(fed[:, t], alive_state)
            alive = tf.constant(t < lengths)
            by_hand.append(tf.where(alive, output, tf.zeros_like(output)))
            alive_state = tf.contrib.framework.nest.map_structure(
                lambda a, b, alive=alive: tf.where(alive, a, b), new, alive_state
            )
        session.run(tf.global_variables_initializer())
        weights = session.run(tf.trainable_variables())
        results = session.run([dynamic, (tf.stack(outputs, 1), static_state), (tf.stack(by_hand, 1), alive_state)])
    expected = masked_loop(KINDS[kind], weights, x, tuple(start) if pair else start[0], lengths)
    for values, final in results:
        np.testing.assert_allclose(values, expected[0], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(np.array(final), np.array(expected[1]), rtol=1e-11, atol=1e-13)


@settings(max_examples=15, deadline=None)
@given(batch=sizes, time=st.integers(1, 6), data=st.data())
def test_padding_does_not_matter(batch: int, time: int, data: Any) -> None:
    lengths = np.array(data.draw(st.lists(st.integers(0, time), min_size=batch, max_size=batch)))
    x = np.random.RandomState(0).standard_normal((batch, time, 2)).astype(np.float32)
    padding = np.arange(time) >= lengths[:, None]
    other = x.copy()
    other[padding] = data.draw(st.sampled_from([0.0, 1e9, np.nan, np.inf]))
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float32, x.shape)
        both = tf.nn.bidirectional_dynamic_rnn(
            Cells.LSTMCell(3), Cells.GRUCell(2), fed, sequence_length=lengths, dtype=tf.float32
        )
        session.run(tf.global_variables_initializer())
        first, second = (session.run(both, {fed: value}) for value in (x, other))
    flat = tf.contrib.framework.nest.flatten
    for a, b in zip(flat(first), flat(second), strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=10, deadline=None)
@given(batch=sizes, time=st.integers(1, 5), lengths=st.booleans())
def test_backward_is_forward_on_the_reversed_rows(batch: int, time: int, lengths: bool) -> None:
    random = np.random.RandomState(batch + 10 * time)
    x = random.standard_normal((batch, time, 2))
    counts = random.randint(0, time + 1, batch) if lengths else np.full(batch, time)
    turned = x.copy()
    for row, count in enumerate(counts):
        turned[row, :count] = x[row, :count][::-1]
    with tf.Graph().as_default(), tf.Session() as session:
        cell = Cells.GRUCell(3)
        given_lengths = counts if lengths else None
        (_, back), (_, state) = tf.nn.bidirectional_dynamic_rnn(
            Cells.GRUCell(3), cell, tf.constant(x), sequence_length=given_lengths, dtype=tf.float64
        )
        forward, end = tf.nn.dynamic_rnn(cell, tf.constant(turned), sequence_length=given_lengths, dtype=tf.float64)
        _, steps = None, tf.unstack(tf.constant(x), axis=1)
        joined, _, static_end = tf.nn.static_bidirectional_rnn(
            Cells.GRUCell(3, name="other"), cell, steps, dtype=tf.float64, sequence_length=given_lengths, scope="static"
        )
        session.run(tf.global_variables_initializer())
        values = session.run([back, forward, state, end, joined, static_end])
    for row, count in enumerate(counts):
        np.testing.assert_allclose(values[0][row, :count], values[1][row, :count][::-1], rtol=1e-12)
        np.testing.assert_allclose(np.array(values[4])[:count, row, 3:], values[1][row, :count][::-1], rtol=1e-12)
    np.testing.assert_allclose(values[2], values[3], rtol=1e-12)
    np.testing.assert_allclose(values[5], values[3], rtol=1e-12)


CELLS = {
    "BasicRNNCell": lambda: Cells.BasicRNNCell(2),
    "BasicLSTMCell": lambda: Cells.BasicLSTMCell(2, forget_bias=0.3),
    "BasicLSTMCell joined": lambda: Cells.BasicLSTMCell(2, state_is_tuple=False),
    "LSTMCell": lambda: Cells.LSTMCell(2, use_peepholes=True, num_proj=3),
    "LSTMCell clipped": lambda: Cells.LSTMCell(2, cell_clip=0.4, num_proj=2, proj_clip=0.2),
    "GRUCell": lambda: Cells.GRUCell(2),
    "stack": lambda: Cells.MultiRNNCell([Cells.LSTMCell(2), Cells.ResidualWrapper(Cells.GRUCell(2))]),
    "python activation": lambda: Cells.GRUCell(2, activation=lambda x: tf.tanh(x) * x),
}


@pytest.mark.parametrize("swap_memory", [False, True])
@pytest.mark.parametrize("name", list(CELLS))
def test_gradients_are_finite_differences(name: str, swap_memory: bool) -> None:
    random = np.random.RandomState(3)
    x = random.standard_normal((3, 5, 2))
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float64, x.shape)
        outputs, state = tf.nn.dynamic_rnn(
            CELLS[name](), fed, sequence_length=[5, 2, 0], dtype=tf.float64, swap_memory=swap_memory
        )
        leaves = [outputs, *tf.contrib.framework.nest.flatten(state)]
        loss = tf.add_n([tf.reduce_sum(t * random.standard_normal(t.shape.as_list())) for t in leaves])
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, [fed, *variables])
        session.run(tf.global_variables_initializer())
        values = session.run(gradients, {fed: x})
        step = 1e-6
        for index in list(np.ndindex(*x.shape))[::3]:
            sides = []
            for sign in (1, -1):
                moved = x.copy()
                moved[index] += sign * step
                sides.append(session.run(loss, {fed: moved}))
            assert abs(values[0][index] - (sides[0] - sides[1]) / (2 * step)) < 1e-7
        for variable, gradient in zip(variables, values[1:], strict=True):
            before = session.run(variable)
            for index in list(np.ndindex(*before.shape))[::5]:
                sides = []
                for sign in (1, -1):
                    moved = before.copy()
                    moved[index] += sign * step
                    variable.load(moved, session)
                    sides.append(session.run(loss, {fed: x}))
                variable.load(before, session)
                assert abs(gradient[index] - (sides[0] - sides[1]) / (2 * step)) < 1e-7, variable
