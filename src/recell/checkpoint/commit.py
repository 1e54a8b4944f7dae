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
from recell.checkpoint.files import data_files, delete
from recell.checkpoint.storage import NewFile, locked, sync_folder

MakeIndex = Callable[[int], bytes]
"""The content of the index, for a number of data files."""


def commit_bundle(prefix: str, shards: Sequence[NewFile], make_index: MakeIndex) -> None:
    """Makes `shards`, written whole, and their index the checkpoint `prefix`.

    OSError when that fails: the old checkpoint is still there, if there was one, or the new one is there, whole, but
    may be lost in a power failure.
    """
    for shard in shards:
        shard.sync()
    with locked(os.path.dirname(prefix)):
        count = _free_count(prefix, len(shards))
        names = [shard_path(prefix, number, count) for number in range(len(shards))]

        def give_names() -> None:
            for shard, name in zip(shards, names, strict=True):
                shard.replace(name)

        _replace_index(prefix, make_index(count), names, give_names)
        # From here on the new checkpoint is there, and what fails leaves it there, under names that are good as well.
        with contextlib.suppress(OSError):
            if count != len(shards):
                names = _give_usual_names(prefix, names, make_index)
            for path in data_files(prefix):
                if path not in names:
                    os.unlink(path)


def commit_legacy(prefix: str, tables: Sequence[NewFile]) -> None:
    """Makes `tables`, written whole, the checkpoint `prefix` of the first format. OSError as `commit_bundle`.

    All tensors are in the first of them: its renaming is the moment. Where there is an old checkpoint of the second
    format, which readers take before one of the first, the moment is when its index goes.
    """
    folder = os.path.dirname(prefix)
    for table in tables:
        table.sync()
    with locked(folder):
        of_the_second = [index_path(prefix), *data_files(prefix)]
        first, *others = tables
        first.replace(first.path)
        sync_folder(folder)  # tensors of the old checkpoint may be in the other tables
        for table in others:
            table.replace(table.path)
        if others:
            sync_folder(folder)
            return  # known by its pattern, of which there are none of the second format
        delete(*of_the_second)


def _free_count(prefix: str, wanted: int) -> int:
    """`wanted`, or the next number of data files under which no name is taken."""
    taken = set(data_files(prefix).values())
    return next(count for count in itertools.count(wanted) if count not in taken)


def _replace_index(prefix: str, content: bytes, names: Sequence[str], give_names: Callable[[], None]) -> None:
    """Lets the data files have their `names`, and then makes `content` the index, which is the moment.

    What fails before it takes the names away again. OSError also when the new index is there, but may not last.
    """
    folder = os.path.dirname(prefix)
    index = NewFile(index_path(prefix))
    try:
        index.write(content)
        index.sync()
        give_names()
        sync_folder(folder)
        index.replace(index.path)
    except BaseException:
        _undo(index, names)
        raise
    sync_folder(folder)


def _undo(index: NewFile, names: Sequence[str]) -> None:
    """Takes the names of data files away again; what cannot be now, is when the index' temporary file is swept."""
    try:
        if index.is_temporary():  # an interrupt may come between the renaming and what is told of it
            with contextlib.suppress(OSError):
                for name in names:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name)
                index.discard()
    finally:
        with contextlib.suppress(OSError):
            index.close()


def _give_usual_names(prefix: str, placed: Sequence[str], make_index: MakeIndex) -> list[str]:
    """Gives each data file a second name, the usual one, and makes an index that knows them by it the checkpoint's.

    Returns the names that are needed then: the usual ones; or, when that fails, as on file systems without second
    names, both, as the index may know either.
    """
    usual = [shard_path(prefix, number, len(placed)) for number in range(len(placed))]

    def give_names() -> None:
        for name in usual:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)  # of the old checkpoint, or of one never finished: no index knows it any more
        for path, name in zip(placed, usual, strict=True):
            os.link(path, name)

    try:
        _replace_index(prefix, make_index(len(placed)), usual, give_names)
    except OSError:
        return [*placed, *usual]
    return usual
