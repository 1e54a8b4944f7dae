"""`tf.nn.top_k` names the first of equal values, however it finds the largest."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


def first_largest(x: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-x.astype(np.float64), axis=-1, kind="stable")[..., :k]


@pytest.mark.parametrize("columns", [3, 8, 50, 400])
@pytest.mark.parametrize("kind", ["distinct", "few values", "ints", "half", "mostly impossible"])
def test_of_equal_values_the_first(kind: str, columns: int) -> None:
    random = np.random.RandomState(columns)
    values = {
        "distinct": lambda: random.randn(4, columns).astype(np.float32),
        "few values": lambda: random.randint(0, 4, [2, 3, columns]).astype(np.float64),
        "ints": lambda: random.randint(-9, 9, [3, columns]).astype(np.int32),
        "half": lambda: random.randn(columns).astype(np.float16),
        "mostly impossible": lambda: np.where(random.rand(3, columns) < 0.9, -np.inf, 1.0).astype(np.float32),
    }[kind]()
    for k in (1, 2, 3, columns // 8, columns // 2, columns):
        with tf.Graph().as_default(), tf.Session() as session:
            found, places = session.run(tf.nn.top_k(values, k))
        expected = first_largest(values, k)
        np.testing.assert_array_equal(places, expected)
        np.testing.assert_array_equal(found, np.take_along_axis(values, expected, -1))


def test_rows_with_a_nan_do_not_disturb_the_others() -> None:
    values = np.random.RandomState(0).randn(2, 100).astype(np.float32)
    values[1, 5] = np.nan
    with tf.Graph().as_default(), tf.Session() as session:
        places = session.run(tf.nn.top_k(values, 3).indices)
    np.testing.assert_array_equal(places[0], first_largest(values[0], 3))


def test_none_of_none() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        found, places = session.run(tf.nn.top_k(np.zeros((0, 40), np.float32), 2))
        assert found.shape == places.shape == (0, 2)
        assert session.run(tf.nn.top_k(np.zeros((2, 40), np.float32), 0)).indices.shape == (2, 0)
