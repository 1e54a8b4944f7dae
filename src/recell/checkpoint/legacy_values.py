"""The first format's arrays: the fields of a `TensorProto`, one for each family of dtypes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from recell.checkpoint import dtypes
from recell.checkpoint.wire import (
    Malformed,
    Parts,
    bytes_of,
    count_varints,
    field,
    field_of,
    fields,
    pack_varints,
    unpack_varints,
    varint,
)

_FIELDS = {
    "float32": 5, "float64": 6, "int32": 7, "int16": 7, "int8": 7, "uint8": 7, "uint16": 7, "qint8": 7, "quint8": 7,
    "qint32": 7, "qint16": 7, "quint16": 7, dtypes.STRING: 8, "complex64": 9, "int64": 10, "bool": 11, "complex128": 12,
    "float16": 13, dtypes.BFLOAT16: 13, "uint32": 16, "uint64": 17,
}  # fmt: skip
_AS_THEY_ARE = {"float32": "<f4", "float64": "<f8", "complex64": "<c8", "complex128": "<c16"}
"""Dtypes whose field holds the numbers as they lie in memory; in the others each is as short as it can be."""
_NEVER_WRITTEN = frozenset({dtypes.BFLOAT16, "uint32", "uint64", "qint16", "quint16"})
"""TensorFlow neither writes nor reads these in the first format."""


def can_hold(kind: str) -> bool:
    """Whether TensorFlow knows this dtype in its first format."""
    return kind not in _NEVER_WRITTEN


def decode(tensor: memoryview, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array in a `TensorProto` of a dtype that is read here. Malformed when it does not have what `shape` needs."""
    number = _FIELDS[kind]
    elements = math.prod(shape)
    count = sum(1 for _ in _parts(tensor, number))
    if kind == dtypes.STRING:
        _check_count(count, elements)
        strings = np.empty(elements, object)
        for place, part in enumerate(_parts(tensor, number)):
            strings[place] = bytes(part)
        return strings.reshape(shape)
    if count > 1:
        raise Malformed("its values come in several pieces")
    data = next(_parts(tensor, number), memoryview(b""))
    if kind in _AS_THEY_ARE:
        stored = np.dtype(_AS_THEY_ARE[kind])
        if len(data) != elements * stored.itemsize:
            raise Malformed(f"{len(data)} bytes cannot be {kind} {list(shape)}")
        return np.frombuffer(data, stored).astype(dtypes.numpy_dtype(kind)).reshape(shape)
    _check_count(count_varints(data), elements)
    values = np.empty(elements, np.uint16 if _FIELDS[kind] == 13 else dtypes.plain_dtype(kind))
    unpack_varints(data, values)
    return values.view(dtypes.numpy_dtype(kind)).reshape(shape)


def _parts(tensor: memoryview, number: int) -> Iterator[memoryview]:
    return (bytes_of(wire, value) for found, wire, value in fields(tensor) if found == number)


def encode(values: np.ndarray, kind: str) -> Parts:
    """A `TensorProto` with the values of an array, as the first format writes it: without dtype and shape."""
    if not values.size:
        return []
    if kind == dtypes.STRING:
        return [b"".join(field(_FIELDS[kind], text) for text in dtypes.as_strings(values))]
    flat = np.ascontiguousarray(values).reshape(-1)
    if kind in _AS_THEY_ARE:
        return field_of(_FIELDS[kind], [flat.astype(_AS_THEY_ARE[kind], copy=False).view(np.uint8)])
    data = pack_varints(flat.view(np.uint16 if _FIELDS[kind] == 13 else dtypes.plain_dtype(kind)))
    return [field(_FIELDS[kind], data)]


def estimated_size(values: np.ndarray, kind: str) -> int:
    """At most so many bytes `encode` gives."""
    if kind == dtypes.STRING:
        return sum(len(text) + 11 for text in dtypes.as_strings(values))
    if kind in _AS_THEY_ARE:
        return values.nbytes + len(varint(values.nbytes)) + 1
    return values.size * (10 if kind.lstrip("q").startswith("int") else values.itemsize + 1 + values.itemsize // 8) + 11


def _check_count(found: int, elements: int) -> None:
    if found != elements:
        raise Malformed(f"it has {found} values, but its shape needs {elements}")
