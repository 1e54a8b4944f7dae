"""Decoders, helpers and `sequence_loss` against genuine TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("decoding_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))
