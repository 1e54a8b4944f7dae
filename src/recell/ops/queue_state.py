"""What a queue is while a graph runs: elements, who waits to put some in, who waits to take some out.

Nothing here knows tensors: an element is whatever it is given. A waiter is a record in the queue, and whoever makes
room or brings elements serves the waiters in order: a thread that waits wakes once, when all it asked for is done.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from recell.graph import errors
from recell.ops.queue_stores import Element, Fifo, PaddingFifo, Store


class _Waiter:
    """Somebody who waits: to put `elements` in, to close, or to take `count` out."""

    __slots__ = ("closing", "count", "done", "elements", "error", "fewer", "single")

    def __init__(
        self,
        elements: deque[Element],
        count: int = 0,
        fewer: bool = False,
        closing: bool = False,
        single: bool = False,
    ) -> None:
        self.elements = elements
        self.count = count
        self.fewer = fewer
        self.closing = closing
        self.single = single
        self.done = threading.Event()
        self.error: errors.OpError | None = None

    def finish(self, error: errors.OpError | None = None) -> None:
        self.error = error
        self.done.set()


class Putting:
    """Elements that wait for room."""

    __slots__ = ("finish", "give_up")

    def __init__(self, finish: Callable[[], None], give_up: Callable[[], object]) -> None:
        """`finish` waits until they are in; `give_up` takes those out of the line that are not."""
        self.finish = finish
        self.give_up = give_up


class QueueState:
    """The content of one queue in one session. Safe for any number of threads.

    Args:
        name: how errors call it.
        capacity: how many elements it holds; below zero: any number.
        wait: waits for an event as the session has it (until a time limit, say).
        uniform: whether its elements are known to be of one shape: for those who ask.

    `put` and `take` raise CancelledError when the queue or the session closes meanwhile, `take` OutOfRangeError when
    the queue is closed and holds too little.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        capacity: int,
        wait: Callable[[threading.Event], None],
        uniform: bool = True,
    ) -> None:
        self._title = f"{store.kind} '{name}'"
        # TensorFlow's padding queue is called so only where it pads.
        self._plain_title = f"{Fifo.kind if isinstance(store, PaddingFifo) else store.kind} '{name}'"
        self._name = name
        self.store = store
        self.uniform = uniform
        self.given_capacity = capacity
        self._capacity = capacity if capacity >= 0 else None
        self._wait = wait
        self._lock = threading.Lock()
        self._putting: deque[_Waiter] = deque()
        self._taking: deque[_Waiter] = deque()
        self._closed = False
        self._cancelled = False

    # -- what operations ask -----------------------------------------------------------------------------------

    def put(self, elements: Sequence[Element]) -> None:
        """Puts elements in, in order; waits while the queue is full."""
        unfinished = self.begin_put(elements)
        if unfinished is not None:
            unfinished.finish()

    def begin_put(self, elements: Sequence[Element]) -> Putting | None:
        """Puts in what there is room for; what then is left to wait for."""
        with self._lock:
            self._refuse_if_closed()
            if not self._putting and (self._capacity is None or len(self.store) + len(elements) <= self._capacity):
                for element in elements:
                    self.store.put(element)
                if self._taking:
                    self._serve()
                return None
            waiter = _Waiter(deque(elements))
            self._putting.append(waiter)
            self._serve()
        return Putting(lambda: self._await(waiter, self._putting), lambda: self._abandon(waiter, self._putting))

    def dequeue(self) -> Element:
        """The next element; waits for one."""
        with self._lock:
            if not self._taking and self.store.at_hand(self._closed) > 0:
                element = self.store.take()
                if self._putting:
                    self._serve()
                return element
        return self._taken(1, single=True)[0]

    def take(self, count: int, fewer: bool = False) -> list[Element]:
        """`count` elements; waits for them. `fewer`: at the end of a closed queue, those that are left."""
        return self._taken(count, fewer) if count else []

    def _taken(self, count: int, fewer: bool = False, single: bool = False) -> list[Element]:
        with self._lock:
            if self._cancelled:
                raise errors.CancelledError(None, None, "Dequeue operation was cancelled")
            waiter = _Waiter(deque(), count, fewer, single=single)
            self._taking.append(waiter)
            self._serve()
        self._await(waiter, self._taking)
        return list(waiter.elements)

    def size(self) -> int:
        with self._lock:
            return len(self.store)

    def is_closed(self) -> bool:
        with self._lock:
            return self._closed

    def shut(self, cancel_pending: bool) -> None:
        """Closes the queue for new elements, once those are in that wait already (or, to cancel them, at once).

        CancelledError when it is closed already.
        """
        with self._lock:
            if cancel_pending:
                self._closed = True
                self._fail(self._putting, "Enqueue operation was cancelled")
                self._serve()
                return
            if self._closed:
                raise errors.CancelledError(None, None, f"Queue '{self._name}' is already closed.")
            waiter = _Waiter(deque(), closing=True)
            self._putting.append(waiter)
            self._serve()
        self._await(waiter, self._putting)

    def close(self) -> None:
        """The session closes: everybody who waits gets CancelledError, as does who comes later."""
        with self._lock:
            self._closed = self._cancelled = True
            self._fail(self._putting, "Enqueue operation was cancelled")
            self._fail(self._taking, "Dequeue operation was cancelled")

    def cancel_waiting(self) -> None:
        """Everybody who waits now gets CancelledError; the queue goes on for others."""
        with self._lock:
            self._fail(self._putting, "Enqueue operation was cancelled")
            self._fail(self._taking, "Dequeue operation was cancelled")

    # -- how it is done, all of it under the lock -----------------------------------------------------------------

    def _refuse_if_closed(self) -> None:
        if self._cancelled:
            raise errors.CancelledError(None, None, "Enqueue operation was cancelled")
        if self._closed:
            raise errors.CancelledError(None, None, f"{self._plain_title} is closed.")

    def _await(self, waiter: _Waiter, waiting: deque[_Waiter]) -> None:
        if not waiter.done.is_set():
            try:
                self._wait(waiter.done)
            except BaseException as error:  # a time limit, or Ctrl-C: nobody must be served who is gone
                if self._abandon(waiter, waiting, keep=isinstance(error, errors.OpError)):
                    raise
                # The time limit came just too late: what was asked for is done.
        if waiter.error is not None:
            raise waiter.error

    def _abandon(self, waiter: _Waiter, waiting: deque[_Waiter], keep: bool = False) -> bool:
        """Leaves the line and gives back what was taken; with `keep` not if all was served. Whether it has."""
        with self._lock:
            served = waiter not in waiting
            if served and keep:
                return False
            if not served:
                waiting.remove(waiter)
            self._give_back(waiter, waiting)
            self._serve()
            return True

    def _give_back(self, waiter: _Waiter, waiting: deque[_Waiter]) -> None:
        if waiting is self._taking:
            while waiter.elements:
                self.store.restore(waiter.elements.pop())

    def _fail(self, waiting: deque[_Waiter], message: str) -> None:
        while waiting:
            waiter = waiting.popleft()
            self._give_back(waiter, waiting)
            waiter.finish(errors.CancelledError(None, None, message))

    def _serve(self) -> None:
        while self._serve_putting() | self._serve_taking():
            pass

    def _serve_putting(self) -> bool:
        """Lets in what there is room for; whether anything has changed."""
        changed = False
        while self._putting:
            waiter = self._putting[0]
            if self._closed and not waiter.closing:
                self._putting.popleft()
                waiter.finish(errors.CancelledError(None, None, f"{self._plain_title} is closed."))
                changed = True
                continue
            if waiter.closing:
                changed = self._closed = True
            while waiter.elements and (self._capacity is None or len(self.store) < self._capacity):
                self.store.put(waiter.elements.popleft())
                changed = True
            if waiter.elements:
                break
            self._putting.popleft()
            waiter.finish()
        return changed

    def _serve_taking(self) -> bool:
        """Hands out what is at hand; whether anything has changed."""
        changed = False
        while self._taking:
            waiter = self._taking[0]
            if self._closed and not self._putting and self._at_its_end(waiter):
                self._taking.popleft()
                changed = True
                continue
            while len(waiter.elements) < waiter.count and self.store.at_hand(self._closed) > 0:
                waiter.elements.append(self.store.take())
                changed = True
            if len(waiter.elements) < waiter.count:
                break
            self._taking.popleft()
            waiter.finish()
        return changed

    def _at_its_end(self, waiter: _Waiter) -> bool:
        """Answers a waiter whom the closed queue cannot serve in full; whether it was one."""
        left = len(self.store) + len(waiter.elements)
        if left >= waiter.count:
            return False
        if waiter.fewer and left:
            while len(self.store):
                waiter.elements.append(self.store.take())
            waiter.finish()
            return True
        self._give_back(waiter, self._taking)
        title = self._plain_title if waiter.single else self._title
        message = f"{title} is closed and has insufficient elements (requested {waiter.count}, current size {left})"
        waiter.finish(errors.OutOfRangeError(None, None, message))
        return True
