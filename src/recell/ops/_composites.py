"""Values that are more than one tensor: functions of every element act on what such a value holds and keep its form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph.indexed_slices import IndexedSlices


def unwrapped(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The elements that `value` holds, and the way back to its form."""
    rewrap = getattr(value, "_with_values", None)
    if rewrap is not None:
        return value.values, rewrap
    if isinstance(value, IndexedSlices):
        return value.values, lambda values: IndexedSlices(values, value.indices, value.dense_shape)
    return value, lambda values: values
