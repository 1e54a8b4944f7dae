"""Reading event files, whole and damaged."""

from __future__ import annotations

import pathlib

import pytest

import recell.v1 as tf


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    with tf.summary.FileWriter(tmp_path / "logs") as writer:
        writer.add_summary(tf.Summary(), 1)
    (found,) = (tmp_path / "logs").iterdir()
    return found


def read(path: pathlib.Path) -> list[int]:
    return [event.step for event in tf.train.summary_iterator(str(path))]


def test_whole(path: pathlib.Path) -> None:
    assert read(path) == [0, 1]


def test_an_empty_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert read(tmp_path / "empty") == []


def test_a_file_that_is_not_there(tmp_path: pathlib.Path) -> None:
    iterator = tf.train.summary_iterator(str(tmp_path / "none"))
    with pytest.raises(tf.errors.NotFoundError):
        next(iterator)
    with pytest.raises(tf.errors.FailedPreconditionError):
        read(tmp_path)


def test_a_cut_file(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    iterator = tf.train.summary_iterator(str(path))
    assert next(iterator).file_version == "brain.Event:2"
    with pytest.raises(tf.errors.DataLossError, match="truncated record at 40"):
        next(iterator)


def test_a_damaged_file(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[20] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 12"):
        read(path)


def test_a_file_of_something_else(tmp_path: pathlib.Path) -> None:
    (tmp_path / "text").write_text("not an event file at all, but long enough\n" * 3)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 0"):
        read(tmp_path / "text")
