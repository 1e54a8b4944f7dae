"""Checkpoints of objects: TensorFlow's own, what is left out, names across savers, folders that go on."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell import checkpoint

WRITTEN = str(pathlib.Path(__file__).parent / "files" / "objects_v2" / "ck-1")
"""By TensorFlow 1.15: `model()` with the initial values of seed 1, after three steps."""
LOSSES = [-7.31510, -10.65406, -13.88501]
"""What TensorFlow 1.15 computes for that model, and after each of two more steps."""


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def model() -> tuple[Any, ...]:
    step = tf.train.get_or_create_global_step()
    with tf.variable_scope("m", initializer=tf.zeros_initializer()):
        v1, v2, v3 = (
            tf.get_variable("v1", [2]),
            tf.get_variable("v2", [2], use_resource=True),
            tf.get_variable("v3", [1]),
        )
        dense = tf.layers.Dense(3, name="den")
        inner = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(2), 1.0)
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(2), inner])
        x = tf.constant(np.linspace(-1, 1, 32, dtype=np.float32).reshape(2, 4, 4))
        y, (o, _) = dense(x), tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    loss = tf.reduce_sum(y) + tf.reduce_sum(o * o) + sum(tf.reduce_sum(v * v) for v in (v1, v2, v3))
    optimizer = tf.train.AdamOptimizer(0.1)
    train = optimizer.minimize(loss, global_step=step)
    saved = tf.train.Checkpoint(step=step, net=dense, cell=cell, opt=optimizer)
    saved.lst, saved.d = [v1, v2], {"a": v3, "b": {"c": v1}}
    return loss, train, step, saved


def losses(session: Any, loss: Any, train: Any) -> list[float]:
    found = [session.run(loss)]
    for _ in range(2):
        session.run(train)
        found.append(session.run(loss))
    return found


def test_objects_that_tensorflow_saved_go_on() -> None:
    loss, train, step, saved = model()
    with tf.Session() as session:
        saved.restore(WRITTEN).assert_consumed().run_restore_ops(session)
        assert session.run(step) == 3
        np.testing.assert_allclose(losses(session, loss, train), LOSSES, rtol=1e-5)


def test_a_saver_reads_them_by_names(caplog: pytest.LogCaptureFixture) -> None:
    loss, train, step, _ = model()
    with tf.Session() as session:
        tf.train.Saver().restore(session, WRITTEN)
        assert session.run(step) == 3
        np.testing.assert_allclose(losses(session, loss, train), LOSSES, rtol=1e-5)
    assert "is a checkpoint of objects" in caplog.text
    tf.get_variable("other", [1])
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match="Key other not found in checkpoint"):
        tf.train.Saver().restore(session, WRITTEN)


def test_what_a_saver_wrote_is_read_by_names(tmp_path: pathlib.Path) -> None:
    a = tf.get_variable("a", [2], initializer=tf.ones_initializer())
    with tf.Session() as session:
        session.run(a.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    status = tf.train.Checkpoint(x=a, y=b).restore(path)
    with pytest.raises(AssertionError, match="'b:0'"):
        status.assert_consumed()
    with tf.Session() as session:
        status.initialize_or_restore(session)
        assert session.run([a, b])[0].tolist() == [1.0, 1.0]
        assert session.run(b).tolist() == [0.0, 0.0]


def test_cells_whose_weights_tensorflow_leaves_out_are_saved(tmp_path: pathlib.Path) -> None:
    cell = tf.contrib.rnn.UGRNNCell(2)
    tf.nn.dynamic_rnn(cell, tf.zeros([2, 3, 4]), dtype=tf.float32)
    saved = tf.train.Checkpoint(cell=cell)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = saved.save(str(tmp_path / "m"), session)
    keys = [name for name, _ in tf.train.list_variables(path)]
    assert "cell/kernel/.ATTRIBUTES/VARIABLE_VALUE" in keys
    assert "cell/bias/.ATTRIBUTES/VARIABLE_VALUE" in keys


def test_what_is_held_may_have_any_name(tmp_path: pathlib.Path) -> None:
    names = ["count", "held", "children", "nodes", "graph", "name"]
    saved = tf.train.Checkpoint(**{name: tf.get_variable(name, []) for name in names})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = saved.save(str(tmp_path / "m"), session)
        saved.restore(path).assert_consumed().run_restore_ops(session)
    keys = [key.split("/")[0] for key, _ in tf.train.list_variables(path)]
    assert set(names) <= set(keys)


def test_saving_again_adds_nothing_to_the_graph(tmp_path: pathlib.Path) -> None:
    *_, saved = model()
    graph = tf.get_default_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = saved.save(str(tmp_path / "m"), session)
        saved.restore(path).run_restore_ops(session)
        saved.save(str(tmp_path / "m"), session)
        graph.finalize()
        path = saved.save(str(tmp_path / "m"), session)
        saved.restore(path).run_restore_ops(session)
    assert path == str(tmp_path / "m-3")


@pytest.mark.parametrize(
    "message", [b"", b"\xff\xff", b"\x0a\x06\x0a\x04\x08\x63\x12\x00", b"\x0a\x06\x1a\x04\x08\x05\x18\x09"]
)
def test_a_graph_of_objects_that_says_nonsense(tmp_path: pathlib.Path, message: bytes) -> None:
    entry = checkpoint.Entry("_CHECKPOINTABLE_OBJECT_GRAPH", np.array(message, object))
    checkpoint.write(tmp_path / "m", [entry])
    with pytest.raises(tf.errors.DataLossError, match="_CHECKPOINTABLE_OBJECT_GRAPH"):
        tf.train.Checkpoint(a=tf.get_variable("a", [2])).restore(str(tmp_path / "m"))


def test_a_graph_of_objects_that_goes_in_circles(tmp_path: pathlib.Path) -> None:
    outer = tf.train.Checkpoint(a=tf.get_variable("a", [2], initializer=tf.ones_initializer()))
    outer.again = tf.train.Checkpoint()
    outer.again.back = outer
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = outer.save(str(tmp_path / "m"), session)
        session.run(outer.a.assign([5.0, 5.0]))
        outer.restore(path).assert_consumed().run_restore_ops(session)
        assert session.run(outer.a).tolist() == [1.0, 1.0]


def test_a_manager_keeps_one_of_every_so_many_hours(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = tf.train.Checkpoint(a=tf.get_variable("a", []))
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        manager = tf.train.CheckpointManager(saved, str(tmp_path), 1, keep_checkpoint_every_n_hours=1)
        for _ in range(5):
            now[0] += 1500
            manager.save()
        kept = sorted(name for name in os.listdir(tmp_path) if name.endswith(".index"))
        assert kept == ["ckpt-3.index", "ckpt-5.index"]
        assert tf.train.get_checkpoint_state(str(tmp_path)).last_preserved_timestamp == 5500.0
        again = tf.train.CheckpointManager(saved, tmp_path, 1, keep_checkpoint_every_n_hours=1)
        assert again.latest_checkpoint == str(tmp_path / "ckpt-5")
        assert again._preserved == 5500.0


def test_a_manager_finds_a_folder_that_was_moved(tmp_path: pathlib.Path) -> None:
    a = tf.get_variable("a", [], initializer=tf.ones_initializer())
    saved = tf.train.Checkpoint(a=a)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.CheckpointManager(saved, str(tmp_path / "old"), 3).save()
        shutil.move(tmp_path / "old", tmp_path / "new")
        manager = tf.train.CheckpointManager(saved, str(tmp_path / "new"), 3)
        assert manager.latest_checkpoint == str(tmp_path / "new" / "ckpt-1")
        session.run(a.assign(4.0))
        saved.restore(manager.latest_checkpoint).run_restore_ops()
        assert session.run(a) == 1.0


def test_a_manager_leaves_what_another_one_has_written_anew(tmp_path: pathlib.Path) -> None:
    saved = tf.train.Checkpoint(v=tf.Variable(1.0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = tf.train.CheckpointManager(saved, str(tmp_path), 1)
        path = first.save(7)
        session.run(saved.v.assign(2.0))
        assert tf.train.CheckpointManager(saved, str(tmp_path), 5).save(7) == path
        assert first.save(8) == str(tmp_path / "ckpt-8")
        assert tf.train.load_variable(path, "v/.ATTRIBUTES/VARIABLE_VALUE") == 2.0
        first.save(9)
        assert tf.train.checkpoint_exists(path)
        assert not tf.train.checkpoint_exists(str(tmp_path / "ckpt-8"))


def test_without_a_session_nothing_is_saved(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="There is no session"):
        tf.train.Checkpoint(a=tf.get_variable("a", [])).save(str(tmp_path / "m"))
