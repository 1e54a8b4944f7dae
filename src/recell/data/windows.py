"""Elements gathered to datasets of their own: windows, and groups by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.data.arguments import scalars
from recell.data.pipeline import Chain, Cursor, Opening, Pipeline
from recell.data.sources import Elements
from recell.data.values import Element, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, BOOL, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

Call = Callable[..., list[Any]]


class _WindowCursor(Cursor):
    def __init__(self, input: Cursor, size: int, shift: int, stride: int, drop_remainder: bool) -> None:
        self.input: Cursor = input
        self._size, self._shift, self._stride = size, shift, stride
        self._span = (size - 1) * stride + 1
        self._drop_remainder = drop_remainder
        self._buffer: list[Element] = []
        self._to_skip = 0
        self._ended = False

    def __next__(self) -> Element:
        try:
            while not self._ended and (self._to_skip or len(self._buffer) < self._span):
                element = next(self.input)
                if self._to_skip:
                    self._to_skip -= 1
                else:
                    self._buffer.append(element)
        except StopIteration:
            self._ended = True
        buffer = self._buffer
        if not buffer or (self._drop_remainder and len(buffer) < self._span):
            raise StopIteration
        window = buffer[: self._span : self._stride]
        self._to_skip = max(self._shift - len(buffer), 0)
        self._buffer = buffer[self._shift :]
        return tuple([Elements([(part,) for part in parts]) for parts in zip(*window, strict=True)])


class Window(Pipeline):
    """Datasets of `size` neighbouring elements (`stride` apart), beginning every `shift` elements."""

    fresh = False

    def __init__(self, input: Pipeline, size: int, shift: int, stride: int, drop_remainder: bool) -> None:
        for name, value in (("Window size", size), ("Window shift", shift), ("Window stride", stride)):
            if value <= 0:
                raise invalid(f"{name} must be greater than zero, but is {value}.")
        self._input = input
        self._options = size, shift, stride, drop_remainder

    def cardinality(self) -> int:
        size, shift, stride, drop_remainder = self._options
        every = self._input.cardinality()
        if every < 0:
            return every
        if drop_remainder:
            every -= (size - 1) * stride
        return max(0, -(-every // shift))

    def open(self, opening: Opening) -> Cursor:
        return _WindowCursor(self._input.open(opening), *self._options)


class _GroupCursor(Chain):
    """Groups that are full, made datasets and given out; at the end what is left, by key."""

    def __init__(self, input: Cursor, opening: Opening, key_of: Call, reduce: Call, size_of: Call) -> None:
        super().__init__()
        self.input: Cursor = input
        self._opening = opening
        self._key_of, self._reduce, self._size_of = key_of, reduce, size_of
        self._groups: dict[int, list[Element]] = {}
        self._sizes: dict[int, int] = {}
        self._ended = False

    def following(self) -> Cursor:
        while not self._ended:
            try:
                element = next(self.input)
            except StopIteration:
                self._ended = True
                break
            key = self._key_of(*element)[0]
            number = int(key)
            if number not in self._sizes:
                self._sizes[number] = self._size(key)
            group = self._groups.setdefault(number, [])
            group.append(element)
            if len(group) == self._sizes[number]:
                del self._groups[number], self._sizes[number]
                return self._opened(key, group)
        if not self._groups:
            raise StopIteration
        first = min(self._groups)
        return self._opened(torch.tensor(first), self._groups.pop(first))

    def _size(self, key: Any) -> int:
        size = int(self._size_of(key)[0])
        if size <= 0:
            raise invalid(f"Window size must be greater than zero, but got {size}.")
        return size

    def _opened(self, key: Any, group: list[Element]) -> Cursor:
        return self._reduce(key, Elements(group))[0].open(self._opening)


class GroupByWindow(Pipeline):
    """Elements grouped by a key; each full group becomes a dataset, whose elements are given."""

    fresh = False

    def __init__(self, input: Pipeline, key_of: Call, reduce: Call, size_of: Call) -> None:
        self._input, self._functions = input, (key_of, reduce, size_of)

    def open(self, opening: Opening) -> Cursor:
        return _GroupCursor(self._input.open(opening), opening, *self._functions)


_SIZES = dict.fromkeys(("size", "shift", "stride"), dtypes.int64)


@op(
    "WindowDataset",
    shape=scalars("size", "shift", "stride", "drop_remainder"),
    types={"input_dataset": ANY, "drop_remainder": BOOL, **_SIZES},
    dtype=dtypes.variant,
    differentiable=False,
)
def window_dataset(input_dataset: Tensor, size: Tensor, shift: Tensor, stride: Tensor, drop_remainder: Tensor) -> Any:
    return Window(input_dataset, int(size), int(shift), int(stride), bool(drop_remainder))


@op("GroupByWindowDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def group_by_window_dataset(input_dataset: Tensor, key_func: Any, reduce_func: Any, window_size_func: Any) -> Any:
    return GroupByWindow(input_dataset, key_func, reduce_func, window_size_func)
