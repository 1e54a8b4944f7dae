"""The file that says which checkpoint is the newest."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recell import checkpoint
from recell.checkpoint.state import CheckpointState, parse_state


def test_there_and_back(tmp_path: pathlib.Path) -> None:
    state = CheckpointState("/x/m-2", ["/x/m-1", "/x/m-2"], [1.5, 1e9], 3.25)
    checkpoint.write_state(str(tmp_path), state)
    assert checkpoint.read_state(str(tmp_path)) == state
    assert (tmp_path / "checkpoint").read_text() == (
        'model_checkpoint_path: "/x/m-2"\n'
        'all_model_checkpoint_paths: "/x/m-1"\n'
        'all_model_checkpoint_paths: "/x/m-2"\n'
        "all_model_checkpoint_timestamps: 1.5\n"
        "all_model_checkpoint_timestamps: 1000000000.0\n"
        "last_preserved_timestamp: 3.25\n"
    )


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"))))
def test_any_path(paths: list[str]) -> None:
    state = CheckpointState("m", paths)
    assert parse_state(str(state)) == state
    assert str(state).isascii()


def test_paths_are_relative_to_the_folder(tmp_path: pathlib.Path) -> None:
    text = "# by hand\n\nmodel_checkpoint_path : 'm-1'\nall_model_checkpoint_paths: \"sub/m-1\"\n"
    (tmp_path / "mine").write_text(text)
    state = checkpoint.read_state(str(tmp_path), "mine")
    assert state == CheckpointState(str(tmp_path / "m-1"), [str(tmp_path / "sub/m-1")])


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('model_checkpoint_path: "a" all_model_checkpoint_paths: "b"', ("a", ["b"])),
        ('model_checkpoint_path: "a" # not "c"\n#all_model_checkpoint_paths: "b"', ("a", [])),
        (
            'model_checkpoint_path: "a";\nall_model_checkpoint_paths: "b",all_model_checkpoint_paths:"c"',
            ("a", ["b", "c"]),
        ),
        ('model_checkpoint_path: "a" all_model_checkpoint_paths: ["b", # and\n \'c\' "d"]; ', ("a", ["b", "cd"])),
        ('all_model_checkpoint_paths: [] model_checkpoint_path: "a"', ("a", [])),
        ('model_checkpoint_path:\n "a" # and\n \'b#"\'', ('ab#"', [])),
        ('model_checkpoint_path: "a"\r\nall_model_checkpoint_paths: "b;#"\r\n', ("a", ["b;#"])),
    ],
)
def test_edited_by_hand(text: str, paths: tuple[str, list[str]]) -> None:
    state = parse_state(text)
    assert (state.model_checkpoint_path, state.all_model_checkpoint_paths) == paths


def test_a_text_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(checkpoint.UnreadableState, match="line 1"):
        parse_state("model_checkpoint_path " + "# " * 5000 + "\n" + "#" * 5000)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model_checkpoint_path: /x/m", "is a quoted path"),
        ('model_checkpoint_path "/x/m"', "expected `name: value`"),
        ('model_checkpoint_path: "/x/m', "line 1: expected `name: value`"),
        ('model_checkpoint_path: ["/x/m"]', "has one value, but a list"),
        ('all_model_checkpoint_paths: ["a", ]', "expected `name: value`"),
        ('all_model_checkpoint_paths: ["a" "b"', "expected `name: value`"),
        ("all_model_checkpoint_timestamps: [1.5, soon]", "is a number, but 'soon'"),
        ('\ncolour: "red"', "line 2: 'colour' is no field"),
        ("last_preserved_timestamp: soon", "line 1: last_preserved_timestamp is a number, but .soon. was found"),
    ],
)
def test_something_else(tmp_path: pathlib.Path, text: str, told: str) -> None:
    (tmp_path / "checkpoint").write_text(text)
    with pytest.raises(checkpoint.UnreadableState, match=told):
        checkpoint.read_state(str(tmp_path))


CLIMBING = ["../m", "a/../../m", "..", "./../m"]


@pytest.mark.parametrize("path", CLIMBING)
def test_a_newest_checkpoint_out_of_the_folder_is_refused(tmp_path: pathlib.Path, path: str) -> None:
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\nall_model_checkpoint_paths: "m"\n')
    with pytest.raises(checkpoint.UnreadableState, match="climbs out of the folder"):
        checkpoint.read_state(str(tmp_path))


@pytest.mark.parametrize("path", CLIMBING)
def test_older_checkpoints_out_of_the_folder_are_left_out(tmp_path: pathlib.Path, path: str) -> None:
    """TensorFlow writes such a file where one Saver saves to two folders."""
    (tmp_path / "checkpoint").write_text(
        f'model_checkpoint_path: "m-2"\nall_model_checkpoint_paths: "m-1"\nall_model_checkpoint_paths: "{path}"\n'
        'all_model_checkpoint_paths: "m-2"\nall_model_checkpoint_timestamps: 1\nall_model_checkpoint_timestamps: 2\n'
        "all_model_checkpoint_timestamps: 3\n"
    )
    newest, older = str(tmp_path / "m-2"), str(tmp_path / "m-1")
    assert checkpoint.read_state(str(tmp_path)) == CheckpointState(newest, [older, newest], [1, 3])


def test_a_path_that_comes_back_is_none_of_those(tmp_path: pathlib.Path) -> None:
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "a/../m"\n')
    state = checkpoint.read_state(str(tmp_path))
    assert state is not None
    assert state.model_checkpoint_path == str(tmp_path / "a/../m")


def test_the_latest(tmp_path: pathlib.Path) -> None:
    folder = str(tmp_path)
    assert checkpoint.read_state(folder) is None
    assert checkpoint.latest(folder) is None
    checkpoint.write_state(folder, CheckpointState())
    assert checkpoint.latest(folder) is None
    checkpoint.write_state(folder, CheckpointState("m-1", ["m-1"]))
    assert checkpoint.latest(folder) is None
    checkpoint.write(str(tmp_path / "m-1"), [checkpoint.Entry("a", np.zeros(1))])
    assert checkpoint.latest(folder) == str(tmp_path / "m-1")
