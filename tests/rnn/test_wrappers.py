"""Wrappers around a cell: as TensorFlow 1.15 answers (wrapper_cases.txt), by their formulas, and on themselves."""

from __future__ import annotations

import logging
import pathlib
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import Cells, graph, names, run

import recell.v1 as tf

__all__ = ["graph"]

Contrib = tf.contrib.rnn
FILE = pathlib.Path(__file__).parent / "wrapper_cases.txt"
RANDOM = np.random.RandomState(0)


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_figures_of_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def drawn(*shape: int) -> np.ndarray:
    return RANDOM.uniform(-1.0, 1.0, shape)


def called(cell: Any, *values: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The leaves of one call's results, and random values of the variables that made them."""
    results = cell(*values)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        variables = [drawn(*v.shape.as_list()) for v in tf.global_variables()]
        for variable, value in zip(tf.global_variables(), variables, strict=True):
            variable.load(value, session)
        return session.run(tf.contrib.framework.nest.flatten(results)), variables


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_attention_by_its_formula() -> None:
    x, h, attended, window = drawn(2, 3), drawn(2, 4), drawn(2, 5), drawn(2, 15)
    cell = Contrib.AttentionCellWrapper(Cells.BasicRNNCell(4), 3, attn_size=5, attn_vec_size=2, input_size=6)
    results, variables = called(cell, tf.constant(x), tuple(map(tf.constant, (h, attended, window))))
    w_in, b_in, kernel, bias, attn_w, attn_v, w_query, b_query, w_out, b_out = variables
    new = np.tanh(np.concatenate([np.concatenate([x, attended], 1) @ w_in + b_in, h], 1) @ kernel + bias)
    rows = window.reshape(2, 3, 5)
    scores = (attn_v * np.tanh(rows @ attn_w[0, 0] + (new @ w_query + b_query)[:, None])).sum(-1)
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    read = (shares[:, :, None] * rows).sum(1)
    output = np.concatenate([new, read], 1) @ w_out + b_out
    expected = [output, new, read, np.concatenate([window[:, 5:], output], 1)]
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-12)


@pytest.mark.parametrize("coupled", [True, False])
def test_highway_by_its_formula(coupled: bool) -> None:
    x, h = drawn(2, 3), drawn(2, 3)
    (output, state), variables = called(
        Contrib.HighwayWrapper(Cells.BasicRNNCell(3), coupled), tf.constant(x), tf.constant(h)
    )
    kernel, bias, carry_w, carry_b, *rest = variables
    inner = np.tanh(np.concatenate([x, h], 1) @ kernel + bias)
    carry = sigmoid(x @ carry_w + carry_b)
    transform = 1 - carry if coupled else sigmoid(x @ rest[0] + rest[1])
    np.testing.assert_allclose(output, carry * x + transform * inner, rtol=1e-12)
    np.testing.assert_allclose(state, inner, rtol=1e-12)


def test_projections_by_their_formula() -> None:
    x, h = drawn(2, 3), drawn(2, 4)
    cell = Contrib.OutputProjectionWrapper(Contrib.InputProjectionWrapper(Cells.BasicRNNCell(4), 5, tf.nn.relu), 2)
    (output, state), variables = called(cell, tf.constant(x), tf.constant(h))
    w_in, b_in, kernel, bias, w_out, b_out = variables
    inner = np.tanh(np.concatenate([np.maximum(x @ w_in + b_in, 0), h], 1) @ kernel + bias)
    np.testing.assert_allclose(output, inner @ w_out + b_out, rtol=1e-12)
    np.testing.assert_allclose(state, inner, rtol=1e-12)


def test_embedding_by_its_formula() -> None:
    h = drawn(2, 4)
    cell = Contrib.EmbeddingWrapper(Cells.BasicRNNCell(4), 7, 3)
    (output, _), (table, kernel, bias) = called(cell, tf.constant([6, 2]), tf.constant(h))
    np.testing.assert_allclose(output, np.tanh(np.concatenate([table[[6, 2]], h], 1) @ kernel + bias), rtol=1e-12)


@pytest.mark.parametrize("stateful", [True, False])
def test_a_compiled_cell_is_the_cell(stateful: bool) -> None:
    x, inner = tf.constant(drawn(2, 4, 3)), Cells.GRUCell(3)
    compiled = Contrib.CompiledWrapper(inner, compile_stateful=stateful)
    outputs = [tf.nn.dynamic_rnn(cell, x, dtype=tf.float64)[0] for cell in (compiled, inner)]
    assert names()[0] == "rnn/gru_cell/gates/kernel"
    assert compiled.weights == []
    np.testing.assert_array_equal(*run(outputs))
    with tf.contrib.compiler.jit.experimental_jit_scope(compile_ops=False, separate_compiled_gradients=True):
        assert run(tf.constant(1.0) + 1.0) == 2.0


WRAPPED = {
    "HighwayWrapper": lambda cell: Contrib.HighwayWrapper(cell, False, 0.5),
    "CompiledWrapper": lambda cell: Contrib.CompiledWrapper(cell, True),
    "EmbeddingWrapper": lambda cell: Contrib.EmbeddingWrapper(cell, 7, 3, tf.constant_initializer(0.5)),
    "InputProjectionWrapper": lambda cell: Contrib.InputProjectionWrapper(cell, 5, tf.nn.relu),
    "OutputProjectionWrapper": lambda cell: Contrib.OutputProjectionWrapper(cell, 5, "relu"),
    "AttentionCellWrapper": lambda cell: Contrib.AttentionCellWrapper(cell, 2, 3, 4, 5),
    "ResidualWrapper": lambda cell: Cells.ResidualWrapper(cell, max, name="r"),
    "DeviceWrapper": lambda cell: Cells.DeviceWrapper(cell, "/cpu:0"),
    "DropoutWrapper": lambda cell: Cells.DropoutWrapper(cell, 0.5, dropout_state_filter_visitor=callable, seed=3),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_configurations(name: str) -> None:
    config = WRAPPED[name](Cells.LSTMCell(3, use_peepholes=True)).get_config()
    assert config["cell"]["class_name"] == "LSTMCell"
    again = getattr(Contrib, name).from_config(config)
    # Some constructors take no name, in TensorFlow too, so that the other one is named anew.
    assert {**again.get_config(), "name": config["name"]} == config
    assert again.cell.get_config()["use_peepholes"]


SCOPED = ("EmbeddingWrapper", "InputProjectionWrapper", "OutputProjectionWrapper", "AttentionCellWrapper")


@pytest.mark.parametrize("name", WRAPPED)
def test_weights_are_those_made_in_the_wrappers_scope(name: str) -> None:
    """The inner cell's are not a wrapper's that opens no scope, as in TensorFlow."""
    cell = WRAPPED[name](Cells.LSTMCell(3))
    if name == "ResidualWrapper":
        cell = Cells.ResidualWrapper(Cells.LSTMCell(3))
    assert cell.weights == []
    inputs = tf.zeros([2], tf.int32) if name == "EmbeddingWrapper" else tf.zeros([2, 3])
    cell(inputs, cell.zero_state(2, tf.float32))
    expected = names() if name in SCOPED else [made for made in names() if "cell" not in made]
    assert sorted(w.op.name for w in cell.trainable_weights) == sorted(expected)
    assert cell.non_trainable_weights == []
    assert cell.weights == cell.variables


def test_weights_of_a_cell_that_had_them_before() -> None:
    inner = Cells.GRUCell(3)
    inner(tf.zeros([2, 3]), tf.zeros([2, 3]))
    cell = Contrib.InputProjectionWrapper(inner, 3)
    cell(tf.zeros([2, 5]), tf.zeros([2, 3]))
    own = ["input_projection_wrapper/kernel", "input_projection_wrapper/bias"]
    assert [w.op.name for w in cell.weights] == own + [w.op.name for w in inner.weights]


def test_what_is_deprecated_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tensorflow"):
        Contrib.InputProjectionWrapper(Cells.GRUCell(2), 2, input_size=3)
        Contrib.AttentionCellWrapper(Cells.GRUCell(2), 2, state_is_tuple=False)
    assert "The input_size parameter is deprecated" in caplog.text
    assert "Using a concatenated state is slower" in caplog.text


def test_highway_takes_the_dtype_of_its_inputs() -> None:
    """TensorFlow 1.15 makes float32 variables whatever comes in, and fails unless the scope's dtype says otherwise."""
    outputs, _ = tf.nn.dynamic_rnn(
        Contrib.HighwayWrapper(Cells.GRUCell(3)), tf.ones([2, 4, 3], tf.float64), dtype=tf.float64
    )
    assert run(outputs).dtype == np.float64
    assert {v.dtype.base_dtype for v in tf.global_variables()} == {tf.float64}


def test_where_programs_import_them_from() -> None:
    from_core = tf.contrib.rnn.python.ops.core_rnn_cell
    for name in ("EmbeddingWrapper", "InputProjectionWrapper", "OutputProjectionWrapper"):
        assert getattr(from_core, name) is getattr(Contrib, name)
    from_rnn_cell = tf.contrib.rnn.python.ops.rnn_cell
    for name in ("AttentionCellWrapper", "CompiledWrapper", "HighwayWrapper"):
        assert getattr(from_rnn_cell, name) is getattr(Contrib, name)
