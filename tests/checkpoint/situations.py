"""Situations in which something may go wrong: a folder as it was, what is done then, and which call is the moment."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from recell import checkpoint
from recell.checkpoint import CheckpointState, Entry

_BY_TENSORFLOW = pathlib.Path(__file__).parent / "files" / "tensorflow" / "shards_v1"
Contents = dict[str, tuple[str, tuple[int, ...], bytes]]
"""Of a checkpoint: dtype, shape and bytes of each tensor."""


def entries(generation: int, shards: int) -> list[Entry]:
    """Tensors of the same names in every generation, one of another shape each time, and one of another name."""
    values = [np.full((3, 5), generation + index / 10, np.float32) for index in range(4)]
    made = [Entry(f"v{index}", value, "", index % shards) for index, value in enumerate(values)]
    made.append(Entry("grows", np.arange(100 * generation), "", shards - 1))
    made.append(Entry(f"only in {generation}", np.array([b"text", b"\0" * generation], object), "", shards - 1))
    return made


def contents(prefix: str) -> Contents | None:
    """All of a checkpoint, checksums compared; None when there is none."""
    try:
        found = checkpoint.read(prefix)
    except checkpoint.MissingCheckpoint:
        return None
    return {name: (value.dtype.str, value.shape, _bytes(value)) for name, value in found.items()}


def _bytes(value: np.ndarray) -> bytes:
    return repr(value.tolist()).encode() if value.dtype == object else value.tobytes()


class Saving(NamedTuple):
    """A checkpoint of one prefix, and a new one in its place.

    Attributes:
      before: writes the old one to a prefix; nothing if there is none.
      shards, format: of the new one.
      moment: the call and the ending of a name given to it by which the new one becomes the checkpoint.
      names: endings of the files that there are at the end, behind the prefix.
    """

    before: Callable[[str], object]
    shards: int
    format: Any
    moment: tuple[str, str]
    names: Sequence[str]

    def read_from(self, prefix: str) -> str:
        """What to read the checkpoint by."""
        return f"{prefix}-?????-of-{self.shards:05d}" if self.format == "v1" and self.shards > 1 else prefix

    def save(self, prefix: str, generation: int) -> None:
        checkpoint.write(prefix, entries(generation, self.shards), self.format)


def _v2(shards: int) -> Callable[[str], object]:
    return lambda prefix: checkpoint.write(prefix, entries(1, shards))


def _v1(shards: int) -> Callable[[str], object]:
    return lambda prefix: checkpoint.write(prefix, entries(1, shards), "v1")


def _without_links(prefix: str) -> None:
    """A checkpoint whose data file has the name that it gets on a file system without second names."""
    _v2(2)(prefix)
    _unfinished(prefix)
    for path, count in checkpoint.files.data_files(prefix).items():
        if count == 1:
            os.unlink(path)


def _unfinished(prefix: str) -> None:
    """A checkpoint in one file, and beside it data files of writers that were killed before their index was there."""
    _v2(1)(prefix)
    for name in ("00000-of-00002", "00001-of-00002", "00000-of-00003"):
        pathlib.Path(f"{prefix}.data-{name}").write_bytes(b"of nobody")


def _tables_by_tensorflow(prefix: str) -> None:
    """Four tables by TensorFlow, which has spread the tensors over them."""
    for path in _BY_TENSORFLOW.iterdir():
        shutil.copy(path, path.name.replace("model.ckpt", prefix))


_INDEX = ("replace", ".index")


def _data(shards: int) -> list[str]:
    return [".index", *(f".data-{number:05d}-of-{shards:05d}" for number in range(shards))]


def _tables(shards: int) -> list[str]:
    return [f"-{number:05d}-of-{shards:05d}" for number in range(shards)]


def _nothing(prefix: str) -> None: ...


SAVINGS = {
    "the first": Saving(_nothing, 1, "v2", _INDEX, _data(1)),
    "the first, in three files": Saving(_nothing, 3, "v2", _INDEX, _data(3)),
    "again": Saving(_v2(1), 1, "v2", _INDEX, _data(1)),
    "again, in three files": Saving(_v2(3), 3, "v2", _INDEX, _data(3)),
    "from one file to three": Saving(_v2(1), 3, "v2", _INDEX, _data(3)),
    "from three files to one": Saving(_v2(3), 1, "v2", _INDEX, _data(1)),
    "beside files never finished": Saving(_unfinished, 1, "v2", _INDEX, _data(1)),
    "over a table": Saving(_v1(1), 1, "v2", _INDEX, ["", *_data(1)]),
    "the first table": Saving(_nothing, 1, "v1", ("replace", "m"), [""]),
    "a table again": Saving(_v1(1), 1, "v1", ("replace", "m"), [""]),
    "a table over two files": Saving(_v2(2), 1, "v1", ("replace", ".index"), [""]),
    "the first tables": Saving(_nothing, 2, "v1", ("replace", "m-00000-of-00002"), _tables(2)),
    "tables again": Saving(_v1(2), 2, "v1", ("replace", "m-00000-of-00002"), _tables(2)),
    "tables over TensorFlow's": Saving(_tables_by_tensorflow, 4, "v1", ("replace", "m-00000-of-00004"), _tables(4)),
}


def of_nobody() -> list[str]:
    """Files of the folder that no index knows."""
    known = {"checkpoint"}
    for name in os.listdir():
        if name.endswith(".index"):
            with checkpoint.Reader(name.removesuffix(".index")) as reader:
                known.update(reader.paths)
    return sorted({*os.listdir()} - known)


def state_of(step: int) -> CheckpointState:
    return CheckpointState(f"m-{step}", [f"m-{step - 1}", f"m-{step}"])


def keep_two(step: int) -> None:
    """What a Saver does that keeps two checkpoints: the checkpoint, the state file, the oldest one away."""
    checkpoint.write(f"m-{step}", entries(step, 2))
    checkpoint.write_state("", state_of(step))
    checkpoint.remove(f"m-{step - 2}")
