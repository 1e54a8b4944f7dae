"""Parts of tensors: TensorFlow's notation for them, and putting parts together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from recell.checkpoint.errors import WrongSlice
from recell.checkpoint.ordered import Extents


class Region(NamedTuple):
    """A box within a tensor: where it starts, and how far it reaches, along each dimension."""

    start: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def elements(self) -> int:
        return math.prod(self.size)

    def within(self, outer: Region) -> tuple[slice, ...]:
        """This region as an index into an array that holds `outer`."""
        return tuple(slice(a - b, a - b + n) for a, n, b in zip(self.start, self.size, outer.start, strict=True))

    def overlap(self, other: Region) -> Region | None:
        """What the two have in common."""
        start = tuple(map(max, self.start, other.start))
        end = tuple(min(a + n, b + m) for a, n, b, m in zip(*self, *other, strict=True))
        size = tuple(e - s for s, e in zip(start, end, strict=True))
        return Region(start, size) if all(n > 0 for n in size) else None

    def __str__(self) -> str:
        return f"{list(self.size)} from {list(self.start)}"


class Tensor(NamedTuple):
    """What a format knows of a tensor: its dtype, its shape, and for each piece that it is kept in, where that is."""

    dtype: str
    shape: tuple[int, ...]
    pieces: dict[Region, Any]


def whole(shape: Sequence[int]) -> Region:
    return Region((0,) * len(shape), tuple(shape))


def overlapping(regions: Sequence[Region]) -> tuple[Region, Region] | None:
    """Two of the regions, of one tensor, that have something in common; None when no two have.

    Empty ones have it when they are the same. It takes little time where most of them are one behind the other.
    """
    seen: set[Region] = set()
    for region in regions:
        if region in seen:
            return region, region
        seen.add(region)
    if len(regions) < 2 or not regions[0].start:
        return None
    axis = int(np.argmax([len(set(starts)) for starts in zip(*(region.start for region in regions), strict=True)]))
    reaching: list[Region] = []
    for region in sorted(regions, key=lambda region: region.start[axis]):
        reaching = [other for other in reaching if other.start[axis] + other.size[axis] > region.start[axis]]
        other = next((other for other in reaching if other.overlap(region) is not None), None)
        if other is not None:
            return other, region
        reaching.append(region)
    return None


def parse_extents(spec: str) -> tuple[tuple[int, ...], Extents]:
    """The full shape and the part that `"5 2 3,2:0,2"` means, as start and length, -1 where `-` stands for all.

    WrongSlice for what is no such text, and for a part that does not lie within the shape.
    """
    *sizes, parts = spec.split(" ")
    try:
        shape = tuple(int(size) for size in sizes)
        named = parts.split(":") if sizes or parts else []
        extents = tuple((0, -1) if p == "-" else _pair(p) for p, _ in zip(named, shape, strict=True))
    except ValueError:
        raise WrongSlice(f"'{spec}' is not the shape of a tensor and a part of it, such as '5 2 3,2:0,2'.") from None
    if any(p != "-" and (a < 0 or n <= 0) for p, (a, n) in zip(named, extents, strict=True)):
        raise WrongSlice(f"'{spec}': expected a start that is not negative, and a length that is positive.")
    if any(a + n > m for (a, n), m in zip(extents, shape, strict=True)):
        raise WrongSlice(f"The part '{parts}' reaches out of a tensor of shape {list(shape)}.")
    return shape, extents


def parse(spec: str) -> tuple[tuple[int, ...], Region]:
    """The full shape and the part that a text means: see `parse_extents`."""
    shape, extents = parse_extents(spec)
    size = tuple(m if n == -1 else n for (_, n), m in zip(extents, shape, strict=True))
    return shape, Region(tuple(start for start, _ in extents), size)


def spec_of(shape: Sequence[int], region: Region) -> str:
    """The text that means a part: what `parse` reads.

    In numbers, as TF's `Saver` has it: to TF, a part that was saved under a dash is another one. Nothing is a dash.
    """
    parts = (f"{start},{size}" if size else "-" for start, size in zip(region.start, region.size, strict=True))
    return f"{' '.join(map(str, shape))} {':'.join(parts)}"


def _pair(text: str) -> tuple[int, int]:
    start, size = text.split(",")
    return int(start), int(size)


def assemble(
    wanted: Region, regions: Iterable[Region], read: Callable[[Region], np.ndarray], dtype: np.dtype
) -> np.ndarray | None:
    """The wanted region put together from pieces; None when they leave some of it out, or overlap.

    Nothing is read, nor is memory asked for, before it is known that they are enough.
    """
    used = [(region, common) for region in regions if (common := wanted.overlap(region)) is not None]
    if sum(common.elements for _, common in used) != wanted.elements:
        return None
    seen = np.zeros(wanted.size, bool)
    for _, common in used:
        place = common.within(wanted)
        if seen[place].any():
            return None
        seen[place] = True
    del seen
    result = np.empty(wanted.size, dtype)
    for region, common in used:
        result[common.within(wanted)] = read(region)[common.within(region)]
    return result
