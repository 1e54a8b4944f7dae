"""Several save under one prefix, and others read meanwhile: everybody sees one save, whole."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest

from recell import checkpoint
from recell.checkpoint import CheckpointState, Entry, bundle, commit, reader

SECONDS = 1.5
TENSORS = 5


def write(prefix: str, number: int, shards: int = 1, form: Any = "v2") -> None:
    entries = [Entry(f"v{index}", np.full(2000 + index, number), "", index % shards) for index in range(TENSORS)]
    checkpoint.write(prefix, entries, form)


def number_in(prefix: str) -> int:
    """Of the save that is read; all of it is of the same."""
    found = checkpoint.read(prefix)
    assert len(found) == TENSORS
    (number,) = {number for value in found.values() for number in value.tolist()}
    return number


_SAVER = """
import select, sys
from tests.checkpoint.test_two_savers import write
from recell import checkpoint
prefix, first, shards, form = sys.argv[1:]
number = int(first)
while not select.select([sys.stdin], [], [], 0)[0]:
    number += 1
    write(prefix, number, int(shards), form)
    checkpoint.write_state("", checkpoint.CheckpointState(prefix, [prefix]))
print(number - int(first))
"""


@contextlib.contextmanager
def saving(prefix: str, ways: list[tuple[int, str]]) -> Iterator[list[int]]:
    """Processes that save under a prefix, each in its way; how often each did is in the list afterwards."""
    settings = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SAVER, prefix, str(1_000_000 * number), str(shards), form],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=settings,
        )
        for number, (shards, form) in enumerate(ways, 1)
    ]
    saved: list[int] = []
    try:
        yield saved
    finally:
        told = [process.communicate(b"\n")[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    saved += map(int, told)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "ways",
    [[(1, "v2"), (1, "v2")], [(1, "v2"), (3, "v2")], [(2, "v2"), (1, "v1")], [(1, "v1"), (1, "v1")]],
    ids=["alike", "of other numbers of files", "of both formats", "of the first format"],
)
def test_two_processes(ways: list[tuple[int, str]]) -> None:
    write("m", 1, *ways[0])
    seen = []
    with saving("m", ways) as saved:
        end = None
        while end is None or time.monotonic() < end:
            seen.append(number_in("m"))
            state = checkpoint.read_state("")
            assert state in (None, CheckpointState("m", ["m"]))
            if end is None and len({number // 1_000_000 for number in seen}) == 3:
                end = time.monotonic() + SECONDS  # both are at work
    assert min(saved) > 5
    assert len(set(seen)) > 5
    write("m", 2, 1, "v2")
    table = ["m"] if any(form == "v1" for _, form in ways) else []
    assert sorted(os.listdir()) == ["checkpoint", *table, "m.data-00000-of-00001", "m.index"]


def run_together(*works: Callable[[], object]) -> None:
    """Runs each in a thread of its own, and raises what one of them raises."""
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_two_threads() -> None:
    write("m", 1)
    end = time.monotonic() + SECONDS
    saved = [0, 0]

    def save(which: int) -> None:
        while time.monotonic() < end:
            saved[which] += 1
            write("m", 1_000_000 * (which + 1) + saved[which], which + 1)
            checkpoint.write_state("", CheckpointState("m", ["m"]))

    def read() -> None:
        while time.monotonic() < end:
            number_in("m")
            assert checkpoint.latest("") in (None, "m")

    run_together(lambda: save(0), lambda: save(1), read)
    assert min(saved) > 5
    write("m", 2)
    assert sorted(os.listdir()) == ["checkpoint", "m.data-00000-of-00001", "m.index"]


@pytest.mark.parametrize("moment", range(4))
def test_a_signal_handler_that_saves_while_its_thread_saves(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told so at once, and does not wait for itself. What it has interrupted goes on."""
    write("m", 1)
    real, left = commit.sync_folder, [moment]

    def sync_folder(folder: str) -> None:
        real(folder)
        if not left[0]:
            with pytest.raises(OSError, match="a signal handler must not save before") as caught:
                write("m", 3)
            assert caught.value.errno == errno.EDEADLK
            assert number_in("m") in (1, 2)
        left[0] -= 1

    monkeypatch.setattr(commit, "sync_folder", sync_folder)
    write("m", 2)
    assert left[0] < 0
    assert number_in("m") == 2
    assert sorted(os.listdir()) == ["m.data-00000-of-00001", "m.index"]


def test_reading_what_is_deleted() -> None:
    """Whoever has opened a checkpoint reads it to the end; whoever comes too late is told that there is none."""
    end = time.monotonic() + SECONDS
    read = late = 0

    def save() -> None:
        for step in itertools.count(1):
            write(f"m-{step}", step, 2)
            checkpoint.write_state("", CheckpointState(f"m-{step}", [f"m-{step}"]))
            checkpoint.remove(f"m-{step - 1}")
            if time.monotonic() > end:
                return

    def follow() -> None:
        nonlocal read, late
        while time.monotonic() < end:
            state = checkpoint.read_state("")
            if state is None:
                continue
            try:
                assert f"m-{number_in(state.model_checkpoint_path)}" == state.model_checkpoint_path
                read += 1
            except checkpoint.MissingCheckpoint:
                late += 1

    run_together(save, follow)
    assert read > late
    assert len(os.listdir()) == 4


@pytest.mark.parametrize("shards", [1, 3])
def test_a_checkpoint_that_is_replaced_while_it_is_opened(shards: int) -> None:
    """Between the opening of the index and of the data files, once and again."""
    write("m", 1, shards)
    real, left = bundle.shard_path, [4, 3, 2]

    def path(prefix: str, shard: int, count: int) -> str:
        if left:
            with mock.patch.object(bundle, "shard_path", real):
                write("m", left.pop(), shards)
        return real(prefix, shard, count)

    with mock.patch.object(bundle, "shard_path", path):
        assert number_in("m") == 4
    assert left == []


def test_a_checkpoint_that_is_deleted_while_it_is_opened() -> None:
    write("m", 1)
    real = bundle.shard_path

    def path(prefix: str, shard: int, count: int) -> str:
        checkpoint.remove("m")
        return real(prefix, shard, count)

    with mock.patch.object(bundle, "shard_path", path), pytest.raises(checkpoint.MissingCheckpoint):
        checkpoint.Reader("m")


def test_tables_that_are_replaced_while_they_are_opened() -> None:
    by_tensorflow = pathlib.Path(__file__).parent / "files" / "tensorflow" / "shards_v1"
    for path in by_tensorflow.iterdir():
        shutil.copy(path, path.name.replace("model.ckpt", "m"))
    real, left = reader._open, [True]

    def opened(path: str) -> Any:
        if path == "m-00002-of-00004" and left:
            left.clear()
            write("m", 7, 4, "v1")
        return real(path)

    with mock.patch.object(reader, "_open", opened):
        assert number_in("m-?????-of-00004") == 7
    assert not left


def test_what_is_replaced_without_end_is_told() -> None:
    write("m", 1)
    real = bundle.shard_path

    def path(prefix: str, shard: int, count: int) -> str:
        with mock.patch.object(bundle, "shard_path", real):
            write("m", 2)
        return real(prefix, shard, count)

    with (
        mock.patch.object(bundle, "shard_path", path),
        pytest.raises(checkpoint.MissingCheckpoint, match="again and again"),
    ):
        checkpoint.Reader("m")
