"""tf.nn against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from tests import figures

import recell.v1 as tf

FILES = sorted(pathlib.Path(__file__).parent.glob("nn*_cases.txt"))
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(path, name):
    figures.check(figures.read_answers(path)[name], figures.answer(tf, figures.read_cases(path)[name]))


def test_l2_loss_of_many_numbers_is_exact_to_the_last_bits() -> None:
    values = np.random.default_rng(0).normal(size=(100, 10_007)).astype(np.float32)
    values[0] *= 50
    exact = np.sum(values.astype(np.float64) ** 2) / 2
    with tf.Session() as session:
        found = session.run(tf.nn.l2_loss(tf.constant(values)))
        norm = session.run(tf.global_norm([tf.constant(values), tf.constant(values)]))
    assert abs(found / exact - 1) < 2e-7
    assert abs(norm / np.sqrt(4 * exact) - 1) < 2e-7
