"""Event files of monitored sessions: one writer a folder, shared by all who write there."""

from __future__ import annotations

import importlib.util
from typing import Any


def writer_of(folder: str) -> Any:
    """The writer of a folder's events; None where this installation has no summaries."""
    if importlib.util.find_spec("recell.summary.writer") is None:
        return None
    return importlib.import_module("recell.summary.writer").FileWriterCache.get(folder)


def add_scalar(writer: Any, tag: str, value: float, step: int) -> None:
    """Writes one number."""


def add_start_log(writer: Any, step: int) -> None:
    """Notes that a session has started."""


def add_checkpoint_log(writer: Any, path: str, step: int) -> None:
    """Notes that a checkpoint has been written."""


def merge_all() -> Any:
    """One tensor of all the graph's summaries; None when it has none."""
    if importlib.util.find_spec("recell.summary.writer") is None:
        return None
    return importlib.import_module("recell.summary.merging").merge_all()


def new_writer(folder: str) -> Any:
    """A writer of its own for a folder's events."""
    if importlib.util.find_spec("recell.summary.writer") is None:
        return None
    return importlib.import_module("recell.summary.writer").FileWriter(folder)


def add_stop_log(writer: Any) -> None:
    """Notes that a session has stopped."""
