"""What threads beside the program share: their end, and how long is waited for them.

Threads are daemons that know nothing of the cursor they work for but a shared `Work`; they end when the cursor is
closed, has ended, or is forgotten.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from recell._lazy import lazy_module
from recell.graph import errors
from recell.ops._kernels import invalid

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

AUTOTUNE = -1
_PATIENCE = 5.0  # seconds for functions under way when the program ends
_works: weakref.WeakSet[Work] = weakref.WeakSet()


def cancelled() -> errors.CancelledError:
    return errors.CancelledError(None, None, "The iterator was closed while an element was waited for.")


def too_late() -> errors.DeadlineExceededError:
    return errors.DeadlineExceededError(None, None, "The run's time limit passed while it waited for an element.")


class _Limit(threading.local):
    deadline: float | None = None


_limit = _Limit()


@contextlib.contextmanager
def limited(deadline: float | None) -> Iterator[None]:
    """Inside, this thread waits for elements until `deadline` at the latest."""
    before, _limit.deadline = _limit.deadline, deadline
    try:
        yield
    finally:
        _limit.deadline = before


def wait(changed: threading.Condition) -> None:
    """Waits for a change. DeadlineExceededError when the time limit passes."""
    deadline = _limit.deadline
    if not changed.wait(None if deadline is None else max(0.0, deadline - time.monotonic())):
        raise too_late()


class Work:
    """What a cursor and its threads share. Everything in it is read and changed under `changed`."""

    def __init__(self, changed: threading.Condition | None = None) -> None:
        self.changed = changed or threading.Condition()
        self.closed = False
        self.threads: list[threading.Thread] = []
        _works.add(self)

    def start(self, run: Callable[[], None]) -> None:
        def body() -> None:
            # Whether gradients are recorded is a thread's own matter, and data has none.
            with torch.no_grad():
                run()

        thread = threading.Thread(target=body, name="recell-data", daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()


@atexit.register
def _stop_all() -> None:
    """Ends the threads before the interpreter takes away what they use."""
    works = list(_works)
    for work in works:
        work.close()
    until = time.monotonic() + _PATIENCE
    for work in works:
        for thread in work.threads:
            thread.join(max(0.0, until - time.monotonic()))


def checked_calls(count: int) -> int:
    """How many calls run at a time. InvalidArgumentError for none."""
    if count == AUTOTUNE:
        return min(os.cpu_count() or 1, 8)
    if count <= 0:
        raise invalid(f"num_parallel_calls must be greater than zero, but is {count}.")
    return count
