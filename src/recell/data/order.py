"""Datasets that hand on the elements of others as they are: fewer of them, more than once, kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.data.arguments import scalars
from recell.data.pipeline import INFINITE, UNKNOWN, Chain, Cursor, Opaque, Opening, Pipeline, at_most, repeated
from recell.data.shuffle import Shuffle, ShuffleAndRepeat
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op


class _RepeatCursor(Chain):
    def __init__(self, start: Callable[[], Cursor], count: int) -> None:
        super().__init__()
        self._start, self._left = start, count
        self._begun = False

    def following(self) -> Cursor:
        # An empty dataset repeated for ever would otherwise never answer.
        if self._left == 0 or (self._begun and self._left < 0 and not self.gave):
            raise StopIteration
        self._begun = True
        self._left -= 1
        return self._start()


class Repeat(Opaque):
    """The input `count` times, for ever if that is negative."""

    def __init__(self, input: Pipeline, count: int) -> None:
        self.count = count
        super().__init__(input)

    def over(self, input: Pipeline) -> Pipeline:
        return Repeat(input, self.count)

    def cardinality(self) -> int:
        return repeated(self.input.cardinality(), self.count)

    def start(self, opening: Opening) -> Cursor:
        inner = self.input
        if opening.optimized and isinstance(inner, Shuffle) and inner.reshuffles and self.count != 1:
            joined = opening.kept(self, lambda: ShuffleAndRepeat.of(inner, self.count))
            return joined.open(opening)
        return _RepeatCursor(lambda: inner.open(opening), self.count)


class _TakeCursor(Cursor):
    def __init__(self, input: Cursor, count: int) -> None:
        self.input: Cursor = input
        self._left = count

    def __next__(self) -> Element:
        if self._left == 0:
            raise StopIteration
        self._left -= 1
        return next(self.input)


class Take(Opaque):
    """The first elements, all if `count` is negative."""

    def __init__(self, input: Pipeline, count: int) -> None:
        self.count = count
        super().__init__(input)

    def over(self, input: Pipeline) -> Pipeline:
        return Take(input, self.count)

    def cardinality(self) -> int:
        # TensorFlow calls all that there are infinitely many.
        return INFINITE if self.count < 0 else at_most(self.input.cardinality(), self.count)

    def start(self, opening: Opening) -> Cursor:
        cursor = self.input.open(opening)
        return cursor if self.count < 0 else _TakeCursor(cursor, self.count)


class _SkipCursor(Cursor):
    def __init__(self, input: Cursor, count: int) -> None:
        self.input: Cursor = input
        self._left = count

    def __next__(self) -> Element:
        while self._left:
            self._left -= 1
            next(self.input)
        return next(self.input)


class Skip(Opaque):
    """All but the first elements, none if `count` is negative."""

    def __init__(self, input: Pipeline, count: int) -> None:
        self.count = count
        super().__init__(input)

    def over(self, input: Pipeline) -> Pipeline:
        return Skip(input, self.count)

    def cardinality(self) -> int:
        every = self.input.cardinality()
        if self.count < 0:
            return 0
        return every if every < 0 else max(0, every - self.count)

    def start(self, opening: Opening) -> Cursor:
        return Cursor() if self.count < 0 else _SkipCursor(self.input.open(opening), self.count)


class _ShardCursor(Cursor):
    def __init__(self, input: Cursor, count: int, index: int) -> None:
        self.input: Cursor = input
        self._count, self._index = count, index
        self._at = 0

    def __next__(self) -> Element:
        while True:
            element = next(self.input)
            wanted = self._at % self._count == self._index
            self._at += 1
            if wanted:
                return element


class Shard(Opaque):
    """Every `count`-th element, beginning with element `index`."""

    def __init__(self, input: Pipeline, count: int, index: int) -> None:
        if count <= 0:
            raise invalid(f"Number of shards must be greater than zero (currently num_shards = {count}).")
        if not 0 <= index < count:
            raise invalid(f"Index must be between 0 and {count - 1} (currently index = {index}).")
        self.count, self.index = count, index
        super().__init__(input)

    def over(self, input: Pipeline) -> Pipeline:
        return Shard(input, self.count, self.index)

    def cardinality(self) -> int:
        every = self.input.cardinality()
        return every if every < 0 else len(range(self.index, every, self.count))

    def start(self, opening: Opening) -> Cursor:
        return _ShardCursor(self.input.open(opening), self.count, self.index)


class _ConcatenateCursor(Chain):
    def __init__(self, parts: Sequence[Pipeline], opening: Opening) -> None:
        super().__init__()
        self._parts, self._opening = iter(parts), opening

    def following(self) -> Cursor:
        return next(self._parts).open(self._opening)


class Concatenate(Pipeline):
    """The elements of several pipelines, one after the other."""

    def __init__(self, parts: Sequence[Pipeline]) -> None:
        self._parts = parts
        self.fresh = all(part.fresh for part in parts)

    def cardinality(self) -> int:
        counts = [part.cardinality() for part in self._parts]
        if INFINITE in counts:
            return INFINITE
        return UNKNOWN if UNKNOWN in counts else sum(counts)

    def open(self, opening: Opening) -> Cursor:
        return _ConcatenateCursor(self._parts, opening)


class _ZipCursor(Cursor):
    def __init__(self, cursors: Sequence[Cursor]) -> None:
        self._cursors = cursors

    def __next__(self) -> Element:
        return tuple([value for cursor in self._cursors for value in next(cursor)])

    def close(self) -> None:
        for cursor in self._cursors:
            cursor.close()


class Zip(Pipeline):
    """Elements of several pipelines side by side, until one of them ends."""

    def __init__(self, parts: Sequence[Pipeline]) -> None:
        self._parts = parts
        self.fresh = all(part.fresh for part in parts) and len(set(map(id, parts))) == len(parts)

    def cardinality(self) -> int:
        return at_most(*(part.cardinality() for part in self._parts))

    def open(self, opening: Opening) -> Cursor:
        return _ZipCursor([part.open(opening) for part in self._parts])


_COUNT = {"input_dataset": ANY, "count": dtypes.int64}


@op("RepeatDataset", shape=scalars("count"), types=_COUNT, dtype=dtypes.variant, differentiable=False)
def repeat_dataset(input_dataset: Tensor, count: Tensor) -> Any:
    return Repeat(input_dataset, int(count))


@op("TakeDataset", shape=scalars("count"), types=_COUNT, dtype=dtypes.variant, differentiable=False)
def take_dataset(input_dataset: Tensor, count: Tensor) -> Any:
    return Take(input_dataset, int(count))


@op("SkipDataset", shape=scalars("count"), types=_COUNT, dtype=dtypes.variant, differentiable=False)
def skip_dataset(input_dataset: Tensor, count: Tensor) -> Any:
    return Skip(input_dataset, int(count))


@op(
    "ShardDataset",
    shape=scalars("num_shards", "index"),
    types={"input_dataset": ANY, "num_shards": dtypes.int64, "index": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
)
def shard_dataset(input_dataset: Tensor, num_shards: Tensor, index: Tensor) -> Any:
    return Shard(input_dataset, int(num_shards), int(index))


@op(
    "ConcatenateDataset",
    shape=scalars(),
    types={"input_dataset": ANY, "another_dataset": ANY},
    dtype=dtypes.variant,
    differentiable=False,
)
def concatenate_dataset(input_dataset: Tensor, another_dataset: Tensor) -> Any:
    return Concatenate([input_dataset, another_dataset])


@op("ZipDataset", shape=scalars(), types={"input_datasets": ANY}, dtype=dtypes.variant, differentiable=False)
def zip_dataset(input_datasets: list[Tensor]) -> Any:
    return Zip(input_datasets)
