"""What sessions write besides checkpoints: events for TensorBoard, and the graph as text."""

from __future__ import annotations

from typing import Any

from recell.summary import protos
from recell.summary.functions import merge_all
from recell.summary.graph_def import graph_to_graph_def, write_graph
from recell.summary.writer import FileWriter, FileWriterCache


def writer_of(folder: str) -> FileWriter:
    """The writer of a folder's events: one a folder, shared by all hooks that write there."""
    return FileWriterCache.get(folder)


def new_writer(folder: str) -> FileWriter:
    """A writer of its own for a folder's events."""
    return FileWriter(folder)


def add_scalar(writer: Any, tag: str, value: float, step: int) -> None:
    """Writes one number."""
    summary = protos.Summary()
    summary.value.add(tag=tag, simple_value=value)
    writer.add_summary(summary, step)


def add_start_log(writer: Any, step: int) -> None:
    """Notes that a session has started."""
    writer.add_session_log(protos.SessionLog(status=protos.SessionLog.START), step)


def add_checkpoint_log(writer: Any, path: str, step: int) -> None:
    """Notes that a checkpoint has been written."""
    log = protos.SessionLog(status=protos.SessionLog.CHECKPOINT, checkpoint_path=path)
    writer.add_session_log(log, step)


def add_stop_log(writer: Any) -> None:
    """Notes that a session has stopped."""
    writer.add_session_log(protos.SessionLog(status=protos.SessionLog.STOP))


def describe_graph(graph: Any, folder: str, writer: Any = None) -> None:
    """Writes the graph to `graph.pbtxt` in the folder, and as an event."""
    write_graph(graph_to_graph_def(graph, add_shapes=True), folder, "graph.pbtxt")
    if writer is not None:
        writer.add_graph(graph)


__all__ = [
    "add_checkpoint_log",
    "add_scalar",
    "add_start_log",
    "add_stop_log",
    "describe_graph",
    "merge_all",
    "new_writer",
    "writer_of",
]
