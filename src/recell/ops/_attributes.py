"""Arguments that become attributes of an operation though a program may give them as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recell.graph.dimensions import Dimension
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor


def static_value(value: Any, what: str) -> Any:
    """An argument as numpy or Python data. ValueError when it is a tensor whose value only a run would tell."""
    if hasattr(value, "_as_tensor"):
        value = value._as_tensor()
    if isinstance(value, Tensor):
        known = constant_value(value)
        if known is None:
            raise ValueError(f"{what} must be known while the graph is built, but '{value.name}' is not: {value}")
        return known
    if isinstance(value, Dimension):
        return value.value
    if isinstance(value, TensorShape):
        return value.as_list()
    if isinstance(value, (list, tuple)):
        return [static_value(item, what) for item in value]
    return value


def static_int(value: Any, what: str) -> int:
    """A whole number. TypeError for anything else, ValueError for a tensor that only a run would tell."""
    value = static_value(value, what)
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "iu":
        raise TypeError(f"{what} must be an integer, got {value!r}.")
    return int(array.reshape(()))


def static_axes(value: Any, what: str = "axis") -> int | tuple[int, ...] | None:
    """One axis, several, or None for all. TypeError for what is no whole number."""
    if value is None:
        return None
    value = static_value(value, what)
    array = np.asarray(value)
    if array.size == 0:
        return ()
    if array.dtype.kind not in "iu":
        raise TypeError(f"{what} must be made of integers, got {value!r}.")
    return int(array) if array.ndim == 0 else tuple(int(a) for a in array.ravel())


def renamed(new: str, value: Any, old: str, old_value: Any) -> Any:
    """The value of an argument that had another name before. ValueError when both are given."""
    if old_value is None:
        return value
    if value is not None:
        raise ValueError(f"Cannot specify both '{old}' and '{new}'")
    return old_value


def is_whole(value: Any) -> bool:
    """Whether `value` is one Python or numpy integer."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def as_list(value: Any) -> list[Any]:
    """One value or several as a list, as an operation's outputs are one tensor or a list of them."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def is_listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
