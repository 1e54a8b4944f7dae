"""Whenever the power goes: what may be on disk is the old checkpoint or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from tests.checkpoint.disk import Disk, content_of_folder, lay
from tests.checkpoint.situations import SAVINGS, Saving, contents, keep_two, state_of
from tests.checkpoint.watched import on_no_disk, watched

from recell import checkpoint
from recell.checkpoint import commit, files, storage


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def states(act: Callable[[], object]) -> Iterator[tuple[bool, dict[str, bytes]]]:
    """Each state that the folder may be in when the power goes during `act`, and after it; whether it is after it."""
    disk = Disk(content_of_folder())
    seen: dict[tuple[tuple[str, bytes], ...], bool] = {}

    def look(after: bool) -> None:
        for state in disk.states():
            seen[tuple(state.items())] = after

    def around(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        result = disk(name, real, *arguments)
        look(False)
        return result

    look(False)
    with watched(around):
        act()
    look(True)
    for state, after in seen.items():
        yield after, dict(state)


def check(saving: Saving) -> int:
    """Goes through all states of a situation; returns how many there are."""
    with watched(on_no_disk):
        saving.before("m")
    prefix = saving.read_from("m")
    old, before = contents(prefix), content_of_folder()
    with watched(on_no_disk):
        saving.save("m", 3)
        later = contents(prefix)
        lay(before)
        saving.save("m", 2)
    new = contents(prefix)
    assert new not in (None, old)
    lay(before)
    count = 0
    for after, state in list(states(lambda: saving.save("m", 2))):
        lay(state)
        found = contents(prefix)
        assert found == new if after else found in (old, new), list(state)
        with watched(on_no_disk):
            saving.save("m", 3)
        assert contents(prefix) == later
        assert sorted(os.listdir()) == sorted("m" + name for name in saving.names), list(state)
        count += 1
    return count


@pytest.mark.parametrize("saving", SAVINGS.values(), ids=SAVINGS)
def test_the_old_one_or_the_new_one(saving: Saving) -> None:
    assert check(saving) > 10


def test_two_are_kept() -> None:
    """The state file names checkpoints that are there, whole; what it does not name is whole, or is not there."""
    with watched(on_no_disk):
        for step in (1, 2):
            keep_two(step)
    before = content_of_folder()
    with watched(on_no_disk):
        keep_two(3)
        wanted = {step: contents(f"m-{step}") for step in (2, 3)}
    lay(before)
    wanted[1] = contents("m-1")
    for after, state in list(states(lambda: keep_two(3))):
        lay(state)
        found = checkpoint.read_state("")
        assert found == state_of(3) if after else found in (state_of(2), state_of(3))
        for path in found.all_model_checkpoint_paths:
            assert contents(path) == wanted[int(path[2:])]
        for step in (1, 3):
            assert contents(f"m-{step}") in (wanted[step], None)


def without_the_content() -> contextlib.AbstractContextManager[Any]:
    return mock.patch.object(storage.NewFile, "sync", storage.NewFile.flush)


def without_the_names() -> contextlib.AbstractContextManager[Any]:
    stack = contextlib.ExitStack()
    for module in commit, files:
        stack.enter_context(mock.patch.object(module, "sync_folder"))
    return stack


@pytest.mark.parametrize(
    ("less", "name"),
    [
        (without_the_content, "again"),
        (without_the_content, "a table again"),
        (without_the_names, "again"),
        (without_the_names, "a table over two files"),
        (without_the_names, "tables over TensorFlow's"),
    ],
)
def test_a_saving_that_synchronises_less_is_found_out(
    less: Callable[[], contextlib.AbstractContextManager[Any]], name: str
) -> None:
    with less(), pytest.raises((AssertionError, checkpoint.CheckpointError)):
        check(SAVINGS[name])
