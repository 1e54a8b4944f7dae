"""TensorFlow's converter of names: what 1.15's makes of the same files."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell import checkpoint
from recell.v1.contrib.rnn.python.tools.checkpoint_convert import RNN_NAME_REPLACEMENTS, convert_names

FILES = pathlib.Path(__file__).resolve().parents[1] / "checkpoint" / "files"


def written(tmp_path: pathlib.Path, names: list[str]) -> str:
    prefix = str(tmp_path / "old")
    checkpoint.write(prefix, [checkpoint.Entry(name, np.full(2, k, np.float32)) for k, name in enumerate(names)])
    return prefix


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_checkpoint_of_tensorflow_s_becomes_the_one_that_tensorflow_made_of_it(
    version: str, tmp_path: pathlib.Path
) -> None:
    folder = FILES / f"old_names_{version}"
    target = str(tmp_path / "made" / "new.ckpt")
    variables, renamed = convert_names(str(folder / "old.ckpt"), target, write_v1_checkpoint=version == "v1")
    info = json.loads((folder / "info.json").read_text())
    assert renamed == info["conversion_map"]
    assert sorted(variables) == sorted(info["new_names"])
    assert {variables[new].op.name for new in renamed.values()} == set(renamed)
    made, theirs = checkpoint.read(target), checkpoint.read(str(folder / "new.ckpt"))
    assert made.keys() == theirs.keys()
    assert all(made[name].tobytes() == theirs[name].tobytes() for name in made)
    expected = {"checkpoint", "new.ckpt.meta"}
    expected |= {"new.ckpt"} if version == "v1" else {"new.ckpt.index", "new.ckpt.data-00000-of-00001"}
    assert {path.name for path in (tmp_path / "made").iterdir()} == expected
    assert tf.train.latest_checkpoint(str(tmp_path / "made")) == target
    with tf.Session(graph=variables["embedding"].graph) as session:
        session.run([variable.initializer for variable in variables.values()])
        assert session.run(variables["embedding"]).tobytes() == made["embedding"].tobytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("my_lstm_cell/weights", "my_lstm_cell/kernel"),
        ("lstm_cell/weightsfoo", "lstm_cell/kernelfoo"),
        ("a/gru_cell/weights/b/lstm_cell/biases", "a/gru_cell/kernel/b/lstm_cell/biases"),
        ("rnn/gru_cell/weights/gru_cell/weights", "rnn/gru_cell/kernel/gru_cell/kernel"),
        ("a/nas_rnn/recurrent_weights/Adam", "a/nas_rnn/recurrent_kernel/Adam"),
        ("attention_decoder/LSTMCell/W_0", "attention_decoder/lstm_cell/kernel"),
        ("attention_decoder/LSTMCell/W_1", None),
        ("RNN/LSTMCell/W_0", None),
        ("fc/weights", None),
    ],
)
def test_names(old: str, new: str | None, tmp_path: pathlib.Path) -> None:
    """As 1.15 answers, also where it looks no further than letters."""
    variables, renamed = convert_names(written(tmp_path, [old]), str(tmp_path / "new"))
    assert renamed == ({} if new is None else {old: new})
    assert list(checkpoint.describe(str(tmp_path / "new"))) == [new or old] == list(variables)


def test_of_two_that_become_one_the_later_stays(tmp_path: pathlib.Path) -> None:
    prefix = written(tmp_path, ["rnn/gru_cell/kernel", "rnn/gru_cell/weights"])
    variables, renamed = convert_names(prefix, str(tmp_path / "new"))
    assert list(variables) == ["rnn/gru_cell/kernel"]
    assert renamed == {"rnn/gru_cell/weights": "rnn/gru_cell/kernel"}
    assert checkpoint.read(str(tmp_path / "new"))["rnn/gru_cell/kernel"].tolist() == [1, 1]


def test_there_are_56_replacements() -> None:
    assert len(RNN_NAME_REPLACEMENTS) == 56
    assert next(iter(RNN_NAME_REPLACEMENTS)) == "basic_rnn_cell/weights"
    assert list(RNN_NAME_REPLACEMENTS)[-1] == "attention_decoder/Linear/Matrix"


def test_what_cannot_be_read_or_written(tmp_path: pathlib.Path) -> None:
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files for"):
        convert_names(str(tmp_path / "none"), str(tmp_path / "new"))
    with pytest.raises(tf.errors.DataLossError):
        convert_names(__file__, str(tmp_path / "new"))
    with pytest.raises(tf.errors.NotFoundError):
        convert_names(written(tmp_path, ["a"]), str(tmp_path / "no" / "such" / "new"))
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ValueError, match="not a valid"):
        convert_names(written(tmp_path, ["rnn/lstm_cell/weights", "a b"]), str(other / "new"))
    assert list(other.iterdir()) == []


def test_the_command(tmp_path: pathlib.Path) -> None:
    prefix = written(tmp_path, ["rnn/lstm_cell/weights"])
    command: list[Any] = [sys.executable, "-m", "recell.train.checkpoint_convert", prefix, tmp_path / "new"]
    subprocess.run([*command, "--write_v1_checkpoint"], check=True)
    assert (tmp_path / "new").is_file()
    assert list(checkpoint.describe(str(tmp_path / "new"))) == ["rnn/lstm_cell/kernel"]
