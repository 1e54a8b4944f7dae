"""Other things in the place of a checkpoint's files, and files that change while they are read."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pytest
from tests.checkpoint.damage import put, sample
from tests.checkpoint.lies import fails

from recell import checkpoint
from recell.checkpoint import DamagedCheckpoint, Entry, MissingCheckpoint, NotACheckpoint


def test_other_files(tmp_path: pathlib.Path) -> None:
    """An empty one, a folder, a pipe, a device, each in the place of each file of a checkpoint."""
    prefix = tmp_path / "m"
    files = sample(prefix, "plain v2")
    for suffix, data in [*files.items(), ("", sample(prefix, "plain v1")[""])]:
        if suffix:
            put(prefix, files)
        path = prefix.with_name(f"m{suffix}")
        path.write_bytes(b"")
        fails(prefix, DamagedCheckpoint, "")
        path.unlink()
        path.mkdir()
        fails(prefix, NotACheckpoint, "it is a folder")
        path.rmdir()
        os.mkfifo(path)
        fails(prefix, NotACheckpoint, "it is a pipe or a device")
        path.unlink()
        path.symlink_to("/dev/zero")
        fails(prefix, NotACheckpoint, "it is a pipe or a device")
        path.unlink()
        path.write_bytes(data)
        for written in tmp_path.iterdir():
            written.unlink()


def test_another_checkpoints_data(tmp_path: pathlib.Path) -> None:
    files, others = sample(tmp_path / "m", "plain v2"), sample(tmp_path / "m", "partitioned v2")
    put(tmp_path / "m", {**files, ".data-00000-of-00001": others[".data-00000-of-00001"]})
    fails(tmp_path / "m", DamagedCheckpoint, "the checksum does not agree")
    put(tmp_path / "m", {**files, ".data-00000-of-00001": b"123"})
    fails(tmp_path / "m", DamagedCheckpoint, "was cut short, or is another checkpoint's")


@pytest.mark.parametrize("form", ["v2", "v1"])
@pytest.mark.parametrize("left", [0, 1, 100])
def test_a_file_that_becomes_shorter_while_it_is_open(tmp_path: pathlib.Path, form: str, left: int) -> None:
    big = np.arange(1 << 16, dtype=np.float32)
    checkpoint.write(tmp_path / "m", [Entry("a", big), Entry("b", big)], form)  # type: ignore[arg-type]
    with checkpoint.Reader(tmp_path / "m") as reader:
        for path in tmp_path.iterdir():
            os.truncate(path, left)
        for read in (reader.read, reader.map, reader.check):
            with pytest.raises(DamagedCheckpoint, match="became shorter"):
                read("b")


def test_a_prefix_that_is_no_name(tmp_path: pathlib.Path) -> None:
    for prefix in (f"{tmp_path}/a\0b", f"{tmp_path}/\ud800"):
        with pytest.raises(MissingCheckpoint):
            checkpoint.Reader(prefix)
