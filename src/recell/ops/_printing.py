"""Values as TensorFlow's runtime writes them, for `Print`, `Assert` and `tf.print`. All work on numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from recell._torch import to_numpy


def as_array(value: Any) -> np.ndarray:
    """A run-time value as an array."""
    return np.asarray(to_numpy(value, False))


def number(value: Any, quoted: bool = False) -> str:
    """One element: floats with as many digits as tell them apart, bools as 0 and 1, strings as they are or quoted."""
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
        return f'"{text}"' if quoted else text
    if isinstance(value, (np.bool_, bool)):
        return "1" if value else "0"
    if isinstance(value, np.complexfloating):
        return f"({number(value.real)},{number(value.imag)})"
    if isinstance(value, np.float64):
        return _shortest(float(value), np.float64, 15, 17)
    if isinstance(value, (np.floating, float)):
        return _shortest(float(value), np.float32, 6, 9)
    return str(value)


def _shortest(value: float, kind: Any, few: int, many: int) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    text = f"{value:.{few}g}"
    return text if kind(text) == kind(value) else f"{value:.{many}g}"


def brief(array: np.ndarray, limit: int) -> str:
    """The first `limit` elements (all for -1) in row order, with inner rows in brackets: `[1 2][3...]...`."""
    if array.ndim == 0:
        return number(array[()])
    left = [array.size if limit < 0 else limit]
    return _brief(array, left) + ("..." if array.ndim > 1 and 0 <= limit < array.size else "")


def _brief(array: np.ndarray, left: list[int]) -> str:
    if array.ndim == 1:
        shown = array[: left[0]]
        left[0] -= len(shown)
        return " ".join(number(item) for item in shown) + ("..." if len(shown) < len(array) else "")
    parts = []
    for row in array:
        if left[0] <= 0:
            break
        parts.append(f"[{_brief(row, left)}]")
    return "".join(parts)


def edges(array: np.ndarray, summarize: int) -> str:
    """All rows in brackets, of each axis only the first and last `summarize` (all for -1), on lines of their own."""
    return _edges(array, summarize, 0)


def _edges(array: Any, summarize: int, depth: int) -> str:
    if not isinstance(array, np.ndarray) or array.ndim == 0:
        return number(array[()] if isinstance(array, np.ndarray) else array, quoted=True)
    length = array.shape[0]
    whole = summarize < 0 or length <= 2 * summarize
    places = range(length) if whole else [*range(summarize), *range(length - summarize, length)]
    parts = [_edges(array[place], summarize, depth + 1) for place in places]
    if not whole:
        parts.insert(summarize, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * (depth + 1)
    return f"[{between.join(parts)}]"
