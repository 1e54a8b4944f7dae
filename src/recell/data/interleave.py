"""Elements of several datasets in turn: interleave, and the choice of one of them for each element."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opening, Pipeline
from recell.data.prefetch import AheadCursor
from recell.data.threads import AUTOTUNE, checked_calls, wait
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, BOOL, op

Open = Callable[[Element], Cursor]


class _InterleaveCursor(Cursor):
    """`cycle` cursors in turn, `block` elements of each; one that has ended makes way for the next."""

    def __init__(self, input: Cursor, start: Open, cycle: int, block: int) -> None:
        self.input: Cursor = input
        self._start, self._block = start, block
        self._slots: list[Cursor | None] = [None] * cycle
        self._at, self._given = 0, 0
        self._ended = False

    def __next__(self) -> Element:
        while not self._ended or any(slot is not None for slot in self._slots):
            if self._slots[self._at] is not None:
                element = self._next_here()
                if element is not None:
                    return element
                continue
            if self._ended:
                self._advance()
            else:
                self._open_next()
        raise StopIteration

    def _next_here(self) -> Element | None:
        """The next element of the cursor whose turn it is; None if it has ended, and the turn is the next one's."""
        cursor = self._slots[self._at]
        assert cursor is not None
        try:
            element = next(cursor)
        except StopIteration:
            cursor.close()
            self._slots[self._at] = None
            self._advance()
            return None
        self._given += 1
        if self._given == self._block:
            self._advance()
        return element

    def _advance(self) -> None:
        self._at, self._given = (self._at + 1) % len(self._slots), 0

    def _open_next(self) -> None:
        try:
            self._slots[self._at] = self._start(next(self.input))
        except StopIteration:
            self._ended = True

    def close(self) -> None:
        for cursor in self._slots:
            if cursor is not None:
                cursor.close()
        self.input.close()


class _AheadInterleaveCursor(_InterleaveCursor):
    """The same, but threads make the elements of each cursor ahead, and further cursors are opened before their turn.

    Where that is allowed, a cursor that would have to be waited for is passed over for one that would not.
    """

    def __init__(
        self, input: Cursor, start: Open, cycle: int, block: int, ahead: Ahead, changed: threading.Condition
    ) -> None:
        super().__init__(input, start, cycle, block)
        self._most = cycle + ahead.coming
        self._coming: deque[Cursor] = deque()
        self._changed, self._sloppy = changed, ahead.sloppy

    def __next__(self) -> Element:
        if not self._sloppy:
            return super().__next__()
        while True:
            for place, slot in enumerate(self._slots):
                if slot is None and not self._ended:
                    self._at, at = place, self._at
                    self._open_next()
                    self._at = at
            if all(slot is None for slot in self._slots):
                raise StopIteration
            self._choose()
            element = self._next_here()
            if element is not None:
                return element

    def _choose(self) -> None:
        """Goes to a place that answers without waiting, as soon as there is one."""
        count = len(self._slots)
        with self._changed:
            while True:
                for place in [(self._at + step) % count for step in range(count)]:
                    slot: Any = self._slots[place]
                    if slot is not None and slot.answers:
                        if place != self._at:
                            self._at, self._given = place, 0
                        return
                wait(self._changed)

    def _open_next(self) -> None:
        self._fill()
        if self._coming:
            self._slots[self._at] = self._coming.popleft()
            self._fill()
        else:
            self._ended = True

    def _fill(self) -> None:
        while sum(slot is not None for slot in self._slots) + len(self._coming) < self._most:
            try:
                cursor = self._start(next(self.input))
            except StopIteration:
                return
            cursor.begin()  # type: ignore[attr-defined] # `_start` makes such as have it
            self._coming.append(cursor)

    def close(self) -> None:
        super().close()
        for cursor in list(self._coming):
            cursor.close()


class Ahead(NamedTuple):
    """How threads make elements ahead: how many of each dataset, for how many datasets more than the cycle's, how many
    of the threads at a time (None for all), and whether the order may depend on who is first.
    """

    elements: int
    coming: int = 0
    threads: int | None = None
    sloppy: bool = False


class Interleave(Pipeline):
    """The datasets that a function makes of each element, in turn."""

    fresh = False

    def __init__(
        self, input: Pipeline, function: Callable[..., list[Any]], cycle: int, block: int, ahead: Ahead | None = None
    ) -> None:
        if cycle == AUTOTUNE:
            cycle = os.cpu_count() or 1
        for name, value in (("cycle_length", cycle), ("block_length", block)):
            if value <= 0:
                raise invalid(f"{name} must be greater than zero, but is {value}.")
        self._input, self._function, self._cycle, self._block, self._ahead = input, function, cycle, block, ahead

    def open(self, opening: Opening) -> Cursor:
        def start(element: Element) -> Cursor:
            return self._function(*element)[0].open(opening)

        input, ahead = self._input.open(opening), self._ahead
        if ahead is None:
            return _InterleaveCursor(input, start, self._cycle, self._block)
        changed = threading.Condition()
        gate = None if ahead.threads is None else threading.Semaphore(ahead.threads)

        def start_ahead(element: Element) -> Cursor:
            return AheadCursor(start(element), ahead.elements, changed, gate)

        return _AheadInterleaveCursor(input, start_ahead, self._cycle, self._block, ahead, changed)


class _ChoiceCursor(Cursor):
    def __init__(self, choices: Cursor, cursors: Sequence[Cursor]) -> None:
        self.input: Cursor = choices
        self._cursors: list[Cursor | None] = list(cursors)

    def __next__(self) -> Element:
        while any(cursor is not None for cursor in self._cursors):
            (choice,) = next(self.input)
            chosen = int(choice)
            if not 0 <= chosen < len(self._cursors):
                raise invalid(f"Selector index out of range: {chosen} >= {len(self._cursors)}")
            cursor = self._cursors[chosen]
            if cursor is None:
                continue
            try:
                return next(cursor)
            except StopIteration:
                cursor.close()
                self._cursors[chosen] = None
        raise StopIteration

    def close(self) -> None:
        self.input.close()
        for cursor in self._cursors:
            if cursor is not None:
                cursor.close()


class Choice(Pipeline):
    """Elements of several datasets, each of that whose number the next element of `choices` is."""

    fresh = False

    def __init__(self, choices: Pipeline, parts: Sequence[Pipeline]) -> None:
        self._choices, self._parts = choices, parts

    def open(self, opening: Opening) -> Cursor:
        return _ChoiceCursor(self._choices.open(opening), [part.open(opening) for part in self._parts])


_LENGTHS = dict.fromkeys(
    ("cycle_length", "block_length", "num_parallel_calls", "buffer_output_elements", "prefetch_input_elements"),
    dtypes.int64,
)


@op(
    "InterleaveDataset",
    shape=scalars("cycle_length", "block_length"),
    types={"input_dataset": ANY, **_LENGTHS},
    dtype=dtypes.variant,
    differentiable=False,
)
def interleave_dataset(input_dataset: Tensor, cycle_length: Tensor, block_length: Tensor, f: Any) -> Any:
    return Interleave(input_dataset, f, int(cycle_length), int(block_length))


@op(
    "ParallelInterleaveDatasetV2",
    shape=scalars("cycle_length", "block_length", "num_parallel_calls"),
    types={"input_dataset": ANY, **_LENGTHS},
    dtype=dtypes.variant,
    differentiable=False,
)
def parallel_interleave_v2(
    input_dataset: Tensor, cycle_length: Tensor, block_length: Tensor, num_parallel_calls: Tensor, f: Any
) -> Any:
    block = int(block_length)
    ahead = Ahead(max(block, 1), threads=checked_calls(int(num_parallel_calls)))
    return Interleave(input_dataset, f, int(cycle_length), block, ahead)


@op(
    "ParallelInterleaveDataset",
    shape=scalars("cycle_length", "block_length", "sloppy", "buffer_output_elements", "prefetch_input_elements"),
    types={"input_dataset": ANY, "sloppy": BOOL, **_LENGTHS},
    dtype=dtypes.variant,
    differentiable=False,
)
def parallel_interleave_dataset(
    input_dataset: Tensor,
    cycle_length: Tensor,
    block_length: Tensor,
    sloppy: Tensor,
    buffer_output_elements: Tensor,
    prefetch_input_elements: Tensor,
    f: Any,
) -> Any:
    if int(cycle_length) <= 0:
        raise invalid(f"`cycle_length` must be > 0, but is {int(cycle_length)}")
    elements, coming = int(buffer_output_elements), int(prefetch_input_elements)
    if elements <= 0:
        raise invalid(f"`buffer_output_elements` must be > 0, but is {elements}")
    if coming < 0:
        raise invalid(f"`prefetch_input_elements` must be >= 0, but is {coming}")
    ahead = Ahead(elements, coming, sloppy=bool(sloppy))
    return Interleave(input_dataset, f, int(cycle_length), int(block_length), ahead)


@op(
    "DirectedInterleaveDataset",
    shape=scalars(),
    types={"selector_input_dataset": ANY, "data_input_datasets": ANY},
    dtype=dtypes.variant,
    differentiable=False,
)
def directed_interleave_dataset(selector_input_dataset: Tensor, data_input_datasets: list[Tensor]) -> Any:
    return Choice(selector_input_dataset, data_input_datasets)
