"""Early stopping by a metric that no evaluation has written says what there is."""

from __future__ import annotations

import pathlib

import pytest

import recell.v1 as tf


def _train(hook: tf.train.SessionRunHook) -> None:
    with tf.Graph().as_default():
        step = tf.train.create_global_step()
        with tf.train.MonitoredSession(hooks=[hook]) as session:
            for _ in range(2):
                session.run(step)


@pytest.mark.parametrize("name", ["stop_if_higher_hook", "stop_if_no_increase_hook"])
def test_a_metric_that_is_not_there_is_told_with_those_that_are(name: str, tmp_path: pathlib.Path) -> None:
    estimator = tf.estimator.Estimator(lambda features: None, model_dir=str(tmp_path))
    with tf.summary.FileWriter(str(tmp_path / "eval")) as writer:
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=1.0)]), 5)
    make = getattr(tf.estimator.experimental, name)
    hook = make(estimator, "accuracy", 1, run_every_secs=None, run_every_steps=1)
    with pytest.raises(ValueError, match="no metric 'accuracy'; they have: loss"):
        _train(hook)
