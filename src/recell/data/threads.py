"""What runs beside the program: elements made ahead, and functions called several at a time.

Threads are daemons that know nothing of the cursor they work for but a shared `_Work`; they end when the cursor is
closed, has ended, or is forgotten.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.values import Element, Tensor
from recell.graph import dtypes, errors
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

AUTOTUNE = -1
_AUTOTUNED_AHEAD = 2
_LEAST_ROOM = 16
_PATIENCE = 5.0  # seconds for functions under way when the program ends
_works: weakref.WeakSet[_Work] = weakref.WeakSet()


def cancelled() -> errors.CancelledError:
    return errors.CancelledError(None, None, "The iterator was closed while an element was waited for.")


def too_late() -> errors.DeadlineExceededError:
    return errors.DeadlineExceededError(None, None, "The run's time limit passed while it waited for an element.")


class _Limit(threading.local):
    deadline: float | None = None


_limit = _Limit()


@contextlib.contextmanager
def limited(deadline: float | None) -> Iterator[None]:
    """Inside, this thread waits for elements until `deadline` at the latest."""
    before, _limit.deadline = _limit.deadline, deadline
    try:
        yield
    finally:
        _limit.deadline = before


def wait(changed: threading.Condition) -> None:
    """Waits for a change. DeadlineExceededError when the time limit passes."""
    deadline = _limit.deadline
    if not changed.wait(None if deadline is None else max(0.0, deadline - time.monotonic())):
        raise too_late()


class _Work:
    """What a cursor and its threads share. Everything in it is read and changed under `changed`."""

    def __init__(self, changed: threading.Condition | None = None) -> None:
        self.changed = changed or threading.Condition()
        self.closed = False
        self.threads: list[threading.Thread] = []
        _works.add(self)

    def start(self, run: Callable[[], None]) -> None:
        def body() -> None:
            # Whether gradients are recorded is a thread's own matter, and data has none.
            with torch.no_grad():
                run()

        thread = threading.Thread(target=body, name="recell-data", daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()


@atexit.register
def _stop_all() -> None:
    """Ends the threads before the interpreter takes away what they use."""
    works = list(_works)
    for work in works:
        work.close()
    until = time.monotonic() + _PATIENCE
    for work in works:
        for thread in work.threads:
            thread.join(max(0.0, until - time.monotonic()))


class _Ahead(_Work):
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


class _Call:
    """One call of a function, its result or failure."""

    __slots__ = ("done", "result")

    def __init__(self) -> None:
        self.done = False
        self.result: Element | BaseException = ()


class _Calls(_Work):
    """Threads that each take an element and call a function of it; the calls are kept in the elements' order.

    The threads wait for `room`, whoever wants results for `changed`: both have one lock.
    """

    def __init__(self, input: Cursor, function: Callable[..., list[Any]], count: int) -> None:
        lock = threading.RLock()  # a cursor that is forgotten may be closed in the midst of anything
        super().__init__(threading.Condition(lock))
        self.room = threading.Condition(lock)
        self.input, self.function, self.count = input, function, count
        # More than there are threads, so that a cheap function does not cost a change of threads for each element.
        self.most = max(2 * count, _LEAST_ROOM)
        self.begun: deque[_Call] = deque()
        self.taking = False
        self.ended = False

    def run(self) -> None:
        while True:
            with self.changed:
                while (self.taking or len(self.begun) >= self.most) and not (self.closed or self.ended):
                    self.room.wait()
                if self.closed or self.ended:
                    break
                self.taking = True
            call, element = _Call(), self._taken()
            with self.changed:
                self.taking = False
                self.ended = element is None
                if element is not None:
                    self.begun.append(call)
                self.room.notify()
                if self.ended:
                    break
            result = element if isinstance(element, BaseException) else self._called(element)
            with self.changed:
                call.result, call.done = result, True
                if self.begun and self.begun[0] is call:
                    self.changed.notify()
        with self.changed:
            self.room.notify_all()
            self.changed.notify_all()
        if self.closed:
            self.input.close()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.room.notify_all()
            self.changed.notify_all()

    def next(self) -> Any:
        """The result of the first call that is left, or what it failed with. StopIteration when none comes."""
        with self.changed:
            while not (self.begun and self.begun[0].done):
                if self.closed:
                    raise cancelled()
                if self.ended and not self.begun:
                    raise StopIteration
                wait(self.changed)
            result = self.begun.popleft().result
            if len(self.begun) <= self.most // 2:
                self.room.notify()
            return result

    def _taken(self) -> Any:
        try:
            return next(self.input)
        except StopIteration:
            return None
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            return error

    def _called(self, element: Any) -> Any:
        try:
            return tuple(self.function(*element))
        except errors.OutOfRangeError:
            return StopIteration()
        except BaseException as error:  # as above
            return error


class _ParallelMapCursor(Cursor):
    """Results in the order of the elements, of calls that are under way `count` at a time."""

    def __init__(self, input: Cursor, function: Callable[..., list[Any]], count: int) -> None:
        self.input: Cursor = input
        self._work = _Calls(input, function, count)
        weakref.finalize(self, self._work.close).atexit = False

    def __next__(self) -> Element:
        work = self._work
        if not work.threads:
            for _ in range(work.count):
                work.start(work.run)
        result = work.next()
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        self._work.close()
        self.input.close()


def checked_calls(count: int) -> int:
    """How many calls run at a time. InvalidArgumentError for none."""
    if count == AUTOTUNE:
        return min(os.cpu_count() or 1, 8)
    if count <= 0:
        raise invalid(f"num_parallel_calls must be greater than zero, but is {count}.")
    return count


class ParallelMap(Pipeline):
    """A function of each element, several at a time, the results in order."""

    def __init__(self, input: Pipeline, function: Callable[..., list[Any]], fresh: bool, count: int) -> None:
        self._input, self._function, self._count = input, function, count
        self.fresh = fresh

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return _ParallelMapCursor(self._input.open(opening), self._function, self._count)


@op(
    "PrefetchDataset",
    shape=scalars("buffer_size"),
    types={"input_dataset": ANY, "buffer_size": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
)
def prefetch_dataset(input_dataset: Tensor, buffer_size: Tensor) -> Any:
    return Prefetch(input_dataset, int(buffer_size))
