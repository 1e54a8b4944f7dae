"""Datasets while the graph runs: a `Pipeline` opens `Cursor`s, and a cursor gives one element after the other.

A cursor is asked by one thread at a time, but may be closed by any thread at any moment. It goes on after an error:
the element that failed is lost, the next one comes. At its end it says so again and again.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from recell.data import values
from recell.data.values import Element

INFINITE, UNKNOWN = -1, -2


def repeated(cardinality: int, count: int) -> int:
    """The cardinality of a dataset that is gone over `count` times, for ever if that is negative."""
    if count == 0 or cardinality == 0:
        return 0
    if count < 0:
        return INFINITE
    return cardinality if cardinality < 0 else cardinality * count


def at_most(*counts: int) -> int:
    """The least of several cardinalities, as of elements side by side."""
    known = [count for count in counts if count >= 0]
    if UNKNOWN in counts:
        return UNKNOWN
    return min(known) if known else INFINITE


class Opening:
    """One iteration, from its initialization to its end: what its cursors share over several epochs.

    `optimized`: whether neighbouring datasets may be joined as TF joins them, which shows in the order of a shuffle.
    """

    def __init__(self, optimized: bool = True) -> None:
        self.optimized = optimized
        self._kept: weakref.WeakKeyDictionary[Pipeline, Any] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def kept(self, pipeline: Pipeline, make: Callable[[], Any]) -> Any:
        """The state of `pipeline` in this iteration, made when it is first asked for."""
        with self._lock:
            if pipeline not in self._kept:
                self._kept[pipeline] = make()
            return self._kept[pipeline]


class Cursor:
    """A place in a dataset. `input` is the cursor it reads from, if it is one that closes with it."""

    input: Cursor | None = None

    def __next__(self) -> Element:
        raise StopIteration

    def __iter__(self) -> Cursor:
        return self

    def take(self, count: int) -> list[Any]:
        """The next elements, `count` or what is left. For positions of rows, of which none fails or costs anything."""
        return list(islice(self, count))

    def close(self) -> None:
        """Gives back what it holds. Nobody asks it for elements any more, but one who is waiting may still wait."""
        if self.input is not None:
            self.input.close()


class Rows(NamedTuple):
    """A dataset whose elements are rows of tables, in the order in which a pipeline gives their numbers."""

    tables: Sequence[Any]
    positions: Pipeline


class Pipeline:
    """A dataset while the graph runs; it never changes.

    `fresh`: whether the memory of its elements is nobody else's.
    """

    fresh = True

    def open(self, opening: Opening) -> Cursor:
        """A cursor at the first element."""
        raise NotImplementedError

    def cardinality(self) -> int:
        """How many elements there are; `INFINITE`, or `UNKNOWN` where only going over them would tell."""
        return UNKNOWN

    def rows(self) -> Rows | None:
        """The same elements as rows of tables, where that is what they are: then a batch is taken at once."""
        return None


class Opaque(Pipeline):
    """A pipeline that hands on the elements of its input without looking into them."""

    def __init__(self, input: Pipeline) -> None:
        self.input = input
        self.fresh = input.fresh
        found = input.rows()
        self._rows = None if found is None else Rows(found.tables, self.over(found.positions))

    def over(self, input: Pipeline) -> Pipeline:
        """The same transformation of another input."""
        raise NotImplementedError

    def rows(self) -> Rows | None:
        return self._rows

    def cardinality(self) -> int:
        return self.input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        if self._rows is not None:
            return RowCursor(self._rows.tables, self._rows.positions.open(opening))
        return self.start(opening)

    def start(self, opening: Opening) -> Cursor:
        """A cursor over whatever the input's elements are."""
        raise NotImplementedError


class RowCursor(Cursor):
    """Rows of tables, by the positions of another cursor."""

    def __init__(self, tables: Sequence[Any], positions: Cursor) -> None:
        self._tables = tables
        self.input = positions

    def __next__(self) -> Element:
        position: Any = next(self.input)  # type: ignore[arg-type]
        return tuple([values.row(table, position) for table in self._tables])


class Chain(Cursor):
    """Several cursors one after the other, each opened when the one before it has ended."""

    def __init__(self) -> None:
        self.gave = False  # whether the present cursor has given an element
        self._present: Cursor | None = None
        self._closed = False

    def following(self) -> Cursor:
        """The next cursor. StopIteration when there is none."""
        raise NotImplementedError

    def __next__(self) -> Element:
        while True:
            present = self._present
            if present is None:
                if self._closed:
                    raise StopIteration
                present = self._present = self.following()
                self.gave = False
            try:
                element = next(present)
            except StopIteration:
                present.close()
                self._present = None
            else:
                self.gave = True
                return element

    def take(self, count: int) -> list[Any]:
        taken: list[Any] = []
        while len(taken) < count:
            found = [] if self._present is None else self._present.take(count - len(taken))
            self.gave = self.gave or bool(found)
            taken += found
            if len(taken) < count:
                try:
                    taken.append(next(self))
                except StopIteration:
                    break
        return taken

    def close(self) -> None:
        self._closed = True
        present = self._present
        if present is not None:
            present.close()
        super().close()
