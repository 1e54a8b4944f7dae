"""State files that lie, and such as take long if they are read without care."""

from __future__ import annotations

import os
import pathlib
import time

import pytest
from tests.checkpoint.lies import told_alone

from recell import checkpoint
from recell.checkpoint import UnreadableState


def state_of(folder: pathlib.Path, content: bytes) -> UnreadableState | None:
    """The error that a state file ends in, within a second; None for one that is read."""
    (folder / "checkpoint").write_bytes(content)
    begun, found = time.process_time(), None
    try:
        checkpoint.latest(str(folder))
    except UnreadableState as error:
        found = error
    assert time.process_time() - begun < 1
    assert found is None or str(folder / "checkpoint") in str(found)
    assert len(str(found)) < 1000 + len(str(folder))
    return found


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'model_checkpoint_path: "../m"', "climbs out"),
        (b'model_checkpoint_path: "a/../../m"', "climbs out"),
        (b'model_checkpoint_path: "a\\000b"', "zero byte"),
        (b'model_checkpoint_path: "/a\\x00*/b"', "zero byte"),
        (b'model_checkpoint_path: "m"\nall_model_checkpoint_paths: "/\0"', "zero byte"),
        (bytes(1 << 24), "line 1: expected"),
        (bytes((1 << 24) + 1), "larger than a state file can be"),
        (b"\xff\xfe" + b"m\0" * 40, "expected `name: value`"),
        (b"last_preserved_timestamp: " + b"9" * 100_000 + b"x", "is a number, but"),
        (b"x" * 5_000_000, "line 1: expected"),
        (b"x" * 5_000_000 + b":1", "is no field"),
        (b'model_checkpoint_path: "' + b"x" * 5_000_000, "line 1: expected"),
        (b'model_checkpoint_path: "' + b"\\" * 1_000_001 + b'"', "line 1: expected"),
        (b"model_checkpoint_path: '" + b"/.." * 100_000 + b"'''\"", "line 1: expected"),
        (b'model_checkpoint_path: "x" ' + b'"y" ' * 80_000 + b'"', "line 1: expected"),
        (b"model_checkpoint_path" + b" " * 5_000_000 + b"x", "line 1: expected"),
        (b"model_checkpoint_path" + b"#\n" * 80_000 + b"x", "line 1: expected"),
        (b"model_checkpoint_path:" + b"#\n" * 80_000 + b"x", "is a quoted path"),
        (b"last_preserved_timestamp:1\n" * 40_000 + b"?", "line 40001: expected"),
        (b'model_checkpoint_path: "..' + b"/.." * 1000 + b'"', "climbs out"),
    ],
    ids=told_alone,
)
def test_a_state(tmp_path: pathlib.Path, content: bytes, told: str) -> None:
    error = state_of(tmp_path, content)
    assert error is not None
    assert told in str(error)


def test_a_state_that_makes_nobody_search_the_disk(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(path: str) -> list[str]:
        raise AssertionError(path)

    monkeypatch.setattr("glob.glob", searched)
    assert state_of(tmp_path, b'model_checkpoint_path: "/*/*/*/*/*/*/*"') is None
    assert state_of(tmp_path, b'model_checkpoint_path: "m-?????-of-99999"') is None
    assert state_of(tmp_path, b'model_checkpoint_path: "\\377\\376"') is None


def test_a_state_that_is_no_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "checkpoint"
    path.mkdir()
    with pytest.raises(UnreadableState, match="a folder, where a file belongs"):
        checkpoint.read_state(str(tmp_path))
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(UnreadableState, match="a pipe or a device"):
        checkpoint.read_state(str(tmp_path))
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(UnreadableState, match="a pipe or a device"):
        checkpoint.read_state(str(tmp_path))
