"""Checkpoints under the names of other releases, restored into graphs with the names of 1.15."""

from __future__ import annotations

import json
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.checkpoint import release_names
from tests.checkpoint.test_renames import PAIRS, RELEASES
from tests.train import release_models

import recell.v1 as tf
from recell import checkpoint

CHECKPOINTS = sorted(
    path.parent / path.name.removesuffix(".index")
    for path in pathlib.Path(release_models.FOLDER).glob("release_*/v*")
    if path.suffix in ("", ".index")
)


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def value_of(name: str, shape: Any) -> np.ndarray:
    """Other values for every variable, the same at each call."""
    return np.random.default_rng(zlib.crc32(name.encode())).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("prefix", CHECKPOINTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_model_that_an_old_release_trained_goes_on(prefix: pathlib.Path) -> None:
    """The outputs of TensorFlow 0.12, 1.1, 1.4 and 1.5 at the checkpoint, and the losses of the next steps there."""
    fetches = release_models.model(tf, release_names.Names(tf))
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(prefix))
        said = release_models.said(session, fetches)
        assert session.run("step:0") == 2 * release_models.STEPS
    expected = json.loads((prefix.parent / "said.json").read_text())
    for name, value in expected["outputs"].items():
        np.testing.assert_allclose(said["outputs"][name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(said["losses"], expected["losses"], rtol=1e-5)


@pytest.mark.parametrize(("case", "release"), [*PAIRS], ids=lambda value: str(value))
def test_every_cell_and_driver(case: str, release: str, tmp_path: pathlib.Path) -> None:
    """The names of a genuine release, with values and an optimizer's slots, into the graph that Recell builds."""
    held = RELEASES[release][case]
    slots = [name for name in sorted(held) if "/" in name][:3]
    entries = [checkpoint.Entry(name, value_of(name, shape)) for name, shape in held.items()]
    entries += [checkpoint.Entry(f"{name}/Momentum", value_of(f"{name}/Momentum", held[name])) for name in slots]
    checkpoint.write(str(tmp_path / "m"), entries)
    release_names.cases(tf, release_names.Names(tf), tf.contrib.legacy_seq2seq)[case]()
    variables = {variable.op.name: variable for variable in tf.global_variables()}
    assert {name: variable.shape.as_list() for name, variable in variables.items()} == RELEASES["1.15.0"][case]
    keys = {checkpoint.renames.key(name): name for name in held}
    made = {
        name: tf.get_variable(f"{name}/Momentum", variable.shape)
        for name, variable in variables.items()
        if keys[checkpoint.renames.key(name)] in slots
    }
    with tf.Session() as session:
        tf.train.Saver().restore(session, str(tmp_path / "m"))
        for name, variable in variables.items():
            old = keys[checkpoint.renames.key(name)]
            np.testing.assert_array_equal(session.run(variable), value_of(old, held[old]), err_msg=name)
            if name in made:
                np.testing.assert_array_equal(session.run(made[name]), value_of(f"{old}/Momentum", held[old]))
    assert len(made) == len(slots)


def held(tmp_path: pathlib.Path) -> str:
    values = {"RNN/LSTMCell/W_0": np.ones([7, 12], np.float32), "RNN/LSTMCell/B": np.full(12, 2, np.float32)}
    checkpoint.write(str(tmp_path / "old"), [checkpoint.Entry(name, value) for name, value in values.items()])
    return str(tmp_path / "old")


def test_shards_of_several_devices_are_looked_at_together(tmp_path: pathlib.Path) -> None:
    """What the variable on one device reads is not there for the one on another."""
    with tf.device("/cpu:0"):
        kernel = tf.get_variable("rnn/lstm_cell/kernel", [7, 12])
    with tf.device("/cpu:1"):
        bias = tf.get_variable("rnn/lstm_cell/bias", [12])
    with tf.Session() as session:
        saver = tf.train.Saver(sharded=True)
        saver.restore(session, held(tmp_path))
        assert session.run(tf.reduce_sum(kernel)) == 84
        assert session.run(tf.reduce_sum(bias)) == 24
        path = saver.save(session, str(tmp_path / "new"))
        session.run(bias.assign(tf.zeros([12])))
        saver.restore(session, path)
        assert session.run(tf.reduce_sum(bias)) == 24


def test_a_graph_out_of_a_file_knows_the_names_too(tmp_path: pathlib.Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(3), tf.zeros([2, 3, 4]), dtype=tf.float32)
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    saver = tf.train.import_meta_graph(f"{path}.meta")
    with tf.Session() as session:
        saver.restore(session, held(tmp_path))
        assert session.run("rnn/lstm_cell/bias:0").tolist() == [2] * 12


def test_an_operation_that_reads_by_name_reads_by_name(tmp_path: pathlib.Path) -> None:
    (read,) = tf.raw_ops.RestoreV2(
        prefix=held(tmp_path), tensor_names=["rnn/lstm_cell/bias"], shape_and_slices=[""], dtypes=[tf.float32]
    )
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match="Key rnn/lstm_cell/bias not found"):
        session.run(read)


def lstm_outputs(x: Any, fused: bool) -> Any:
    if fused:
        return tf.contrib.rnn.LSTMBlockFusedCell(3, use_peephole=True)(x, dtype=tf.float32)[0]
    cell = tf.nn.rnn_cell.LSTMCell(3, use_peepholes=True)
    return tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=True)[0]


def gru_outputs(x: Any, name: str) -> Any:
    cell = getattr(tf.contrib.rnn, name)(3)
    return tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=True)[0]


@pytest.mark.parametrize(
    ("build", "one", "other"),
    [
        (lstm_outputs, True, False),
        (lstm_outputs, False, True),
        (gru_outputs, "GRUBlockCell", "GRUCell"),
        (gru_outputs, "GRUCell", "GRUBlockCell"),
        (gru_outputs, "GRUBlockCellV2", "GRUBlockCell"),
    ],
)
def test_cells_that_compute_the_same_read_each_other_s_variables(
    build: Any, one: Any, other: Any, tmp_path: pathlib.Path
) -> None:
    x = release_models.ramp(5, 2, 4)
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = build(tf.constant(x), one)
        for variable in tf.trainable_variables():
            variable.load(value_of(variable.op.name, variable.shape.as_list()), session)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
        expected = session.run(outputs)
    outputs = build(tf.constant(x), other)
    with tf.Session() as session:
        tf.train.Saver().restore(session, path)
        np.testing.assert_allclose(session.run(outputs), expected, rtol=1e-5, atol=1e-6)
