"""Threads that wait for what never comes are not waited for: an input that nobody fills any more, a full queue."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_PATIENCE = 1.0
"""Seconds that a thread may still wait in a queue after everybody was asked to stop."""


@contextlib.contextmanager
def waking_threads(sess: Any) -> Iterator[None]:
    """While the block waits for threads of `sess`, those that wait in one of its queues get CancelledError.

    Who still computes, or empties a queue, is left alone. TensorFlow lets them wait until its grace period ends.
    """
    if sess is None:
        yield
        return
    over = threading.Event()

    def wake() -> None:
        while not over.wait(_PATIENCE):
            for resource in list(sess.resources.shared.values()):
                cancel = getattr(resource, "cancel_waiting", None)
                if cancel is not None:
                    cancel()

    thread = threading.Thread(target=wake, name="recell-waking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


__all__ = ["waking_threads"]
