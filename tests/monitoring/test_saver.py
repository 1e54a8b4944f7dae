"""What cases cannot say of savers: messages in full, threads, disks that fail, files of other programs."""

from __future__ import annotations

import errno
import os
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def initialized() -> tf.Session:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def test_every_key_and_every_shape_that_does_not_fit_is_named(tmp_path: pathlib.Path) -> None:
    with tf.Graph().as_default():
        tf.get_variable("rnn/weights", [3, 4])
        tf.get_variable("b", [2])
        tf.get_variable("c", [2], tf.float64)
        with initialized() as session:
            path = tf.train.Saver().save(session, str(tmp_path / "m"))
    tf.get_variable("rnn/weight", [3, 4])
    tf.get_variable("b", [3])
    tf.get_variable("c", [2])
    tf.get_variable("other", [])
    with tf.Session() as session:
        with pytest.raises(tf.errors.NotFoundError) as missing:
            tf.train.Saver().restore(session, path)
        text = missing.value.message
        assert "Key rnn/weight not found in checkpoint (nearest: rnn/weights)" in text
        assert "Key other not found in checkpoint\n" in text
        assert "Not used by the graph: rnn/weights" in text
        assert "b has shape [2] in the checkpoint, [3] in the graph" in text
        assert "c is float64 in the checkpoint, float32 in the graph" in text
        fitting = [v for v in tf.global_variables() if v.op.name in ("b", "c")]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"b has shape \[2\].*\n.*c is float64") as other:
            tf.train.Saver(fitting).restore(session, path)
        assert other.value.op.type == "RestoreV2"


def test_arguments_that_are_not_honoured_are_refused() -> None:
    tf.get_variable("v", [1])
    with pytest.raises(ValueError, match="builder must be None"):
        tf.train.Saver(builder=object())


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    saver = tf.train.Saver()
    with initialized() as session:
        path = saver.save(session, str(tmp_path / "m"))
        session.run(v.assign(5.0))

        def full(handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left on device"):
            saver.save(session, str(tmp_path / "m"))
        monkeypatch.undo()
    assert tf.train.load_variable(path, "v") == 0.0
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "m.data-00000-of-00001", "m.index", "m.meta"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    tmp_path.chmod(0o500)
    with initialized() as session, pytest.raises(tf.errors.PermissionDeniedError):
        tf.train.Saver().save(session, str(tmp_path / "m"))


def test_saving_while_another_thread_trains(tmp_path: pathlib.Path) -> None:
    a = tf.get_variable("a", [20000], initializer=tf.zeros_initializer())
    step = a.assign_add(tf.ones([20000]))
    saver = tf.train.Saver(max_to_keep=100)
    stop = threading.Event()
    with initialized() as session:

        def train() -> None:
            while not stop.is_set():
                session.run(step)

        thread = threading.Thread(target=train)
        thread.start()
        try:
            paths = [saver.save(session, str(tmp_path / "m"), n, write_meta_graph=False) for n in range(15)]
        finally:
            stop.set()
            thread.join()
    for path in paths:
        assert len(set(tf.train.load_variable(path, "a").tolist())) == 1


def test_the_state_names_the_newest_of_two_threads(tmp_path: pathlib.Path) -> None:
    step = tf.train.get_or_create_global_step()
    more = step.assign_add(1)
    saver = tf.train.Saver(max_to_keep=1000)
    with initialized() as session:

        def save() -> None:
            for _ in range(10):
                session.run(more)
                saver.save(session, str(tmp_path / "m"), step, write_meta_graph=False)

        threads = [threading.Thread(target=save) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "m-30")


def test_a_moved_folder_is_found_by_relative_paths(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    (tmp_path / "old").mkdir()
    with initialized() as session:
        tf.train.Saver(save_relative_paths=True).save(session, str(tmp_path / "old" / "m"), 1)
    (tmp_path / "old").rename(tmp_path / "new")
    assert tf.train.latest_checkpoint(str(tmp_path / "new")) == str(tmp_path / "new" / "m-1")


def test_paths_may_be_path_objects(tmp_path: pathlib.Path) -> None:
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    saver = tf.train.Saver()
    with initialized() as session:
        saver.save(session, tmp_path / "m", 1)
        session.run(v.assign(4.0))
        saver.restore(session, tmp_path / "m-1")
        assert session.run(v) == 1.0
    assert tf.train.latest_checkpoint(tmp_path) == str(tmp_path / "m-1")
    assert tf.train.load_variable(tmp_path, "v") == 1.0


def test_names_and_folders_beyond_ascii(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "模型 [1]"
    folder.mkdir()
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    with initialized() as session:
        saver = tf.train.Saver()
        path = saver.save(session, str(folder / "权重"), 1)
        session.run(v.assign(4.0))
        assert tf.train.latest_checkpoint(str(folder)) == path == str(folder / "权重-1")
        saver.restore(session, path)
        assert session.run(v) == 1.0


def test_old_programs_look_for_files(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    with initialized() as session:
        path = tf.train.Saver().save(session, str(tmp_path / "model.ckpt"), 20)
    assert os.path.exists(path + ".index")
    assert os.path.exists(path + ".meta")
    held = tf.MetaGraphDef.FromString(pathlib.Path(path + ".meta").read_bytes())
    assert "v" in [node.name for node in held.graph_def.node]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_values_come_back_in_any_partition(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 7)), data.draw(st.integers(0, 3))
    first, second = data.draw(st.integers(1, rows)), data.draw(st.integers(1, rows))
    prefix = str(tmp_path_factory.mktemp("parts") / "m")

    def variable(parts: int, initializer: Any) -> Any:
        return tf.get_variable(
            "v", [rows, columns], initializer=initializer, partitioner=tf.fixed_size_partitioner(parts)
        )

    with tf.Graph().as_default():
        whole = tf.convert_to_tensor(variable(first, tf.random_normal_initializer()))
        with initialized() as session:
            tf.train.Saver().save(session, prefix)
            values = session.run(whole)
    with tf.Graph().as_default():
        whole = tf.convert_to_tensor(variable(second, tf.zeros_initializer()))
        saver = tf.train.Saver()
        with tf.Session() as session:
            saver.restore(session, prefix)
            np.testing.assert_array_equal(session.run(whole), values)


def test_networks_of_cudnn_are_read_by_cells(tmp_path: pathlib.Path) -> None:
    x = tf.constant(np.random.default_rng(0).normal(size=(5, 3, 2)).astype(np.float32))
    network = tf.contrib.cudnn_rnn.CudnnLSTM(1, 4, name="net")
    outputs, _ = network(x)
    with initialized() as session:
        expected = session.run(outputs)
        tf.train.Saver().save(session, str(tmp_path / "m"))
    with tf.Graph().as_default():
        with tf.variable_scope("net"):
            cell = tf.nn.rnn_cell.MultiRNNCell([tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(4)])
            inputs = tf.placeholder(tf.float32, [5, 3, 2])
            same, _ = tf.nn.dynamic_rnn(cell, inputs, dtype=tf.float32, time_major=True)
        values = np.random.default_rng(0).normal(size=(5, 3, 2)).astype(np.float32)
        with tf.Session() as session:
            tf.train.Saver().restore(session, str(tmp_path / "m"))
            np.testing.assert_allclose(session.run(same, {inputs: values}), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text", [True, False])
def test_a_graph_is_written(tmp_path: pathlib.Path, text: bool) -> None:
    tf.placeholder(tf.float32, [None, 2], name="x")
    graph = tf.get_default_graph()
    path = tf.train.write_graph(graph, str(tmp_path / "new"), "g", as_text=text)
    assert path == str(tmp_path / "new" / "g")
    content = pathlib.Path(path).read_bytes()
    if text:
        assert b'name: "x"' in content
        assert b'op: "Placeholder"' in content
    else:
        found = tf.GraphDef.FromString(content)
        assert [node.name for node in found.node] == ["x"]
        assert tf.io.write_graph(found, str(tmp_path), "again", as_text=False) == str(tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == content
