"""What `create_train_op` refuses, and what its summaries hold."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


@pytest.mark.parametrize("create", ["training", "slim.learning"])
@pytest.mark.parametrize("variables", [[], ["fixed"]])
def test_there_must_be_variables_to_train(create, variables):
    x = tf.get_variable("x", initializer=[1.0])
    fixed = [tf.get_variable(name, initializer=[1.0], trainable=False) for name in variables]
    make = tf.contrib.training if create == "training" else tf.contrib.slim.learning
    with pytest.raises(AssertionError, match="train"):
        make.create_train_op(tf.reduce_sum(x), tf.train.GradientDescentOptimizer(0.1), variables_to_train=fixed)


def test_left_out_updates_are_told(caplog):
    x = tf.get_variable("x", initializer=[1.0])
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.no_op())
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    tf.logging.set_verbosity(tf.logging.WARN)
    tf.contrib.training.create_train_op(tf.reduce_sum(x), optimizer, update_ops=[])
    assert "does not contain all the update_ops" in caplog.text


def test_summaries_hold_the_gradients():
    x = tf.get_variable("x", initializer=[3.0, 4.0])
    loss = tf.reduce_sum(x * x) / 2
    tf.contrib.slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1), summarize_gradients=True)
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = {value.tag: value for value in tf.Summary.FromString(session.run(merged)).value}
    assert found["summarize_grads/x_gradient_norm"].simple_value == 5.0
    assert found["summarize_grads/x_gradient"].histo.sum == pytest.approx(7.0)


def test_the_value_of_the_step_is_the_loss_before_it():
    x = tf.get_variable("x", initializer=[2.0])
    step = tf.contrib.training.create_train_op(tf.reduce_sum(x * x), tf.train.GradientDescentOptimizer(0.25))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose([session.run(step) for _ in range(3)], [4.0, 1.0, 0.25])
        assert session.run(tf.train.get_global_step()) == 3
