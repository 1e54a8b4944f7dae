"""Elements made ahead by a thread, before they are asked for."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections import deque
from typing import Any

from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.threads import AUTOTUNE, Work, cancelled, wait
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

_AUTOTUNED_AHEAD = 2


class _Ahead(Work):
    """Elements that a thread takes from a cursor before they are asked for, `size` at most.

    `gate` is passed by those who may not all take at once.
    """

    def __init__(
        self, input: Cursor, size: int, changed: threading.Condition | None, gate: threading.Semaphore | None
    ) -> None:
        super().__init__(changed)
        self.input = input
        self.size = size
        self.gate: Any = gate or contextlib.nullcontext()
        self.ready: deque[Element | BaseException] = deque()
        self.ended = False

    def run(self) -> None:
        while True:
            with self.changed:
                while len(self.ready) >= self.size and not self.closed:
                    self.changed.wait()
                if self.closed:
                    break
            made: Element | BaseException
            try:
                with self.gate:
                    made = next(self.input)
            except StopIteration:
                break
            except BaseException as error:  # whoever waits must hear of it, whatever it is
                made = error
            with self.changed:
                self.ready.append(made)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        if self.closed:
            self.input.close()


class AheadCursor(Cursor):
    """Takes from another cursor ahead, in a thread that starts with `begin`, or when the first element is asked for."""

    def __init__(
        self,
        input: Cursor,
        size: int,
        changed: threading.Condition | None = None,
        gate: threading.Semaphore | None = None,
    ) -> None:
        self.input: Cursor = input
        self._work = _Ahead(input, size, changed, gate)
        weakref.finalize(self, self._work.close).atexit = False

    def begin(self) -> None:
        if not self._work.threads:
            self._work.start(self._work.run)

    @property
    def answers(self) -> bool:
        """Whether the next element, or the end, is there without waiting."""
        work = self._work
        return bool(work.ready) or work.ended or work.closed

    def __next__(self) -> Element:
        work = self._work
        self.begin()
        with work.changed:
            while not work.ready:
                if work.closed:
                    raise cancelled()
                if work.ended:
                    raise StopIteration
                wait(work.changed)
            made = work.ready.popleft()
            work.changed.notify_all()
        if isinstance(made, BaseException):
            raise made
        return made

    def close(self) -> None:
        self._work.close()
        self.input.close()


class Prefetch(Pipeline):
    """The input, taken ahead by a thread."""

    def __init__(self, input: Pipeline, size: int) -> None:
        if size < AUTOTUNE:
            raise invalid(f"buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning, but is {size}.")
        self._input, self._size, self.fresh = input, size, input.fresh

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        cursor = self._input.open(opening)
        size = _AUTOTUNED_AHEAD if self._size == AUTOTUNE else self._size
        return AheadCursor(cursor, size) if size else cursor


@op(
    "PrefetchDataset",
    shape=scalars("buffer_size"),
    types={"input_dataset": ANY, "buffer_size": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
)
def prefetch_dataset(input_dataset: Tensor, buffer_size: Tensor) -> Any:
    return Prefetch(input_dataset, int(buffer_size))
