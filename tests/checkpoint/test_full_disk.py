"""A disk that is really full, and files that may not grow: saving says so, and the old checkpoint stays."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell import checkpoint
from recell.checkpoint import Entry

resource = pytest.importorskip("resource")
LARGE = 600_000
"""Bytes of a checkpoint of which the disk holds one, but not two."""


@pytest.fixture
def disk(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The folder of a disk of a megabyte."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("no disk can be mounted here")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


@contextlib.contextmanager
def files_end_at(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def entries(number: int, size: int) -> list[Entry]:
    """Numbers that cannot be compressed, and another generation's are others."""
    values = np.random.default_rng(number).random(size // 8)
    return [Entry("number", np.array(number)), Entry("size", np.array(size)), Entry("values", values)]


def number_in(prefix: str) -> int:
    found = checkpoint.read(prefix)
    number, size = int(found["number"]), int(found["size"])
    np.testing.assert_array_equal(found["values"], entries(number, size)[-1].value)
    return number


@pytest.mark.parametrize("form", ["v2", "v1"])
def test_a_full_disk(disk: pathlib.Path, form: Any) -> None:
    prefix = str(disk / "m")
    checkpoint.write(prefix, entries(1, LARGE), form)
    names = sorted(os.listdir(disk))
    with pytest.raises(OSError, match="No space left on device"):
        checkpoint.write(prefix, entries(2, LARGE), form)
    assert sorted(os.listdir(disk)) == names
    assert number_in(prefix) == 1
    checkpoint.write(prefix, entries(3, 1000), form)
    assert number_in(prefix) == 3
    assert sorted(os.listdir(disk)) == names


@pytest.mark.parametrize("form", ["v2", "v1"])
def test_space_for_so_many_pages(disk: pathlib.Path, form: Any) -> None:
    prefix, ballast = str(disk / "m"), disk / "ballast"
    checkpoint.write(prefix, entries(1, 100_000), form)
    page = os.statvfs(disk).f_bsize
    fitted = []
    for pages in range(2 * 100_000 // page):
        ballast.write_bytes(b"")
        ballast.write_bytes(bytes((os.statvfs(disk).f_bavail - pages) * page))
        held = number_in(prefix)
        with contextlib.suppress(OSError):
            checkpoint.write(prefix, entries(pages + 2, 100_000), form)
            held = pages + 2
            fitted.append(pages)
        assert number_in(prefix) == held
        assert not [name for name in os.listdir(disk) if name.endswith(".tmp")]
    assert fitted == list(range(fitted[0], 2 * 100_000 // page))
    assert 100_000 // page < fitted[0] < 100_000 // page + 4
    assert sorted(os.listdir(disk)) == ["ballast", *(["m.data-00000-of-00001", "m.index"] if form == "v2" else ["m"])]


@pytest.mark.parametrize("version", [tf.train.SaverDef.V2, tf.train.SaverDef.V1])
class TestSaver:
    def test_of_a_full_disk(self, disk: pathlib.Path, version: int) -> None:
        with saving(str(disk), version) as save, pytest.raises(tf.errors.ResourceExhaustedError, match="No space left"):
            save()

    def test_of_files_that_may_not_grow(self, tmp_path: pathlib.Path, version: int) -> None:
        told = pytest.raises(tf.errors.OutOfRangeError, match="File too large")
        with saving(str(tmp_path), version) as save, files_end_at(LARGE), told:
            save()


@contextlib.contextmanager
def saving(folder: str, version: int) -> Iterator[Callable[[], object]]:
    """A second save, of two megabytes, which is to fail: afterwards the first is there, and nothing else."""
    with tf.Graph().as_default(), tf.Session() as sess:
        size = tf.placeholder(tf.int32)
        variable = tf.Variable(tf.zeros([3], tf.float64), validate_shape=False)
        grow = tf.assign(variable, tf.random_uniform([size], dtype=tf.float64), validate_shape=False)
        sess.run(variable.initializer)
        saver = tf.train.Saver(write_version=version)
        first = saver.save(sess, f"{folder}/m", 1)
        names = sorted(os.listdir(folder))
        sess.run(grow, {size: 2_000_000 // 8})
        yield lambda: saver.save(sess, f"{folder}/m", 2)
        assert sorted(os.listdir(folder)) == names
        assert tf.train.latest_checkpoint(folder) == first
        saver.restore(sess, first)
        assert sess.run(variable).tolist() == [0, 0, 0]
