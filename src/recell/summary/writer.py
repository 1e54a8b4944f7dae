"""What programs write summaries with. TF symbols: `tf.summary.FileWriter`, `tf.summary.FileWriterCache`."""

from __future__ import annotations

import threading
import time
import warnings
from typing import Any, ClassVar

import numpy as np

from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.platform import graph_protos
from recell.platform.graph_def import graph_to_graph_def
from recell.summary import protos
from recell.summary.event_writer import EventFileWriter
from recell.train.meta_graph import describe_graph


def _step(global_step: Any) -> int:
    return int(global_step.item() if isinstance(global_step, (np.ndarray, np.generic)) else global_step)


class FileWriter:
    """Writes summaries and other events into an event file, for TensorBoard. TF symbol: `tf.summary.FileWriter`.

    The file is made when the first event is added. Adding returns at once: a thread writes. Everything is in the file
    after `flush`, `close`, the end of a `with` block, or the end of the program.

    Args:
      logdir: the folder of the file.
      graph: a `tf.Graph` (of 0.x programs also a `tf.GraphDef`) to begin with.
      max_queue: how many events may wait for the thread.
      flush_secs: how long an event may wait until it is in the file for others to read.
      graph_def: a `tf.GraphDef` to begin with, in the place of `graph`.
      filename_suffix: the end of the file's name.
      session: must be None.

    Raises:
      TypeError: for a `graph` that is none.
      ValueError: for both `graph` and `graph_def`, and for a session.
      A tf.errors exception when the folder cannot be made.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        if session is not None:
            raise ValueError("FileWriter takes no session here: leave it out, and events are written by a thread.")
        self.event_writer = EventFileWriter(logdir, max_queue, flush_secs, filename_suffix)
        self._closed = False
        self._described: set[str] = set()
        self._run_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            given = graph if isinstance(graph, Graph) else None
            definition = graph_def if graph is None or given is not None else graph
            self.add_meta_graph(describe_graph(definition, given, None)[0])

    def get_logdir(self) -> Any:
        return self.event_writer.get_logdir()

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Adds a `tf.Summary`, or the bytes of one, as summary operations give it, at a step.

        TypeError for anything else. Of the metadata of a tag, only those that come first are written.
        """
        if isinstance(summary, np.ndarray) and summary.ndim == 0:
            summary = summary[()]
        data = summary.SerializeToString() if hasattr(summary, "SerializeToString") else summary
        if not isinstance(data, bytes):
            raise TypeError(
                "add_summary takes a tf.Summary or the bytes that a summary operation gives when it is run, but got "
                f"{type(summary).__name__}: {summary!r}"
            )
        event = protos.Event(summary=protos.Summary.FromString(data))
        for value in event.summary.value:
            if value.HasField("metadata"):
                if value.tag in self._described:
                    value.ClearField("metadata")
                self._described.add(value.tag)
        self._add(event, global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Adds a `tf.SessionLog`: that a session has started, stopped, or saved a checkpoint."""
        self._add(protos.Event(session_log=session_log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Adds the operations of a graph, their types, inputs and shapes.

        TypeError for a `graph` that is neither a `tf.Graph` nor a `tf.GraphDef`, ValueError for both arguments.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("add_graph takes either graph or graph_def, not both.")
        given = graph_def if graph is None else graph
        if isinstance(given, Graph):
            given = graph_to_graph_def(given, add_shapes=True)
        if not hasattr(given, "SerializeToString") or not hasattr(given, "node"):
            raise TypeError(f"graph must be a tf.Graph or a tf.GraphDef, but got {type(given).__name__}: {given!r}")
        self._add(protos.Event(graph_def=given.SerializeToString(deterministic=True)), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Adds a `tf.MetaGraphDef`: a graph with its collections. TypeError for anything else."""
        if not isinstance(meta_graph_def, graph_protos.MetaGraphDef):
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        data = meta_graph_def.SerializeToString(deterministic=True)
        self._add(protos.Event(meta_graph_def=data), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Adds what was traced of a run, under a tag of its own. ValueError for a tag that was used before."""
        if tag in self._run_tags:
            raise ValueError(f"The provided tag was already used for this event type: {tag!r}")
        self._run_tags.add(tag)
        data = run_metadata.SerializeToString() if hasattr(run_metadata, "SerializeToString") else b""
        self._add(protos.Event(tagged_run_metadata=protos.TaggedRunMetadata(tag=tag, run_metadata=data)), global_step)

    def _add(self, event: Any, global_step: Any) -> None:
        event.wall_time = time.time()
        if global_step is not None:
            event.step = _step(global_step)
        self.add_event(event)

    def add_event(self, event: Any) -> None:
        """Adds a `tf.Event` as it is. TypeError for anything else; a warning, and nothing else, after `close`."""
        if self._closed:
            text = "Attempting to use a closed FileWriter: nothing is written until it is reopened, by reopen()."
            warnings.warn(text, stacklevel=3)
            return
        self.event_writer.add_event(event)

    def flush(self) -> None:
        """Brings all that was added to the file, for others to read."""
        self.event_writer.flush()

    def close(self) -> None:
        """Writes all that was added and ends the file."""
        self._closed = True
        self.event_writer.close()

    def reopen(self) -> None:
        """After `close`, lets further events go into a new file; before it, changes nothing."""
        self.event_writer.reopen()
        self._closed = False

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *details: Any) -> None:
        self.close()


class FileWriterCache:
    """One writer for each folder. TF symbol: `tf.summary.FileWriterCache`."""

    _cache: ClassVar[dict[Any, FileWriter]] = {}
    _lock: ClassVar[Any] = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Forgets the writers. Those who have one can go on using it."""
        with FileWriterCache._lock:
            FileWriterCache._cache.clear()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer of folder `logdir`; a new one begins with the default graph."""
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=get_default_graph())
            return FileWriterCache._cache[logdir]
