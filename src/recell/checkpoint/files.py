"""Which files belong to a checkpoint: of either format, sharded or not."""

from __future__ import annotations

import contextlib
import functools
import glob
import os
import re

from recell.checkpoint import storage
from recell.checkpoint.bundle import index_path
from recell.checkpoint.storage import locked, sync_folder, temporary_name

_DATA = re.compile(r"\.data-\d{5,}-of-(\d{5,})")
_BUNDLE_FILE = re.compile(r"(.*)\.(?:index|meta|data-\d{5,}-of-\d{5,})", re.DOTALL)
SHARDS = "-?????-of-"
"""What stands for the numbers of files in the name of a sharded checkpoint of the first format."""
_MOST_TABLES = 10_000
"""More shards than that nobody has written: a count beyond it is not believed."""


def tables_of(prefix: str) -> list[str]:
    """The tables of a checkpoint of the first format: the file itself, or all that a pattern of shards means."""
    stem, mark, count = prefix.rpartition(SHARDS)
    if mark and re.fullmatch(r"[0-9]{5,9}", count) and 0 < int(count) <= _MOST_TABLES:
        return [f"{stem}-{number:05d}-of-{count}" for number in range(int(count))]
    return [prefix]


def bundle_of(path: str) -> str | None:
    """The prefix of the checkpoint of the second format that a file belongs to; None for another file."""
    match = _BUNDLE_FILE.fullmatch(path)
    return match[1] if match is not None and os.path.isfile(index_path(match[1])) else None


def exists(prefix: str) -> bool:
    """Whether there is a checkpoint for `prefix`, which may hold wild cards as for `glob`."""
    return is_there(prefix) or any(glob.glob(pattern) for pattern in (index_path(prefix), prefix))


def is_there(prefix: str) -> bool:
    """Whether there is a checkpoint of this very prefix. Unlike with wild cards, nobody can make it search a disk."""
    return bool(_found(prefix))


def modified(prefix: str) -> float | None:
    """When the checkpoint was written, in seconds since 1970; None when there is none."""
    paths = _found(prefix) or glob.glob(index_path(prefix)) or glob.glob(prefix)
    with contextlib.suppress(FileNotFoundError):
        return os.path.getmtime(paths[0]) if paths else None
    return None


def _found(prefix: str) -> list[str]:
    """The file that makes the checkpoint exist, by its exact name: the index, or the first table."""
    return [path for path in (index_path(prefix), tables_of(prefix)[0]) if os.path.exists(path)][:1]


def data_files(prefix: str) -> dict[str, int]:
    """The data files of the second format that are there, and of how many each says that it is one.

    OSError for a folder that cannot be listed: who took that for an empty one would write over files that are needed.
    """
    folder, stem = os.path.split(prefix)
    found = {}
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder or ".") as entries:
        for entry in entries:
            rest = entry.name[len(stem) :]
            match = _DATA.fullmatch(rest) if entry.name.startswith(stem) else None
            if match is not None:
                found[prefix + rest] = int(match[1])
    return found


def files_of(prefix: str, meta_suffix: str = "meta") -> list[str]:
    """All files of the checkpoint, the one that makes it exist first, and the meta graph beside it last.

    Beside an index, a file that is called `prefix` itself is no part of the checkpoint.
    """
    tables = tables_of(prefix)
    stem = prefix if tables == [prefix] else prefix.rpartition(SHARDS)[0]
    index = index_path(prefix)
    paths = [index] if os.path.isfile(index) else tables
    return [path for path in [*paths, *sorted(data_files(prefix)), f"{stem}.{meta_suffix}"] if os.path.isfile(path)]


def remove(prefix: str, meta_suffix: str = "meta", written: float | None = None) -> None:
    """Deletes the checkpoint's files. The one that makes it exist goes first, so that nobody reads half of it.

    Args:
      meta_suffix: of the meta graph beside it.
      written: when the checkpoint was written that is meant, as `modified` says: one that has since been written anew
        stays. None for whichever is there.
    """
    with locked(os.path.dirname(prefix)):
        paths = files_of(prefix, meta_suffix)
        if paths and written in (None, modified(prefix)):
            delete(*paths)


def delete(first: str, *others: str) -> None:
    """Deletes the file that makes a checkpoint exist, and then the others, after a power failure too in this order.

    Until all are gone, the first has a temporary name: what a killed process leaves of the others is swept with it.
    """
    mark = temporary_name(first)
    with contextlib.suppress(FileNotFoundError):
        os.replace(first, mark)
        sync_folder(os.path.dirname(first))
    for path in (*others, mark):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def sweep(folder: str) -> None:
    """Deletes what killed processes have left in a folder: temporary files, and data files that no index knows."""
    storage.sweep(folder, functools.partial(_delete_data, folder))


def _delete_data(folder: str, name: str) -> None:
    """Deletes the data files whose index, called `name`, was not yet there, or no more, if there is none now."""
    prefix = os.path.join(folder, name.removesuffix(".index"))
    if index_path(prefix) != os.path.join(folder, name):
        return
    with locked(folder):
        try:
            os.lstat(index_path(prefix))
        except FileNotFoundError:
            for path in data_files(prefix):
                os.unlink(path)
