"""Datasets and iterators against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

_HERE = pathlib.Path(__file__).parent
_CASES = [(path, name) for path in sorted(_HERE.glob("*_cases.txt")) for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), _CASES, ids=[f"{path.stem[:-6]}-{name}" for path, name in _CASES])
def test_same_as_tensorflow(path, name):
    figures.check(figures.read_answers(path)[name], figures.answer(tf, figures.read_cases(path)[name]))
