"""One file in the place of another, for whatever is written beside checkpoints."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import IO, Any

from recell.checkpoint.files import sweep
from recell.checkpoint.storage import NewFile, sync_folder

_BUFFER = 1 << 20


class _Unowned(io.FileIO):
    """The temporary file of a NewFile as a file of Python's, for what writes archives; it stays open."""

    def __init__(self, handle: int) -> None:
        super().__init__(handle, "r+b", closefd=False)

    def write(self, data: Any) -> int:
        return os.write(self.fileno(), data)


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write `path`'s new content to: `path` is the old file until the block ends well, then the new one.

    Also across a kill or a power failure: the content is on disk before the name points to it.
    """
    folder = os.path.dirname(path)
    sweep(folder)
    new = NewFile(path)
    try:
        with io.BufferedWriter(_Unowned(new.handle), _BUFFER) as file:
            yield file
        new.sync()
        new.replace(path)
    except BaseException:
        new.discard()
        raise
    sync_folder(folder)
