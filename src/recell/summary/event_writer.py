"""Event files: events are handed over at once, and written by a thread of their own."""

from __future__ import annotations

import atexit
import collections
import contextlib
import os
import socket
import threading
import time
import weakref
from typing import Any

from recell.platform import gfile, logging
from recell.platform.file_errors import translated_errors
from recell.platform.records import RecordWriter
from recell.summary import protos

_WRITERS: weakref.WeakSet[EventFileWriter] = weakref.WeakSet()
_HELD: list[EventFileWriter] = []
_FORKING = threading.Lock()


class EventFileWriter:
    """Appends events to a file `events.out.tfevents.<seconds>.<host><suffix>` that the first event makes.

    Safe to use from several threads. What has been added is in the file after `flush`, `close`, and when the
    interpreter exits; at the latest it is `flush_secs` after it was added. A forked process that goes on adding gets a
    file of its own. TF symbol: `EventFileWriter` of `tensorflow.python.summary.writer.event_file_writer`.

    Args:
      logdir: the folder, which is made if it is not there.
      max_queue: how many events may wait to be written before `add_event` waits too; any number, if not positive.
      filename_suffix: the end of the file's name.

    Raises:
      A tf.errors exception when the folder or the file cannot be made or written to: what fails in the thread is
      raised by the next call.
    """

    def __init__(
        self, logdir: Any, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str | None = None
    ) -> None:
        self._logdir = logdir
        self._folder = os.fsdecode(logdir) or "."
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._suffix = filename_suffix or ""
        self._closed = False
        self._forked = False
        gfile.MakeDirs(self._folder)
        self._start_afresh()
        _WRITERS.add(self)

    def _start_afresh(self) -> None:
        self._writing = threading.RLock()  # held while the file is written to; taken before `_changed`
        self._changed = threading.Condition()
        self._waiting: collections.deque[bytes] = collections.deque()
        self._file: RecordWriter | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def get_logdir(self) -> Any:
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Has an `Event` written. TypeError for anything else. Nothing happens once the writer is closed."""
        if self._closed:
            return
        if not isinstance(event, protos.Event):
            raise TypeError(f"Expected a tf.Event, but got {type(event).__name__}: {event!r}")
        data = event.SerializeToString()
        with self._changed:
            if self._closed:
                return
            self._open()
            self._changed.wait_for(lambda: self._failure or not 0 < self._max_queue <= len(self._waiting))
            self._raise_failure()
            self._waiting.append(data)
            self._changed.notify_all()
        if self._forked:
            # A process that was forked may end with nothing run at its end, so nothing waits there.
            self._write(True)

    def flush(self) -> None:
        """Brings all that was added to the file, for others to read."""
        self._write(True)
        with self._changed:
            self._raise_failure()

    def close(self) -> None:
        """Writes all that was added and ends the file. A second call does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with self._writing:
            try:
                self._write(True)
            finally:
                file, self._file = self._file, None
                if file is not None:
                    file.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._changed:
            self._raise_failure()

    def reopen(self) -> None:
        """After `close`, lets further events go into a new file; before it, changes nothing."""
        if self._closed:
            self._start_afresh()
            self._closed = False

    # -- the file and its thread ------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._file is None:
            self._file = self._new_file()
        if self._thread is None and not self._forked:
            self._thread = threading.Thread(target=self._work, name="recell-events", daemon=True)
            self._thread.start()

    def _new_file(self) -> RecordWriter:
        """A file that no other writer has, not even one of the same second."""
        gfile.MakeDirs(self._folder)
        number = int(time.time())
        while True:
            path = os.path.join(self._folder, f"events.out.tfevents.{number:010d}.{socket.gethostname()}{self._suffix}")
            with translated_errors(path):
                try:
                    open(path, "xb").close()
                    break
                except FileExistsError:
                    number += 1
        file = RecordWriter(path)
        file.write(protos.Event(wall_time=float(number), file_version="brain.Event:2").SerializeToString())
        return file

    def _write(self, flush: bool) -> None:
        """Writes what is waiting."""
        with self._writing:
            with self._changed:
                found = list(self._waiting)
                self._waiting.clear()
                self._changed.notify_all()
            if self._file is not None:
                for data in found:
                    self._file.write(data)
                if flush:
                    self._file.flush()

    def _work(self) -> None:
        """What the thread does: writes events as they come, and flushes when it is time."""
        flush_at = time.monotonic() + self._flush_secs
        unflushed = False
        while not self._closed:
            with self._changed:
                left = flush_at - time.monotonic() if unflushed else threading.TIMEOUT_MAX
                self._changed.wait_for(
                    lambda: self._waiting or self._closed, min(max(0.0, left), threading.TIMEOUT_MAX)
                )
            due = time.monotonic() >= flush_at
            try:
                self._write(due)
            except Exception as error:  # for the next call to raise: here nobody would hear of it
                with self._changed:
                    self._failure = error
                    self._changed.notify_all()
            unflushed = not due
            if due:
                flush_at = time.monotonic() + self._flush_secs

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    # -- processes --------------------------------------------------------------------------------------------------

    def _before_fork(self) -> None:
        # With everything written and no lock held by another thread, both processes go on from a sound state.
        self._writing.acquire()
        self._changed.acquire()
        with contextlib.suppress(Exception):
            self._write(True)

    def _after_fork_in_parent(self) -> None:
        self._changed.release()
        self._writing.release()

    def _after_fork_in_child(self) -> None:
        self._start_afresh()
        self._forked = True


def _close_all() -> None:
    for writer in list(_WRITERS):
        try:
            writer.close()
        except Exception as error:  # the other writers must still be closed
            logging.error("Events for %s could not be written: %s", writer.get_logdir(), error)


def _before_fork() -> None:
    _FORKING.acquire()
    _HELD[:] = list(_WRITERS)
    for writer in _HELD:
        writer._before_fork()


def _after_fork_in_parent() -> None:
    for writer in _HELD:
        writer._after_fork_in_parent()
    _HELD.clear()
    _FORKING.release()


def _after_fork_in_child() -> None:
    for writer in _HELD:
        writer._after_fork_in_child()
    _HELD.clear()
    _FORKING.release()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
