"""Tables from keys to values: vocabularies. Symbols: `tf.contrib.lookup.*`, `tf.lookup.*`, `tf.tables_initializer`.

A table's content belongs to the session, as a variable's value does, and is put there by running its initializer.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes, errors
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collection, control_dependencies, get_collection, name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.sparse_tensor import SparseTensor
from recell.ops import rules
from recell.ops._kernels import as_strings, invalid
from recell.ops.fingerprint import fingerprint64
from recell.ops.op import ANY, op
from recell.ops.state import group, no_op

if TYPE_CHECKING:
    from torch import Tensor

_numbers = itertools.count()


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
        array = np.empty(len(found), dtype=object)
        array[:] = found
        return as_strings(array.reshape(tuple(shape)))
    return to_torch(np.array(found, dtype=dtype.as_numpy_dtype).reshape(tuple(shape)))


@op(
    "LookupTableFindV2",
    shape=rules.unchanged,
    types={"keys": ANY, "default_value": ANY},
    dtype=lambda i: i.dtype("default_value"),
    differentiable=False,
    stateful=True,
)
def _find(ctx: Any, keys: Tensor, default_value: Tensor, table: str, buckets: int) -> Any:
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
def _size(ctx: Any, table: str, buckets: int) -> Any:
    return to_torch(np.array(len(_content(ctx, table)) + buckets, dtype=np.int64))


@op("LookupTableInsertV2", shape=rules.none, types={"keys": ANY, "values": ANY}, differentiable=False, stateful=True)
def _insert(ctx: Any, keys: Tensor, values: Tensor, table: str) -> None:
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
def _export(ctx: Any, table: str, key_dtype: DType, value_dtype: DType) -> list[Any]:
    content = ctx.resources.shared.get(table, {})
    count = (len(content),)
    return [_as_value(list(content), count, key_dtype), _as_value(list(content.values()), count, value_dtype)]


@op("MutableTableStart", shape=rules.none, dtype=[], differentiable=False, stateful=True)
def _start(ctx: Any, table: str) -> None:
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


# -- tables ---------------------------------------------------------------------------------------------------------


class HashTable:
    """A table that is filled once, by running `init`. TF symbol: `tf.contrib.lookup.HashTable`.

    `lookup` gives `default_value` for unknown keys.
    """

    _buckets = 0

    def __init__(
        self, initializer: Any, default_value: Any, shared_name: str | None = None, name: str | None = None
    ) -> None:
        self._name = name or "hash_table"
        self._key = f"table/{shared_name or next(_numbers)}"
        self._key_dtype, self._value_dtype = initializer.key_dtype, initializer.value_dtype
        with name_scope(self._name):
            self._default_value = convert_to_tensor(default_value, self._value_dtype, name="default_value")
        self._init_op = initializer.initialize(self)
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, self._init_op)

    @property
    def name(self) -> str:
        return self._name

    @property
    def key_dtype(self) -> DType:
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        return self._value_dtype

    @property
    def default_value(self) -> Any:
        return self._default_value

    @property
    def init(self) -> Any:
        """The operation that fills the table; `tf.tables_initializer()` runs those of all tables."""
        return self._init_op

    @property
    def initializer(self) -> Any:
        return self._init_op

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`, a tensor or a SparseTensor. TypeError for keys of another dtype."""
        dense = keys.values if isinstance(keys, SparseTensor) else convert_to_tensor(keys, name="keys")
        if dense.dtype.base_dtype is not self._key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {dense.dtype.base_dtype}.")
        with name_scope(name, f"{self._name}_Lookup", [dense]):
            last = "SelectV2" if self._buckets else "LookupTableFindV2"
            found = _find(dense, self._default_value, self._key, self._buckets, name=last)
        return SparseTensor(keys.indices, found, keys.dense_shape) if isinstance(keys, SparseTensor) else found

    def size(self, name: str | None = None) -> Any:
        """The number of entries, and of buckets, an int64 scalar."""
        with name_scope(name, f"{self._name}_Size"):
            return _size(self._key, self._buckets, name="LookupTableSizeV2")


class StaticHashTable(HashTable):
    """`HashTable` as later releases call it. TF symbol: `tf.lookup.StaticHashTable`."""

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None) -> None:
        super().__init__(initializer, default_value, name=name)


class IdTable(HashTable):
    """A table to numbers in which unknown keys are hashed into buckets behind the known ones."""

    def __init__(self, initializer: Any, num_oov_buckets: int, name: str | None = None) -> None:
        self._buckets = num_oov_buckets
        super().__init__(initializer, -1, name=name)


class StaticVocabularyTable(IdTable):
    """Numbers of known keys, and of buckets for the unknown. TF symbol: `tf.lookup.StaticVocabularyTable`."""

    def __init__(
        self, initializer: Any, num_oov_buckets: int, lookup_key_dtype: Any = None, name: str | None = None
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("oov_buckets must be > 0.")
        super().__init__(initializer, num_oov_buckets, name=name)


class MutableHashTable:
    """A table that operations put entries into. TF symbol: `tf.contrib.lookup.MutableHashTable`."""

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        shared_name: str | None = None,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
    ) -> None:
        self._name = name
        self._key = f"table/{shared_name or next(_numbers)}"
        self._key_dtype, self._value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        self._default_value = convert_to_tensor(default_value, self._value_dtype)
        if self._default_value.shape.ndims:
            raise ValueError("Tables whose values are no scalars are not supported.")

    @property
    def name(self) -> str:
        return self._name

    @property
    def key_dtype(self) -> DType:
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        return self._value_dtype

    def _started(self) -> Any:
        return _start(self._key)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """An operation that puts entries in, over those of equal keys."""
        with name_scope(name, f"{self._name}_lookup_table_insert"):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            return _insert(keys, values, self._key)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`; the default for those that are not in the table."""
        keys = convert_to_tensor(keys, name="keys")
        if keys.dtype.base_dtype is not self._key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {keys.dtype.base_dtype}.")
        with name_scope(name, f"{self._name}_lookup_table_find"), control_dependencies([self._started()]):
            return _find(keys, self._default_value, self._key, 0)

    def size(self, name: str | None = None) -> Any:
        """The number of entries, an int64 scalar."""
        with name_scope(name, f"{self._name}_Size"), control_dependencies([self._started()]):
            return _size(self._key, 0)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All keys and all values."""
        with name_scope(name, f"{self._name}_lookup_table_export_values"):
            keys, values = _export(self._key, self._key_dtype, self._value_dtype)
            return keys, values


# -- vocabularies ---------------------------------------------------------------------------------------------------


def _id_table(initializer: Any, num_oov_buckets: int, default_value: int, name: str) -> HashTable:
    if num_oov_buckets:
        return IdTable(initializer, num_oov_buckets, name=name)
    return HashTable(initializer, default_value, name=name)


def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: Any = None,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> HashTable:
    """A table from the lines of a file to their numbers. TF symbol: `tf.contrib.lookup.index_table_from_file`.

    Unknown keys get `default_value`, or with `num_oov_buckets` a number behind those of the vocabulary, by their hash.
    ValueError for a missing file name and sizes that cannot be.
    """
    if vocabulary_file is None or (isinstance(vocabulary_file, str) and not vocabulary_file):
        raise ValueError("vocabulary_file must be specified and must not be empty.")
    _check_vocabulary(num_oov_buckets, vocab_size, hasher_spec)
    with name_scope(name, "string_to_index"), name_scope("hash_table"):
        initializer = TextFileInitializer(
            vocabulary_file,
            key_dtype,
            key_column_index,
            dtypes.int64,
            value_column_index,
            vocab_size,
            delimiter,
            name="table_init",
        )
        return _id_table(initializer, num_oov_buckets, default_value, "hash_table")


def _check_vocabulary(num_oov_buckets: int, vocab_size: int | None, hasher_spec: Any) -> None:
    if num_oov_buckets < 0:
        raise ValueError(f"num_oov_buckets must be greater or equal than 0, got {num_oov_buckets}.")
    if vocab_size is not None and vocab_size < 1:
        raise ValueError(f"vocab_size must be greater than 0, got {vocab_size}.")
    if hasher_spec is not None:
        raise ValueError("Only the default hasher, FastHashSpec, is supported: leave hasher_spec out.")


def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: Any = None,
    dtype: Any = dtypes.string,
    name: str | None = None,
) -> HashTable:
    """A table from elements of `mapping` to their places. TF symbol: `tf.contrib.lookup.index_table_from_tensor`."""
    if mapping is None:
        raise ValueError("mapping must be specified.")
    _check_vocabulary(num_oov_buckets, None, hasher_spec)
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(mapping, as_dtype(dtype))
        count = keys.shape.as_list()[0]
        if count is None:
            raise ValueError(f"The number of elements of mapping must be known, but '{keys.name}' is {keys.shape}.")
        with name_scope("hash_table"):
            values = convert_to_tensor(np.arange(count, dtype=np.int64))
            initializer = KeyValueTensorInitializer(keys, values, as_dtype(dtype), dtypes.int64, name="table_init")
            return _id_table(initializer, num_oov_buckets, default_value, "hash_table")


def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: str = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> HashTable:
    """A table from numbers of lines to the lines. TF symbol: `tf.contrib.lookup.index_to_string_table_from_file`."""
    if vocabulary_file is None or (isinstance(vocabulary_file, str) and not vocabulary_file):
        raise ValueError("vocabulary_file must be specified and must not be empty.")
    _check_vocabulary(0, vocab_size, None)
    with name_scope(name, "index_to_string"), name_scope("hash_table"):
        initializer = TextFileInitializer(
            vocabulary_file,
            dtypes.int64,
            key_column_index,
            dtypes.string,
            value_column_index,
            vocab_size,
            delimiter,
            name="table_init",
        )
        return HashTable(initializer, default_value, name="hash_table")


def index_to_string_table_from_tensor(mapping: Any, default_value: str = "UNK", name: str | None = None) -> HashTable:
    """A table from places to elements. TF symbol: `tf.contrib.lookup.index_to_string_table_from_tensor`."""
    if mapping is None:
        raise ValueError("mapping must be specified.")
    with name_scope(name, "index_to_string"):
        values = convert_to_tensor(mapping, dtypes.string)
        with name_scope("hash_table"):
            keys = convert_to_tensor(np.arange(values.shape.as_list()[0], dtype=np.int64))
            initializer = KeyValueTensorInitializer(keys, values, dtypes.int64, dtypes.string, name="table_init")
            return HashTable(initializer, default_value, name="hash_table")


def tables_initializer(name: str = "init_all_tables") -> Any:
    """An operation that fills all tables of the graph. TF symbol: `tf.tables_initializer`."""
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name=name)


def initialize_all_tables(name: str = "init_all_tables") -> Any:
    """The older name of `tables_initializer`. TF symbol: `tf.initialize_all_tables`."""
    return tables_initializer(name)


__all__ = [
    "HashTable",
    "KeyValueTensorInitializer",
    "MutableHashTable",
    "StaticHashTable",
    "StaticVocabularyTable",
    "TextFileIndex",
    "TextFileInitializer",
    "index_table_from_file",
    "index_table_from_tensor",
    "index_to_string_table_from_file",
    "index_to_string_table_from_tensor",
    "initialize_all_tables",
    "tables_initializer",
]
