"""From which release a name is, against the names that the releases give: `release_names.json`."""

from __future__ import annotations

import json
import pathlib

import pytest

from recell.checkpoint.rename_table import renamed_in

RELEASES = json.loads((pathlib.Path(__file__).parent / "release_names.json").read_text())


def release(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


@pytest.mark.parametrize("version", RELEASES)
def test_no_release_is_said_to_have_lost_its_own_names(version: str) -> None:
    for names in RELEASES[version].values():
        for name in names:
            found = renamed_in(name)
            assert found is None or release(version) < release(found), name


@pytest.mark.parametrize(("version", "era"), [("0.12.1", "1.0"), ("1.0.1", "1.2"), ("1.1.0", "1.2")])
def test_old_names_are_known_as_such(version: str, era: str) -> None:
    names = [name for program in RELEASES[version].values() for name in program]
    found = [renamed_in(name) for name in names]
    # The others are named alike before and after, or could be a program's own.
    assert found.count(era) > len(names) / 2
    assert era in found


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Model/RNN/multi_rnn_cell/cell_0/basic_lstm_cell/kernel",
            "projection/weights",
            "conv1/biases",
            "attention/b",
        ),
        *("rnn/basic_lstm_cell/kernel/Adam", "global_step", "W", "Matrix"),
    ],
)
def test_names_of_programs_say_nothing(name: str) -> None:
    assert renamed_in(name) is None
