"""Whichever call to the system fails, and however: the old checkpoint is there, or the new one, whole."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Iterator
from types import NoneType
from unittest import mock

import pytest
from tests.checkpoint.situations import SAVINGS, Contents, Saving, contents, entries, keep_two, of_nobody, state_of
from tests.checkpoint.watched import BEARABLE, FAULTS, Fault, Faulty, on_no_disk, watched

from recell import checkpoint
from recell.checkpoint import commit


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def handles() -> int:
    return len(os.listdir("/dev/fd"))


def clear() -> None:
    for name in os.listdir():
        os.unlink(name)


def temporaries() -> list[str]:
    return [name for name in os.listdir() if name.endswith(".tmp")]


def newest(saving: Saving, generation: int) -> Contents | None:
    """What a generation of a situation holds, by saving it elsewhere."""
    with watched(on_no_disk):
        checkpoint.write("elsewhere", entries(generation, saving.shards))
        made = contents("elsewhere")
        checkpoint.remove("elsewhere")
    return made


def attempts(saving: Saving, fault: Fault) -> Iterator[tuple[int, Faulty, BaseException | None, list[str]]]:
    """Saves with the k-th call failing, for each k: k, what was done, what was raised, the folder before."""
    for k in itertools.count(1):
        clear()
        with watched(on_no_disk):
            saving.before("m")
        before = sorted(os.listdir())
        faulty, raised = Faulty(fault, k), None
        with watched(faulty):
            try:
                saving.save("m", 2)
            except (OSError, KeyboardInterrupt, SystemExit) as error:
                raised = error.with_traceback(None)
        if not faulty.fired:
            assert raised is None
            assert k > 1 or fault.calls in (("link",), ("unlink",))
            return
        yield k, faulty, raised, before


def saved_again(saving: Saving, wanted: Contents | None) -> None:
    """The next save works, sweeps, and leaves the usual names."""
    with watched(on_no_disk):
        saving.save("m", 3)
    assert contents(saving.read_from("m")) == wanted
    assert sorted(os.listdir()) == sorted("m" + name for name in saving.names)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("saving", SAVINGS.values(), ids=SAVINGS)
def test_the_old_one_or_the_new_one(saving: Saving, fault: Fault) -> None:
    with watched(on_no_disk):
        saving.before("m")
    prefix = saving.read_from("m")
    # The old one may be of the other format, or of another number of tables: what is read by the old name.
    old, new, later = contents(prefix), newest(saving, 2), newest(saving, 3)
    assert new not in (None, old)
    opened = handles()
    for k, faulty, raised, before in attempts(saving, fault):
        call, ending = saving.moment
        moment = any(done[0] == call and any(name.endswith(ending) for name in done[1:]) for done in faulty.done)
        found = contents(prefix)
        assert found == (new if moment else old), k
        assert moment or raised is not None, k
        if not faulty.kept and isinstance(raised, (OSError, NoneType)):
            left = temporaries()
            if saving.format == "v1" and moment and raised:  # the old index is deleted, but may not be so on disk
                left = [name for name in left if not name.startswith(".m.index.")]
            assert left == [], k
            if not moment and saving.format == "v2":
                assert sorted(os.listdir()) == before, k
        assert handles() == opened, k
        saved_again(saving, later)


@pytest.mark.parametrize("fault", BEARABLE.values(), ids=BEARABLE)
@pytest.mark.parametrize("saving", SAVINGS.values(), ids=SAVINGS)
def test_what_saving_bears(saving: Saving, fault: Fault) -> None:
    new, later = newest(saving, 2), newest(saving, 3)
    for k, _, raised, _ in attempts(saving, fault):
        assert raised is None, k
        assert contents(saving.read_from("m")) == new, k
        assert temporaries() == [], k
        saved_again(saving, later)


def test_without_second_names_no_old_data_stays() -> None:
    fault = BEARABLE["no second names"]
    for step in range(1, 7):
        with watched(Faulty(fault, 1)):
            checkpoint.write("m", entries(step, 3))
        assert len(os.listdir()) == 4, sorted(os.listdir())
        assert contents("m") is not None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_state_file_comes_after_the_checkpoint_and_before_what_goes(fault: Fault) -> None:
    """It names checkpoints that are there, whole; the oldest goes only when the state no longer names it."""
    steps: dict[int, Contents | None] = {}
    for k in itertools.count(1):
        clear()
        with watched(on_no_disk):
            keep_two(1)
            keep_two(2)
            steps[1], steps[2] = contents("m-1"), contents("m-2")
        faulty = Faulty(fault, k)
        raised = None
        with watched(faulty):
            try:
                keep_two(3)
            except (OSError, KeyboardInterrupt, SystemExit) as error:
                raised = error.with_traceback(None)
        if not faulty.fired:
            break
        steps.setdefault(3, newest(SAVINGS["from one file to three"]._replace(shards=2), 3))
        state = checkpoint.read_state("")
        assert state in (state_of(2), state_of(3)), k
        for path in state.all_model_checkpoint_paths:
            assert contents(path) == steps[int(path[2:])], (k, path)
        assert contents("m-1") in (steps[1], None), k
        if raised is None:
            assert state == state_of(3), k
            assert contents("m-1") is None or faulty.kept, k
        elif not faulty.kept and isinstance(raised, (OSError, NoneType)):
            assert temporaries() == [], k
        with watched(on_no_disk):
            keep_two(4)
        assert of_nobody() == [], k


@pytest.mark.parametrize("name", ["again", "again, in three files"])
def test_a_saving_in_place_is_found_out(name: str) -> None:
    """The same test, on a commit that gives the data files the names of the old ones."""
    with (
        mock.patch.object(commit, "_free_count", lambda _, wanted: wanted),
        pytest.raises((AssertionError, checkpoint.CheckpointError)),
    ):
        test_the_old_one_or_the_new_one(SAVINGS[name], FAULTS["input/output error, once"])
