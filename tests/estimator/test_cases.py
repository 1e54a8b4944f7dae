"""Estimators, their specifications, configurations, inputs and feeders, against what TensorFlow 1.15 answered."""

from __future__ import annotations

import pathlib

import pytest
from tests.figures import answer, check, read_answers, read_cases

import recell.v1 as tf

HERE = pathlib.Path(__file__).parent
CASES = [(path, name) for path in sorted(HERE.glob("*_cases.txt")) for name in read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem[:-6]}-{name}" for path, name in CASES])
def test_as_tensorflow(path, name):
    check(read_answers(path)[name], answer(tf, read_cases(path)[name]))


def test_there_are_as_many_cases_as_answers():
    for path in HERE.glob("*_cases.txt"):
        assert list(read_cases(path)) == list(read_answers(path))
    assert len(CASES) > 200
