"""Names and argument orders from before release 1.0, which TensorFlow 1.15 no longer answers to."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf

X = np.arange(12, dtype=np.float32).reshape(3, 4)


def run(tensors):
    with tf.Session() as session:
        return session.run(tensors)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def test_concat_with_the_axis_first():
    np.testing.assert_array_equal(run(tf.concat(1, [X, 2 * X])), np.concatenate([X, 2 * X], 1))
    np.testing.assert_array_equal(run(tf.concat(concat_dim=0, values=[X, X])), np.concatenate([X, X]))
    np.testing.assert_array_equal(run(tf.concat(tf.constant(0), [X, X])), np.concatenate([X, X]))


def test_split_with_the_axis_first():
    for got in (tf.split(1, 2, X), tf.split(split_dim=1, num_split=2, value=X)):
        first, second = run(got)
        np.testing.assert_array_equal(first, X[:, :2])
        np.testing.assert_array_equal(second, X[:, 2:])


def test_renamed_functions():
    x = tf.constant(X)
    got = run([tf.mul(x, x), tf.sub(x, 1), tf.neg(x), tf.pack([x, x])[1], tf.unpack(x)[2], tf.inv(x + 1)])
    for value, expected in zip(got, [X * X, X - 1, -X, X, X[2], 1 / (X + 1)], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_batch_matmul():
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_allclose(run(tf.batch_matmul(x, x, adj_y=True)), x @ x.transpose(0, 2, 1))


def test_reverse_with_a_flag_for_every_axis():
    np.testing.assert_array_equal(run(tf.reverse(X, [False, True])), X[:, ::-1])


def test_number_before_a_tensor_takes_its_type():
    # 1.15 refuses this; programs of releases after and before it hold it, and there is one thing it can mean.
    np.testing.assert_array_equal(run(tf.multiply(2, tf.constant(X))), 2 * X)


def test_select():
    x = tf.constant(X)
    np.testing.assert_array_equal(run(tf.select(x > 5, x, -x)), np.where(X > 5, X, -X))
    rows = run(tf.select([True, False, True], x, tf.zeros_like(x)))
    np.testing.assert_array_equal(rows, X * [[1], [0], [1]])


def test_op_scope():
    with tf.op_scope([X], None, "Default") as scope:
        assert (scope, tf.constant(1).name) == ("Default/", "Default/Const:0")
    with tf.op_scope([X], "given", "Default"):
        assert tf.constant(1).name == "given/Const:0"


def test_logistic_loss_of_targets():
    labels = np.float32([0, 1, 0, 1])
    old = tf.nn.sigmoid_cross_entropy_with_logits(logits=X[0], targets=labels)
    np.testing.assert_array_equal(*run([old, tf.nn.sigmoid_cross_entropy_with_logits(logits=X[0], labels=labels)]))
