"""Meta graphs in files: whole or damaged, ours or TensorFlow's, of what can be written and of what cannot."""

from __future__ import annotations

import doctest
import importlib
import json
import pathlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.train import meta_graph_golden
from tests.train.meta_graph_damage import change

import recell.v1 as tf
from recell.platform.op_types import unknown_types

HELD = json.loads(meta_graph_golden.PATH.read_text())
OURS, THEIRS = (meta_graph_golden.unpacked(HELD[key]) for key in ("ours", "tensorflows"))


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as fresh:
        yield fresh


def saved(folder: pathlib.Path, **arguments: Any) -> str:
    """A small model that is saved, and the prefix of its checkpoint."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2], name="x")
        w = tf.get_variable("w", [2], initializer=tf.constant_initializer(3.0))
        tf.multiply(x, w, name="y")
        session.run(tf.global_variables_initializer())
        return str(tf.train.Saver().save(session, str(folder / "model.ckpt"), **arguments))


def test_the_example() -> None:
    assert doctest.testmod(importlib.import_module("recell.train.meta_graph_import")).failed == 0


# -- bytes ----------------------------------------------------------------------------------------------------------


def test_tensorflow_reads_ours() -> None:
    assert meta_graph_golden.read(tf, OURS) == HELD["read_by_tensorflow"]


def test_we_read_tensorflows() -> None:
    assert meta_graph_golden.read(tf, THEIRS) == HELD["read_of_its_own"]


def test_names_and_collections_are_tensorflows() -> None:
    def named(read: list[Any]) -> Any:
        kinds = ("Placeholder", "VariableV2", "Identity", "Assign", "ApplyMomentum", "FIFOQueueV2", "QueueEnqueueV2")
        nodes = {name: (op, device) for name, op, device in read[0] if op in kinds and "while" not in name}
        shown = {name for name in nodes if name.split("/")[0] in ("x", "table", "rnn", "train", "queue", "save")}
        return nodes, shown, read[1], read[2]

    ours, theirs = named(HELD["read_by_tensorflow"]), named(HELD["read_of_its_own"])
    variables = {name for name, (op, _) in theirs[0].items() if op == "VariableV2"}
    assert variables == {name for name, (op, _) in ours[0].items() if op == "VariableV2"}
    assert {name for name in theirs[1] if theirs[0][name][0] in ("Placeholder", "VariableV2", "Assign")} <= ours[1]
    contexts = {"cond_context", "while_context"}  # of branches and loops, which are nodes of their own here
    assert ours[2] == {key: value for key, value in theirs[2].items() if key not in contexts}
    assert ours[3] == theirs[3]


def test_a_graph_of_tensorflows_is_refused_by_name() -> None:
    with pytest.raises(tf.errors.NotFoundError, match=r"Enter, Exit.*made by TensorFlow.*Build the model in Python"):
        tf.train.import_meta_graph(tf.MetaGraphDef.FromString(THEIRS))
    known = tf.GraphDef()
    known.node.add(name="c", op="Const")
    with pytest.raises(ValueError, match=r"Const\. This graph was made by TensorFlow"):
        tf.import_graph_def(known)
    assert tf.get_default_graph().get_operations() == []


def test_what_was_written_by_an_earlier_build_is_read() -> None:
    saver = tf.train.import_meta_graph(tf.MetaGraphDef.FromString(OURS))
    assert saver.saver_def.max_to_keep == 3
    assert [v.name for v in tf.trainable_variables()][:2] == ["table/part_0:0", "table/part_1:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(1, 3):
            _, found = session.run(["train", "global_step:0"], {"x:0": np.ones([2, 3, 2])})
            assert found == step


def test_later_formats_are_refused() -> None:
    message = tf.MetaGraphDef.FromString(OURS)
    message.graph_def.node[0].attr["_recell"].func.name = "recell 9"
    with pytest.raises(ValueError, match=r"another format \('recell 9', not 'recell 1'\)"):
        tf.train.import_meta_graph(message)


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_text", [False, True])
def test_files_of_bytes_and_of_text(tmp_path: pathlib.Path, as_text: bool) -> None:
    tf.get_variable("v", [2])
    path = tmp_path / "new" / "folder" / "graph.meta"
    made = tf.train.export_meta_graph(str(path), as_text=as_text)
    assert path.read_bytes().startswith(b"meta_info_def {") is as_text
    with tf.Graph().as_default():
        assert tf.train.import_meta_graph(str(path)) is not None
        again = tf.train.export_meta_graph()
    assert names(again)[: len(names(made))] == names(made)


def names(message: Any) -> list[str]:
    return [node.name for node in message.graph_def.node]


def test_the_same_bytes_every_time(tmp_path: pathlib.Path) -> None:
    first = pathlib.Path(saved(tmp_path / "a") + ".meta").read_bytes()
    assert pathlib.Path(saved(tmp_path / "b") + ".meta").read_bytes() == first


def test_a_graph_that_is_imported_is_written_as_it_was(tmp_path: pathlib.Path) -> None:
    data = pathlib.Path(saved(tmp_path) + ".meta").read_bytes()
    tf.train.import_meta_graph(tf.MetaGraphDef.FromString(data)).export_meta_graph(str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == data


def test_suffix_of_the_file_and_whether_it_is_written(tmp_path: pathlib.Path) -> None:
    saved(tmp_path / "a", meta_graph_suffix="graph", global_step=4)
    saved(tmp_path / "b", write_meta_graph=False)
    assert (tmp_path / "a" / "model.ckpt-4.graph").exists()
    assert not list(tmp_path.glob("*/*.meta"))


def test_attributes_that_are_as_by_default_may_be_left_out(tmp_path: pathlib.Path) -> None:
    whole = pathlib.Path(saved(tmp_path / "a") + ".meta")
    prefix = saved(tmp_path / "b", strip_default_attrs=True)
    assert pathlib.Path(prefix + ".meta").stat().st_size < whole.stat().st_size
    saver = tf.train.import_meta_graph(prefix + ".meta")
    with tf.Session() as session:
        saver.restore(session, prefix)
        assert session.run("y:0", {"x:0": [1.0, 2.0]}).tolist() == [3.0, 6.0]


def test_a_file_that_cannot_be_written(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(tf.errors.OpError):
        tf.train.export_meta_graph(str(tmp_path / "file" / "graph.meta"))


# -- what no file holds ---------------------------------------------------------------------------------------------


def test_a_graph_with_python_functions_runs_without_them(tmp_path: pathlib.Path) -> None:
    """As TensorFlow's: what a training logs does not keep another program from sampling."""
    v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    tf.py_func(lambda a: a, [v], tf.float32, name="call")
    tf.py_func(np.sum, [v], tf.float32, stateful=False, name="sum")
    rows = tf.data.Dataset.from_generator(lambda: iter([1.0]), tf.float32, []).make_one_shot_iterator().get_next()
    tf.multiply(v, rows, name="product")
    tf.multiply(v, 2.0, name="double")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run("product:0").tolist() == [1.0, 1.0]
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    for again in (path, str(tmp_path / "again")):
        with tf.Graph().as_default(), tf.Session() as session:
            saver = tf.train.import_meta_graph(path + ".meta")
            saver.restore(session, path)
            assert session.run("double:0").tolist() == [2.0, 2.0]
            for name in ("call:0", "sum:0", "product:0"):
                with pytest.raises(tf.errors.InvalidArgumentError, match=r"callback .* is not found"):
                    session.run(name)
            path = saver.save(session, again)


def test_objects_that_no_file_holds_are_named_when_the_graph_is_exported_or_imported(tmp_path: pathlib.Path) -> None:
    v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    with tf.name_scope("python"):
        tf.identity(v, name="call").op.attrs["held"] = object()
    with tf.name_scope("rest"):
        tf.constant(1.0, name="c")
    with pytest.raises(ValueError, match=r"'python/call' \(Identity\) cannot be exported: its attribute 'held'"):
        tf.train.export_meta_graph()
    assert names(tf.train.export_meta_graph(export_scope="rest")) == ["c"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    held = tf.MetaGraphDef.FromString(pathlib.Path(path + ".meta").read_bytes())
    assert "python/call" in names(held)
    with tf.Graph().as_default() as empty:
        with pytest.raises(ValueError, match=r"'python/call' \(Identity\) cannot be imported.*Run the program"):
            tf.train.import_meta_graph(path + ".meta")
        assert empty.get_operations() == []


def test_unknown_tags_are_refused() -> None:
    for tag in ("os.system", "object os", "pickle", "kernel", "named"):
        message = tf.MetaGraphDef.FromString(OURS)
        held = next(n.attr["_recell"].func for n in message.graph_def.node if n.op == "Recurrence")
        held.attr["=output_like"].func.name = tag
        with pytest.raises(ValueError, match="cannot be imported"):
            tf.train.import_meta_graph(message)


def test_operations_of_every_room_are_found() -> None:
    wanted = ["MatMul", "SaveV2", "Recurrence", "LSTMStep", "RangeDataset", "GatherTree", "ScalarSummary", "InputRows"]
    assert unknown_types([*wanted, "Nonsense"]) == ["Nonsense"]


# -- damage ---------------------------------------------------------------------------------------------------------

REFUSED = (OSError, ValueError, KeyError, tf.errors.OpError)


def imported(data: bytes, folder: pathlib.Path) -> None:
    """Imports what the bytes are, or raises one of the errors that it may."""
    path = folder / "damaged.meta"
    path.write_bytes(data)
    with tf.Graph().as_default() as graph:
        try:
            tf.train.import_meta_graph(str(path))
        except REFUSED:
            assert graph.collections == []


def test_cut_off_anywhere(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "cut.meta"
    for length in range(1, len(OURS), 61):
        path.write_bytes(OURS[:length])
        with tf.Graph().as_default(), pytest.raises(OSError, match="Cannot parse file"):
            tf.train.import_meta_graph(str(path))


def test_an_empty_file_is_an_empty_message(tmp_path: pathlib.Path) -> None:
    """As for TensorFlow."""
    (tmp_path / "empty.meta").touch()
    assert tf.train.import_meta_graph(str(tmp_path / "empty.meta")) is None


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(OURS) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_anywhere(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]) -> None:
    data = bytearray(OURS)
    for place, value in changes:
        data[place] = value
    imported(bytes(data), tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("seed", range(6))
def test_changed_as_a_message(seed: int) -> None:
    draw = random.Random(seed)
    refused = 0
    for _ in range(60):
        message = tf.MetaGraphDef.FromString(OURS)
        for _ in range(draw.choice([1, 1, 2, 4])):
            change(message, draw)
        with tf.Graph().as_default() as graph:
            try:
                tf.train.import_meta_graph(message)
            except REFUSED:
                assert graph.collections == []
                refused += 1
    assert refused > 20


def test_huge_tensors_are_not_made() -> None:
    message = tf.MetaGraphDef.FromString(OURS)
    constant = next(n for n in message.graph_def.node if n.op == "Const")
    constant.attr["value"].tensor.tensor_shape.dim.add(size=2**50)
    with pytest.raises(ValueError, match="cannot have shape"):
        tf.train.import_meta_graph(message)


def test_something_else_in_the_file(tmp_path: pathlib.Path) -> None:
    for number, content in enumerate([b"hello", b"\x00" * 50, b"PK\x03\x04", b'{"note": 1}\n', b"\xff\xfe"]):
        path = tmp_path / f"{number}.meta"
        path.write_bytes(content)
        with pytest.raises(OSError, match=f"Cannot parse file {path}"):
            tf.train.import_meta_graph(str(path))


def test_loops_that_hold_themselves() -> None:
    message = tf.MetaGraphDef.FromString(OURS)
    node = next(n for n in message.graph_def.node if n.op == "Recurrence")
    node.attr["_recell"].func.attr["body"].s = node.attr["_recell"].func.attr["=step"].func.attr["id"].s
    with pytest.raises(ValueError, match="within itself"):
        tf.train.import_meta_graph(message)


# -- what comes back ------------------------------------------------------------------------------------------------


def test_savers_go_on_keeping_checkpoints(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [2])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver(max_to_keep=2).save(session, str(tmp_path / "m"), 0)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        for step in range(1, 4):
            saver.save(session, str(tmp_path / "m"), step)
    assert sorted(p.name for p in tmp_path.glob("*.index")) == ["m-0.index", "m-2.index", "m-3.index"]
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "m-3")


def test_a_checkpoint_of_another_model_is_told_apart(tmp_path: pathlib.Path) -> None:
    meta = saved(tmp_path / "a") + ".meta"
    tf.get_variable("other", [2])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "b"))
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(meta)
        with pytest.raises(tf.errors.NotFoundError, match=r"Key w not found(.|\n)*Not used by the graph: other"):
            saver.restore(session, path)


def test_tables_and_iterators_of_two_imports_are_their_own() -> None:
    with tf.Graph().as_default():
        table = tf.contrib.lookup.index_table_from_tensor(["a", "b"])
        tf.identity(table.lookup(tf.constant(["b"])), name="found")
        rows = tf.data.Dataset.range(3).make_initializable_iterator()
        tf.identity(rows.get_next(), name="row")
        tf.add_to_collection("start", rows.initializer)
        message = tf.train.export_meta_graph()
    mine = tf.contrib.lookup.index_table_from_tensor(["b", "a"])
    with tf.Session() as session:
        for scope in ("one", "two"):
            tf.train.import_meta_graph(message, import_scope=scope)
        session.run(tf.tables_initializer())
        session.run(tf.get_collection("start"))
        assert session.run([mine.lookup(tf.constant(["b"])), "one/found:0", "two/found:0"]) == [[0], [1], [1]]
        assert [session.run(name) for name in ("one/row:0", "one/row:0", "two/row:0")] == [0, 1, 0]


def test_a_part_of_a_graph_takes_its_bodies_with_it() -> None:
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    with tf.name_scope("part"):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, dtype=tf.float32)
        total = tf.while_loop(lambda i, _: i < 2, lambda i, y: (i + 1, y * 2.0), [0, outputs])[1]
        tf.identity(total, name="total")
        tf.data.Dataset.range(3).map(lambda v: v * 2).make_one_shot_iterator().get_next(name="row")
    message = tf.train.export_meta_graph(export_scope="part")
    outside = [value.decode() for value in message.collection_def["unbound_inputs"].bytes_list.value]
    assert sorted(name.removeprefix("$unbound_inputs_") for name in outside)[-1] == "x"
    with tf.Graph().as_default(), tf.Session() as session:
        given_inputs = {name: _like(name) for name in outside}
        tf.train.import_meta_graph(message, import_scope="copy", input_map=given_inputs)
        assert session.run("copy/total:0").shape == (2, 3, 4)
        assert session.run("copy/row:0") == 0


def _like(name: str) -> Any:
    sizes = {"x": [2, 3, 4], "gates/kernel/read": [8, 8], "gates/bias/read": [8], "candidate/kernel/read": [8, 4]}
    return tf.ones(next((size for end, size in sizes.items() if name.endswith(end)), [4]))


def test_what_takes_the_place_of_a_tensor_is_returned_for_it() -> None:
    with tf.Graph().as_default() as made:
        tf.add(tf.placeholder(tf.float32, [2], name="x"), 1.0, name="y")
    given_tensor = tf.constant([1.0, 2.0])
    found = tf.import_graph_def(made.as_graph_def(), {"x:0": given_tensor}, ["x:0", "y:0", "x"], name="")
    assert [found[0] is given_tensor, found[1].name, found[2].type] == [True, "y:0", "Placeholder"]


def test_devices_may_be_forgotten() -> None:
    with tf.Graph().as_default():
        with tf.device("/gpu:1"):
            tf.constant(1.0, name="c")
        message = tf.train.export_meta_graph()
    tf.train.import_meta_graph(message, import_scope="a")
    tf.train.import_meta_graph(message, clear_devices=True, import_scope="b")
    found = [tf.get_default_graph().get_operation_by_name(name).device for name in ("a/c", "b/c")]
    assert found == ["/device:GPU:1", ""]
    assert message.graph_def.node[0].device == "/device:GPU:1"


def test_hooks_train_an_imported_graph(tmp_path: pathlib.Path) -> None:
    with tf.Graph().as_default():
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
        step = tf.train.get_or_create_global_step()
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w * w), step, name="train")
        message = tf.train.Saver().export_meta_graph()
    for end in (3, 5):
        with tf.Graph().as_default():
            tf.train.import_meta_graph(message)
            hooks = [tf.train.StopAtStepHook(last_step=end)]
            with tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path), hooks=hooks) as session:
                while not session.should_stop():
                    session.run("train")
    assert tf.train.load_variable(str(tmp_path), "global_step") == 5
    np.testing.assert_allclose(tf.train.load_variable(str(tmp_path), "w"), 0.8**5, rtol=1e-5)
