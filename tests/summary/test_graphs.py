"""Graphs as protocol buffers, in event files and by themselves."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf


def small_graph() -> tf.Graph:
    graph = tf.Graph()
    with graph.as_default():
        c = tf.constant([1.0, 2.0], name="c")
        v = tf.Variable(np.ones((3, 2), np.float32), name="v")
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.control_dependencies([c]):
            y = tf.matmul(x, v, transpose_b=False, name="y")
        tf.split(y, 2, axis=1, name="halves")[1] + 1.0
        with tf.device("/cpu:0"):
            tf.cast(y, tf.int32, name="whole")
    return graph


def nodes(definition: Any) -> dict[str, Any]:
    return {node.name: node for node in definition.node}


def test_nodes_of_a_graph() -> None:
    graph = small_graph()
    definition = graph.as_graph_def()
    assert definition.versions.producer == 134
    found = nodes(definition)
    assert [node.name for node in definition.node] == [op.name for op in graph.get_operations()]
    assert found["y"].op == "MatMul"
    assert list(found["y"].input) == ["x", "v/read", "^c"]
    assert found["y"].attr["T"].type == 1
    assert found["y"].attr["transpose_a"].b is False
    assert found["x"].attr["dtype"].type == 1
    assert [dim.size for dim in found["x"].attr["shape"].shape.dim] == [-1, 3]
    assert tf.make_ndarray(found["c"].attr["value"].tensor).tolist() == [1.0, 2.0]
    assert found["whole"].device == "/device:CPU:0"
    assert "halves:1" in [name for node in definition.node for name in node.input]
    assert "_output_shapes" not in found["y"].attr


def test_shapes_and_versions() -> None:
    graph = small_graph()
    found = nodes(graph.as_graph_def(add_shapes=True))
    (shape,) = found["y"].attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [-1, 2]
    assert len(found["halves"].attr["_output_shapes"].list.shape) == 2
    version = graph.version
    with graph.as_default():
        tf.constant(1, name="later")
        tf.placeholder(tf.int32, name="anything")
    assert list(nodes(graph.as_graph_def(from_version=version))) == ["later", "anything"]
    unknown = nodes(graph.as_graph_def(add_shapes=True))["anything"]
    assert unknown.attr["_output_shapes"].list.shape[0].unknown_rank


def test_loops_branches_and_functions_leave_out_what_is_no_data() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.constant(1.0)
        tf.cond(x > 0.0, lambda: x, lambda: -x)
        tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])
        tf.py_func(lambda a: a, [x], tf.float32)
        cell = tf.nn.rnn_cell.LSTMCell(2)
        tf.nn.dynamic_rnn(cell, tf.zeros([1, 3, 2]), dtype=tf.float32)
        definition = graph.as_graph_def(add_shapes=True)
        assert len(definition.node) == graph.version
        assert tf.GraphDef.FromString(definition.SerializeToString()) == definition


def events(folder: pathlib.Path) -> list[Any]:
    (path,) = folder.iterdir()
    return list(tf.train.summary_iterator(str(path)))[1:]


@pytest.mark.parametrize("how", ["graph", "graph_def", "positional", "add_graph", "old"])
def test_writers_begin_with_a_graph(tmp_path: pathlib.Path, how: str) -> None:
    graph = small_graph()
    with tf.Session(graph=graph) as session:
        if how == "graph":
            writer = tf.summary.FileWriter(tmp_path, graph=session.graph)
        elif how == "graph_def":
            writer = tf.summary.FileWriter(tmp_path, graph_def=session.graph_def)
        elif how == "positional":
            writer = tf.summary.FileWriter(tmp_path, session.graph)
        elif how == "old":
            writer = tf.train.SummaryWriter(tmp_path, session.graph_def)
        else:
            writer = tf.summary.FileWriter(tmp_path)
            writer.add_graph(session.graph, 5)
        writer.close()
    event, *more = events(tmp_path)
    names = [op.name for op in graph.get_operations()]
    assert event.step == (5 if how == "add_graph" else 0)
    assert list(nodes(tf.GraphDef.FromString(event.graph_def))) == names
    whole = [tf.MetaGraphDef.FromString(each.meta_graph_def) for each in more]
    assert [list(nodes(each.graph_def)) for each in whole] == ([] if how == "add_graph" else [names])


def test_a_writer_adds_a_meta_graph(tmp_path: pathlib.Path) -> None:
    graph = small_graph()
    writer = tf.summary.FileWriter(tmp_path)
    with pytest.raises(TypeError, match="meta_graph_def must be type MetaGraphDef"):
        writer.add_meta_graph(graph.as_graph_def())
    writer.add_meta_graph(tf.train.export_meta_graph(graph=graph), 3)
    writer.close()
    (event,) = events(tmp_path)
    assert event.step == 3
    with tf.Graph().as_default():
        tf.train.import_meta_graph(tf.MetaGraphDef.FromString(event.meta_graph_def))
        assert tf.trainable_variables()[0].name == "v:0"


def test_a_graph_is_imported_from_what_a_writer_wrote(tmp_path: pathlib.Path) -> None:
    graph = small_graph()
    path = tf.train.write_graph(graph.as_graph_def(), tmp_path, "graph.pb", as_text=False)
    with tf.Graph().as_default(), tf.Session() as session:
        definition = tf.GraphDef.FromString(pathlib.Path(path).read_bytes())
        (c,) = tf.import_graph_def(definition, return_elements=["c:0"])
        assert session.run(c).tolist() == [1.0, 2.0]


def test_what_is_no_graph(tmp_path: pathlib.Path) -> None:
    graph = small_graph()
    with tf.summary.FileWriter(tmp_path) as writer:
        for wrong in ("abc", 3, None):
            with pytest.raises(TypeError, match="graph must be"):
                writer.add_graph(wrong)
    with pytest.raises(TypeError, match="graph must be"):
        tf.summary.FileWriter(tmp_path, "abc")
    with pytest.raises(ValueError, match="not both"):
        tf.summary.FileWriter(tmp_path, graph, graph_def=graph.as_graph_def())


def test_describing_needs_neither_torch_nor_messages_before_it_is_asked() -> None:
    program = """
import sys
import recell.v1 as tf
tf.summary.scalar
tf.summary.FileWriter
a = tf.nn.relu(tf.constant(1.0))
assert "google.protobuf" not in sys.modules
tf.get_default_graph().as_graph_def()
tf.summary.scalar("a", a)
assert "google.protobuf" in sys.modules
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_writing_a_graph(tmp_path: pathlib.Path) -> None:
    from google.protobuf import text_format

    graph = small_graph()
    path = tf.train.write_graph(graph, str(tmp_path / "x" / "y"), "g.pbtxt")
    assert path == str(tmp_path / "x" / "y" / "g.pbtxt")
    text = pathlib.Path(path).read_text()
    assert text.startswith('node {\n  name: "c"\n  op: "Const"\n')
    assert text_format.Parse(text, tf.GraphDef()) == graph.as_graph_def()
    path = tf.io.write_graph(graph.as_graph_def(), tmp_path, "g.pb", as_text=False)
    assert tf.GraphDef.FromString(pathlib.Path(path).read_bytes()) == graph.as_graph_def()
    for wrong in ("a", None):
        with pytest.raises(TypeError, match="write_graph takes"):
            tf.train.write_graph(wrong, tmp_path, "q")


def test_genuine_tensorflows_messages_are_taken_by_their_bytes(tmp_path: pathlib.Path) -> None:
    class Foreign:
        """What another package's message looks like: only its bytes are known."""

        def SerializeToString(self) -> bytes:
            return tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=2.0)]).SerializeToString()

    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(Foreign(), 1)
    assert events(tmp_path)[0].summary.value[0].simple_value == 2.0
