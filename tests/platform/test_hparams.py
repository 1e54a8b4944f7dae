"""Hyper-parameters against TensorFlow 1.15's answers, and texts that say what they were made of."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import figures

import recell.v1 as tf

PATH = pathlib.Path(__file__).with_name("hparams_cases.txt")
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,5}", fullmatch=True).filter(
    lambda name: not hasattr(tf.contrib.training.HParams(), name)
)
VALUES = st.one_of(
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text("abc =.-_", max_size=6).map(str.strip),
    st.lists(st.integers(), min_size=1, max_size=4),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=4),
)


@pytest.mark.parametrize("name", figures.read_cases(PATH))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(PATH)[name], figures.answer(tf, figures.read_cases(PATH)[name]))


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_a_text_of_the_values_gives_them_again(values):
    hparams = tf.contrib.training.HParams(**values)
    other = tf.contrib.training.HParams(**values)
    for name, value in values.items():  # other values of the same types
        other.set_hparam(name, [value[0]] if isinstance(value, list) else type(value)())
    other.parse(",".join(f"{name}={value}" for name, value in values.items()))
    assert other.values() == hparams.values() == values
