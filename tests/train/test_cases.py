"""Optimizers, averages, schedules, the global step and checkpoints against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

PATHS = [pathlib.Path(__file__).with_name(f"{area}_cases.txt") for area in ("train", "checkpoint")]
CASES = [(path, name) for path in PATHS for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[name for _, name in CASES])
def test_same_as_tensorflow(path, name):
    figures.check(figures.read_answers(path)[name], figures.answer(tf, figures.read_cases(path)[name]))
