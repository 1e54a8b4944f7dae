"""The LSTM variants of tf.contrib.rnn against TensorFlow 1.15's answers, and against formulas written out in NumPy."""

from __future__ import annotations

import logging
import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.golden_case import Golden, load_variables
from tests.rnn.programs import graph, run

import recell.v1 as tf

__all__ = ["graph"]

FILE = pathlib.Path(__file__).with_name("lstm_variant_cases.txt")
Contrib = tf.contrib.rnn
Hidden = tf.contrib.rnn.python.ops.rnn_cell


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def test_seeded_dropout_is_tensorflows() -> None:
    golden = Golden("rng_layernorm_dropout")
    tf.set_random_seed(1234)
    cell = Contrib.LayerNormBasicLSTMCell(4, dropout_keep_prob=0.6, dropout_prob_seed=5)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(golden["in/x"]), dtype=tf.float32)
    with tf.Session() as session:
        load_variables(tf, session, golden, [v["name"] for v in golden.meta["variables"]])
        values = session.run([outputs, state])
    golden.compare_leaves("out", [values[0]])
    golden.compare_leaves("state", list(values[1]))


def test_the_hidden_ones_are_hidden() -> None:
    for name in ("LayerNormLSTMCell", "WeightNormLSTMCell"):
        assert hasattr(Hidden, name)
        assert not hasattr(Contrib, name)
    assert Hidden.PhasedLSTMCell is Contrib.PhasedLSTMCell


def test_input_size_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        Contrib.LayerNormBasicLSTMCell(2, input_size=3)
    assert "input_size parameter is deprecated" in caplog.text


@pytest.mark.parametrize(
    "make",
    [
        lambda start: Contrib.CoupledInputForgetGateLSTMCell(2, initializer=start),
        lambda start: Contrib.TimeFreqLSTMCell(2, initializer=start, feature_size=1),
        lambda start: Contrib.Conv1DLSTMCell(
            input_shape=[4, 2], output_channels=3, kernel_shape=[2], initializers=start
        ),
    ],
)
def test_an_initializer_that_tensorflow_ignores_is_a_warning(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        make(None)
        assert "has no effect" not in caplog.text
        make(tf.ones_initializer())
    assert "has no effect" in caplog.text


# -- what TensorFlow cannot do -----------------------------------------------------------------------------


@pytest.mark.parametrize("cell_class", [Contrib.CoupledInputForgetGateLSTMCell, Hidden.LayerNormLSTMCell])
def test_normalises_in_double_precision(cell_class: Any) -> None:
    """TensorFlow 1.15 makes gamma and beta float32, and fails."""
    cell = cell_class(4, layer_norm=True, num_proj=3)
    output, _ = cell(tf.ones([2, 3], tf.float64), cell.zero_state(2, tf.float64))
    assert output.dtype is tf.float64
    assert {v.dtype.base_dtype for v in tf.global_variables()} == {tf.float64}


def test_phased_in_double_precision() -> None:
    """TensorFlow 1.15 makes period, phase and ratio_on float32, and fails."""
    cell = Contrib.PhasedLSTMCell(4)
    output, _ = cell((tf.ones([2, 1]), tf.ones([2, 3], tf.float64)), cell.zero_state(2, tf.float64))
    assert output.dtype is tf.float64


# -- formulas ----------------------------------------------------------------------------------------------


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def normal(x: np.ndarray, gain: float = 1.0, shift: float = 0.0) -> np.ndarray:
    return gain * (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) + shift


def stepped(cell: Any, depth: int = 4, out: int | None = None, time: Any = None) -> tuple[Any, ...]:
    """Results of one step in double precision, with what went in: (h', c'), x, c, h, variables by last name."""
    random = np.random.RandomState(0)
    units = cell.state_size.c
    x, c, h = (random.uniform(-1, 1, [3, n]) for n in (depth, units, out or units))
    inputs = tf.constant(x) if time is None else (tf.constant(time), tf.constant(x))
    with tf.variable_scope("", initializer=tf.random_uniform_initializer(-1.0, 1.0)):
        output, state = cell(inputs, tf.nn.rnn_cell.LSTMStateTuple(tf.constant(c), tf.constant(h)))
    made = tf.global_variables()
    output, memory, *values = run([output, state.c, *made])
    names = [v.op.name.split("lstm_cell/")[-1] for v in made]
    return (output, memory), x, c, h, dict(zip(names, values, strict=True))


def agree(got: Any, wanted: Any) -> None:
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_coupled() -> None:
    cell = Contrib.CoupledInputForgetGateLSTMCell(
        3, True, num_proj=2, proj_clip=0.2, num_unit_shards=4, forget_bias=0.5, layer_norm=True, norm_gain=0.7
    )
    got, x, c, m, w = stepped(cell, out=2)
    kernel = np.concatenate([w[f"W_{k}"] for k in range(4)])
    j, f, o = (normal(part, 0.7) for part in np.split(np.hstack([x, m]) @ kernel, 3, 1))
    f = sigmoid(f + 0.5 + w["W_F_diag"] * c)
    c = normal(f * c + (1 - f) * np.tanh(j), 0.7)
    m = sigmoid(o + w["W_O_diag"] * c) * np.tanh(c)
    agree(got, [np.clip(m @ w["W_P_0"], -0.2, 0.2), c])


def test_normed_basic() -> None:
    got, x, c, h, w = stepped(Contrib.LayerNormBasicLSTMCell(3, 0.5, norm_gain=0.7, norm_shift=0.2))
    i, j, f, o = (normal(part, 0.7, 0.2) for part in np.split(np.hstack([x, h]) @ w["kernel"], 4, 1))
    c = normal(sigmoid(f + 0.5) * c + sigmoid(i) * np.tanh(j), 0.7, 0.2)
    agree(got, [sigmoid(o) * np.tanh(c), c])


@pytest.mark.parametrize("layer_norm", [True, False])
def test_normed(layer_norm: bool) -> None:
    got, x, c, m, w = stepped(Hidden.LayerNormLSTMCell(3, True, 0.8, num_proj=2, layer_norm=layer_norm), out=2)
    ln = normal if layer_norm else np.asarray
    product = np.hstack([x, m]) @ w["kernel"]
    i, j, f, o = (ln(part) for part in np.split(product, 4, 1))
    i, f = sigmoid(i + w["w_i_diag"] * c), sigmoid(f + 1 + w["w_f_diag"] * c)
    c = np.clip(ln(f * c + i * np.tanh(j)), -0.8, 0.8)
    agree(got, [sigmoid(o + w["w_o_diag"] * c) * np.tanh(c) @ w["projection/kernel"], c])


def test_weight_norm() -> None:
    got, x, c, m, w = stepped(Hidden.WeightNormLSTMCell(3, use_peepholes=True, num_proj=2), out=2)
    lengths = np.linalg.norm(w["kernel"][:4], axis=0), np.linalg.norm(w["kernel"][4:], axis=0)
    product = x @ (w["kernel"][:4] / lengths[0] * w["norm_0"]) + m @ (w["kernel"][4:] / lengths[1] * w["norm_1"])
    i, j, f, o = np.split(product, 4, 1)
    i, f = sigmoid(i + w["w_i_diag"] * c), sigmoid(f + 1 + w["w_f_diag"] * c)
    c = f * c + i * np.tanh(j)
    kernel = w["projection/kernel"]
    m = sigmoid(o + w["w_o_diag"] * c) * np.tanh(c)
    agree(got, [m @ (kernel / np.linalg.norm(kernel, axis=0) * w["projection/norm_0"]), c])


def test_groups() -> None:
    got, x, c, m, w = stepped(Contrib.GLSTMCell(6, num_proj=2, number_of_groups=2, activation=tf.nn.relu), out=2)
    parts = [np.hstack([x[:, 2 * k : 2 * k + 2], m[:, k : k + 1]]) @ w[f"group{k}/kernel"] for k in range(2)]
    i, j, f, o = (np.hstack(blocks) for blocks in zip(*[np.split(part, 4, 1) for part in parts], strict=True))
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
    agree(got, [sigmoid(o) * np.maximum(c, 0) @ w["projection/kernel"], c])


def test_phased() -> None:
    time = np.array([[0.1], [900.0], [-30.0]])
    got, x, c, h, w = stepped(Contrib.PhasedLSTMCell(40, True, leak=0.1, ratio_on=0.6), time=time)
    i, f = np.split(sigmoid(np.hstack([x, h, c]) @ w["mask_gates/kernel"]), 2, 1)
    c_new = f * c + i * np.tanh(np.hstack([x, h]) @ w["new_input/kernel"])
    h_new = sigmoid(np.hstack([x, h, c_new]) @ w["output_gate/kernel"]) * np.tanh(c_new)
    phi = np.mod(time - w["phase"], w["period"]) / w["period"]
    k = np.select([phi < 0.3, phi < 0.6], [phi / 0.3, 2 - phi / 0.3], 0.1 * phi)
    assert 0 < (phi < 0.3).sum() < (phi < 0.6).sum() < phi.size
    agree(got, [k * h_new + (1 - k) * h, k * c_new + (1 - k) * c])


def test_indy() -> None:
    got, x, c, h, w = stepped(Contrib.IndyLSTMCell(3, forget_bias=0.5))
    i, j, f, o = np.split(x @ w["kernel_w"] + np.tile(h, 4) * w["kernel_u"] + w["bias"], 4, 1)
    c = sigmoid(f + 0.5) * c + sigmoid(i) * np.tanh(j)
    agree(got, [sigmoid(o) * np.tanh(c), c])
