"""Queues, coordinators and what is built of them: rows of the table (see table.py for their form)."""

from __future__ import annotations

_QUEUES = "FIFOQueue PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue"

ROWS: dict[str, dict[str, str]] = {
    "": {"recell.ops.queues": _QUEUES},
    "queue": {"recell.ops.queues": _QUEUES},
}
