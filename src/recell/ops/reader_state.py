"""What a reader is while a graph runs: the file it is in, and how far it has come. One for each session.

A `Source` is what a reader makes of one piece of work, which is the name of a file. It may raise again and again: the
reader stays with it, as TensorFlow's does, until it is reset.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from recell.graph import errors
from recell.ops._kernels import invalid
from recell.platform.file_errors import translated_errors
from recell.platform.protos import ProtoFile
from recell.platform.records import RecordReader, open_compressed

STATE = ProtoFile(
    "tensorflow/core/framework/reader_base.proto",
    {
        "ReaderBaseState": [
            "int64 work_started = 1",
            "int64 work_finished = 2",
            "int64 num_records_produced = 3",
            "bytes current_work = 4",
        ]
    },
    module=__name__,
)

Record = tuple[bytes, bytes]


class Source(Protocol):
    """Records of one piece of work."""

    def next(self) -> Record | None:
        """The next key and value; None at the end."""

    @property
    def finished(self) -> bool:
        """Whether it is known, without another `next`, that nothing is left."""

    def close(self) -> None: ...


class _Numbered:
    """Records whose keys are `file:number`."""

    finished = False

    def __init__(self, name: bytes, file: Any) -> None:
        self._name = name
        self._file = file

    def _key(self, number: int) -> bytes:
        return b"%b:%d" % (self._name, number)

    def close(self) -> None:
        self._file.close()


class Lines(_Numbered):
    """The lines of a file, without their ends; `skip` at the beginning are left out, but counted."""

    def __init__(self, name: bytes, skip: int) -> None:
        with translated_errors(name.decode("utf-8", "replace")):
            super().__init__(name, open(name, "rb"))  # noqa: SIM115 - `close` closes it
        self._number = 0
        while self._number < skip and self._file.readline():
            self._number += 1

    def next(self) -> Record | None:
        line = self._file.readline()
        if not line:
            return None
        self._number += 1
        return self._key(self._number), line.removesuffix(b"\n").removesuffix(b"\r")


class Records(_Numbered):
    """The records of a TFRecord file; keys tell where each starts."""

    def __init__(self, name: bytes, compression: str) -> None:
        super().__init__(name, RecordReader(os.fsdecode(name), compression))
        self._damage: errors.OpError | None = None

    def next(self) -> Record | None:
        if self._damage is not None:
            raise self._damage
        try:
            found = next(self._file, None)
        except errors.DataLossError as error:
            self._damage = error
            raise
        return None if found is None else (self._key(found[0]), found[1])


class Slices(_Numbered):
    """Pieces of `size` bytes, `hop` bytes from each other, of a file between its header and its footer."""

    def __init__(self, name: bytes, size: int, header: int, footer: int, hop: int, encoding: str) -> None:
        opened = open_compressed(os.fsdecode(name), encoding)
        if encoding:
            # Where the footer starts is known at the end only.
            with contextlib.closing(opened):
                opened = io.BytesIO(opened.read(1 << 62))
        super().__init__(name, opened)
        length = opened.seek(0, os.SEEK_END)
        if length < header:
            opened.close()
            raise errors.OutOfRangeError(None, None, "reached end of file")
        self._end = length - footer
        self._at, self._number = header, 0
        self._size, self._hop = size, hop or size

    def next(self) -> Record | None:
        if self._at + self._size > self._end:
            return None
        self._file.seek(self._at)
        piece = self._file.read(self._size)
        self._at += self._hop
        self._number += 1
        return self._key(self._number - 1), piece


class Single:
    """One record: the name with what `read` makes of it."""

    def __init__(self, name: bytes, read: Callable[[bytes], bytes]) -> None:
        self._name = name
        self._read = read
        self.finished = False

    def next(self) -> Record | None:
        value = self._read(self._name)
        self.finished = True
        return self._name, value

    def close(self) -> None:
        pass


def whole_file(name: bytes) -> bytes:
    """All bytes of a file. NotFoundError and its kin."""
    with translated_errors(name.decode("utf-8", "replace")), open(name, "rb") as file:
        return file.read()


class ReaderState:
    """A reader in one session. Safe for any number of threads, which take turns.

    Args:
      name: what errors call it.
      open_work: makes a source of a name.
      serializes: whether its state may be asked for and set.
    """

    def __init__(self, name: str, open_work: Callable[[bytes], Source], serializes: bool) -> None:
        self._name = name
        self._open_work = open_work
        self._serializes = serializes
        self._lock = threading.Lock()
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        self._source: Source | None = None
        self._work = b""
        self._started = self._finished = self._produced = 0

    # -- what operations ask ------------------------------------------------------------------------------------

    def read(self, queue: Any) -> Record:
        """The next record; names come from `queue`, and OutOfRangeError when it is closed and empty."""
        return self.read_up_to(queue, 1)[0]

    def read_up_to(self, queue: Any, count: int) -> list[Record]:
        """The next records, at least one and all of one file: up to `count`. InvalidArgumentError if it is negative."""
        if count < 0:
            raise invalid(f"num_records must be >= 0, but is {count}")
        found: list[Record] = []
        with self._lock:
            while not found and count:
                source = self._source or self._start(queue)
                try:
                    self._fill(source, found, count)
                finally:
                    self._produced += len(found)
        return found

    def reset(self) -> None:
        """Leaves the file, and counts from zero again."""
        with self._lock:
            self._leave()
            self._forget()

    def num_records_produced(self) -> int:
        with self._lock:
            return self._produced

    def num_work_units_completed(self) -> int:
        with self._lock:
            return self._finished

    def serialize(self) -> bytes:
        """The state as a string. UnimplementedError where there is none."""
        if not self._serializes:
            raise errors.UnimplementedError(None, None, "Reader SerializeState")
        with self._lock:
            state = STATE.message("ReaderBaseState")(
                work_started=self._started,
                work_finished=self._finished,
                num_records_produced=self._produced,
                current_work=self._work,
            )
        return state.SerializeToString()

    def restore(self, data: bytes) -> None:
        """Goes back to a state that `serialize` gave. InvalidArgumentError for another string."""
        from google.protobuf.message import DecodeError

        if not self._serializes:
            raise errors.UnimplementedError(None, None, "Reader RestoreState")
        try:
            state = STATE.message("ReaderBaseState").FromString(data)
        except DecodeError:
            shown = data.decode("utf-8", "replace")
            raise invalid(f"Could not parse state for {self._name}: {shown}") from None
        with self._lock:
            self._leave()
            self._started, self._finished = state.work_started, state.work_finished
            self._produced, self._work = state.num_records_produced, state.current_work
            self._source = self._open_work(self._work) if self._started > self._finished else None

    def close(self) -> None:
        """The session closes: the file is closed, now or by whoever is reading."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._leave()
            finally:
                self._lock.release()

    # -- all of it under the lock -------------------------------------------------------------------------------

    def _start(self, queue: Any) -> Source:
        self._work = b""
        element = queue.dequeue()
        if len(element) != 1:
            raise invalid("Expected single component queue")
        (name,) = element
        if not isinstance(name, np.ndarray):
            raise invalid("Expected queue with single string component")
        if name.size != 1:
            raise invalid("Expected to dequeue a one-element string tensor")
        if self._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        self._work = bytes(name.item())
        self._started += 1
        source = self._source = self._open_work(self._work)
        return source

    def _fill(self, source: Source, found: list[Record], count: int) -> None:
        while len(found) < count:
            record = source.next()
            if record is not None:
                found.append(record)
            if record is None or source.finished:
                self._end(source)
                return

    def _end(self, source: Source) -> None:
        source.close()
        self._finished += 1
        self._source = None

    def _leave(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None
