"""Threads that are inside a run, so that they come to rest before the interpreter goes.

A daemon thread that returns from torch's C++ code when the interpreter has ended takes the whole process down with
SIGABRT. So when the program is over, daemon threads stop for good where they would begin or go on with a run, and the
interpreter waits a little for those that are in the midst of one.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable

_PATIENCE = 5.0  # seconds for a run under way
_POLL = 0.002

_at_work: set[int] = set()
_over = threading.Event()


def enter() -> bool:
    """This thread is at work from now on; whether it was not before. What gave True ends with `leave`."""
    thread = threading.get_ident()
    if thread in _at_work:
        return False
    _at_work.add(thread)
    if _over.is_set():  # after the line before: who waits for the threads has seen this one, or it sees the end
        _rest(thread)
    return True


def leave() -> None:
    _at_work.discard(threading.get_ident())


class Working:
    """A `with` block that is work."""

    __slots__ = ("_outermost",)

    def __enter__(self) -> None:
        self._outermost = enter()

    def __exit__(self, *details: object) -> None:
        if self._outermost:
            leave()


def pausing(wait: Callable[[], bool]) -> bool:
    """What `wait` gives, during which this thread is not at work."""
    if threading.get_ident() not in _at_work:
        return wait()
    leave()
    try:
        return wait()
    finally:
        enter()


def _rest(thread: int) -> None:
    if threading.current_thread().daemon:
        _at_work.discard(thread)
        threading.Event().wait()  # nobody sets it: the thread goes with the process


@atexit.register
def _wait_for_all() -> None:
    _over.set()
    until = time.monotonic() + _PATIENCE
    while _at_work - {threading.get_ident()} and time.monotonic() < until:
        time.sleep(_POLL)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_at_work.clear)  # the child has none of the parent's threads
