"""Programs of before 1.0: tags given as they are, `sess.graph_def`, `SummaryWriter`; and the modules of later ones."""

from __future__ import annotations

import importlib
import pathlib

import numpy as np
import pytest

import recell.v1 as tf


def test_a_program_of_2016(tmp_path: pathlib.Path) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder("float", [None, 2])
        w = tf.Variable(tf.zeros([2, 1]), name="weights")
        with tf.name_scope("Wx") as scope:
            y = tf.matmul(x, w)
        w_hist = tf.histogram_summary("weights", w)
        y_hist = tf.histogram_summary("predictions", y)
        with tf.name_scope("cost") as scope:
            cost = tf.reduce_mean(tf.square(y - 1.0))
            cost_sum = tf.scalar_summary("cost", cost)
            tf.scalar_summary(["a", "b"], [1.0, 2.0])
        tf.image_summary("picture", tf.zeros([1, 2, 2, 1]))
        merged = tf.merge_all_summaries()
        some = tf.merge_summary([cost_sum])
        writer = tf.train.SummaryWriter(str(tmp_path), sess.graph_def)
        sess.run(tf.initialize_all_variables())
        for i in range(3):
            writer.add_summary(sess.run(merged, {x: np.ones((4, 2))}), i)
        writer.add_summary(sess.run(some, {x: np.ones((4, 2))}), 3)
        writer.flush()
        writer.close()
        assert scope == "cost/"
        assert (w_hist.name, y_hist.name) == ("HistogramSummary:0", "HistogramSummary_1:0")
    (path,) = tmp_path.iterdir()
    events = list(tf.train.summary_iterator(str(path)))
    assert events[1].HasField("graph_def")
    assert events[2].HasField("meta_graph_def")
    tags = [value.tag for value in events[3].summary.value]
    assert tags == ["weights", "predictions", "cost", "a", "b", "picture/image/0"]
    assert [value.simple_value for value in events[6].summary.value] == [1.0]
    assert [event.step for event in events[3:]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("python.summary.summary", "scalar histogram image audio text merge merge_all FileWriter Summary Event"),
        ("python.summary.writer.writer", "FileWriter"),
        ("python.summary.writer.writer_cache", "FileWriterCache"),
        ("python.summary.writer.event_file_writer", "EventFileWriter"),
        ("python.summary.summary_iterator", "summary_iterator"),
        ("python.training.summary_io", "SummaryWriter SummaryWriterCache summary_iterator"),
        ("core.framework.summary_pb2", "Summary SummaryMetadata HistogramProto SummaryDescription"),
        ("core.framework.graph_pb2", "GraphDef"),
        ("core.framework.tensor_pb2", "TensorProto"),
        ("core.util.event_pb2", "Event SessionLog LogMessage TaggedRunMetadata"),
        ("contrib.deprecated", "scalar_summary histogram_summary image_summary merge_all_summaries"),
        ("python.ops.logging_ops", "scalar_summary histogram_summary merge_summary"),
        ("compat.v1.summary", "scalar FileWriter merge_all"),
    ],
)
def test_modules(module: str, names: str) -> None:
    found = importlib.import_module(f"recell.v1.{module}")
    for name in names.split():
        assert callable(getattr(found, name))


def test_messages_are_the_same_everywhere() -> None:
    from recell.v1.core.framework import summary_pb2
    from recell.v1.core.util import event_pb2

    assert tf.Summary is summary_pb2.Summary is tf.summary.Summary
    assert tf.Event is event_pb2.Event is tf.summary.Event
    assert tf.summary.FileWriter is tf.train.SummaryWriter


def test_missing_symbols_say_so() -> None:
    with pytest.raises(AttributeError, match=r"tf\.summary\.scalars.*nearest that works: tf\.summary\.scalar"):
        tf.summary.scalars  # noqa: B018 - it is the look-up that fails
