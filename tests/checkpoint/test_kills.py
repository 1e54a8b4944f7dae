"""A writer that is killed at any moment leaves a whole checkpoint; what it leaves besides is swept.

A few kills of each way to save; `python -m benchmarks.checkpoint_kills` does a thousand.
"""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from benchmarks.checkpoint_kills import TENSORS, Spoilt, inspect, measure, number_of

from recell import checkpoint
from recell.checkpoint import CheckpointState, Entry


@pytest.mark.parametrize(("writer", "kills"), [("v2", 40), ("shards", 40), ("v1", 40), ("recell-steps", 15)])
def test_kills(writer: str, kills: int) -> None:
    found = measure(writer, kills)
    assert found.spoilt == 0, found.reason
    assert found.left == 0
    assert found.within > 0
    assert found.saves >= kills


def save(folder: pathlib.Path, name: str, *numbers: int) -> None:
    entries = [Entry(f"v{index}", np.full(3, number)) for index, number in enumerate(numbers)]
    checkpoint.write(str(folder / name), entries)


class TestWhatIsSpoiltIsFoundOut:
    def test_of_two_saves(self, tmp_path: pathlib.Path) -> None:
        save(tmp_path, "m", *[3] * TENSORS)
        assert number_of(str(tmp_path / "m")) == 3
        save(tmp_path, "m", *[3] * (TENSORS - 1), 4)
        with pytest.raises(Spoilt, match=r"of the saves \[3, 4\]"):
            inspect(str(tmp_path), False, 0)

    def test_the_data_of_another_save(self, tmp_path: pathlib.Path) -> None:
        for name, number in (("m", 3), ("n", 4)):
            save(tmp_path, name, *[number] * TENSORS)
        (tmp_path / "n.data-00000-of-00001").replace(tmp_path / "m.data-00000-of-00001")
        (tmp_path / "n.index").unlink()
        with pytest.raises(Spoilt, match="checksum"):
            inspect(str(tmp_path), False, 0)

    def test_an_older_one(self, tmp_path: pathlib.Path) -> None:
        save(tmp_path, "m", *[3] * TENSORS)
        assert inspect(str(tmp_path), False, 3) == 3
        with pytest.raises(Spoilt, match="save 4 was there already"):
            inspect(str(tmp_path), False, 4)

    def test_a_state_of_what_is_not_there(self, tmp_path: pathlib.Path) -> None:
        save(tmp_path, "m-3", *[3] * TENSORS)
        checkpoint.write_state(str(tmp_path), CheckpointState("m-3", ["m-2", "m-3"]))
        with pytest.raises(Spoilt, match="m-2, which is not there"):
            inspect(str(tmp_path), True, 0)
