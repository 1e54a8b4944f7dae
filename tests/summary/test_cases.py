"""Summary operations and messages answer as TensorFlow 1.15 does."""

from __future__ import annotations

import pathlib
import warnings

import pytest
from tests import figures

import recell.v1 as tf

CASES = pathlib.Path(__file__).with_name("summary_cases.txt")


@pytest.mark.parametrize("name", list(figures.read_cases(CASES)))
def test_answers_as_tensorflow(name: str) -> None:
    with warnings.catch_warnings():
        # numpy's own, of what a case asks of it.
        warnings.simplefilter("ignore", RuntimeWarning)
        figures.check(figures.read_answers(CASES)[name], figures.answer(tf, figures.read_cases(CASES)[name]))
