"""Metrics against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILES = sorted(pathlib.Path(__file__).parent.glob("*_cases.txt"))
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(path, name):
    figures.check(figures.read_answers(path)[name], figures.answer(tf, figures.read_cases(path)[name]))


def test_a_column_of_probabilities_is_taken_without_a_warning():
    # One column of many is spread over memory: torch warns of such values on stderr, and copies them anyway.
    with tf.Graph().as_default(), tf.Session() as sess:
        given = tf.placeholder(tf.float32, [None, 2])
        _, update = tf.metrics.auc([True, False, True], given[:, 1])
        sess.run(tf.local_variables_initializer())
        assert sess.run(update, {given: [[0.1, 0.9], [0.8, 0.2], [0.4, 0.6]]}) == pytest.approx(1.0, abs=1e-5)
