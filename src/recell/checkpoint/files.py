"""Which files belong to a checkpoint, and how a file comes into being all at once."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import secrets
import time
from collections.abc import Iterator
from typing import IO

INDEX = ".index"
_DATA = ".data-*-of-*"
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
_ABANDONED = 3600.0
"""Seconds: no checkpoint takes an hour to write."""


def data_file(prefix: str) -> str | None:
    """The file that holds the arrays of `prefix`: `prefix.index`, or `prefix` itself (the place of TF's first format).

    None when there is neither.
    """
    for path in (prefix + INDEX, prefix):
        if os.path.exists(path):
            return path
    return None


def exists(prefix: str) -> bool:
    """Whether there is a checkpoint for `prefix`, which may hold wild cards as for `glob`."""
    return any(bool(glob.glob(pattern)) for pattern in (prefix + INDEX, prefix)) or data_file(prefix) is not None


def files_of(prefix: str, meta_suffix: str = "meta") -> list[str]:
    """All files of the checkpoint, TensorFlow's data files among them."""
    found = [path for path in (prefix, prefix + INDEX, f"{prefix}.{meta_suffix}") if os.path.isfile(path)]
    return found + sorted(glob.glob(glob.escape(prefix) + _DATA))


def remove(prefix: str, meta_suffix: str = "meta") -> None:
    """Deletes the checkpoint's files. The one that makes it exist goes first, so that nobody reads half of it."""
    paths = files_of(prefix, meta_suffix)
    for path in sorted(paths, key=lambda path: not path.endswith(INDEX)):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def modified(prefix: str) -> float | None:
    """When the checkpoint was written, in seconds since 1970; None when there is none."""
    path = data_file(prefix)
    if path is None:
        matches = glob.glob(prefix + INDEX) + glob.glob(prefix)
        path = matches[0] if matches else None
    return None if path is None else os.path.getmtime(path)


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write `path`'s new content to: `path` is the old file until the block ends well, then the new one.

    Also across a kill or a power failure: the content is on disk before the name points to it.
    """
    folder = os.path.dirname(path) or "."
    _remove_abandoned(folder)
    temporary = os.path.join(folder, f".{os.path.basename(path)}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _remove_abandoned(folder: str) -> None:
    """Deletes what killed writers have left in the folder, once it is so old that nobody writes it any more."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    if entry.stat().st_mtime < time.time() - _ABANDONED:
                        os.unlink(entry.path)


def _sync_folder(folder: str) -> None:
    """Makes the new name itself last. Systems that cannot open folders (Windows) do without."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # a file system that has no such notion
    finally:
        os.close(handle)
