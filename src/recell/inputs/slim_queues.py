"""`tf.contrib.slim.queues`: the queue runners of a session as a `with` block."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from recell.train.coordinator import Coordinator
from recell.train.queue_runner import start_queue_runners

_inside = threading.local()


class NestedQueueRunnerError(Exception):
    """`QueueRunners` inside `QueueRunners`. TF symbol: `tf.contrib.slim.queues.NestedQueueRunnerError`."""


@contextlib.contextmanager
def QueueRunners(session: Any) -> Iterator[None]:
    """Starts the queue runners of the session's graph, and stops them at the end of the block.

    What one of them fails with is raised there. TF symbol: `tf.contrib.slim.queues.QueueRunners`.

    Raises:
        NestedQueueRunnerError: this thread is inside such a block already.
    """
    if getattr(_inside, "busy", False):
        raise NestedQueueRunnerError("QueueRunners cannot be nested")
    coordinator = Coordinator()
    threads = start_queue_runners(sess=session, coord=coordinator, daemon=True)
    _inside.busy = True
    try:
        yield
    finally:
        _inside.busy = False
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=120)


__all__ = ["NestedQueueRunnerError", "QueueRunners"]
