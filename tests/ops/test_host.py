"""Python functions, checks and assertions against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib
import sys
import time

import numpy as np
import pytest
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("host_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_print_formats_as_tensorflow_does(session, capfd):
    values = [tf.constant([1, 2, 3, 4]), "str", [1.5, 2.25], True, np.float32(1 / 3), np.float64(1 / 3), 1e10, 100000.0]
    session.run(tf.Print(1.0, values, message="msg: "))
    shown = "[1 2 3...][str][1.5 2.25][1][0.333333343][0.33333333333333331][1e+10][100000]"
    assert capfd.readouterr().err == f"msg: {shown}\n"


@pytest.mark.parametrize(
    ("summarize", "shown"),
    [(3, "[[0 0 0...]...]"), (10, "[[0 0 0 0][0 0 0 0][0 0...]...]"), (-1, "[" + 3 * "[0 0 0 0]" + "]")],
)
def test_print_of_rows(session, capfd, summarize, shown):
    session.run(tf.Print(1.0, [tf.zeros([3, 4])], summarize=summarize))
    assert capfd.readouterr().err == f"{shown}\n"


def test_print_first_n(session, capfd):
    printed = tf.Print(1.0, [7], first_n=2)
    for _ in range(4):
        session.run(printed)
    assert capfd.readouterr().err == "[7]\n[7]\n"


def test_print_lets_gradients_through(session, capfd):
    x = tf.constant(3.0)
    assert session.run(tf.gradients(tf.Print(x, [x]) ** 2, x)[0]) == 6.0


# What TensorFlow 1.15's tf.print wrote for the same arguments.
PRINTED = [
    (lambda: ("a", 1, 2.5, True, None), {}, "a 1 2.5 True None\n"),
    (lambda: (tf.constant([1, 2, 3]), tf.range(20)), {}, "[1 2 3] [0 1 2 ... 17 18 19]\n"),
    (lambda: (tf.range(20),), {"summarize": 5}, "[0 1 2 3 4 ... 15 16 17 18 19]\n"),
    (lambda: (tf.range(8),), {"summarize": -1}, "[0 1 2 3 4 5 6 7]\n"),
    (
        lambda: ("x", tf.zeros([4, 5])),
        {"summarize": 2},
        "x [[0 0 ... 0 0]\n [0 0 ... 0 0]\n [0 0 ... 0 0]\n [0 0 ... 0 0]]\n",
    ),
    (
        lambda: ("y:", {"a": tf.constant(1), "b": [tf.constant(2), "s"]}, (tf.constant(1), 2)),
        {},
        "y: {'a': 1, 'b': [2, 's']} (1, 2)\n",
    ),
    (lambda: ("a", "b"), {"end": "<END>"}, "a b<END>"),
    (
        lambda: (tf.constant(1 / 3), tf.constant("st"), tf.constant(["a", "b"]), tf.constant([True, False])),
        {},
        '0.333333343 "st" ["a" "b"] [1 0]\n',
    ),
    (lambda: (tf.constant("st"),), {}, "st\n"),
    (
        lambda: (tf.constant(1e7), tf.constant(float("nan")), tf.constant([1e-5, float("inf")])),
        {},
        "1e+07 nan [1e-05 inf]\n",
    ),
    (
        lambda: (tf.zeros([8, 8, 8]),),
        {"summarize": 1},
        "[[[0 ... 0]\n  ...\n  [0 ... 0]]\n\n ...\n\n [[0 ... 0]\n  ...\n  [0 ... 0]]]\n",
    ),
    (lambda: (), {}, "\n"),
]


@pytest.mark.parametrize(("inputs", "arguments", "shown"), PRINTED)
def test_print_v2(session, capfd, inputs, arguments, shown):
    session.run(tf.print(*inputs(), **arguments))
    assert capfd.readouterr().err == shown


def test_print_v2_streams(session, capsys, tmp_path):
    session.run(tf.print("out", output_stream=sys.stdout))
    path = tmp_path / "log"
    for word in ("one", "two"):
        session.run(tf.print(word, output_stream=f"file://{path}"))
    assert capsys.readouterr().out == "out\n"
    assert path.read_text() == "one\ntwo\n"
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("a", output_stream="bad")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        tf.print("a", foo=1)


def test_arguments_of_a_function_are_copies(session):
    def spoil(array):
        array[:] = 7
        return array

    x = tf.Variable([1.0, 2.0])
    session.run(x.initializer)
    assert session.run(tf.py_func(spoil, [x], tf.float32)).tolist() == [7.0, 7.0]
    assert session.run(x).tolist() == [1.0, 2.0]


def test_what_a_function_keeps_does_not_change_its_result(session):
    kept = np.zeros(2, np.float32)
    first = tf.py_func(lambda: kept, [], tf.float32)
    with tf.control_dependencies([first]):
        spoil = tf.py_func(lambda: kept.fill(9), [], [])
    with tf.control_dependencies([spoil]):
        assert session.run(tf.identity(first)).tolist() == [0.0, 0.0]


def test_error_names_the_operation_and_shows_the_functions_line(session):
    def broken(_):
        raise RuntimeError("boom")

    with pytest.raises(tf.errors.UnknownError) as caught:
        session.run(tf.py_func(broken, [1.0], tf.float32, name="mine"))
    assert "RuntimeError: boom" in str(caught.value)
    assert "in broken" in str(caught.value)
    assert caught.value.op.name == "mine"
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_add_check_numerics_ops(session):
    x = tf.placeholder(tf.float32, [2])
    tf.log(x, name="bad")
    checks = tf.add_check_numerics_ops()
    session.run(checks, {x: [1.0, 2.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad:0 : Tensor had Inf"):
        session.run(checks, {x: [1.0, 0.0]})


def test_timestamp_is_taken_when_it_runs(session):
    stamp = tf.timestamp()
    assert session.run(stamp) < session.run(stamp) <= time.time()


def test_static_values():
    with tf.Graph().as_default():
        assert tf.get_static_value(tf.constant([1, 2])).tolist() == [1, 2]
        assert tf.get_static_value(tf.placeholder(tf.float32)) is None


def test_errors_are_reported_by_the_class_they_derive_from(session):
    def broken(_):
        return b"\xff".decode("ascii")

    with pytest.raises(tf.errors.InvalidArgumentError, match="UnicodeDecodeError"):
        session.run(tf.py_func(broken, [1.0], tf.string))
