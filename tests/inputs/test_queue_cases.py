"""Queues, producers, batches and buckets against TensorFlow 1.15's answers."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

PATH = pathlib.Path(__file__).with_name("queue_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(PATH))
def test_same_as_tensorflow(name: str) -> None:
    figures.check(figures.read_answers(PATH)[name], figures.answer(tf, figures.read_cases(PATH)[name]))
