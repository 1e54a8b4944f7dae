"""Reading a checkpoint of either format: its table of contents at once, each tensor when it is asked for."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from recell.checkpoint import dtypes, slices
from recell.checkpoint.bundle import Bundle, index_path
from recell.checkpoint.errors import (
    CheckpointError,
    DamagedCheckpoint,
    MissingCheckpoint,
    MissingTensor,
    NotACheckpoint,
    WrongSlice,
)
from recell.checkpoint.files import bundle_of, tables_of
from recell.checkpoint.input_file import InputFile
from recell.checkpoint.legacy import Legacy
from recell.checkpoint.slices import Region
from recell.checkpoint.table import FOOTER, MAGIC
from recell.checkpoint.wire import Malformed

_ATTEMPTS = 20
"""How often opening starts again when the checkpoint is replaced meanwhile."""
_TOLD = 20
"""So many parts of a tensor are told in a message."""
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip archive, such as numpy's .npz",
    b"\x93NUMPY": "an array of numpy's (.npy)",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, such as Keras writes",
    b"\x80\x02": "a Python pickle",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x1f\x8b": "a gzip archive",
}


class TensorInfo(NamedTuple):
    """What is known of a tensor without reading it. `dtype` is numpy's name, `bfloat16`, `string`, `qint8` ..."""

    dtype: str
    shape: tuple[int, ...]


class Reader:
    """A checkpoint opened for reading. One that is replaced meanwhile is read as it was when it was opened.

    Args:
      prefix: of a checkpoint of the second format (`dir/model.ckpt-20` for `dir/model.ckpt-20.index`), else the file of
        one of the first; for a sharded one of the first, the pattern `dir/model.ckpt-20-?????-of-00002`.

    Attributes:
      format: "v2" or "v1".
      paths: the files that are read.

    Raises MissingCheckpoint when there is none for `prefix`; NotACheckpoint, DamagedCheckpoint, MissingShard,
    UnsupportedCheckpoint when there is one that cannot be read; OSError for what may not be opened.
    """

    def __init__(self, prefix: str | os.PathLike[str]) -> None:
        self.prefix = os.fspath(prefix)
        self._held: Bundle | Legacy
        found = _open_bundle(self.prefix)
        if found is not None:
            self._held, self.format = found, "v2"
        else:
            self._held, self.format = _open_legacy(self.prefix), "v1"
        self._infos = {name: TensorInfo(held.dtype, held.shape) for name, held in sorted(self._held.tensors.items())}

    @property
    def paths(self) -> list[str]:
        return self._held.paths

    def close(self) -> None:
        """Closes the files: reading and mapping are a ValueError from then on. What is mapped already stays."""
        self._held.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def tensors(self) -> dict[str, TensorInfo]:
        """Names, dtypes and shapes of all tensors, in the order of their names."""
        return dict(self._infos)

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def read(self, name: str, slice_spec: str = "") -> np.ndarray:
        """A tensor's values, or the part of it that `slice_spec` (`"5 2 3,2:-"`) means; strings as objects, bytes.

        Raises MissingTensor, WrongSlice for a part of another shape or one that was not saved, DamagedCheckpoint
        when the values are not those that were written, UnsupportedCheckpoint for what is no array.
        """
        info = self._info(name)
        wanted = slices.whole(info.shape)
        if slice_spec:
            full, wanted = slices.parse(slice_spec)
            if full != info.shape:
                raise WrongSlice(
                    f"{name} has shape {list(info.shape)} in the checkpoint, but a part of {list(full)} is wanted."
                )
        if wanted in self._held.tensors[name].pieces:
            return self._held.read(name, wanted)
        regions = self._held.in_order(name)
        if not dtypes.is_read(info.dtype):
            return self._held.read(name, regions[0])  # which says so
        fetch: Callable[[Region], np.ndarray] = functools.partial(self._held.read, name)
        if isinstance(self._held, Legacy):
            # Only its values tell how many they are: no memory is asked for by what a shape claims.
            fetch = {region: fetch(region) for region in regions if wanted.overlap(region) is not None}.__getitem__
        result = slices.assemble(wanted, regions, fetch, dtypes.numpy_dtype(info.dtype))
        if result is None:
            told = "; ".join(map(str, regions[:_TOLD])) + ("; ..." if len(regions) > _TOLD else "")
            raise WrongSlice(
                f"The checkpoint holds only parts of {name} ({told}), and not all of what is wanted ({wanted}), or "
                "some of it twice."
            )
        return result

    def map(self, name: str) -> np.ndarray:
        """A tensor's values, read from the file where and when they are looked at; not writable, not checked.

        What does not lie in a file as it is in memory (strings, partitioned tensors, the first format) is read.
        The file must not be shortened while the array lives; a checkpoint that is replaced is no such case.
        Raises as `read`.
        """
        info = self._info(name)
        regions = self.parts(name)
        if isinstance(self._held, Bundle) and regions == [slices.whole(info.shape)]:
            mapped = self._held.map(name, regions[0])
            if mapped is not None:
                return mapped
        values = self.read(name)
        values.flags.writeable = False
        return values

    def stored(self, name: str) -> int:
        """How many bytes the values of a tensor take. Raises MissingTensor."""
        self._info(name)
        return self._held.stored(name)

    def parts(self, name: str) -> list[Region]:
        """The pieces that a tensor is kept in: one that is all of it, if it is not partitioned.

        Raises MissingTensor.
        """
        self._info(name)
        return list(self._held.tensors[name].pieces)

    def check(self, name: str) -> None:
        """Reads a tensor, all its pieces, and throws it away. Raises as `read` does."""
        self._info(name)
        for region in self._held.in_order(name):
            self._held.read(name, region)

    def _info(self, name: str) -> TensorInfo:
        info = self._infos.get(name)
        if info is None:
            raise MissingTensor(f"Key {name} not found in checkpoint")
        return info


def _open_bundle(prefix: str) -> Bundle | None:
    """A checkpoint of the second format, index and data of the same writing; None when there is none."""
    path = index_path(prefix)
    for attempt in range(_ATTEMPTS):
        index = _open(path)
        if index is None:
            return None
        try:
            bundle = Bundle(prefix, index)
        except BaseException as error:
            index.close()
            if isinstance(error, CheckpointError) and attempt + 1 < _ATTEMPTS and _replaced(index):
                continue
            raise
        if not _replaced(index):
            return bundle
        bundle.close()
    raise MissingCheckpoint(f"{path} is being replaced again and again: it cannot be opened.")


def _replaced(index: InputFile) -> bool:
    """Whether the index is another one than was opened: the data files may then be those of the new one."""
    try:
        status = os.stat(index.path)
    except OSError:
        return True
    return (status.st_dev, status.st_ino, status.st_mtime_ns) != index.identity


def _open_legacy(prefix: str) -> Legacy:
    whole = bundle_of(prefix)
    if whole is not None:
        raise NotACheckpoint(prefix, f"it is one file of the checkpoint {whole}: give that name")
    for attempt in range(_ATTEMPTS):
        files: list[InputFile] = []
        try:
            legacy = Legacy(_open_tables(prefix, files))
        except BaseException as error:
            for file in files:
                file.close()
            if isinstance(error, CheckpointError) and attempt + 1 < _ATTEMPTS and any(map(_replaced, files)):
                continue
            raise
        if len(files) == 1 or not any(map(_replaced, files)):
            return legacy
        legacy.close()
    raise MissingCheckpoint(f"{prefix} is being replaced again and again: it cannot be opened.")


def _open_tables(prefix: str, files: list[InputFile]) -> Iterator[InputFile]:
    """Opens the tables of a checkpoint of the first format one by one, adding them to `files` too."""
    for path in tables_of(prefix):
        file = _open(path)
        if file is None:
            raise MissingCheckpoint(f"There is no checkpoint {prefix}: neither a file {prefix}.index nor {path}.")
        files.append(file)
        yield file


def _open(path: str) -> InputFile | None:
    """A file that should be a table; None when it is not there, NotACheckpoint when it is known as another kind."""
    try:
        file = InputFile(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last for what can be no name, as with a zero byte
        return None
    except IsADirectoryError:
        raise NotACheckpoint(path, "it is a folder. Did you mean the newest checkpoint in it?") from None
    except Malformed as error:
        raise NotACheckpoint(path, str(error)) from None
    try:
        kind = _other_kind(file)
    except BaseException as error:
        file.close()
        if isinstance(error, Malformed):
            raise DamagedCheckpoint(path, str(error)) from None
        raise
    if kind is not None:
        file.close()
        raise NotACheckpoint(path, f"it is {kind}, not a checkpoint of TensorFlow 1")
    return file


def _other_kind(file: InputFile) -> str | None:
    """What a file is that ends otherwise than a table; None for one that may be one, or that is not known."""
    if file.size < FOOTER or bytes(file.read(file.size - len(MAGIC), len(MAGIC))) == MAGIC:
        return None
    begin = bytes(file.read(0, 8))
    return next((told for mark, told in _OTHER_KINDS.items() if begin.startswith(mark)), None)


def describe(prefix: str | os.PathLike[str]) -> dict[str, TensorInfo]:
    """Names, dtypes and shapes of what a checkpoint holds. Raises as `Reader` does."""
    with Reader(prefix) as reader:
        return reader.tensors()


def read(prefix: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """All tensors of a checkpoint. Raises as `Reader` and `Reader.read` do."""
    with Reader(prefix) as reader:
        return {name: reader.read(name) for name in reader.tensors()}
