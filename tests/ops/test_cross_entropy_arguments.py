"""Positional arguments of the cross entropies: the order of TensorFlow 0.x, an error in 1.x."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf
from recell.graph import compat

LOGITS = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], np.float32)
FUNCTIONS = [
    ("softmax_cross_entropy_with_logits", np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]], np.float32)),
    ("sparse_softmax_cross_entropy_with_logits", np.array([2, 1])),
    ("sigmoid_cross_entropy_with_logits", np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]], np.float32)),
]


@pytest.fixture(autouse=True)
def _restore():
    before = compat.get_version()
    yield
    compat.set_version(before)


@pytest.mark.parametrize("version", ["auto", "0.12"])
@pytest.mark.parametrize(("function", "labels"), FUNCTIONS)
def test_logits_came_first_in_0_x(function, labels, version):
    compat.set_version(version)
    call = getattr(tf.nn, function)
    losses = [call(LOGITS, labels), call(LOGITS, labels, "old"), call(LOGITS, labels=labels)]
    assert losses[1].name.startswith("old")
    with tf.Session() as session:
        *found, wanted = session.run([*losses, call(labels=labels, logits=LOGITS)])
    for loss in found:
        np.testing.assert_array_equal(loss, wanted)


@pytest.mark.parametrize(("function", "labels"), FUNCTIONS)
def test_1_x_wants_names(function, labels):
    compat.set_version("1.15")
    with pytest.raises(ValueError, match=f"Only call `{function}` with named arguments"):
        getattr(tf.nn, function)(LOGITS, labels)


@pytest.mark.parametrize(("function", "labels"), FUNCTIONS)
def test_three_tensors_are_no_release_s_order(function, labels):
    with pytest.raises(ValueError, match="with named arguments"):
        getattr(tf.nn, function)(LOGITS, labels, LOGITS)
