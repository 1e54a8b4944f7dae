"""What tables hold, a dictionary a session and table: the operations on it, and where it comes from."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes, errors
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collection, name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.portable import ResourceKey, register_kind
from recell.ops import rules
from recell.ops._kernels import as_strings, invalid, string_array
from recell.ops.fingerprint import fingerprint64
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    from torch import Tensor


_numbers = itertools.count()


def table_key(shared_name: str | None) -> str:
    """What a session knows a table by. Tables of one `shared_name` are one."""
    return f"table/{shared_name}" if shared_name else ResourceKey(f"table/{next(_numbers)}")


def _listed(value: Any) -> list[Any]:
    """The elements of a run-time value: Python numbers or bytes."""
    return [value] if isinstance(value, bytes) else value.reshape(-1).tolist()


def _content(ctx: Any, table: str) -> dict[Any, Any]:
    found = ctx.resources.shared.get(table)
    if found is None:
        raise errors.FailedPreconditionError(None, None, "Table not initialized.")
    return found


def _fill(ctx: Any, table: str, keys: Sequence[Any], values: Sequence[Any]) -> None:
    content: dict[Any, Any] = {}
    for key, value in zip(keys, values, strict=True):
        known = content.setdefault(key, value)
        if known != value:
            shown = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
            raise errors.FailedPreconditionError(
                None,
                None,
                f"HashTable has different value for same key. Key {shown} has {known} and trying to add value {value}",
            )
    with ctx.resources.lock:
        ctx.resources.shared[table] = content


@op("LookupTableImportV2", shape=rules.none, types={"keys": ANY, "values": ANY}, differentiable=False, stateful=True)
def _import(ctx: Any, keys: Tensor, values: Tensor, table: str) -> None:
    if keys.shape != values.shape:
        raise invalid(f"keys and values must have one shape, got {list(keys.shape)} and {list(values.shape)}")
    _fill(ctx, table, _listed(keys), _listed(values))


@op("InitializeTableFromTextFileV2", shape=rules.none, types={"filename": ANY}, differentiable=False, stateful=True)
def _import_file(ctx: Any, filename: Tensor, table: str, settings: Any) -> None:
    path = _listed(filename)[0].decode("utf-8")
    if not os.path.exists(path):
        raise errors.NotFoundError(None, None, f"{path}; No such file or directory")
    with open(path, "rb") as file:
        lines = [line.rstrip(b"\r\n") for line in file]
    if settings.vocab_size is not None:
        if len(lines) < settings.vocab_size:
            raise invalid(f"Invalid vocab_size in {path}: expected {settings.vocab_size} but got {len(lines)}")
        lines = lines[: settings.vocab_size]
    keys = [settings.read(line, number, settings.key_index, settings.key_dtype) for number, line in enumerate(lines)]
    values = [
        settings.read(line, number, settings.value_index, settings.value_dtype) for number, line in enumerate(lines)
    ]
    _fill(ctx, table, keys, values)


def _as_value(found: list[Any], shape: Any, dtype: DType) -> Any:
    if dtype is dtypes.string:
        return as_strings(string_array(found).reshape(tuple(shape)))
    return to_torch(np.array(found, dtype=dtype.as_numpy_dtype).reshape(tuple(shape)))


@op(
    "LookupTableFindV2",
    shape=rules.unchanged,
    types={"keys": ANY, "default_value": ANY},
    dtype=lambda i: i.dtype("default_value"),
    differentiable=False,
    stateful=True,
)
def find(ctx: Any, keys: Tensor, default_value: Tensor, table: str, buckets: int) -> Any:
    content = _content(ctx, table)
    default = _listed(default_value)[0]
    if buckets:
        size = len(content)
        found = [
            content[key] if key in content else size + fingerprint64(_key_bytes(key)) % buckets for key in _listed(keys)
        ]
    else:
        found = [content.get(key, default) for key in _listed(keys)]
    return _as_value(found, keys.shape, ctx.op.outputs[0].dtype.base_dtype)


def _key_bytes(key: Any) -> bytes:
    return key if isinstance(key, bytes) else str(key).encode()


@op("LookupTableSizeV2", shape=rules.scalar, dtype=dtypes.int64, differentiable=False, stateful=True)
def size(ctx: Any, table: str, buckets: int) -> Any:
    return to_torch(np.array(len(_content(ctx, table)) + buckets, dtype=np.int64))


@op("LookupTableInsertV2", shape=rules.none, types={"keys": ANY, "values": ANY}, differentiable=False, stateful=True)
def insert(ctx: Any, keys: Tensor, values: Tensor, table: str) -> None:
    with ctx.resources.lock:
        content = ctx.resources.shared.setdefault(table, {})
        content.update(zip(_listed(keys), _listed(values), strict=True))


@op(
    "LookupTableExportV2",
    shape=lambda i: [[None], [None]],
    dtype=lambda i: [i["key_dtype"], i["value_dtype"]],
    differentiable=False,
    stateful=True,
)
def export(ctx: Any, table: str, key_dtype: DType, value_dtype: DType) -> list[Any]:
    content = ctx.resources.shared.get(table, {})
    count = (len(content),)
    return [_as_value(list(content), count, key_dtype), _as_value(list(content.values()), count, value_dtype)]


@op("MutableTableStart", shape=rules.none, dtype=[], differentiable=False, stateful=True)
def start(ctx: Any, table: str) -> None:
    with ctx.resources.lock:
        ctx.resources.shared.setdefault(table, {})


# -- initializers ---------------------------------------------------------------------------------------------------


class TextFileIndex:
    """Columns that are no columns: the line's number, the whole line. TF symbol: `tf.contrib.lookup.TextFileIndex`."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class KeyValueTensorInitializer:
    """Content given as two tensors. TF symbol: `tf.contrib.lookup.KeyValueTensorInitializer`."""

    def __init__(
        self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None
    ) -> None:
        self._name = name or "key_value_init"
        with name_scope(self._name):
            self._keys = convert_to_tensor(keys, key_dtype, name="keys")
            self._values = convert_to_tensor(values, value_dtype, name="values")

    @property
    def key_dtype(self) -> DType:
        return self._keys.dtype.base_dtype

    @property
    def value_dtype(self) -> DType:
        return self._values.dtype.base_dtype

    def initialize(self, table: Any) -> Any:
        """The operation that fills the table."""
        with name_scope(self._name):
            return _import(self._keys, self._values, table._key, name="LookupTableImportV2")


class TextFileInitializer:
    """Content read from a file, a line an entry. TF symbol: `tf.contrib.lookup.TextFileInitializer`.

    `key_index` and `value_index` are columns parted by `delimiter`, or those of `TextFileIndex`. ValueError for a file
    name, a column or a type that cannot be.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
    ) -> None:
        if not hasattr(filename, "op") and not filename:
            raise ValueError("Filename required for text_file_init.")
        self.key_dtype, self.value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        for index, dtype, which in ((key_index, self.key_dtype, "Key"), (value_index, self.value_dtype, "Value")):
            if index < -2:
                raise ValueError(f"Invalid {which.lower()} index {index}.")
            if index == TextFileIndex.LINE_NUMBER and dtype is not dtypes.int64:
                raise ValueError(f"Signature mismatch. {which}s must be dtype {dtypes.int64}, got {dtype}.")
            if index == TextFileIndex.WHOLE_LINE and not (dtype.is_integer or dtype is dtypes.string):
                raise ValueError(f"Signature mismatch. {which}s must be integer or string, got {dtype}.")
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"Invalid vocab_size {vocab_size}.")
        self.key_index, self.value_index = key_index, value_index
        self.vocab_size = vocab_size
        self._delimiter = delimiter.encode()
        self._filename = filename
        self._name = name or "text_file_init"

    def read(self, line: bytes, number: int, index: int, dtype: DType) -> Any:
        """One column of a line. InvalidArgumentError when it has too few of them."""
        if index == TextFileIndex.LINE_NUMBER:
            return number
        text = line
        if index != TextFileIndex.WHOLE_LINE:
            columns = line.split(self._delimiter)
            if index >= len(columns):
                raise invalid(f"Invalid number of columns in line {number}: expected {index + 1}, got {len(columns)}")
            text = columns[index]
        return text if dtype is dtypes.string else dtype.as_numpy_dtype(text).item()

    def initialize(self, table: Any) -> Any:
        """The operation that fills the table."""
        with name_scope(self._name):
            filename = convert_to_tensor(self._filename, dtypes.string, name="asset_filepath")
            add_to_collection(GraphKeys.ASSET_FILEPATHS, filename)
            return _import_file(filename, table._key, self, name="InitializeTableFromTextFileV2")


def _settings(initializer: TextFileInitializer) -> dict[str, Any]:
    """What the reading of lines needs; the file's name is an input of the operation."""
    return {
        "filename": "an input of the operation",
        "key_dtype": initializer.key_dtype,
        "key_index": initializer.key_index,
        "value_dtype": initializer.value_dtype,
        "value_index": initializer.value_index,
        "vocab_size": initializer.vocab_size,
        "delimiter": initializer._delimiter.decode(),
    }


register_kind("TextFileInitializer", TextFileInitializer, _settings, TextFileInitializer)


__all__ = ["KeyValueTensorInitializer", "TextFileIndex", "TextFileInitializer"]
