"""Parts of tensors: TensorFlow's notation for them, and putting parts together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from recell.checkpoint.errors import WrongSlice


class Region(NamedTuple):
    """A box within a tensor: where it starts, and how far it reaches, along each dimension."""

    start: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def elements(self) -> int:
        return int(np.prod(self.size, dtype=np.int64))

    def within(self, outer: Region) -> tuple[slice, ...]:
        """This region as an index into an array that holds `outer`."""
        return tuple(slice(a - b, a - b + n) for a, n, b in zip(self.start, self.size, outer.start, strict=True))

    def overlap(self, other: Region) -> Region | None:
        """What the two have in common."""
        start = tuple(map(max, self.start, other.start))
        end = tuple(min(a + n, b + m) for a, n, b, m in zip(*self, *other, strict=True))
        size = tuple(e - s for s, e in zip(start, end, strict=True))
        return Region(start, size) if all(n > 0 for n in size) else None


def whole(shape: Sequence[int]) -> Region:
    return Region((0,) * len(shape), tuple(shape))


def parse(spec: str) -> tuple[tuple[int, ...], Region]:
    """The full shape and the part that `"5 2 3,2:0,2"` means; `-` stands for all of a dimension.

    WrongSlice for what is no such text.
    """
    *sizes, parts = spec.split(" ")
    try:
        shape = tuple(int(size) for size in sizes)
        pairs = [(0, n) if p == "-" else _pair(p) for p, n in zip(parts.split(":"), shape, strict=True)]
    except ValueError:
        raise WrongSlice(f"'{spec}' is not the shape of a tensor and a part of it, such as '5 2 3,2:0,2'.") from None
    region = Region(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))
    if any(a < 0 or n < 0 or a + n > m for (a, n), m in zip(pairs, shape, strict=True)):
        raise WrongSlice(f"The part '{parts}' reaches out of a tensor of shape {list(shape)}.")
    return shape, region


def _pair(text: str) -> tuple[int, int]:
    start, size = text.split(",")
    return int(start), int(size)


def assemble(wanted: Region, pieces: Iterable[tuple[Region, np.ndarray]], dtype: np.dtype) -> np.ndarray | None:
    """The wanted region put together from pieces that do not overlap; None when they leave some of it out."""
    result = np.empty(wanted.size, dtype)
    covered = 0
    for region, array in pieces:
        common = wanted.overlap(region)
        if common is not None:
            result[common.within(wanted)] = array[common.within(region)]
            covered += common.elements
    return result if covered == wanted.elements else None
