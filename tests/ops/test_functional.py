"""map_fn, scan and folds against TensorFlow 1.15's answers, and what those answers do not cover."""

from __future__ import annotations

import pathlib

import pytest
from tests import figures

import recell.v1 as tf

FILE = pathlib.Path(__file__).with_name("functional_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name):
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def test_map_second_derivative():
    with tf.Graph().as_default(), tf.Session() as session:
        x, w = tf.constant([1.0, 2.0, 3.0]), tf.constant(2.0)
        first = tf.gradients(tf.map_fn(lambda v: v * v * w, x), x)[0]
        assert session.run(tf.gradients(first, [x, w])[0]).tolist() == [4.0, 4.0, 4.0]


@pytest.mark.parametrize("fold", [tf.foldl, tf.foldr])
def test_fold_is_the_last_of_scan(fold):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([1.0, 2.0, 3.0])
        folded = fold(lambda a, v: a * 0.5 - v, x)
        scanned = tf.scan(lambda a, v: a * 0.5 - v, x, reverse=fold is tf.foldr)
        whole, last = session.run([scanned, folded])
        assert last == whole[0 if fold is tf.foldr else -1]


def test_names_are_in_the_scopes_of_the_functions():
    with tf.Graph().as_default():
        x = tf.constant([1.0])
        results = [tf.map_fn(abs, x), tf.scan(max_of, x), tf.foldl(max_of, x), tf.foldr(max_of, x)]
        assert [r.name.split("/")[0] for r in results] == ["map", "scan", "foldl", "foldr"]
        assert tf.map_fn(abs, x, name="mine").name.startswith("mine/")


def max_of(a, b):
    return tf.maximum(a, b)
