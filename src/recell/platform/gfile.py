"""`tf.gfile`: files by TensorFlow's names, with its errors (`tf.errors.NotFoundError` and the others)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

from recell.graph import errors
from recell.platform.file_errors import translated_errors
from recell.platform.file_names import matching_names
from recell.platform.text import as_bytes


class GFile:
    """A file, opened when it is first read or written. Text is str, `b` modes give bytes. TF symbol: `tf.gfile.GFile`.

    Args:
        name: its path.
        mode: r, w, a, r+, w+ or a+, with b for bytes. InvalidArgumentError for others.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode.replace("b", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise errors.InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._name = os.fspath(name)
        self._mode = mode
        self._is_bytes = "b" in mode
        self._plain_mode = mode.replace("b", "")
        self._file: Any = None

    @property
    def name(self) -> Any:
        return self._name

    @property
    def mode(self) -> str:
        return self._mode

    def _open(self) -> Any:
        if self._file is None:
            with translated_errors(self._name):
                self._file = open(self._name, self._plain_mode + "b")  # noqa: SIM115 - the program closes it
        return self._file

    def _readable(self) -> Any:
        if self._plain_mode in ("w", "a"):
            raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
        return self._open()

    def _value(self, data: bytes) -> Any:
        return data if self._is_bytes else data.decode("utf-8")

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes of the file (all, if -1), as text unless the mode has b."""
        return self._value(self._readable().read(n))

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        return self._value(self._readable().readline())

    def readlines(self) -> list[Any]:
        return list(self)

    def write(self, file_content: str | bytes) -> None:
        """Writes text (as UTF-8) or bytes."""
        if self._plain_mode == "r":
            raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
        file = self._open()
        with translated_errors(self._name):
            file.write(as_bytes(file_content))

    def size(self) -> int:
        """Length of the file in bytes, as it is on disk."""
        self.flush()
        return Stat(self._name).length

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Goes to byte `offset` (from the start, the present place or the end by `whence`)."""
        where = position if offset is None else offset
        if where is None:
            raise TypeError("seek(): offset argument required")
        self._readable().seek(where, whence)

    def tell(self) -> int:
        """Where in the file we are, in bytes."""
        return self._open().tell()

    def seekable(self) -> bool:
        return True

    def flush(self) -> None:
        if self._file is not None:
            with translated_errors(self._name):
                self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            with translated_errors(self._name):
                self._file.close()
            self._file = None

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *details: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        return next(self)

    def __del__(self) -> None:
        # Programs leave it to the end of the object to close the file, and TensorFlow's wrapper did.
        if getattr(self, "_file", None) is not None:
            self._file.close()


FastGFile = GFile
Open = GFile


class FileStatistics(NamedTuple):
    """What `Stat` tells of a file."""

    length: int
    mtime_nsec: int
    is_directory: bool


def Exists(filename: Any) -> bool:
    """Whether there is a file or folder `filename`."""
    return os.path.exists(filename)


def IsDirectory(dirname: Any) -> bool:
    return os.path.isdir(dirname)


def ListDirectory(dirname: Any) -> list[str]:
    """Names in folder `dirname`, in no order. NotFoundError if there is no such folder."""
    if not os.path.isdir(dirname):
        raise errors.NotFoundError(None, None, f"Could not find directory {os.fspath(dirname)}")
    with translated_errors(dirname):
        return os.listdir(dirname)


def MkDir(dirname: Any) -> None:
    """Makes a folder in an existing one. One that is there already is left as it is."""
    if not os.path.isdir(dirname):
        with translated_errors(dirname):
            os.mkdir(dirname)


def MakeDirs(dirname: Any) -> None:
    """Makes a folder and those above it."""
    with translated_errors(dirname):
        os.makedirs(dirname, exist_ok=True)


def Glob(filename: Any) -> list[str]:
    """Paths that fit a pattern, or any of a list of patterns. NotFoundError when the folder to look in is missing."""
    patterns: Any = [filename] if isinstance(filename, (str, bytes, os.PathLike)) else filename
    return [path for pattern in patterns for path in matching_names(os.fsdecode(pattern))]


def Remove(filename: Any) -> None:
    """Deletes a file. FailedPreconditionError for a folder."""
    with translated_errors(filename):
        if os.path.isdir(filename):
            raise IsADirectoryError(21, "Is a directory")
        os.remove(filename)


def DeleteRecursively(dirname: Any) -> None:
    """Deletes a folder with all that is in it."""
    if not os.path.lexists(dirname):
        raise errors.NotFoundError(None, None, f"{os.fspath(dirname)} not found")
    with translated_errors(dirname):
        if os.path.isdir(dirname):
            shutil.rmtree(dirname)
        else:
            os.remove(dirname)


def _must_be_free(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise errors.AlreadyExistsError(None, None, "file already exists")


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copies a file. AlreadyExistsError if `newpath` is there and `overwrite` is not asked for."""
    _must_be_free(newpath, overwrite)
    with translated_errors(oldpath):
        shutil.copyfile(oldpath, newpath)


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Renames or moves. AlreadyExistsError if `newname` is there and `overwrite` is not asked for."""
    _must_be_free(newname, overwrite)
    with translated_errors(oldname):
        os.replace(oldname, newname)


def Stat(filename: Any) -> FileStatistics:
    """Length in bytes, time of change in nanoseconds, and whether it is a folder."""
    with translated_errors(filename):
        found = os.stat(filename)
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(filename))


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """`(folder, folders in it, files in it)` of `top` and all below: parents first, or last unless `in_order`."""
    for folder, folders, names in os.walk(top, topdown=in_order):
        yield folder, sorted(folders), sorted(names)
