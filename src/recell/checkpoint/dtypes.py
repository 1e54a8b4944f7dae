"""The dtypes that checkpoints hold: their numbers in the files, their names, and what they are in numpy.

Strings are object arrays of bytes. Quantised numbers are structured arrays of one field, as TF's own reader gives them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

STRING = "string"
BFLOAT16 = "bfloat16"

_PLAIN = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64", 9: "int64", 10: "bool",
    17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_QUANTISED = {
    11: ("qint8", "i1"),
    12: ("quint8", "u1"),
    13: ("qint32", "i4"),
    15: ("qint16", "i2"),
    16: ("quint16", "u2"),
}
_NAMES = _PLAIN | {number: name for number, (name, _) in _QUANTISED.items()} | {7: STRING, 14: BFLOAT16}
_NUMBERS = {name: number for number, name in _NAMES.items()}
_RAW = {name: np.dtype(kind) for name, kind in _QUANTISED.values()}
_OTHERS = {20: "resource", 21: "variant"}


def dtype_name(array: np.ndarray) -> str:
    """The name of an array's dtype in checkpoints. TypeError for one that cannot be kept."""
    return _name_of(array.dtype)


@cache  # numpy makes a dtype's name anew each time
def _name_of(kind: np.dtype) -> str:
    if kind.kind in "OSU":
        return STRING
    if kind.names is not None and len(kind.names) == 1 and kind.names[0] in _RAW:
        if kind.itemsize == _RAW[kind.names[0]].itemsize:
            return kind.names[0]
    elif kind.name in _NUMBERS:
        return kind.name
    raise TypeError(f"A checkpoint cannot hold an array of dtype {kind}.")


def numpy_dtype(name: str) -> Any:
    """What a dtype is in numpy."""
    if name == STRING:
        return np.dtype(object)
    if name == BFLOAT16:
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    if name in _RAW:
        return np.dtype([(name, _RAW[name])])
    return np.dtype(name)


def plain_dtype(name: str) -> np.dtype:
    """Of the same size as a dtype's elements, one that numpy itself has: numbers as such, others as their bits."""
    if name == BFLOAT16:
        return np.dtype(np.uint16)
    return _RAW[name] if name in _RAW else np.dtype(name)


def number_of_dtype(name: str) -> int:
    """The number of a dtype in the files."""
    return _NUMBERS[name]


def name_of_number(number: int) -> str | None:
    """The dtype that a number of the files means; None for one whose values are not read here."""
    return _NAMES.get(number)


def is_read(name: str) -> bool:
    """Whether values of this dtype can be read here."""
    return name in _NUMBERS


def told_number(number: int) -> str:
    """A dtype's number in words."""
    return _OTHERS.get(number, f"number {number}")


def as_bytes(item: Any) -> bytes:
    """A string as checkpoints hold it: text in UTF-8. TypeError for what is neither bytes nor text."""
    if isinstance(item, str):
        return item.encode("utf-8")
    if isinstance(item, bytes):
        return item
    raise TypeError(f"A checkpoint holds strings as bytes, but got {type(item).__name__}.")


def as_strings(array: np.ndarray) -> list[bytes]:
    """The elements of an array of strings, in C order."""
    return [as_bytes(item) for item in array.ravel().tolist()]
