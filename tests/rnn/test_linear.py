"""`_linear` and `_Linear`, which old programs' own cells import."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.rnn.programs import graph, inputs, names, run

import recell.v1 as tf
from recell.v1.python.ops.rnn_cell_impl import _Linear, _linear

__all__ = ["graph"]


def test_joined_product() -> None:
    a, b = inputs((4, 3)), inputs((4, 2), 1)
    with tf.variable_scope("cell"):
        result = _linear([a, tf.constant(b)], 5, True, bias_initializer=tf.constant_initializer(0.5))
    assert names() == ["cell/kernel", "cell/bias"]
    value, kernel = run([result, tf.global_variables()[0]])
    np.testing.assert_allclose(value, np.concatenate([a, b], 1) @ kernel + 0.5, rtol=1e-5, atol=1e-6)


def test_an_object_used_again() -> None:
    x = tf.ones([4, 3])
    product = _Linear(x, 5, False)
    values = run([product(x), product([x])])
    assert names() == ["kernel"]
    np.testing.assert_array_equal(values[0], values[1])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "`args` must be specified"),
        (lambda: [tf.ones([3])], "linear is expecting 2D arguments"),
        (lambda: tf.placeholder(tf.float32, [4, None]), r"linear expects shape\[1\] to be provided"),
    ],
)
def test_wrong_arguments(args: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _linear(args() if callable(args) else args, 5, True)


def test_as_it_was_called_up_to_1_0() -> None:
    x = inputs((4, 3))
    old = tf.nn.rnn_cell._linear([x], 2, True, 1.5, "Gates")
    named = tf.nn.rnn_cell.linear(x, 2, True, bias_start=1.5, scope="Candidate")
    with tf.variable_scope("Gates") as scope:
        scope.reuse_variables()
    again = _linear(x, 2, True, 1.5, scope)
    assert names() == ["Gates/kernel", "Gates/bias", "Candidate/kernel", "Candidate/bias"]
    first, second, third, kernel, other = run([old, named, again, *tf.global_variables()[::2]])
    np.testing.assert_allclose(first, x @ kernel + 1.5, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second, x @ other + 1.5, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(third, first)
