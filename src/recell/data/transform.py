"""Datasets made by functions of the program: map, filter, scan, and elements that become datasets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.data.arguments import scalars
from recell.data.parallel_map import ParallelMap
from recell.data.pipeline import Chain, Cursor, Opening, Pipeline
from recell.data.threads import checked_calls
from recell.data.values import Element, Tensor
from recell.graph import dtypes, errors
from recell.ops.op import ANY, op

Call = Callable[..., list[Any]]


class _MapCursor(Cursor):
    def __init__(self, input: Cursor, function: Call) -> None:
        self.input: Cursor = input
        self._function = function

    def __next__(self) -> Element:
        element = next(self.input)
        try:
            return tuple(self._function(*element))
        except errors.OutOfRangeError:
            raise StopIteration from None  # as in TF: a function that is out of data ends the dataset


class Map(Pipeline):
    """A function of each element."""

    def __init__(self, input: Pipeline, function: Call, fresh: bool) -> None:
        self._input, self._function, self.fresh = input, function, fresh

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return _MapCursor(self._input.open(opening), self._function)


class _FilterCursor(Cursor):
    def __init__(self, input: Cursor, predicate: Call) -> None:
        self.input: Cursor = input
        self._predicate = predicate

    def __next__(self) -> Element:
        while True:
            element = next(self.input)
            if bool(self._predicate(*element)[0]):
                return element


class Filter(Pipeline):
    """The elements for which a predicate holds."""

    def __init__(self, input: Pipeline, predicate: Call) -> None:
        self._input, self._predicate, self.fresh = input, predicate, input.fresh

    def open(self, opening: Opening) -> Cursor:
        return _FilterCursor(self._input.open(opening), self._predicate)


class _TakeWhileCursor(_FilterCursor):
    _ended = False

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        element = next(self.input)
        if not bool(self._predicate(*element)[0]):
            self._ended = True
            raise StopIteration
        return element


class TakeWhile(Filter):
    """The elements before the first for which a predicate does not hold."""

    def open(self, opening: Opening) -> Cursor:
        return _TakeWhileCursor(self._input.open(opening), self._predicate)


class _ScanCursor(Cursor):
    def __init__(self, input: Cursor, function: Call, state: list[Any]) -> None:
        self.input: Cursor = input
        self._function, self._state = function, state

    def __next__(self) -> Element:
        element = next(self.input)
        try:
            results = self._function(*self._state, *element)
        except errors.OutOfRangeError:
            raise StopIteration from None
        count = len(self._state)
        self._state = results[:count]
        return tuple(results[count:])


class Scan(Pipeline):
    """A function of a state and each element, which gives the next state and an element."""

    fresh = False

    def __init__(self, input: Pipeline, function: Call, state: list[Any]) -> None:
        self._input, self._function, self._state = input, function, state

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return _ScanCursor(self._input.open(opening), self._function, self._state)


class _FlatMapCursor(Chain):
    def __init__(self, input: Cursor, function: Call, opening: Opening) -> None:
        super().__init__()
        self.input: Cursor = input
        self._function, self._opening = function, opening

    def following(self) -> Cursor:
        return self._function(*next(self.input))[0].open(self._opening)


class FlatMap(Pipeline):
    """The elements of the datasets that a function makes of each element."""

    fresh = False

    def __init__(self, input: Pipeline, function: Call) -> None:
        self._input, self._function = input, function

    def open(self, opening: Opening) -> Cursor:
        return _FlatMapCursor(self._input.open(opening), self._function, opening)


class _IgnoreErrorsCursor(Cursor):
    def __init__(self, input: Cursor) -> None:
        self.input: Cursor = input

    def __next__(self) -> Element:
        while True:
            try:
                return next(self.input)
            except StopIteration:
                raise
            except errors.CancelledError:
                raise
            except Exception:
                # Any failure of an element is what the program asked to ignore.
                continue


class IgnoreErrors(Pipeline):
    """The elements that do not fail."""

    def __init__(self, input: Pipeline) -> None:
        self._input, self.fresh = input, input.fresh

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return _IgnoreErrorsCursor(self._input.open(opening))


@op("MapDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def map_dataset(input_dataset: Tensor, f: Any, fresh: bool) -> Any:
    return Map(input_dataset, f, fresh)


@op(
    "ParallelMapDataset",
    shape=scalars("num_parallel_calls"),
    types={"input_dataset": ANY, "num_parallel_calls": dtypes.int32},
    dtype=dtypes.variant,
    differentiable=False,
)
def parallel_map_dataset(input_dataset: Tensor, num_parallel_calls: Tensor, f: Any, fresh: bool) -> Any:
    return ParallelMap(input_dataset, f, fresh, checked_calls(int(num_parallel_calls)))


@op("FilterDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def filter_dataset(input_dataset: Tensor, predicate: Any) -> Any:
    return Filter(input_dataset, predicate)


@op("TakeWhileDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def take_while_dataset(input_dataset: Tensor, predicate: Any) -> Any:
    return TakeWhile(input_dataset, predicate)


@op(
    "ScanDataset",
    shape=scalars(),
    types={"input_dataset": ANY, "initial_state": ANY},
    dtype=dtypes.variant,
    differentiable=False,
)
def scan_dataset(input_dataset: Tensor, initial_state: list[Tensor], f: Any) -> Any:
    return Scan(input_dataset, f, initial_state)


@op("FlatMapDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def flat_map_dataset(input_dataset: Tensor, f: Any) -> Any:
    return FlatMap(input_dataset, f)


@op("IgnoreErrorsDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def ignore_errors_dataset(input_dataset: Tensor) -> Any:
    return IgnoreErrors(input_dataset)
