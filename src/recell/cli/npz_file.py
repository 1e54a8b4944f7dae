"""Archives of numpy's (`.npz`) that hold a checkpoint's tensors, a member each, readable by `numpy.load`.

What numpy lacks is kept in a form that it has: bfloat16 as float32 of the same values, with a comment on the member,
strings as bytes of one length, quantised numbers as records of one field. What was written so is read back as it was.
"""

from __future__ import annotations

import contextlib
import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

import numpy as np

from recell.checkpoint import (
    DamagedCheckpoint,
    NotACheckpoint,
    Region,
    TensorInfo,
    UnsupportedCheckpoint,
    dtypes,
    replacing,
)
from recell.cli.reports import is_text

SUFFIX = ".npz"
_MEMBER = ".npy"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all members: the same values make the same file."""
_CHUNK = 1 << 20
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError),
    *(SyntaxError, tokenize.TokenError),
)
"""What `zipfile` and `numpy` raise for bytes that are no archive of arrays."""


class _Member(NamedTuple):
    info: TensorInfo
    entry: zipfile.ZipInfo
    size: int


class NpzFile:
    """An archive opened for reading, as `checkpoint.Reader` is.

    Raises OSError when it cannot be opened, NotACheckpoint or DamagedCheckpoint for what is no archive of arrays,
    UnsupportedCheckpoint for arrays of Python objects, dates and the like. Nothing is ever unpickled.
    """

    format = "npz"

    def __init__(self, path: str) -> None:
        self.prefix, self.paths = path, [path]
        with self._damage_told(None):
            self._archive = zipfile.ZipFile(path)
        try:
            self._members = self._all_members()
        except BaseException:
            self._archive.close()
            raise

    def _all_members(self) -> dict[str, _Member]:
        members: dict[str, _Member] = {}
        for entry in self._archive.infolist():
            name = entry.filename.removesuffix(_MEMBER)
            if name == entry.filename or name in members:
                reason = "twice" if name in members else "which is no array"
                raise DamagedCheckpoint(self.prefix, f"it holds {entry.filename!r} {reason}.")
            with self._damage_told(name):
                members[name] = self._member(name, entry)
        return members

    def _member(self, name: str, entry: zipfile.ZipInfo) -> _Member:
        with self._archive.open(entry) as file:
            shape, dtype = _header(file)
            stored = entry.file_size - file.tell()
        native = dtype.newbyteorder("=")
        try:
            if dtype.hasobject:
                raise TypeError("numpy pickles objects, and nothing is unpickled here.")
            kind = dtypes.dtype_name(np.empty(0, native))
        except TypeError as error:
            raise UnsupportedCheckpoint(self.prefix, str(error), name) from None
        # Before anything is allocated for it.
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != stored:
            raise ValueError(f"{stored} bytes are there for {dtype} {list(shape)}")
        if native == np.float32 and entry.comment == dtypes.BFLOAT16.encode():
            kind = dtypes.BFLOAT16
        return _Member(TensorInfo(kind, shape), entry, stored)

    @contextlib.contextmanager
    def _damage_told(self, name: str | None) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            kind = NotACheckpoint if name is None else DamagedCheckpoint
            raise kind(self.prefix, f"cannot be read: {str(error) or type(error).__name__}.", name) from error

    def __enter__(self) -> NpzFile:
        return self

    def __exit__(self, *details: object) -> None:
        self._archive.close()

    def tensors(self) -> dict[str, TensorInfo]:
        return {name: member.info for name, member in sorted(self._members.items())}

    def read(self, name: str) -> np.ndarray:
        """The array of `name`. Raises DamagedCheckpoint when its checksum does not fit."""
        member = self._members[name]
        with self._damage_told(name), self._archive.open(member.entry) as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
            file.read()  # to the end, where the checksum is compared
            return _from_numpy(array, member.info.dtype)

    map = read

    def stored(self, name: str) -> int:
        return self._members[name].size

    def parts(self, name: str) -> list[Region]:
        shape = self._members[name].info.shape
        return [Region((0,) * len(shape), shape)]

    def check(self, name: str) -> None:
        """Compares a member's checksum. Raises DamagedCheckpoint."""
        with self._damage_told(name), self._archive.open(self._members[name].entry) as file:
            while file.read(_CHUNK):
                pass


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of the array that begins here."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"arrays of numpy's format {'.'.join(map(str, version))} are not known")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype


def _from_numpy(array: np.ndarray, kind: str) -> np.ndarray:
    if kind == dtypes.STRING:
        texts = np.empty(array.size, object)
        texts[:] = dtypes.as_strings(array)
        return texts.reshape(array.shape)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if kind == dtypes.BFLOAT16:
        import ml_dtypes

        # By their bits: a conversion would change what a NaN carries.
        bits = np.asarray(native.view(np.uint32) >> 16).astype(np.uint16)
        return bits.view(ml_dtypes.bfloat16)
    return native


def why_not(name: str, strings: np.ndarray | None = None) -> str | None:
    """Why an archive has no place for a tensor of this name, and of these values where they are strings; else None."""
    # `zipfile` cuts names at a zero byte, and changes what another system takes for a separator.
    if not is_text(name) or "\0" in name or (os.sep != "/" and os.sep in name):
        return "its name"
    if strings is not None and any(text.endswith(b"\0") for text in dtypes.as_strings(strings)):
        return "strings that end in zero bytes, which numpy cuts off"
    return None


def write(path: str, arrays: Iterable[tuple[str, np.ndarray]], step: Callable[[str], None]) -> list[str]:
    """Writes tensors to the archive `path`, one at a time, all at once in the end.

    Args:
      path: where to. An older file is there, whole, until the new one is.
      arrays: names and values for which `why_not` has nothing to say, each asked for when the one before is written.
      step: called with each name that was written.

    Returns a sentence for each dtype that is kept in another form. Raises OSError when it cannot be written.
    """
    notes: dict[str, str] = {}
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays:
            entry = zipfile.ZipInfo(name + _MEMBER, _EPOCH)
            plain = _to_numpy(array)
            if array.dtype.name == dtypes.BFLOAT16:
                entry.comment = dtypes.BFLOAT16.encode()
                notes[dtypes.BFLOAT16] = "bfloat16 is kept as float32, value for value, and becomes bfloat16 again."
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, plain, allow_pickle=False)
            step(name)
    return list(notes.values())


def _to_numpy(array: np.ndarray) -> np.ndarray:
    if array.dtype == object:
        return np.array(dtypes.as_strings(array), np.bytes_).reshape(array.shape)
    if array.dtype.name == dtypes.BFLOAT16:
        return np.asarray(array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.asarray(array, order="C")
