"""The drivers of few pages (state saving, stacks of two directions, arrays in states) and TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from tests import figures
from tests.rnn.programs import graph, inputs, run

import recell.v1 as tf

__all__ = ["graph"]

FILE = pathlib.Path(__file__).with_name("driver_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def test_transpose_of_unknown_rank() -> None:
    """TensorFlow 1.15 fails here with a TypeError."""
    x = tf.placeholder(tf.float32)
    turned = tf.contrib.rnn.transpose_batch_time(x)
    np.testing.assert_array_equal(run(turned, {x: inputs((2, 3, 4))}), inputs((2, 3, 4)).transpose(1, 0, 2))


def test_names_that_programs_import_by_themselves() -> None:
    rnn = tf.python.ops.rnn
    assert rnn._transpose_batch_time is tf.contrib.rnn.transpose_batch_time
    assert rnn._best_effort_input_batch_size is tf.contrib.rnn.best_effort_input_batch_size
