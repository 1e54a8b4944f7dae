"""Parsing of examples against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILES = [pathlib.Path(__file__).with_name(f"{area}_cases.txt") for area in ("parsing", "parsing_sequence", "decoding", "files")]
CASES = [(path, name) for path in FILES for name in figures.read_cases(path)]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{path.stem}-{name}" for path, name in CASES])
def test_same_as_tensorflow(path: pathlib.Path, name: str) -> None:
    source = figures.read_cases(path)[name].replace("from tensorflow.", "from recell.v1.")
    figures.check(figures.read_answers(path)[name], figures.answer(tf, source))
