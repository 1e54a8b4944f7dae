"""The system as `recell.checkpoint` sees it when it writes: every call can be counted, noted, or made to fail."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

from recell.checkpoint import commit, files, storage, whole_file

CALLS = ("open", "close", "write", "fsync", "replace", "link", "unlink", "scandir", "flock")
CHANGES = ("create", "write", "fsync", "replace", "link", "unlink")
Around = Callable[..., Any]
"""Is given the name of a call ("create" for the opening of a new file), the call itself, and its arguments."""


class _Watched:
    """A module whose calls go through a function."""

    def __init__(self, module: ModuleType, around: Around) -> None:
        self._module = module
        self._around = around

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._module, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            creates = name == "open" and arguments[1] & os.O_CREAT
            return self._around("create" if creates else name, real, *arguments)

        return call


@contextlib.contextmanager
def watched(around: Around) -> Iterator[None]:
    """Calls that write, sweep or delete checkpoints go through `around`; little is written at once, to have more."""
    system, locks = _Watched(os, around), _Watched(storage.fcntl, around)  # type: ignore[arg-type]
    with contextlib.ExitStack() as stack:
        for module in storage, commit, files, whole_file:
            stack.enter_context(mock.patch.object(module, "os", system))
        stack.enter_context(mock.patch.object(storage, "fcntl", locks))
        stack.enter_context(mock.patch.object(storage, "_BUFFER", 300))
        yield


def on_no_disk(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
    """Does what is asked, without waiting for a disk."""
    return None if name == "fsync" else real(*arguments)


class Fault(NamedTuple):
    """What goes wrong.

    Attributes:
      calls: the calls that it concerns.
      error: makes what is raised.
      lasting: all later ones fail as well.
      late: the call does its work, and fails nevertheless.
      short: the first one is a `write` that writes half of what it is given, without an error.
    """

    calls: tuple[str, ...]
    error: Callable[[], BaseException]
    lasting: bool = False
    late: bool = False
    short: bool = False


def _failing(number: int) -> Callable[[], BaseException]:
    return lambda: OSError(number, os.strerror(number))


_ALL = (*CHANGES, "open", "close", "scandir", "flock")
FAULTS = {
    "no space, once": Fault(("create", "write", "fsync", "replace", "link"), _failing(errno.ENOSPC)),
    "no space from then on": Fault(("create", "write", "fsync", "link"), _failing(errno.ENOSPC), lasting=True),
    "half is written, then no space": Fault(("write",), _failing(errno.ENOSPC), lasting=True, short=True),
    "input/output error, once": Fault(_ALL, _failing(errno.EIO)),
    "input/output error from then on": Fault(_ALL, _failing(errno.EIO), lasting=True),
    "done, but told as an error": Fault(("close", *CHANGES[1:]), _failing(errno.EIO), late=True),
    "killed": Fault(_ALL, SystemExit, lasting=True),
    "interrupted system call": Fault(_ALL, _failing(errno.EINTR)),
    "interrupt by the user": Fault(_ALL, KeyboardInterrupt),
    "interrupt by the user behind the call": Fault(("close", *CHANGES[1:]), KeyboardInterrupt, late=True),
    "unlinking is forbidden": Fault(("unlink",), _failing(errno.EACCES), lasting=True),
    "renaming is forbidden": Fault(("replace",), _failing(errno.EACCES), lasting=True),
    "the folder cannot be listed": Fault(("scandir",), _failing(errno.EACCES), lasting=True),
    "the folder cannot be opened": Fault(("open",), _failing(errno.EACCES), lasting=True),
}
BEARABLE = {
    "short writes": Fault(("write",), _failing(errno.ENOSPC), short=True),
    "no second names": Fault(("link",), _failing(errno.EPERM), lasting=True),
    "second names are not supported": Fault(("link",), _failing(errno.EOPNOTSUPP), lasting=True),
    "too many second names": Fault(("link",), _failing(errno.EMLINK)),
    "no locks": Fault(("flock",), _failing(errno.ENOLCK), lasting=True),
    "locks are not supported": Fault(("flock",), _failing(errno.EOPNOTSUPP), lasting=True),
}
"""With these, saving must do its work all the same, wherever they begin."""


class Faulty:
    """Lets the `k`-th of the calls that a fault concerns fail.

    Attributes:
      fired: whether there was such a call.
      done: calls that did their work, with their arguments.
      kept: whether a call to unlink failed, so that something may be left.
    """

    def __init__(self, fault: Fault, k: int) -> None:
        self._fault, self._k = fault, k
        self._count = 0
        self.fired = self.kept = False
        self.done: list[tuple[Any, ...]] = []

    def __call__(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        fault = self._fault
        concerned = name in fault.calls
        self._count += concerned
        if not concerned or self._count < self._k or (self._count > self._k and not fault.lasting):
            return self._do(name, real, *arguments)
        self.fired = True
        if fault.short and self._count == self._k:
            handle, data = arguments
            return self._do(name, real, handle, data[: (len(data) + 1) // 2])
        if fault.late or name == "close":  # a file is closed also when closing fails
            self._do(name, real, *arguments)
        elif name == "unlink":
            self.kept = True
        raise fault.error()

    def _do(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        result = on_no_disk(name, real, *arguments)
        self.done.append((name, *arguments))
        return result
