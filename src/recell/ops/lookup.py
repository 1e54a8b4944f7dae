"""Tables from keys to values: vocabularies. Symbols: `tf.contrib.lookup.*`, `tf.lookup.*`, `tf.tables_initializer`.

A table's content belongs to the session, as a variable's value does, and is put there by running its initializer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collection, control_dependencies, get_collection, name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.keys import GraphKeys
from recell.graph.sparse_tensor import SparseTensor
from recell.ops import lookup_content as content
from recell.ops.lookup_content import KeyValueTensorInitializer, TextFileIndex, TextFileInitializer
from recell.ops.state import group, no_op


class HashTable:
    """A table that is filled once, by running `init`. TF symbol: `tf.contrib.lookup.HashTable`.

    `lookup` gives `default_value` for unknown keys.
    """

    _buckets = 0

    def __init__(
        self, initializer: Any, default_value: Any, shared_name: str | None = None, name: str | None = None
    ) -> None:
        self._name = name or "hash_table"
        self._key = content.table_key(shared_name)
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
            found = content.find(dense, self._default_value, self._key, self._buckets, name=last)
        return SparseTensor(keys.indices, found, keys.dense_shape) if isinstance(keys, SparseTensor) else found

    def size(self, name: str | None = None) -> Any:
        """The number of entries, and of buckets, an int64 scalar."""
        with name_scope(name, f"{self._name}_Size"):
            return content.size(self._key, self._buckets, name="LookupTableSizeV2")


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
        self._key = content.table_key(shared_name)
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
        return content.start(self._key)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Any:
        """An operation that puts entries in, over those of equal keys."""
        with name_scope(name, f"{self._name}_lookup_table_insert"):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            return content.insert(keys, values, self._key)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`; the default for those that are not in the table."""
        keys = convert_to_tensor(keys, name="keys")
        if keys.dtype.base_dtype is not self._key_dtype:
            raise TypeError(f"Signature mismatch. Keys must be dtype {self._key_dtype}, got {keys.dtype.base_dtype}.")
        with name_scope(name, f"{self._name}_lookup_table_find"), control_dependencies([self._started()]):
            return content.find(keys, self._default_value, self._key, 0)

    def size(self, name: str | None = None) -> Any:
        """The number of entries, an int64 scalar."""
        with name_scope(name, f"{self._name}_Size"), control_dependencies([self._started()]):
            return content.size(self._key, 0)

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """All keys and all values."""
        with name_scope(name, f"{self._name}_lookup_table_export_values"):
            keys, values = content.export(self._key, self._key_dtype, self._value_dtype)
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
        with name_scope("hash_table"):
            values = convert_to_tensor(np.arange(_count(keys), dtype=np.int64))
            initializer = KeyValueTensorInitializer(keys, values, as_dtype(dtype), dtypes.int64, name="table_init")
            return _id_table(initializer, num_oov_buckets, default_value, "hash_table")


def _count(mapping: Any) -> int:
    count = mapping.shape.as_list()[0]
    if count is None:
        raise ValueError(f"The number of elements of mapping must be known, but '{mapping.name}' is {mapping.shape}.")
    return count


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
            keys = convert_to_tensor(np.arange(_count(values), dtype=np.int64))
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
