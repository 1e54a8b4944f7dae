"""The legacy sequence to sequence functions give genuine TensorFlow 1.15's names, numbers, gradients and errors."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests import figures
from tests.golden_program import check_program
from tests.seq2seq.golden_legacy import LEGACY

import recell.v1 as tf
from recell.graph import compat

CASES = pathlib.Path(__file__).with_name("legacy_cases.txt")


@pytest.mark.parametrize("name", sorted(LEGACY))
def test_golden(name: str) -> None:
    check_program(tf, name, LEGACY[name])


@pytest.mark.parametrize("name", sorted(figures.read_cases(CASES)))
def test_case(name: str) -> None:
    figures.check(figures.read_answers(CASES)[name], figures.answer(tf, figures.read_cases(CASES)[name]))


def test_names_of_old_modules() -> None:
    from recell.v1 import contrib

    legacy = contrib.legacy_seq2seq
    assert tf.nn.seq2seq.sequence_loss is legacy.sequence_loss
    assert tf.models.rnn.seq2seq.model_with_buckets is legacy.model_with_buckets


class TestOldLossFunctions:
    """Before 1.1 the function got its arguments by position: (inputs, labels) in 0.x, (labels, inputs) in 1.0."""

    @pytest.fixture(autouse=True)
    def _version(self) -> Iterator[None]:
        before = compat.get_version()
        yield
        compat.set_version(before)

    def loss(self, function: Callable[..., Any]) -> float:
        with tf.Graph().as_default(), tf.Session() as session:
            logits, targets, weights = [tf.constant([[1.0, 3.0]])], [tf.constant([5])], [tf.ones([1])]
            loss = tf.contrib.legacy_seq2seq.sequence_loss(logits, targets, weights, softmax_loss_function=function)
            return float(session.run(loss))

    def test_inputs_first(self) -> None:
        assert self.loss(lambda inputs, labels: tf.reduce_sum(inputs, 1) * tf.to_float(labels)) == 20

    def test_labels_first(self) -> None:
        assert self.loss(lambda labels, inputs: tf.reduce_sum(inputs, 1) * tf.to_float(labels)) == 20

    def test_targets(self) -> None:
        assert self.loss(lambda x, targets: tf.reduce_sum(x, 1) * tf.to_float(targets)) == 20

    def test_by_keyword_where_it_can_be(self) -> None:
        assert self.loss(lambda logits, labels: tf.reduce_sum(logits, 1) * tf.to_float(labels)) == 20

    def test_names_that_say_nothing(self) -> None:
        with pytest.raises(TypeError, match="unexpected keyword argument 'labels'"):
            self.loss(lambda a, b: tf.reduce_sum(a, 1))

    def test_1_15_to_the_letter(self) -> None:
        compat.set_version("1.15")
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            self.loss(lambda inputs, labels: tf.reduce_sum(inputs, 1))


def test_attention_by_its_formula() -> None:
    """One step of two heads, written out in NumPy."""
    random = np.random.RandomState(0)
    x, h, states = random.randn(2, 3), random.randn(2, 4), random.randn(2, 5, 6)
    with tf.Graph().as_default(), tf.Session() as session:
        cell = tf.nn.rnn_cell.BasicRNNCell(4)
        args = [tf.constant(x)] * 2, tf.constant(h), tf.constant(states), cell
        outputs, _ = tf.contrib.legacy_seq2seq.attention_decoder(*args, output_size=7, num_heads=2, dtype=tf.float64)
        session.run(tf.global_variables_initializer())
        got = session.run(outputs)
        v = {v.op.name.split("attention_decoder/")[1]: session.run(v) for v in tf.global_variables()}
    contexts = [np.zeros((2, 6))] * 2
    for step in range(2):
        joined = np.concatenate([x, *contexts], 1) @ v["kernel"] + v["bias"]
        cell_input = np.concatenate([joined, h], 1)
        h = np.tanh(cell_input @ v["basic_rnn_cell/kernel"] + v["basic_rnn_cell/bias"])
        contexts = []
        for k in range(2):
            question = h @ v[f"Attention_{k}/kernel"] + v[f"Attention_{k}/bias"]
            keys = states @ v[f"AttnW_{k}"][0, 0]
            scores = np.tanh(keys + question[:, None]) @ v[f"AttnV_{k}"]
            weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
            contexts.append(np.einsum("bl,bls->bs", weights, states))
        joined = np.concatenate([h, *contexts], 1)
        expected = joined @ v["AttnOutputProjection/kernel"] + v["AttnOutputProjection/bias"]
        np.testing.assert_allclose(got[step], expected, rtol=0, atol=1e-6)
