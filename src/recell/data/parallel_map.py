"""A function called of several elements at a time, by threads, its results in the order of the elements."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.threads import Work, cancelled, wait
from recell.data.values import Element
from recell.graph import errors

_LEAST_ROOM = 16


class _Call:
    """One call of a function, its result or failure."""

    __slots__ = ("done", "result")

    def __init__(self) -> None:
        self.done = False
        self.result: Element | BaseException = ()


class _Calls(Work):
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


class ParallelMap(Pipeline):
    """A function of each element, several at a time, the results in order."""

    def __init__(self, input: Pipeline, function: Callable[..., list[Any]], fresh: bool, count: int) -> None:
        self._input, self._function, self._count = input, function, count
        self.fresh = fresh

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return _ParallelMapCursor(self._input.open(opening), self._function, self._count)
