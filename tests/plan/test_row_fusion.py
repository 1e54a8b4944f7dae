"""What is computed row by row between products runs as one call, and nobody can tell but by the clock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell.kernels import RowProgram, native
from recell.plan import compile as compiling
from recell.plan.row_fusion import fuse_rows

needs_library = pytest.mark.skipif(not native().active, reason=str(native()))

BATCH, DEPTH, UNITS, TIME = 3, 4, 5, 4


@contextlib.contextmanager
def counted() -> Iterator[list[int]]:
    """How many operations each fused call of the plans made meanwhile stands for."""
    sizes: list[int] = []

    def count(items: Any, *others: Any) -> Any:
        made = fuse_rows(items, *others)
        fused = len(items) - len(made) + sum(1 for one in made if one not in items)
        if fused:
            sizes.append(fused)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "fuse_rows", count)
        yield sizes


def results(program: Callable[[], Any], *, fused: bool, feeds: dict[str, Any] | None = None) -> list[Any]:
    """What the fetches that `program` returns are worth, in a graph of its own with drawn weights."""
    with pytest.MonkeyPatch.context() as patch:
        if not fused:
            patch.setattr(compiling, "fuse_rows", lambda items, *_: list(items))
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(3)
            fetches = program()
            session.run(tf.global_variables_initializer())
            fetched: list[Any] = session.run(fetches, {f"{name}:0": value for name, value in (feeds or {}).items()})
    return fetched


def same(program: Callable[[], Any], feeds: dict[str, Any] | None = None) -> None:
    with counted() as sizes:
        ours = results(program, fused=True, feeds=feeds)
    assert sizes
    for a, b in zip(ours, results(program, fused=False, feeds=feeds), strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)


def drawn(*shape: int) -> Any:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def weights(name: str, *shape: int) -> Any:
    return tf.get_variable(name, shape, initializer=tf.random_normal_initializer(stddev=0.5))


def by_moments(x: Any, gain: Any, shift: Any) -> Any:
    mean, variance = tf.nn.moments(x, [1], keep_dims=True)
    return gain * (x - mean) / tf.sqrt(variance + 1e-5) + shift


def by_means(x: Any, gain: Any, shift: Any) -> Any:
    mean = tf.reduce_mean(x, 1, keepdims=True)
    variance = tf.reduce_mean(tf.squared_difference(x, mean), -1, keepdims=True)
    return (x - mean) * tf.rsqrt(variance + 1e-5) * gain + shift


def by_batch_normalization(x: Any, gain: Any, shift: Any) -> Any:
    mean, variance = tf.nn.moments(x, [1], keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, shift, gain, 1e-5)


NORMALS = [by_moments, by_means, by_batch_normalization]


class Normalised(tf.nn.rnn_cell.RNNCell):
    """A layer-norm LSTM as a program would write it."""

    def __init__(self, normal: Callable[..., Any]) -> None:
        super().__init__()
        self._normal = normal

    state_size = tf.nn.rnn_cell.LSTMStateTuple(UNITS, UNITS)
    output_size = UNITS

    def _scaled(self, x: Any, name: str) -> Any:
        return self._normal(x, weights(f"{name}_gain", UNITS), weights(f"{name}_shift", UNITS))

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        product = tf.matmul(tf.concat([inputs, h], 1), weights("kernel", DEPTH + UNITS, 4 * UNITS))
        i, j, f, o = (
            self._scaled(part, name)
            for part, name in zip(tf.split(product + weights("bias", 4 * UNITS), 4, 1), "ijfo", strict=True)
        )
        c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(j)
        h = tf.sigmoid(o) * tf.tanh(self._scaled(c, "c"))
        return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)


def with_gradients(outputs: Any, *xs: Any) -> list[Any]:
    loss = tf.reduce_sum(tf.square(outputs) * drawn(*outputs.shape.as_list()[1:]))
    return [outputs, *tf.gradients(loss, [*xs, *tf.trainable_variables()])]


@needs_library
@pytest.mark.parametrize("normal", NORMALS)
@pytest.mark.parametrize("driver", ["dynamic", "static", "loop"])
def test_a_cell_of_the_program_s_own(normal: Callable[..., Any], driver: str) -> None:
    def program() -> Any:
        x = tf.placeholder(tf.float32, [None, TIME, DEPTH], name="x")
        cell = Normalised(normal)
        if driver == "dynamic":
            outputs, _ = tf.nn.dynamic_rnn(cell, x, [4, 0, 2], dtype=tf.float32)
        elif driver == "static":
            outputs = tf.stack(tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)[0], 1)
        else:
            state, steps = cell.zero_state(BATCH, tf.float32), []
            for step in range(TIME):
                output, state = cell(x[:, step], state)
                steps.append(output)
            outputs = tf.stack(steps, 1)
        return with_gradients(outputs, x)

    same(program, {"x": drawn(BATCH, TIME, DEPTH)})


@needs_library
@pytest.mark.parametrize("make", [lambda: tf.contrib.rnn.LayerNormBasicLSTMCell(UNITS)])
def test_a_cell_of_tensorflow_s(make: Callable[[], Any]) -> None:
    def program() -> Any:
        x = tf.constant(drawn(BATCH, TIME, DEPTH))
        return with_gradients(tf.nn.dynamic_rnn(make(), x, dtype=tf.float32)[0], x)

    same(program)


@needs_library
def test_gradients_of_gradients_and_by_what_is_in_between() -> None:
    def program() -> Any:
        x = tf.placeholder(tf.float32, [None, UNITS], name="x")
        between = tf.tanh(x) * weights("scale", UNITS) + 0.5
        y = by_moments(tf.sigmoid(between), 2.0, 0.5)
        first = tf.gradients(tf.reduce_sum(y * drawn(BATCH, UNITS)), [x, between])
        return [y, between, *first, *tf.gradients(tf.reduce_sum(tf.square(first[0])), [x, *tf.trainable_variables()])]

    same(program, {"x": drawn(BATCH, UNITS)})


@needs_library
def test_columns_may_be_cut_out_by_an_index() -> None:
    def program() -> Any:
        x = tf.placeholder(tf.float32, [None, 2 * UNITS], name="x")
        return with_gradients(tf.sigmoid(x[:, :UNITS]) * tf.tanh(x[:, UNITS:]) + x[:, 1 : UNITS + 1], x)

    same(program, {"x": drawn(BATCH, 2 * UNITS)})


@needs_library
def test_a_constant_may_be_fed() -> None:
    with counted(), tf.Graph().as_default(), tf.Session() as session:
        number = tf.constant(2.0)
        y = tf.square(tf.nn.relu(tf.ones([BATCH, UNITS]) * number) + 1.0)
        assert session.run(y)[0, 0] == 9
        assert session.run(y, {number: 3.0})[0, 0] == 16


@needs_library
def test_a_value_in_between_may_be_fetched_or_fed() -> None:
    with counted() as sizes, tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, UNITS])
        a = tf.tanh(x)
        b = a * 2.0
        c = b + 1.0
        d = tf.square(c)
        given = drawn(BATCH, UNITS)
        got = session.run([a, c, d], {x: given})
        np.testing.assert_allclose(got[2], (2 * np.tanh(given) + 1) ** 2, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(got[1], 2 * np.tanh(given) + 1, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(session.run(d, {b: given}), (given + 1) ** 2, rtol=1e-6, atol=1e-6)
    assert sizes == [4]


@needs_library
def test_a_variable_that_changes_in_between_is_seen_as_it_is_then() -> None:
    with counted(), tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(drawn(BATCH, UNITS))
        scale = tf.get_variable("scale", [UNITS], initializer=tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        before = tf.tanh(x * scale) * 2.0
        with tf.control_dependencies([before]):
            change = tf.assign(scale, 3.0 * tf.ones([UNITS]))
        with tf.control_dependencies([change]):
            after = tf.tanh(x * scale.read_value()) * 2.0 + before
        got = session.run([before, after])
        first = 2 * np.tanh(drawn(BATCH, UNITS))
        np.testing.assert_allclose(got[0], first, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(got[1], 2 * np.tanh(3 * drawn(BATCH, UNITS)) + first, rtol=1e-5, atol=1e-6)


@needs_library
def test_an_error_names_the_operation() -> None:
    with counted() as sizes, tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, UNITS])
        y = tf.placeholder(tf.float32, [None, UNITS])
        z = tf.tanh(tf.add(tf.tanh(x), y, name="the_sum")) * 2.0
        assert session.run(z, {x: drawn(3, UNITS), y: drawn(1, UNITS)}).shape == (3, UNITS)  # broadcasts, if plainly
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Incompatible shapes: \[3,5\] vs. \[2,5\]") as caught:
            session.run(z, {x: drawn(3, UNITS), y: drawn(2, UNITS)})
        assert caught.value.op.name == "the_sum"
    assert sizes


@pytest.mark.parametrize(
    "program",
    [
        lambda x: tf.tanh(tf.cast(x, tf.float64)) * 2.0 + 1.0,
        lambda x: tf.reduce_mean(tf.tanh(x) * 2.0, 0, keepdims=True) + 1.0,
        lambda x: tf.tanh(tf.expand_dims(x, 0)) * 2.0 + 1.0,
        lambda x: tf.tanh(x) + 1.0,
    ],
)
def test_what_is_left_alone(program: Callable[[Any], Any]) -> None:
    with counted() as sizes, tf.Graph().as_default(), tf.Session() as session:
        session.run(program(tf.constant(drawn(BATCH, UNITS))))
    assert not sizes


@needs_library
def test_matrices_of_other_sizes_are_programs_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = []
    why_not = RowProgram.why_not
    monkeypatch.setattr(RowProgram, "why_not", lambda *given: reasons.append(why_not(*given)) or reasons[-1])
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = (tf.placeholder(tf.float32, [None, UNITS]) for _ in range(2))
        c, d = (tf.sigmoid(tf.tanh(x) * 2.0 + 1.0) for x in (a, b))
        session.run([c, d], {a: drawn(3, UNITS), b: drawn(2, UNITS)})
    assert reasons == ["", ""]


@needs_library
def test_a_python_function_may_change_a_variable_in_between() -> None:
    with counted() as sizes, tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(drawn(BATCH, UNITS))
        scale = tf.get_variable("scale", [UNITS], initializer=tf.ones_initializer())
        change = tf.assign(scale, 3.0 * tf.ones([UNITS]))
        session.run(tf.global_variables_initializer())
        before = tf.tanh(tf.sigmoid(x * scale)) * 2.0
        (seen,) = tf.py_func(lambda x: [session.run(change) is not None and x], [x], [tf.float32])
        seen.set_shape([BATCH, UNITS])
        after = tf.tanh(seen * 1.0) * 2.0 + before
        got = session.run([before, after])
        np.testing.assert_allclose(got[0], 2 * np.tanh(1 / (1 + np.exp(-drawn(BATCH, UNITS)))), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(got[1], got[0] + 2 * np.tanh(drawn(BATCH, UNITS)), rtol=1e-5, atol=1e-6)
    assert sizes


@needs_library
def test_dropout_within_a_cell_draws_what_it_drew() -> None:
    def program() -> Any:
        x = tf.constant(drawn(BATCH, TIME, DEPTH))
        cell = tf.contrib.rnn.LayerNormBasicLSTMCell(UNITS, dropout_keep_prob=0.5, dropout_prob_seed=7)
        return with_gradients(tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0], x)

    same(program)
