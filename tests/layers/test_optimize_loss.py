"""What `optimize_loss` does that single answers of TensorFlow's cannot show: noise, and several steps in a session."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_noise_has_the_deviation_asked_for_and_is_new_in_every_step(scale):
    x = tf.get_variable("x", [20000], initializer=tf.zeros_initializer())
    train = tf.contrib.layers.optimize_loss(
        tf.reduce_sum(x), tf.train.get_or_create_global_step(), 1.0, "SGD", gradient_noise_scale=scale
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        moves = []
        for _ in range(2):
            before = session.run(x)
            session.run(train)
            moves.append(before - session.run(x) - 1.0)
    # A normal distribution cut off at two deviations has 0.8796 of the deviation.
    for noise in moves:
        assert abs(noise).max() <= 2 * scale + 1e-4
        assert np.std(noise) == pytest.approx(0.8796 * scale, rel=0.03)
        assert np.mean(noise) == pytest.approx(0.0, abs=0.05 * scale)
    assert abs(np.corrcoef(moves[0], moves[1])[0, 1]) < 0.05


def test_noise_makes_a_gradient_of_rows_dense():
    e = tf.get_variable("e", [6, 500], initializer=tf.zeros_initializer())
    train = tf.contrib.layers.optimize_loss(
        tf.reduce_sum(tf.gather(e, [1])), None, 1.0, "SGD", gradient_noise_scale=0.1
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        moved = session.run(e)
    assert np.all(np.abs(moved).max(axis=1) > 0)
    assert moved[1].mean() == pytest.approx(-1.0, abs=0.05)


def test_the_value_of_the_step_is_the_loss_before_it():
    x = tf.get_variable("x", initializer=[2.0])
    train = tf.contrib.layers.optimize_loss(tf.reduce_sum(x * x), None, 0.25, "SGD")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [session.run(train) for _ in range(3)] == [4.0, 1.0, 0.25]


def test_found_under_the_spellings_that_programs_use():
    layers = tf.contrib.layers
    assert layers.python.layers.optimizers.optimize_loss is layers.optimize_loss
    assert tf.contrib.slim.optimize_loss is layers.optimize_loss
    assert layers.python.layers.optimizers.OPTIMIZER_CLS_NAMES is layers.OPTIMIZER_CLS_NAMES
    assert callable(layers.python.layers.optimizers.adaptive_clipping_fn)


def test_summaries_hold_the_numbers_of_the_step():
    x = tf.get_variable("x", initializer=[3.0, 4.0])
    e = tf.get_variable("e", initializer=[[1.0], [2.0]])
    loss = tf.reduce_sum(x * x) / 2 + tf.reduce_sum(tf.gather(e, [0, 0]))
    step = tf.train.get_or_create_global_step()
    names = tf.contrib.layers.OPTIMIZER_SUMMARIES
    tf.contrib.layers.optimize_loss(
        loss, step, 0.5, "SGD", clip_gradients=1.0, summaries=names, learning_rate_decay_fn=lambda rate, _: rate / 2
    )
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = {value.tag: value for value in tf.Summary.FromString(session.run(merged)).value}
    norm = np.sqrt(25.0 + 2.0)  # a row looked up twice counts twice
    scalars = {
        "OptimizeLoss/learning_rate_1": 0.25,
        "OptimizeLoss/loss": 14.5,
        "OptimizeLoss/global_norm/gradient_norm": norm,
        "OptimizeLoss/global_norm/clipped_gradient_norm": 1.0,
        "OptimizeLoss/gradient_norm/x_0": 5.0 / norm,
        "OptimizeLoss/gradient_norm/e_0": np.sqrt(2.0) / norm,
    }
    assert {tag for tag, value in found.items() if value.HasField("simple_value")} == set(scalars)
    for tag, expected in scalars.items():
        assert found[tag].simple_value == pytest.approx(expected, rel=1e-5)
    histogram = found["OptimizeLoss/gradients/x_0"].histo
    assert (histogram.num, histogram.sum) == (2, pytest.approx(7.0 / norm, rel=1e-5))
