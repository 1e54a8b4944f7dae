"""The summary of how full a queue is, which every producer and batch adds as TensorFlow does."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.ops.math_binary import maximum, multiply, subtract
from recell.ops.math_cast import cast
from recell.ops.queues import QueueBase
from recell.summary.functions import scalar


def summarize_fullness(queue: QueueBase, capacity: Any, name: str | None = None, kept: int | None = None) -> None:
    """Adds a scalar summary of the share of `capacity` that is taken (beyond `kept` elements that always stay)."""
    if kept is None:
        size, room = queue.size(), capacity
        name = name or f"fraction_of_{capacity}_full"
    else:
        size, room = maximum(0, subtract(queue.size(), kept)), capacity - kept
        name = name or f"fraction_over_{kept}_of_{room}_full"
    scalar(name, multiply(cast(size, dtypes.float32), 1.0 / room))


def summarize_size(queue: QueueBase, name: str) -> None:
    """Adds a scalar summary of how many elements a queue holds."""
    scalar(name, cast(queue.size(), dtypes.float32))
