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
