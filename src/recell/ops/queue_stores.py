"""Where queues keep their elements, and which comes next. An element is whatever it is given."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

Element = tuple[Any, ...]


class Store(Protocol):
    """Where a queue keeps its elements, and which comes next."""

    kind: str

    def __len__(self) -> int: ...

    def put(self, element: Element) -> None: ...

    def take(self) -> Element: ...

    def restore(self, element: Element) -> None:
        """Puts an element back that `take` gave."""

    def at_hand(self, closed: bool) -> int:
        """How many elements may be taken now."""


class Fifo:
    """First in, first out."""

    kind = "FIFOQueue"

    def __init__(self) -> None:
        self._elements: deque[Element] = deque()
        self.put = self._elements.append
        self.take = self._elements.popleft
        self.restore = self._elements.appendleft

    def __len__(self) -> int:
        return len(self._elements)

    def at_hand(self, closed: bool) -> int:
        return len(self._elements)


class PaddingFifo(Fifo):
    """First in, first out; elements may differ in shape."""

    kind = "PaddingFIFOQueue"


class Shuffled:
    """A random one of those there; `keep` of them stay until the queue is closed.

    `words` gives 32-bit random numbers.
    """

    kind = "RandomShuffleQueue"

    def __init__(self, keep: int, words: Iterator[int]) -> None:
        self._elements: list[Element] = []
        self._keep = keep
        self._words = words
        self.put = self._elements.append
        self.restore = self._elements.append

    def __len__(self) -> int:
        return len(self._elements)

    def take(self) -> Element:
        elements = self._elements
        position = next(self._words) % len(elements)
        last = elements.pop()
        if position == len(elements):
            return last
        element, elements[position] = elements[position], last
        return element

    def at_hand(self, closed: bool) -> int:
        return len(self._elements) if closed else max(0, len(self._elements) - self._keep)


class Prioritised:
    """The lowest first component first; equal ones in the order of their coming."""

    kind = "PriorityQueue"

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Element]] = []
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, element: Element) -> None:
        heapq.heappush(self._heap, (int(element[0]), next(self._count), element))

    def take(self) -> Element:
        return heapq.heappop(self._heap)[2]

    def restore(self, element: Element) -> None:
        heapq.heappush(self._heap, (int(element[0]), -next(self._count), element))

    def at_hand(self, closed: bool) -> int:
        return len(self._heap)
