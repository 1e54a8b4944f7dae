"""Names of summaries: what is said of those that are changed, and of those that cannot be."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recell.v1 as tf
from recell.summary.tags import clean_tag


def test_a_changed_name_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tf.logging.set_verbosity(tf.logging.INFO)
    try:
        with caplog.at_level("INFO", logger="tensorflow"), tf.Graph().as_default():
            tf.summary.scalar("my loss", 1.0, family="a:b")
            tf.summary.scalar("fine/name", 1.0)
    finally:
        tf.logging.set_verbosity(tf.logging.WARN)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "Summary name my loss is illegal; using my_loss instead.",
        "Summary name a:b is illegal; using a_b instead.",
    ]


@pytest.mark.parametrize("name", [1.0, b"bytes", ["a"]])
def test_a_name_that_is_no_string(name: Any) -> None:
    with tf.Graph().as_default():
        for function in (tf.summary.scalar, tf.summary.histogram, tf.summary.image, tf.summary.tensor_summary):
            with pytest.raises(TypeError, match="name of a summary must be a string"):
                function(name, [1.0])
        with pytest.raises(TypeError, match="name of a summary must be a string"):
            tf.summary.scalar(tf.constant(1.0), 1.0)


def test_no_name_for_a_text() -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="None values not supported"):
        tf.summary.text("words", None)


def test_text_from_python_strings() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        found = [session.run(tf.summary.text("t", value)) for value in ("a", ["a", "b"], b"a")]
    tensors = [tf.make_ndarray(tf.Summary.FromString(data).value[0].tensor).tolist() for data in found]
    assert tensors == [b"a", [b"a", b"b"], b"a"]


@given(st.text(max_size=30))
def test_a_clean_name_stays(name: str) -> None:
    cleaned = clean_tag(name)
    assert cleaned is not None
    assert clean_tag(cleaned) == cleaned
    assert not cleaned.startswith("/")
    assert re.fullmatch(r"[-/\w.]*", cleaned)


def test_an_audio_rate_for_each_sound() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.summary.audio("x", tf.zeros([1, 2]), tf.constant([1.0, 2.0]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="sample_rate must be a scalar"):
            session.run(made)


def test_sounds_without_frames() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.summary.audio("x", tf.zeros([1, 0]), 8000.0)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must have frames"):
            session.run(made)
