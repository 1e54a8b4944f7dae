"""Files as a checkpoint needs them: made so that they are there whole or not at all.

All that changes a folder goes through the few functions of the `os` module that are used here, so that tests can make
each call fail, or the power go.

What is promised rests on the file system: renaming replaces a file at one moment, `fsync` means it, and `flock` locks.
Without locks (Windows, some network file systems) two savers of one prefix at the same time may spoil each other's
work, and what killed writers left is swept after an hour. On Windows also a file that somebody reads cannot be
replaced: saving then raises PermissionError and the old checkpoint stays; and folders cannot be synchronised, so that
after a power failure a checkpoint may be missing whose saving had ended.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp", re.DOTALL)
_ABANDONED = 3600.0
"""Seconds after which a temporary file is nobody's any more, where the system cannot tell whether it is held."""
_BUFFER = 1 << 16
_STRIDE = 1 << 23
"""Bytes after which the disk is set to work on them: at the end there is little left to wait for."""


class NewFile:
    """A file that is written under a temporary name, beside the name that it is for.

    The name is held as long as the writer lives: what a killed one leaves is known by nobody holding it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._started = 0
        while True:
            self.temporary = temporary_name(path)
            self._handle: int | None = os.open(self.temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | _BINARY, 0o666)
            try:
                if _lock(self._handle) is not False and self.is_temporary():
                    return
            except BaseException:
                self.discard()
                raise
            self.discard()  # somebody sweeps the folder, and saw it between its making and its being held

    def write(self, data: bytes | np.ndarray) -> None:
        """Appends bytes, or a flat array of them."""
        view = memoryview(data) if isinstance(data, bytes) else data.data
        self.size += len(view)
        if len(view) + self._buffered < _BUFFER:
            self._buffer.append(bytes(view))
            self._buffered += len(view)
            return
        self.flush()
        self._write(view)

    def flush(self) -> None:
        """Hands on to the system what was written."""
        data, self._buffer, self._buffered = b"".join(self._buffer), [], 0
        self._write(memoryview(data))

    @property
    def handle(self) -> int:
        """Of the open file. ValueError when it is closed."""
        if self._handle is None:
            raise ValueError(f"{self.temporary} is closed.")
        return self._handle

    def _write(self, view: memoryview) -> None:
        while view:
            view = view[os.write(self.handle, view) :]
        written = self.size - self._buffered
        if written - self._started >= _STRIDE and hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                # Linux takes this as the order to write what is not on disk yet; only what is leaves the memory.
                os.posix_fadvise(self.handle, self._started, written - self._started, os.POSIX_FADV_DONTNEED)
            self._started = written

    def sync(self) -> None:
        """What was written is on disk when this returns."""
        self.flush()
        _to_disk(self.handle)

    def replace(self, path: str) -> None:
        """Gives the file, which is on disk, its name, in the place of the file that has it."""
        if fcntl is None:
            self.close()  # Windows gives no open file another name
        os.replace(self.temporary, path)
        with contextlib.suppress(OSError):  # nothing is left to be written
            self.close()

    def is_temporary(self) -> bool:
        """Whether it has not got its name yet; that is certain also when `replace` was interrupted."""
        return os.path.lexists(self.temporary)

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def discard(self) -> None:
        """Takes the temporary file away, if it still is one."""
        with contextlib.suppress(OSError):
            self.close()
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


_BINARY = getattr(os, "O_BINARY", 0)


def _lock(handle: int) -> bool | None:
    """Whether the file is held by us from now on: False while another holds it, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has none
        return None
    return True


def _to_disk(handle: int) -> None:
    os.fsync(handle)
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if fcntl is not None and full is not None:  # on macOS the disk may hold in its cache what fsync gave it
        with contextlib.suppress(OSError):  # a disk elsewhere, which has no such notion
            fcntl.fcntl(handle, full)


_BUSY: set[tuple[int, int, str]] = set()
"""Who is in `locked`: process (as a forked one has what its parent had here), thread, and the folder."""


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Only one process, and one thread of it, is in this block for a folder; it waits for another to be done.

    Nothing is left on disk by it, also not by a killed process. Where the system has no such locks (Windows, some
    network file systems), it does not wait. OSError when this very thread is in the block already, and when there are
    too many open files.
    """
    place = os.getpid(), threading.get_ident(), os.path.realpath(folder)
    if place in _BUSY:
        told = "this thread is just replacing a checkpoint here; a signal handler must not save before it has done so"
        raise OSError(errno.EDEADLK, told, folder or ".")
    handle = None
    with contextlib.suppress(PermissionError, FileNotFoundError, NotADirectoryError):
        handle = os.open(folder or ".", os.O_RDONLY) if fcntl is not None else None
    try:
        _BUSY.add(place)
        if handle is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        _BUSY.discard(place)
        if handle is not None:
            try:
                with contextlib.suppress(OSError):
                    fcntl.flock(handle, fcntl.LOCK_UN)  # a child forked meanwhile has the handle too
            finally:  # also after an interrupt: who keeps it open keeps it locked
                os.close(handle)


def temporary_name(path: str) -> str:
    """A new name beside `path` that tells what it is for, and that is swept when nobody holds the file."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")


def sweep(folder: str, before: Callable[[str], None]) -> None:
    """Deletes the temporary files that killed writers have left in a folder.

    `before` is called first, with the name that the file was for; where it raises OSError, the file stays. It is not
    called where there are no locks.
    """
    with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match is not None:
                with contextlib.suppress(OSError):
                    _sweep_one(entry, match[1], before)


def _sweep_one(entry: os.DirEntry[str], name: str, before: Callable[[str], None]) -> None:
    handle = os.open(entry.path, os.O_RDWR | _BINARY)
    try:
        abandoned = _lock(handle)
        if abandoned:
            before(name)
            os.unlink(entry.path)
    finally:
        os.close(handle)
    if abandoned is None and entry.stat().st_mtime < time.time() - _ABANDONED:
        os.unlink(entry.path)


def sync_folder(folder: str) -> None:
    """Makes the names in a folder last. Systems that cannot open folders (Windows) do without."""
    try:
        handle = os.open(folder or ".", os.O_RDONLY)
    except PermissionError:
        return
    try:
        _to_disk(handle)
    except OSError as error:
        if error.errno not in _NO_SUCH_NOTION:
            raise
    finally:
        os.close(handle)


_NO_SUCH_NOTION = (errno.EINVAL, errno.EOPNOTSUPP)
"""A file system whose folders cannot be synchronised."""
