"""Assertions against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("check_ops_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def test_message_of_a_failing_run():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [2], name="x")
        check = tf.assert_less(x, 3, message="too big")
        session.run(check, {x: [1, 2]})
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(check, {x: [1, 5]})
        told = "assertion failed: [too big] [Condition x < y did not hold element-wise:] [x (x:0) = ] [1 5] [y ("
        assert caught.value.message.startswith(told)


def test_message_of_a_failing_build():
    with tf.Graph().as_default(), pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.assert_equal(tf.constant([1, 2], name="a"), tf.constant([1, 3], name="b"))
    assert caught.value.message == ("Condition x == y did not hold element-wise:\nx (a:0) = \n[1 2]\ny (b:0) = \n[1 3]")


def test_debugging_names_are_the_same_functions():
    names = [name for name in dir(tf.debugging) if name.startswith("assert_") and hasattr(tf, name)]
    assert len(names) >= 18
    assert all(getattr(tf, name) is getattr(tf.debugging, name) for name in names)
