"""Saving where the system is another: without locks, without names for open files, with disks that hold back."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recell import checkpoint
from recell.checkpoint import Entry, storage, whole_file


def write(prefix: str, number: int, shards: int = 1, form: Any = "v2") -> None:
    checkpoint.write(prefix, [Entry(f"v{shard}", np.full(4, number), "", shard) for shard in range(shards)], form)


def numbers(prefix: str) -> set[int]:
    return {number for value in checkpoint.read(prefix).values() for number in value.tolist()}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class _Windows:
    """The `os` module where an open file has its name for good, and folders cannot be opened."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "is a folder", path)
        handle = os.open(path, flags, mode)
        self._names[handle] = os.path.abspath(path)
        return handle

    def close(self, handle: int) -> None:
        del self._names[handle]
        os.close(handle)

    def unlink(self, path: str) -> None:
        self._free(path)
        os.unlink(path)

    def replace(self, old: str, new: str) -> None:
        self._free(old)
        self._free(new)
        os.replace(old, new)

    def _free(self, path: str) -> None:
        if os.path.abspath(path) in self._names.values():
            raise PermissionError(errno.EACCES, "somebody has it open", path)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "fcntl", None)
    system = _Windows()
    for module in storage, checkpoint.commit, checkpoint.files, whole_file:
        monkeypatch.setattr(module, "os", system)


@pytest.mark.usefixtures("windows")
class TestWindows:
    @pytest.mark.parametrize("form", ["v2", "v1"])
    def test_saving_and_deleting(self, form: str) -> None:
        for number in range(4):
            write("m", number, 1, form)
            assert numbers("m") == {number}
            checkpoint.write_state("", checkpoint.CheckpointState("m", ["m"]))
        names = ["m"] if form == "v1" else ["m.data-00000-of-00001", "m.index"]
        assert sorted(os.listdir()) == ["checkpoint", *names]
        assert checkpoint.latest("") == "m"
        checkpoint.remove("m")
        assert os.listdir() == ["checkpoint"]

    def test_what_fails_leaves_nothing(self) -> None:
        write("m", 1)
        with pytest.raises(checkpoint.UnwritableCheckpoint, match="given twice"):
            checkpoint.write("m", [Entry("a", np.zeros(1)), Entry("a", np.zeros(1))])
        assert numbers("m") == {1}
        assert sorted(os.listdir()) == ["m.data-00000-of-00001", "m.index"]

    def test_old_temporary_files_are_swept(self) -> None:
        for name, age in ((".m.index.00000001.tmp", 4000), (".m.index.00000002.tmp", 60)):
            pathlib.Path(name).write_text("half")
            os.utime(name, (time.time() - age,) * 2)
        write("n", 1)
        assert sorted(os.listdir()) == [".m.index.00000002.tmp", "n.data-00000-of-00001", "n.index"]


def test_a_disk_that_holds_back_is_told_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS `fsync` does not reach the disk, and another call does; not every disk knows it."""
    told: list[int] = []

    def control(handle: int, command: int) -> None:
        assert command == 51
        told.append(os.fstat(handle).st_mode)
        raise OSError(errno.ENOTTY, "no such call")

    names = {name: getattr(fcntl, name) for name in ("flock", "LOCK_EX", "LOCK_NB", "LOCK_UN")}
    monkeypatch.setattr(storage, "fcntl", SimpleNamespace(fcntl=control, F_FULLFSYNC=51, **names))
    write("m", 1)
    assert len(told) == 4  # data, their name, index, its name
    assert numbers("m") == {1}


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser lists every folder")
def test_a_folder_that_cannot_be_listed(tmp_path: pathlib.Path) -> None:
    """Who took it for an empty one would write over data that the old index knows."""
    write("m", 1)
    tmp_path.chmod(0o300)
    try:
        with pytest.raises(PermissionError):
            write("m", 2)
        assert numbers("m") == {1}
    finally:
        tmp_path.chmod(0o700)


def test_a_writer_whose_temporary_file_is_swept_makes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may see the file when it is not yet held."""
    real, left = storage._lock, [2]

    def lock(handle: int) -> bool | None:
        if left[0]:
            left[0] -= 1
            for name in os.listdir():
                os.unlink(name)
        return real(handle)

    monkeypatch.setattr(storage, "_lock", lock)
    write("m", 1)
    assert left == [0]
    assert numbers("m") == {1}
    assert sorted(os.listdir()) == ["m.data-00000-of-00001", "m.index"]
