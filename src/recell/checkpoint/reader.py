"""Reading a checkpoint: its table of contents at once, each tensor when it is asked for."""

from __future__ import annotations

import json
import os
import zipfile
from typing import Any, NamedTuple

import numpy as np

from recell.checkpoint import arrays, slices
from recell.checkpoint.errors import MissingCheckpoint, MissingTensor, UnreadableCheckpoint, WrongSlice
from recell.checkpoint.files import INDEX, data_file
from recell.checkpoint.writer import CONTENTS, FORMAT, VERSION

_TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
"""The last eight bytes of TensorFlow's tables: its V1 checkpoints and the indices of its V2 checkpoints."""

_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, KeyError, OSError, TypeError)
"""What reading an archive raises whose bytes are not those that were written."""


class TensorInfo(NamedTuple):
    """What is known of a tensor without reading it. `dtype` is a numpy dtype's name, `bfloat16` or `string`."""

    dtype: str
    shape: tuple[int, ...]


class Reader:
    """A checkpoint opened for reading. One that is replaced meanwhile is read as it was when it was opened.

    Raises MissingCheckpoint when there is none for `prefix`, UnreadableCheckpoint when there is a file that is damaged
    or is one of TensorFlow's own.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = os.fspath(prefix)
        path = data_file(self.prefix)
        if path is None:
            raise MissingCheckpoint(f"There is no checkpoint {self.prefix}: no file {self.prefix}{INDEX}.")
        if os.path.isdir(path):
            raise UnreadableCheckpoint(f"{path} is a folder, not a checkpoint. Did you mean the newest one in it?")
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
            contents = json.loads(self._archive.read(CONTENTS))
            self._tensors: dict[str, Any] = dict(contents["tensors"])
            known = contents["format"], contents["version"]
        except _BROKEN as error:
            raise UnreadableCheckpoint(_diagnosis(path, error)) from error
        if known != (FORMAT, VERSION):
            raise UnreadableCheckpoint(
                f"{path} is of format {known[0]}, version {known[1]}, which this release cannot read."
            )

    def close(self) -> None:
        self._archive.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def tensors(self) -> dict[str, TensorInfo]:
        """Names, dtypes and shapes of all tensors, in the order of their names."""
        return {
            name: TensorInfo(found["dtype"], tuple(found["shape"])) for name, found in sorted(self._tensors.items())
        }

    def __contains__(self, name: object) -> bool:
        return name in self._tensors

    def read(self, name: str, slice_spec: str = "") -> np.ndarray:
        """A tensor's values, or the part of it that `slice_spec` means.

        Raises MissingTensor, WrongSlice for a part of another shape or one that was not saved, UnreadableCheckpoint
        when the data are damaged.
        """
        found = self._tensors.get(name)
        if found is None:
            raise MissingTensor(f"Key {name} not found in checkpoint")
        shape = tuple(found["shape"])
        wanted = slices.whole(shape)
        if slice_spec:
            full, wanted = slices.parse(slice_spec)
            if full != shape:
                raise WrongSlice(
                    f"{name} has shape {list(shape)} in the checkpoint, but a part of {list(full)} is wanted."
                )
        pieces = []
        for part in found["parts"]:
            region = slices.Region(tuple(part["start"]), tuple(part["size"]))
            if region == wanted:
                return self._member(part["member"], found["dtype"], region.size)
            if region.overlap(wanted) is not None:
                pieces.append((region, self._member(part["member"], found["dtype"], region.size)))
        result = slices.assemble(wanted, pieces, arrays.numpy_dtype(found["dtype"]))
        if result is None:
            raise WrongSlice(f"The checkpoint holds only parts of {name}, and not all of what is wanted ({wanted}).")
        return result

    def _member(self, number: int, kind: str, shape: tuple[int, ...]) -> np.ndarray:
        try:
            with self._archive.open(f"{number}.npy") as file:
                array = arrays.load(file, kind, shape)
                file.read()  # to the end, where the checksum is compared
            return array
        except _BROKEN as error:
            raise UnreadableCheckpoint(_diagnosis(self._path, error)) from error


def _diagnosis(path: str, error: Exception) -> str:
    """What is wrong with a file that is no checkpoint of ours, in words."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(_TABLE_MAGIC), 0))
            ending = file.read()
    except OSError as failure:
        return f"{path} cannot be read: {failure.strerror or failure}."
    if ending == _TABLE_MAGIC:
        kind = "V2 format (.index and .data files)" if path.endswith(INDEX) else "V1 format"
        return f"{path} is a checkpoint of TensorFlow itself, in its {kind}, which this release cannot read yet."
    if not size:
        return f"{path} is empty: not a checkpoint, or one whose writing was cut short."
    return f"{path} is damaged, or no checkpoint at all ({type(error).__name__}: {error})."


def describe(prefix: str) -> dict[str, TensorInfo]:
    """Names, dtypes and shapes of what a checkpoint holds. Raises as `Reader` does."""
    with Reader(prefix) as reader:
        return reader.tensors()


def read(prefix: str) -> dict[str, np.ndarray]:
    """All tensors of a checkpoint. Raises as `Reader` does."""
    with Reader(prefix) as reader:
        return {name: reader.read(name) for name in reader.tensors()}
