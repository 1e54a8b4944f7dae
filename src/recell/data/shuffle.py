"""Elements in random order, through a buffer: with a seed, TensorFlow's order.

Each element given is the one at `word % (how many of this epoch are buffered)`, the words being those of one generator,
and the first of the buffer takes its place. A dataset that reshuffles seeds the generator of each epoch with
the next two words of a generator of its own; one that does not starts from the same seeds each time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opaque, Opening, Pipeline, repeated
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op


class _ShuffleCursor(Cursor):
    """`epochs` times the input, negative for ever; elements of a later epoch come after all of an earlier one."""

    def __init__(self, input: Pipeline, opening: Opening, size: int, words: Iterator[int], epochs: int) -> None:
        self._pipeline, self._opening = input, opening
        self._words, self._size = words, size
        self._epochs_left = epochs
        self.input: Cursor | None = None
        # What is buffered, an epoch each: a list of elements, and how many of its front are given out already.
        self._buffers: deque[list[Any]] = deque()
        self._fronts: deque[int] = deque()
        self._count = 0
        self._closed = False

    def __next__(self) -> Element:
        while self._count < self._size and self._fill():
            pass
        buffer, front = self._front()
        chosen = front + next(self._words) % (len(buffer) - front)
        element = buffer[chosen]
        buffer[chosen], buffer[front] = buffer[front], None
        self._count -= 1
        self._given(1)
        return element

    def take(self, count: int) -> list[Any]:
        """The same as asking one by one, but what takes the places of the elements given is taken at once."""
        taken: list[Any] = []
        while len(taken) < count:
            while self._count < self._size and self._fill_all():
                pass
            if not self._count:
                break
            buffer, front = self._front()
            left = len(buffer) - front
            wanted = min(count - len(taken), left)
            new = [] if self.input is None else self.input.take(wanted)
            picks = wanted if self.input is None else min(wanted, len(new) + 1)
            last = self._buffers[-1]
            last += new
            shrinks = last is not buffer or not new
            for number, word in enumerate(islice(self._words, picks)):
                chosen = front + word % (left - number if shrinks else left)
                taken.append(buffer[chosen])
                buffer[chosen] = buffer[front]
                front += 1
            self._count += len(new) - picks
            self._given(picks)
        return taken

    def _front(self) -> tuple[list[Any], int]:
        """The buffer of the earliest epoch that has elements, and how many of it are given. StopIteration for none."""
        if not self._count:
            raise StopIteration
        while len(self._buffers[0]) == self._fronts[0]:
            self._buffers.popleft()
            self._fronts.popleft()
        return self._buffers[0], self._fronts[0]

    def _given(self, count: int) -> None:
        front = self._fronts[0] = self._fronts[0] + count
        if front > 2 * self._size + 1024:
            del self._buffers[0][:front]
            self._fronts[0] = 0

    def _fill(self) -> bool:
        """Takes one element in. False when there is none."""
        if not self._opened():
            return False
        try:
            element = next(self.input)  # type: ignore[arg-type] # `_opened` has made it
        except StopIteration:
            return self._ended()
        self._buffers[-1].append(element)
        self._count += 1
        return True

    def _fill_all(self) -> bool:
        """Takes in what has room. False when there is nothing more."""
        if not self._opened():
            return False
        new = self.input.take(self._size - self._count)  # type: ignore[union-attr] # as above
        if not new:
            return self._ended()
        self._buffers[-1] += new
        self._count += len(new)
        return True

    def _opened(self) -> bool:
        """Whether there is a cursor to read from: the next epoch's where one has ended."""
        if self.input is None:
            if self._epochs_left == 0 or self._closed:
                return False
            self._epochs_left -= 1
            self.input = self._pipeline.open(self._opening)
            self._buffers.append([])
            self._fronts.append(0)
        return True

    def _ended(self) -> bool:
        """Closes the cursor that has ended. Whether another epoch comes."""
        assert self.input is not None
        self.input.close()
        self.input = None
        if self._epochs_left < 0 and not self._buffers[-1]:
            self._epochs_left = 0  # an empty dataset, for ever
        return self._epochs_left != 0

    def close(self) -> None:
        self._closed = True
        current = self.input
        if current is not None:
            current.close()


class Shuffle(Opaque):
    """The input in random order."""

    def __init__(self, ctx: Any, input: Pipeline, size: int, seeds: tuple[int, int], reshuffles: bool) -> None:
        if size <= 0:
            raise invalid(f"buffer_size must be greater than zero, but is {size}.")
        self.ctx, self.size, self.seeds, self.reshuffles = ctx, size, seeds, reshuffles
        super().__init__(input)

    def over(self, input: Pipeline) -> Pipeline:
        return Shuffle(self.ctx, input, self.size, self.seeds, self.reshuffles)

    def start(self, opening: Opening) -> Cursor:
        seeds = self.seeds
        if self.reshuffles:
            words = opening.kept(self, lambda: self.ctx.words(*self.seeds))
            seeds = next(words), next(words)
        elif seeds == (0, 0):
            seeds = opening.kept(self, self._unknown_seeds)  # nobody knows them, but every epoch has the same
        return _ShuffleCursor(self.input, opening, self.size, self.ctx.words(*seeds), 1)

    def _unknown_seeds(self) -> tuple[int, int]:
        words = self.ctx.words(0, 0)
        return next(words), next(words)


class ShuffleAndRepeat(Opaque):
    """The input in random order several times; the buffer fills with the next epoch while one ends."""

    def __init__(self, ctx: Any, input: Pipeline, size: int, seeds: tuple[int, int], count: int) -> None:
        if size <= 0:
            raise invalid(f"buffer_size must be greater than zero, but is {size}.")
        self.ctx, self.size, self.seeds, self.count = ctx, size, seeds, count
        super().__init__(input)

    @classmethod
    def of(cls, shuffle: Shuffle, count: int) -> ShuffleAndRepeat:
        """A shuffle and the repetition behind it."""
        return cls(shuffle.ctx, shuffle.input, shuffle.size, shuffle.seeds, count)

    def over(self, input: Pipeline) -> Pipeline:
        return ShuffleAndRepeat(self.ctx, input, self.size, self.seeds, self.count)

    def cardinality(self) -> int:
        return repeated(self.input.cardinality(), self.count)

    def start(self, opening: Opening) -> Cursor:
        return _ShuffleCursor(self.input, opening, self.size, self.ctx.words(*self.seeds), self.count)


_TYPES = {"input_dataset": ANY, **dict.fromkeys(("buffer_size", "seed", "seed2", "count"), dtypes.int64)}


@op(
    "ShuffleDataset",
    shape=scalars("buffer_size", "seed", "seed2"),
    types=_TYPES,
    dtype=dtypes.variant,
    stateful=True,
    differentiable=False,
)
def shuffle_dataset(
    ctx: Any, input_dataset: Tensor, buffer_size: Tensor, seed: Tensor, seed2: Tensor, reshuffle_each_iteration: bool
) -> Any:
    seeds = int(seed), int(seed2)
    return Shuffle(ctx, input_dataset, int(buffer_size), seeds, reshuffle_each_iteration)


@op(
    "ShuffleAndRepeatDataset",
    shape=scalars("buffer_size", "seed", "seed2", "count"),
    types=_TYPES,
    dtype=dtypes.variant,
    stateful=True,
    differentiable=False,
)
def shuffle_and_repeat_dataset(
    ctx: Any, input_dataset: Tensor, buffer_size: Tensor, seed: Tensor, seed2: Tensor, count: Tensor
) -> Any:
    seeds = int(seed), int(seed2)
    return ShuffleAndRepeat(ctx, input_dataset, int(buffer_size), seeds, int(count))
