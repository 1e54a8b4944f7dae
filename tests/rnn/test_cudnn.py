"""tf.contrib.cudnn_rnn: names, shapes and errors against TensorFlow 1.15, which runs the networks only on a GPU."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures
from tests.rnn.golden_cudnn import check_cells, check_conversion, check_network, networks

import recell.v1 as tf

FILE = pathlib.Path(__file__).parent / "cudnn_cases.txt"


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.mark.parametrize("check", [check_cells, check_conversion, check_network])
@pytest.mark.parametrize("name", networks())
def test_golden(name: str, check: object) -> None:
    check(tf, name)
