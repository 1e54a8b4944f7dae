"""Putting a checkpoint in the place of another of the same prefix, at one moment.

The second format is an index and data files of fixed names, and two files cannot be replaced at one moment. But the
index says of how many data files it knows, and the names of the data files say so too: data under the names of another
count belong to no old index, and the renaming of the new index is the moment. Afterwards the data get the names that
they should have as second names, and an index that knows them by these takes the place of the first.
At every moment, the index that is there and the data files that it names are whole and of one writing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Sequence

from recell.checkpoint.bundle import index_path, shard_path
from recell.checkpoint.files import data_files
from recell.checkpoint.storage import NewFile, locked, sync_folder

MakeIndex = Callable[[int], bytes]
"""The content of the index, for a number of data files."""


def commit_bundle(prefix: str, shards: Sequence[NewFile], make_index: MakeIndex) -> None:
    """Makes `shards`, written whole, and their index the checkpoint `prefix`.

    OSError when that fails: then the old checkpoint is still there, if there was one.
    """
    folder = os.path.dirname(prefix)
    for shard in shards:
        shard.sync()
    with locked(folder):
        count = _free_count(prefix, len(shards))
        placed = _place(prefix, shards, count, make_index)
        # From here on the new checkpoint is there, and what fails leaves it there, under names that are good as well.
        with contextlib.suppress(OSError):
            if count != len(shards):
                placed = _give_usual_names(prefix, placed, make_index)
            for path in data_files(prefix):
                if path not in placed:
                    os.unlink(path)


def commit_legacy(prefix: str, tables: Sequence[NewFile]) -> None:
    """Makes `tables`, written whole, the checkpoint `prefix` of the first format. OSError as `commit_bundle`.

    All tensors are in the first of them: its renaming is the moment.
    """
    folder = os.path.dirname(prefix)
    for table in tables:
        table.sync()
    with locked(folder):
        for table in tables:
            table.replace(table.path)
        sync_folder(folder)
        # Of two checkpoints of one prefix, readers take that of the second format: the old one must not be it.
        for path in [index_path(prefix), *data_files(prefix)]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _free_count(prefix: str, wanted: int) -> int:
    """`wanted`, or the next number of data files under which no name is taken."""
    taken = set(data_files(prefix).values())
    return next(count for count in itertools.count(wanted) if count not in taken)


def _place(prefix: str, shards: Sequence[NewFile], count: int, make_index: MakeIndex) -> list[str]:
    """Gives the data files their names, and then the index its own. Nothing is left of it if it fails before that."""
    folder = os.path.dirname(prefix)
    placed: list[str] = []
    try:
        for number, shard in enumerate(shards):
            path = shard_path(prefix, number, count)
            placed.append(path)
            shard.replace(path)
        sync_folder(folder)
        _replace_index(prefix, make_index(count))
    except BaseException:
        for path in placed:
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise
    sync_folder(folder)
    return placed


def _replace_index(prefix: str, content: bytes) -> None:
    index = NewFile(index_path(prefix))
    try:
        index.write(content)
        index.sync()
        index.replace(index_path(prefix))
    except BaseException:
        index.discard()
        raise


def _give_usual_names(prefix: str, placed: Sequence[str], make_index: MakeIndex) -> list[str]:
    """A second name for each data file, the usual one, and an index that knows them by it.

    OSError on file systems without second names, and whenever something fails: the checkpoint stays as it was.
    """
    folder = os.path.dirname(prefix)
    usual = [shard_path(prefix, number, len(placed)) for number in range(len(placed))]
    for path, name in zip(placed, usual, strict=True):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # of the old checkpoint, or of one that was never finished: no index knows it any more
        os.link(path, name)
    sync_folder(folder)
    _replace_index(prefix, make_index(len(placed)))
    sync_folder(folder)
    return usual
