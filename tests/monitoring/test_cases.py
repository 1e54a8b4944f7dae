"""Savers, hooks and monitored sessions against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILES = sorted(pathlib.Path(__file__).parent.glob("*_cases.txt"))


@pytest.mark.parametrize(("path", "name"), [(p, n) for p in FILES for n in figures.read_cases(p)])
def test_same_as_tensorflow(path: pathlib.Path, name: str) -> None:
    figures.check(figures.read_answers(path)[name], figures.answer(tf, figures.read_cases(path)[name]))
