"""`tf.Dimension`: one size of a shape, with TF 1.15's arithmetic on sizes that may be unknown (None, printed `?`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph.dtypes import DType


def size_of(value: Any) -> int | None:
    """A size as an int, None for unknown. Raises ValueError if negative or not whole, TypeError if no number."""
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, Dimension):
        return value._value
    if isinstance(value, DType):
        raise TypeError(f"Cannot convert {value} to Dimension")
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"A dimension is one number, not an array of shape {value.shape}.")
    number = int(value)
    if number != value and not isinstance(value, (str, bytes)):
        raise ValueError(f"Ambiguous dimension: {value}")
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


def _size_or_unsupported(value: Any) -> Any:
    """`size_of`, or NotImplemented for what is no size, so that Python tries the other operand's operator."""
    try:
        return size_of(value)
    except (TypeError, ValueError):
        return NotImplemented


class Dimension:
    """One size of a shape, None when unknown (`tf.Dimension`).

    Arithmetic with ints and dimensions gives dimensions and unknown with anything gives unknown; there is no true
    division. Where Python or numpy want an index or an int, a known dimension is one.

    Raises:
        ValueError: the size is negative or not whole.
        TypeError: not a number.
    """

    __slots__ = ("_value",)

    _value: int | None

    def __init__(self, value: Any) -> None:
        self._value = size_of(value)

    @property
    def value(self) -> int | None:
        """The size, None if unknown."""
        return self._value

    def __repr__(self) -> str:
        return f"Dimension({self._value})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        return Dimension, (self._value,)

    def __int__(self) -> Any:
        return self._value

    def __index__(self) -> Any:
        return self._value

    __hash__ = None  # type: ignore[assignment]  # equality with an unknown size is undecided, so there can be no hash

    def __eq__(self, other: object) -> Any:
        size = _size_or_unsupported(other)
        if size is NotImplemented:
            return NotImplemented
        return None if size is None or self._value is None else self._value == size

    def __ne__(self, other: object) -> Any:
        size = _size_or_unsupported(other)
        if size is NotImplemented:
            return NotImplemented
        return None if size is None or self._value is None else self._value != size

    def __lt__(self, other: Any) -> bool | None:
        size = size_of(other)
        return None if size is None or self._value is None else self._value < size

    def __le__(self, other: Any) -> bool | None:
        size = size_of(other)
        return None if size is None or self._value is None else self._value <= size

    def __gt__(self, other: Any) -> bool | None:
        size = size_of(other)
        return None if size is None or self._value is None else self._value > size

    def __ge__(self, other: Any) -> bool | None:
        size = size_of(other)
        return None if size is None or self._value is None else self._value >= size

    def _combine(self, other: Any, compute: Callable[[int, int], int]) -> Any:
        size = _size_or_unsupported(other)
        if size is NotImplemented:
            return NotImplemented
        return Dimension(None if size is None or self._value is None else compute(self._value, size))

    def __add__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a // b)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: b // a)

    def __mod__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a % b)

    def __rmod__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: b % a)

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use // instead"
        )

    def __rtruediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', please use // instead"
        )

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be the same size: equal, or one of them unknown."""
        size = size_of(other)
        return size is None or self._value is None or self._value == size

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless `is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The known one of both. Raises ValueError when both are known and differ."""
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other._value if self._value is None else self._value)


def as_dimension(value: Any) -> Dimension:
    """`value` as a `Dimension`; a `Dimension` itself is given back."""
    return value if isinstance(value, Dimension) else Dimension(value)


def dimension_value(dimension: Any) -> Any:
    """The int or None in a `Dimension`; anything else as it is."""
    return dimension._value if isinstance(dimension, Dimension) else dimension
