"""Monitors of contrib.learn that write checkpoints and summaries."""

from __future__ import annotations

import glob
import os

import numpy as np
import pytest

import recell.v1 as tf

learn = tf.contrib.learn
X = np.arange(8, dtype=np.float32).reshape(4, 2)


def model(features, labels, mode):
    w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
    loss = tf.reduce_mean(tf.matmul(features, w))
    tf.summary.scalar("mine", loss, collections=["own"])
    return learn.ModelFnOps(mode, loss, loss, tf.assign_add(tf.train.get_global_step(), 1))


def fit(folder, monitor, steps=6):
    config = learn.RunConfig(save_checkpoints_steps=None, save_checkpoints_secs=None)
    return learn.Estimator(model, str(folder), config).fit(X, X[:, 0], steps=steps, monitors=[monitor])


def test_checkpoints(tmp_path):
    fit(tmp_path / "model", learn.monitors.CheckpointSaver(str(tmp_path), save_steps=2))
    names = sorted(os.path.basename(path) for path in glob.glob(str(tmp_path / "*.index")))
    assert names == ["model.ckpt-1.index", "model.ckpt-3.index", "model.ckpt-5.index", "model.ckpt-6.index"]
    assert tf.train.load_variable(str(tmp_path / "model.ckpt-3"), "global_step") == 3


def test_several_savers(tmp_path):
    def two(features, labels, mode):
        made = model(features, labels, mode)
        for _ in range(2):
            tf.add_to_collection(tf.GraphKeys.SAVERS, tf.train.Saver())
        return made._replace(scaffold=tf.train.Scaffold(saver=tf.get_collection(tf.GraphKeys.SAVERS)[0]))

    monitor = learn.monitors.CheckpointSaver(str(tmp_path), save_steps=2)
    with pytest.raises(ValueError, match="The graph has 2 savers"):
        learn.Estimator(two, str(tmp_path)).fit(X, X[:, 0], steps=3, monitors=[monitor])


def test_summaries(tmp_path):
    class Late(learn.monitors.SummarySaver):
        def every_n_step_begin(self, step):
            (self._summary_op,) = tf.get_collection("own")
            return super().every_n_step_begin(step)

    fit(tmp_path / "model", Late(None, save_steps=2, output_dir=str(tmp_path)))
    (path,) = glob.glob(str(tmp_path / "events*"))
    found = [(e.step, v.tag, v.simple_value) for e in tf.train.summary_iterator(path) for v in e.summary.value]
    assert found == [(1, "mine", 7.0), (3, "mine", 7.0), (5, "mine", 7.0)]


def test_summaries_of_a_scaffold_and_a_writer(tmp_path):
    class Writer:
        def __init__(self):
            self.steps = []

        def add_summary(self, summary, step):
            self.steps.append(step)

        def flush(self):
            self.steps.append("flushed")

    class Pieces:
        summary_op = None

    writer = Writer()
    fit(tmp_path, learn.monitors.SummarySaver(None, 2, summary_writer=writer, scaffold=Pieces()))
    assert writer.steps == ["flushed"]


@pytest.mark.parametrize("given", ["folder", "writer", "nothing"])
def test_steps_per_second(tmp_path, given):
    folder = tmp_path if given == "nothing" else tmp_path / "events"
    arguments = {
        "folder": {"output_dir": str(folder)},
        "writer": {"summary_writer": tf.summary.FileWriterCache.get(str(folder))},
        "nothing": {},
    }[given]
    fit(tmp_path, learn.monitors.StepCounter(every_n_steps=3, **arguments), steps=8)
    tf.summary.FileWriterCache.get(str(folder)).flush()
    found = [
        (event.step, value.tag)
        for path in glob.glob(str(folder / "events.out*"))
        for event in tf.train.summary_iterator(path)
        for value in event.summary.value
        if value.tag.endswith("/sec") and value.simple_value > 0
    ]
    assert found == [(4, "global_step/sec"), (7, "global_step/sec")]
