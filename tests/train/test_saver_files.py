"""The files of savers: which are deleted, what is in which shard, and that they are closed again."""

from __future__ import annotations

import gc
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell import checkpoint

FILES = pathlib.Path(__file__).parents[1] / "checkpoint" / "files"


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def initialized() -> tf.Session:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def names(folder: pathlib.Path, end: str = "") -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(end))


def test_a_prefix_may_be_bytes(tmp_path: pathlib.Path) -> None:
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    with initialized() as session:
        path = tf.train.Saver().save(session, os.fsencode(tmp_path / "m"), 3)
        assert path == str(tmp_path / "m-3")
        assert [f"m-3{end}" in names(tmp_path) for end in (".index", ".meta")] == [True, True]
        assert tf.train.latest_checkpoint(os.fsencode(tmp_path)) == path
        session.run(v.assign(7.0))
        tf.train.Saver().restore(session, os.fsencode(path))
        assert session.run(v) == 1.0


# -- what is deleted ------------------------------------------------------------------------------------------------


def test_what_another_saver_has_written_anew_stays(tmp_path: pathlib.Path) -> None:
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    first, second = tf.train.Saver(max_to_keep=1), tf.train.Saver(max_to_keep=5)
    prefix = str(tmp_path / "m")
    with initialized() as session:
        first.save(session, prefix, 1)
        session.run(v.assign(7.0))
        second.save(session, prefix, 1)
        first.save(session, prefix, 2)
        assert names(tmp_path, ".index") == ["m-1.index", "m-2.index"]
        assert tf.train.load_variable(prefix + "-1", "v") == 7.0
        first.save(session, prefix, 3)
        assert names(tmp_path, ".index") == ["m-1.index", "m-3.index"]


def test_a_checkpoint_taken_over_is_deleted_unless_it_was_written_anew(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    prefix = str(tmp_path / "m")
    with initialized() as session:
        old = tf.train.Saver()
        paths = [old.save(session, prefix, step) for step in (1, 2)]
        new = tf.train.Saver(max_to_keep=1)
        new.recover_last_checkpoints(paths)
        old.save(session, prefix, 2)
        new.save(session, prefix, 3)
        assert names(tmp_path, ".index") == ["m-2.index", "m-3.index"]


@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
def test_only_the_files_of_the_checkpoint_are_deleted(tmp_path: pathlib.Path, version: int) -> None:
    tf.get_variable("v", [])
    others = [
        "m-10",
        "m-1.txt",
        "m-1.index.bak",
        "m-1.data-00000-of-00001.bak",
        "m-1.meta.txt",
        "xm-1.index",
        "m-1x.meta",
    ]
    for name in others:
        (tmp_path / name).write_text("mine")
    saver = tf.train.Saver(max_to_keep=1, write_version=version)
    with initialized() as session:
        for step in (1, 2):
            saver.save(session, str(tmp_path / "m"), step)
    for name in others:
        assert (tmp_path / name).read_text() == "mine"
    assert not [name for name in names(tmp_path) if name in ("m-1", "m-1.index", "m-1.meta", "m-1.data-00000-of-00001")]
    assert (tmp_path / "m-2.meta").exists()


def test_wild_cards_in_names_are_letters(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    (tmp_path / "ma-1.index").write_text("mine")
    (tmp_path / "ma-1.data-00000-of-00001").write_text("mine")
    saver = tf.train.Saver(max_to_keep=1)
    with initialized() as session:
        for step in (1, 2):
            path = saver.save(session, str(tmp_path / "m[a]*"), step)
        assert tf.train.latest_checkpoint(str(tmp_path)) == path
        saver.restore(session, path)
    assert names(tmp_path, ".index") == ["m[a]*-2.index", "ma-1.index"]
    assert (tmp_path / "ma-1.data-00000-of-00001").read_text() == "mine"


def test_what_cannot_be_deleted_is_told_and_left(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    tf.get_variable("v", [])
    saver = tf.train.Saver(max_to_keep=1)
    with initialized() as session:
        saver.save(session, str(tmp_path / "m"), 1)
        replace = os.replace

        def refused(source: Any, target: Any, **more: Any) -> None:
            if os.fspath(source).endswith("m-1.index"):
                raise PermissionError(13, "Permission denied", source)
            replace(source, target, **more)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "replace", refused)
            path = saver.save(session, str(tmp_path / "m"), 2)
        assert "Ignoring: [Errno 13] Permission denied" in caplog.text
        assert saver.last_checkpoints == [path]
        saver.restore(session, str(tmp_path / "m-1"))


def test_the_state_is_written_last(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tf.get_variable("v", [])
    saver = tf.train.Saver(max_to_keep=1)
    named: list[str] = []
    replace = os.replace

    def noted(source: Any, target: Any, **more: Any) -> None:
        named.append(os.path.basename(os.fspath(target)))
        replace(source, target, **more)

    with initialized() as session:
        saver.save(session, str(tmp_path / "m"), 1)
        monkeypatch.setattr(os, "replace", noted)
        saver.save(session, str(tmp_path / "m"), 2)
    assert named[:4] == ["m-2.data-00000-of-00001", "m-2.index", "m-2.meta", "checkpoint"]


def test_a_meta_graph_that_cannot_be_written_leaves_a_checkpoint(tmp_path: pathlib.Path) -> None:
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    (tmp_path / "m.meta").mkdir()
    saver = tf.train.Saver()
    with initialized() as session:
        with pytest.raises(tf.errors.FailedPreconditionError):
            saver.save(session, str(tmp_path / "m"))
        path = tf.train.latest_checkpoint(str(tmp_path))
        assert path == str(tmp_path / "m")
        session.run(v.assign(5.0))
        saver.restore(session, path)
        assert session.run(v) == 1.0


# -- shards ---------------------------------------------------------------------------------------------------------


def on_two_devices() -> list[Any]:
    with tf.device("/cpu:0"):
        a = tf.get_variable("a", [3], initializer=tf.constant_initializer([1.0, 2.0, 3.0]))
    with tf.device("/gpu:1"):
        part = tf.get_variable("b", [5, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
        c = tf.get_variable("c", [], tf.int64, initializer=tf.constant_initializer(9))
    return [a, part, c]


@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
def test_shards_are_read_as_one(tmp_path: pathlib.Path, version: int) -> None:
    on_two_devices()
    with initialized() as session:
        saver = tf.train.Saver(sharded=True, write_version=version)
        path = saver.save(session, str(tmp_path / "m"))
        saver.save(session, str(tmp_path / "m"))
        saver.restore(session, path)
    assert tf.train.list_variables(path) == [("a", [3]), ("b", [5, 2]), ("c", [])]
    assert tf.train.latest_checkpoint(str(tmp_path)) == path
    with checkpoint.Reader(path) as reader:
        assert len(names(tmp_path, "-of-00002")) == 2
        assert [part.size for part in reader.parts("b")] == [(3, 2), (2, 2)]
    with tf.Graph().as_default(), tf.Session() as session:
        whole = [tf.get_variable("a", [3]), tf.get_variable("b", [5, 2]), tf.get_variable("c", [], tf.int64)]
        tf.train.Saver().restore(session, path)
        a, b, c = session.run(whole)
    np.testing.assert_array_equal(a, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(b, np.ones([5, 2]))
    assert c == 9


def test_each_shard_holds_what_is_on_one_device(tmp_path: pathlib.Path) -> None:
    on_two_devices()
    with initialized() as session:
        path = tf.train.Saver(sharded=True).save(session, str(tmp_path / "m"))
    sizes = [os.path.getsize(f"{path}.data-0000{k}-of-00002") for k in (0, 1)]
    assert sizes == [3 * 4, 5 * 2 * 4 + 8]


def test_an_object_on_two_devices_cannot_be_in_a_shard() -> None:
    v = tf.get_variable("v", [2])
    with tf.device("/cpu:0"):
        w = tf.get_variable("w", [2])
    module = tf.train.saving.saveable_object
    specs = [module.SaveSpec(v._ref(), "", "v"), module.SaveSpec(w._ref(), "", "w")]
    both = module.SaveableObject([v.op, w.op], specs, "both")
    both.restore = lambda tensors, shapes: tf.group(v.assign(tensors[0]), w.assign(tensors[1]))
    both.op = v.op
    tf.train.Saver([both])
    with pytest.raises(ValueError, match="must be on the same device: both"):
        tf.train.Saver([both], sharded=True)


def test_a_shard_that_is_not_there_is_named(tmp_path: pathlib.Path) -> None:
    on_two_devices()
    with initialized() as session:
        saver = tf.train.Saver(sharded=True)
        path = saver.save(session, str(tmp_path / "m"))
        os.remove(f"{path}.data-00001-of-00002")
        with pytest.raises(tf.errors.NotFoundError, match=r"m.data-00001-of-00002.*no such file") as lacking:
            saver.restore(session, path)
    assert "a key of the graph is missing" not in lacking.value.message


# -- parts, readers -------------------------------------------------------------------------------------------------


def test_parts_without_columns_are_saved(tmp_path: pathlib.Path) -> None:
    cut = tf.fixed_size_partitioner(2)
    tf.get_variable("v", [4, 0], partitioner=cut)
    with initialized() as session:
        saver = tf.train.Saver()
        path = saver.save(session, str(tmp_path / "m"))
        saver.restore(session, path)
    assert tf.train.load_variable(path, "v").shape == (4, 0)


def test_readers_are_closed_when_nobody_has_them() -> None:
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        pytest.skip("the system does not tell which files are open")
    path = str(FILES / "basic_lstm_2layer_v2" / "model.ckpt-20")

    def held() -> int:
        gc.collect()
        return sum(
            "basic_lstm_2layer_v2/model.ckpt-20" in os.readlink(f"{folder}/{name}") for name in _open_files(folder)
        )

    reader = tf.train.NewCheckpointReader(path)
    assert reader.has_tensor("global_step")
    assert held()
    tf.train.list_variables(path)
    tf.train.load_variable(path, "global_step")
    del reader
    assert not held()


def _open_files(folder: str) -> list[str]:
    return [name for name in os.listdir(folder) if os.path.lexists(f"{folder}/{name}")]


def test_quantised_numbers_are_integers() -> None:
    reader = tf.train.NewCheckpointReader(str(FILES / "tensorflow" / "dtypes_v2" / "model.ckpt"))
    assert reader.get_variable_to_dtype_map()["qint8/matrix"] == tf.qint8
    assert reader.get_tensor("qint8/matrix").dtype == np.int8
    assert reader.get_tensor("quint8/scalar").dtype == np.uint8


def test_partitioned_variables_are_told_with_their_parts() -> None:
    for name in ("lstm_partitioned_v1", "lstm_partitioned_v2"):
        text = tf.train.NewCheckpointReader(str(FILES / name / "model.ckpt")).debug_string().decode()
        assert "m/rnn/lstm_cell/kernel (DT_FLOAT) [8,24], 3 slices\n" in text


# -- the folder's state ---------------------------------------------------------------------------------------------


def test_a_state_that_names_another_folder_can_be_read(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tf.get_variable("v", [])
    (tmp_path / "states").mkdir()
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    with initialized() as session:
        path = tf.train.Saver().save(session, "models/m", 1)
    tf.train.update_checkpoint_state("states", path)
    assert (
        (tmp_path / "states" / "checkpoint").read_text().startswith(f'model_checkpoint_path: "{tmp_path}/models/m-1"\n')
    )
    monkeypatch.chdir(tmp_path / "states")
    assert tf.train.latest_checkpoint(".") == str(tmp_path / "models" / "m-1")


def test_a_state_that_climbs_out_of_its_folder_is_ignored(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "../elsewhere/m"\n')
    assert tf.train.get_checkpoint_state(str(tmp_path)) is None
    assert "'../elsewhere/m' climbs out of the folder" in caplog.text
    assert "Checkpoint ignored" in caplog.text


def test_a_step_in_a_vector_of_one(tmp_path: pathlib.Path) -> None:
    """A program's own `tf.Variable([0])`: numpy 1 took it for a number."""
    with tf.Graph().as_default(), tf.Session() as session:
        step, several = tf.Variable([7], name="global_step"), tf.Variable([1, 2])
        session.run(tf.global_variables_initializer())
        assert tf.train.global_step(session, step) == 7
        assert tf.train.Saver().save(session, str(tmp_path / "m"), step) == str(tmp_path / "m-7")
        with pytest.raises(TypeError):
            tf.train.global_step(session, several)
