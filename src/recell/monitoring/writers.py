"""What sessions write besides checkpoints: events for TensorBoard, and the graph as text."""

from __future__ import annotations

from typing import Any

from recell.platform.graph_def import graph_to_graph_def
from recell.summary import protos
from recell.summary.graph_def import write_graph


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
]
