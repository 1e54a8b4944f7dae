"""Attention against TensorFlow 1.15's answers and against formulas written out in NumPy."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures

import recell.v1 as tf
from recell.v1.contrib.seq2seq.python.ops import attention_wrapper as hidden

FILE = pathlib.Path(__file__).with_name("attention_cases.txt")
Seq2Seq = tf.contrib.seq2seq


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def _run(*fetches: Any, feed: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(list(fetches), feed)


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        yield made


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


MEMORY, QUERY = figures.ramp(2, 4, 3), figures.ramp(2, 5, shift=0.2)


def test_bahdanau_by_its_formula() -> None:
    mechanism = Seq2Seq.BahdanauAttention(6, tf.constant(MEMORY), [4, 2], normalize=True)
    alignments, _ = mechanism(tf.constant(QUERY), None)
    found, (wm, wq, v, g, b) = _run(alignments, tf.global_variables())
    values = MEMORY * np.array([[1, 1, 1, 1], [1, 1, 0, 0]])[:, :, None]
    score = (g * v / np.sqrt((v**2).sum()) * np.tanh(values @ wm + (QUERY @ wq)[:, None] + b)).sum(-1)
    score[1, 2:] = -np.inf
    np.testing.assert_allclose(found, _softmax(score), atol=1e-6)


def _expected_monotonic(p: np.ndarray, previous: np.ndarray) -> np.ndarray:
    """By definition: from each entry j on, stop at i with probability p[i], having passed all before."""
    result = np.zeros_like(p)
    for j in range(p.shape[1]):
        for i in range(j, p.shape[1]):
            result[:, i] += previous[:, j] * p[:, i] * np.prod(1 - p[:, j:i], 1)
    return result


@pytest.mark.parametrize("mode", ["recursive", "parallel"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_monotonic_attention_is_the_expectation(mode: str, dtype: str) -> None:
    random = np.random.RandomState(1)
    p, previous = random.rand(3, 7).astype(dtype), _softmax(random.randn(3, 7)).astype(dtype)
    (found,) = _run(Seq2Seq.monotonic_attention(p, previous, mode))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, _expected_monotonic(p, previous), atol=2e-6 if dtype == "float32" else 1e-12)


def test_hard_attention_stops_at_the_next_chosen_entry() -> None:
    p = np.float32([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [1, 1, 0, 0, 0]])
    previous = np.eye(5, dtype=np.float32)[[1, 1, 2]]
    (found,) = _run(Seq2Seq.monotonic_attention(p, previous, "hard"))
    np.testing.assert_array_equal(found, [[0, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])


def test_the_wrapper_by_its_formula() -> None:
    x, memory = figures.ramp(2, 3, 2), MEMORY
    mechanism = Seq2Seq.LuongAttention(5, tf.constant(memory), scale=True)
    cell = Seq2Seq.AttentionWrapper(tf.nn.rnn_cell.BasicRNNCell(5), mechanism, attention_layer_size=4)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(x), dtype=tf.float32)
    found, last, (wm, kernel, bias, g, wa) = _run(outputs, state.alignments, tf.global_variables())
    attention, h = np.zeros((2, 4)), np.zeros((2, 5))
    for step in range(3):
        h = np.tanh(np.concatenate([x[:, step], attention, h], 1) @ kernel + bias)
        alignments = _softmax(g * np.einsum("bu,btu->bt", h, memory @ wm))
        context = np.einsum("bt,btd->bd", alignments, memory)
        attention = np.concatenate([h, context], 1) @ wa
        np.testing.assert_allclose(found[:, step], attention, atol=1e-5)
    np.testing.assert_allclose(last, alignments, atol=1e-5)


def _unrolled(how: str, cell: Any, x: Any) -> tuple[Any, Any]:
    start = cell.zero_state(2, tf.float32)
    if how == "dynamic":
        return tf.nn.dynamic_rnn(cell, x, initial_state=start, dtype=tf.float32)
    steps, state = [], start
    if how == "static":
        steps, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), initial_state=start)
    else:
        for step in range(3):
            output, state = cell(x[:, step], state)
            steps.append(output)
    return tf.stack(steps, 1), state


@pytest.mark.parametrize("mode", ["recursive", "parallel", "hard"])
def test_the_same_however_it_is_unrolled(mode: str) -> None:
    tf.get_variable_scope().set_initializer(tf.random_uniform_initializer(-1.0, 1.0, seed=2))
    found = []
    for how in ("dynamic", "static", "by hand"):
        with tf.variable_scope(how[:2]):
            mechanism = Seq2Seq.BahdanauMonotonicAttention(4, tf.constant(MEMORY), [4, 2], mode=mode)
            cell = Seq2Seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, 3, alignment_history=True)
            outputs, state = _unrolled(how, cell, tf.constant(figures.ramp(2, 3, 2)))
        loss = tf.reduce_sum(outputs * figures.ramp(2, 3, 3))
        gradients = tf.gradients(loss, cell.trainable_weights[:2])
        found.append([outputs, state.alignment_history.stack(), state.time, *gradients])
    dynamic, static, by_hand = _run(*found)
    assert dynamic[1].shape == (3, 2, 4)
    assert dynamic[2] == 3
    for others in (static, by_hand):
        for one, other in zip(dynamic, others, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


# -- what programs for earlier releases do -----------------------------------------------------------------


class Release14(Seq2Seq.LuongAttention):
    """Up to 1.4 the second argument had another name, and alignments came back alone."""

    def __call__(self, query: Any, previous_alignments: Any) -> Any:
        score = hidden._luong_score(query, self._keys, self._scale)
        return self._probability_fn(score, previous_alignments)


def test_a_mechanism_for_release_1_4() -> None:
    """`_luong_score` then made the scale's variable itself."""
    tf.get_variable_scope().set_initializer(tf.constant_initializer(0.3))
    outputs = []
    for made in (Release14, Seq2Seq.LuongAttention):
        mechanism = made(4, tf.constant(MEMORY), [4, 2], scale=True)
        cell = Seq2Seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), mechanism, 3)
        outputs.append(
            tf.nn.dynamic_rnn(cell, tf.constant(figures.ramp(2, 3, 2)), dtype=tf.float32, scope=made.__name__)[0]
        )
    assert "Release14/attention_wrapper/attention_g" in [v.op.name for v in tf.global_variables()]
    ours, theirs = _run(*outputs)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("normalize", [False, True])
def test_a_score_that_makes_its_variables(normalize: bool) -> None:
    """The third argument of `_bahdanau_score` was `normalize` up to 1.13."""
    query, keys = tf.constant(figures.ramp(2, 3)), tf.constant(MEMORY)
    score = hidden._bahdanau_score(query, keys, normalize)
    names = ["attention_v"] + ["attention_g", "attention_b"] * normalize
    assert [v.op.name for v in tf.global_variables()] == names
    again = hidden._bahdanau_score(query, keys, *tf.global_variables())
    np.testing.assert_array_equal(*_run(score, again))


def test_masks_by_the_positions_of_1_13() -> None:
    score = tf.constant(figures.ramp(2, 4))
    found, values = _run(
        hidden._maybe_mask_score(score, [4, 2], -3.0), hidden._prepare_memory(tf.constant(MEMORY), [4, 2], False)
    )
    assert (found[1, 2:] == -3).all()
    assert (found[0] == figures.ramp(2, 4)[0]).all()
    assert (values[1, 2:] == 0).all()
    assert (values[0] == MEMORY[0]).all()


# -- what TensorFlow cannot do -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["recursive", "parallel", "hard"])
def test_monotonic_attention_in_double_precision(mode: str) -> None:
    """TensorFlow 1.15 makes the score's bias float32, and fails."""
    memory, query = tf.constant(MEMORY.astype("float64")), tf.constant(QUERY.astype("float64"))
    mechanism = Seq2Seq.BahdanauMonotonicAttention(3, memory, mode=mode, dtype=tf.float64, score_bias_init=0.5)
    alignments, _ = mechanism(query, mechanism.initial_state(2, tf.float64))
    (found,) = _run(alignments)
    assert found.dtype == np.float64
    assert (found.sum(1) <= 1).all()


def test_a_mechanism_without_a_memory_layer() -> None:
    mechanism = hidden._BaseAttentionMechanism(None, tf.constant(MEMORY), lambda score, _: score)
    assert mechanism.keys is mechanism.values
    assert (mechanism.dtype, mechanism.alignments_size) == ("float32", 4)
