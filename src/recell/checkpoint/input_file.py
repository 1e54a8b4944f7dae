"""Files that are read at any place, whatever lies under their names and whatever happens to them meanwhile."""

from __future__ import annotations

import mmap
import os
import stat
import threading

import numpy as np

from recell.checkpoint.wire import Malformed

_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""A pipe under the name of a checkpoint must not be waited for."""


class InputFile:
    """A file opened for reading at any place, by several threads too.

    Raises OSError as `open` does; Malformed for a pipe or a device, which has no places. Reading raises Malformed for
    what lies behind the end, also when the file became shorter after it was opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        opener = lambda name, flags: os.open(name, flags | _AT_ONCE)  # noqa: E731
        self._file = open(path, "rb", buffering=0, opener=opener)  # noqa: SIM115 - held until close()
        self._lock = threading.Lock()
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            self._file.close()
            raise Malformed("it is a pipe or a device, not a file")
        self.size = status.st_size
        self.identity = status.st_dev, status.st_ino, status.st_mtime_ns

    def close(self) -> None:
        self._file.close()

    def read(self, offset: int, size: int) -> memoryview:
        """`size` bytes, which must lie in the file."""
        data = np.empty(size if self._holds(offset, size) else 0, np.uint8)
        self.read_into(offset, data)
        return data.data

    def read_into(self, offset: int, out: np.ndarray) -> None:
        """Fills `out`, a flat array of bytes."""
        self._holds(offset, out.size)
        filled = 0
        while filled < out.size:  # the system gives two gigabytes at most at once
            count = self._read_some(offset + filled, out[filled:].data)
            if not count:
                raise Malformed("it became shorter while it was read")
            filled += count

    def _read_some(self, offset: int, out: memoryview) -> int | None:
        """Fills the beginning of `out`; gives how many bytes that is. A forked process shares the file's position."""
        if hasattr(os, "preadv"):
            return os.preadv(self._file.fileno(), [out], offset)
        with self._lock:  # Windows, where no process is forked
            self._file.seek(offset)
            return self._file.readinto(out)

    def map(self, offset: int, size: int) -> np.ndarray:
        """The bytes, of which there must be some, as an array that is read from the file where it is looked at."""
        self._holds(offset, size)
        start, handle = offset - offset % mmap.ALLOCATIONGRANULARITY, self._file.fileno()
        try:
            mapped = mmap.mmap(handle, offset - start + size, access=mmap.ACCESS_READ, offset=start)
        except ValueError:
            raise Malformed("it became shorter after it was opened") from None
        return np.frombuffer(mapped, np.uint8, size, offset - start)

    def _holds(self, offset: int, size: int) -> bool:
        if offset + size > self.size:
            raise Malformed(f"{size} bytes at {offset} are wanted, but it has only {self.size}")
        return True
