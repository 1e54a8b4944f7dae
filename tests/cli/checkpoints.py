"""The commands about checkpoints, run in this process, and checkpoints to run them on."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from click.testing import CliRunner

from recell import checkpoint
from recell.cli.main import commands

FILES = pathlib.Path(__file__).resolve().parents[1] / "checkpoint" / "files"
"""Checkpoints that TensorFlow wrote, a folder each."""


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return [" ".join(line.split()) for line in self.out.splitlines()]


def recell(*arguments: str | pathlib.Path) -> Outcome:
    """Runs a command that returns its exit code. Anything that is raised fails the test."""
    result = CliRunner().invoke(commands, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False)
    return Outcome(result.return_value, result.stdout, result.stderr)


def refused(*arguments: str | pathlib.Path) -> str:
    """The one line with which a command gives up."""
    outcome = recell(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("recell: ")
    assert outcome.err.count("\n") == 1, outcome.err
    return outcome.err.removeprefix("recell: ").rstrip("\n")


def copied(name: str, folder: pathlib.Path) -> pathlib.Path:
    """A checkpoint of TensorFlow's, copied into `folder`; its prefix, or its first file where it is V1 and sharded."""
    for path in (FILES / name).iterdir():
        if path.suffix not in (".npz", ".json"):
            shutil.copyfile(path, folder / path.name)
    return folder / min(path.name.partition(".index")[0].partition(".data-")[0] for path in folder.glob("m*"))


def written(prefix: pathlib.Path, tensors: Mapping[str, Any], format: Any = "v2") -> pathlib.Path:
    """A checkpoint of these arrays."""
    checkpoint.write(prefix, [checkpoint.Entry(name, np.asarray(value)) for name, value in tensors.items()], format)
    return prefix


def flip(path: pathlib.Path, position: int) -> None:
    """Changes one bit of a file."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
