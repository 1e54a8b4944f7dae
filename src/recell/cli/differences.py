"""How far two arrays are from each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_BLOCK = 1 << 18
"""Elements that are compared at a time: beside two large arrays, no third one."""


class Difference(NamedTuple):
    """Of two arrays of one shape.

    Attributes:
      elements: how many elements differ.
      of: how many there are.
      largest: the largest |a - b|; infinite where only one of the two is a finite number; None for strings.
      relative: `largest` over the largest finite |a| or |b|; None for strings.
    """

    elements: int
    of: int
    largest: float | None
    relative: float | None


def compare(a: np.ndarray, b: np.ndarray, tolerance: float = 0.0) -> Difference:
    """Compares two arrays element by element. NaN equals NaN, and an infinity itself.

    Args:
      a, b: of one shape; numbers, or objects, which are strings.
      tolerance: elements that differ by no more than this are equal.
    """
    if object in (a.dtype, b.dtype):
        return Difference(int(np.count_nonzero(a != b)), a.size, None, None)
    count, largest, scale = 0, 0.0, 0.0
    for x, y in _blocks(a, b):
        distance = _distance(x, y)
        count += int(np.count_nonzero(distance > tolerance))
        largest = max(largest, float(distance.max(initial=0.0)))
        scale = max(scale, _scale(x), _scale(y))
    relative = 0.0 if largest == 0 else largest / scale if scale else math.inf
    return Difference(count, a.size, largest, relative)


def _blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    flat_a, flat_b = a.reshape(-1), b.reshape(-1)
    for start in range(0, a.size, _BLOCK):
        yield _numbers(flat_a[start : start + _BLOCK]), _numbers(flat_b[start : start + _BLOCK])


def _numbers(array: np.ndarray) -> np.ndarray:
    """The elements in a dtype wide enough that nothing is lost: float64, complex128, int64 or uint64."""
    if array.dtype.names:
        array = array[array.dtype.names[0]]
    kind = array.dtype.kind
    if kind in "biu":
        return array.astype(np.uint64 if kind == "u" else np.int64)
    return array.astype(np.complex128 if kind == "c" else np.float64)


def _distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x - y| in float64."""
    if x.dtype == y.dtype and x.dtype.kind in "iu":
        # Their distance, modulo 2^64, is right whatever they are.
        apart = np.maximum(x, y).astype(np.uint64) - np.minimum(x, y).astype(np.uint64)
        return apart.astype(np.float64)
    with np.errstate(all="ignore"):
        distance = np.abs(x - y)
        both = (x == y) | (np.isnan(x) & np.isnan(y))
    distance[both] = 0.0
    distance[np.isnan(distance)] = math.inf
    return distance


def _scale(x: np.ndarray) -> float:
    """The largest finite |x|."""
    with np.errstate(all="ignore"):
        size = np.abs(x.astype(np.complex128 if x.dtype.kind == "c" else np.float64))
    return float(size.max(initial=0.0, where=np.isfinite(size)))
