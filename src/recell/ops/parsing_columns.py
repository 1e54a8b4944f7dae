"""From features of many messages to columns of numbers, without a Python step for each number.

A column is told by the values of its features one after another and by how many each has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.dtypes import DType
from recell.ops._kernels import invalid, string_array

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

_LIST = {dtypes.int64: "int64_list", dtypes.float32: "float_list", dtypes.string: "bytes_list"}
KIND = {"int64_list": "int64", "float_list": "float", "bytes_list": "string"}
"""TensorFlow's words for what a feature holds."""

VALUES = {dtypes.int64: "int64", dtypes.float32: "float", dtypes.string: "bytes"}
"""Its words for values that are too many or too few."""


def parse_messages(message: Any, serialized: Iterable[bytes], complain: Callable[[int, bytes], Exception]) -> list[Any]:
    """The messages that strings of bytes stand for; what `complain` makes of the first that stands for none."""
    from google.protobuf.message import DecodeError

    parse = message.FromString
    found = []
    for k, data in enumerate(serialized):
        try:
            found.append(parse(data))
        except DecodeError:
            raise complain(k, data) from None
    return found


def unparsed(k: int, data: bytes) -> Exception:
    """TF1's words for bytes that are no message."""
    return invalid(f"Could not parse example input, value: '{data.decode('utf-8', 'replace')}'")


class Column:
    """The features of one key, of one dtype. `lengths` is -1 for a feature that is not there.

    Args:
      features: a message for each row, or None.
      complain: makes the error for the row whose feature is of another kind.
    """

    def __init__(self, features: Sequence[Any], dtype: DType, complain: Callable[[int, str, Any], Exception]) -> None:
        wanted = _LIST[dtype]
        self.dtype = dtype
        self._lists: list[Any] = []
        lengths = np.full(len(features), -1, np.int64)
        for k, feature in enumerate(features):
            kind = None if feature is None else feature.WhichOneof("kind")
            if kind is None:
                continue
            if kind != wanted:
                raise complain(k, kind, feature)
            values = getattr(feature, wanted)
            lengths[k] = len(values.value)
            self._lists.append(values)
        self.lengths = lengths

    def values(self) -> np.ndarray:
        """All values, row by row."""
        if self.dtype is dtypes.float32:
            return np.frombuffer(b"".join([_raw_floats(values) for values in self._lists]), "<f4")
        flat: list[Any] = []
        for values in self._lists:
            flat += values.value[:]
        if self.dtype is dtypes.string:
            return string_array(flat)
        return np.array(flat, np.int64)

    def fixed(self, size: int, default: np.ndarray) -> np.ndarray:
        """`[rows, size]`: rows that are not there get `default`. Every other row must have `size` values."""
        there = self.lengths >= 0
        found = self.values().reshape(len(self._lists), size)
        if there.all():
            return found
        rows = np.empty((len(there), size), found.dtype)
        rows[there] = found
        rows[~there] = default
        return rows

    def padded(self, stride: int, default: np.ndarray) -> np.ndarray:
        """`[rows, longest, stride]`, where a row that is shorter ends with `default`."""
        lengths = self.lengths.clip(0)
        longest = int(lengths.max(initial=0))
        rows = np.empty((len(lengths), longest), object if self.dtype is dtypes.string else self.dtype.as_numpy_dtype)
        rows[...] = default
        rows[np.arange(longest) < lengths[:, None]] = self.values()
        return rows.reshape(len(lengths), longest // stride if stride else 0, stride)


def places(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of all elements of lists of these lengths: which list, and where in it."""
    rows = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    starts = np.cumsum(lengths) - lengths
    return rows, np.arange(len(rows), dtype=np.int64) - np.repeat(starts, lengths)


def _raw_floats(values: Any) -> bytes:
    """The bytes of a FloatList's numbers: what follows the tag and the length in its packed form."""
    size = 4 * len(values.value)
    if not size:
        return b""
    start = 1 + (size.bit_length() + 6) // 7
    return values.SerializeToString()[start : start + size]


def sparse_parts(indices: Sequence[np.ndarray], values: np.ndarray, shape: Sequence[int]) -> tuple[Any, Any, Any]:
    """Indices (a column each), values and shape of a sparse tensor as run-time values."""
    where = np.stack(indices, axis=1) if len(values) else np.empty((0, len(indices)), np.int64)
    return to_torch(where), to_torch(values), torch.tensor(list(shape), dtype=torch.int64)


def sparse_rows(column: Column) -> tuple[Any, Any, Any]:
    """A column as a sparse tensor `[rows, longest]`."""
    lengths = column.lengths.clip(0)
    return sparse_parts(places(lengths), column.values(), (len(lengths), int(lengths.max(initial=0))))


def as_array(value: Any) -> np.ndarray:
    """A run-time value as numpy's."""
    return value if isinstance(value, np.ndarray) else value.numpy()


def result(outputs: list[Any]) -> Any:
    """What a kernel of so many outputs gives."""
    return outputs[0] if len(outputs) == 1 else outputs
