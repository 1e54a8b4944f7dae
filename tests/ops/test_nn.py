"""tf.nn against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest

import recell.v1 as tf
from tests import figures

FILE = pathlib.Path(__file__).with_name("nn_cases.txt")
CASES = figures.read_cases(FILE)
ANSWERS = figures.read_answers(FILE)


@pytest.mark.parametrize("case", CASES)
def test_same_as_tensorflow(case):
    figures.check(ANSWERS[case], figures.answer(tf, CASES[case]))
