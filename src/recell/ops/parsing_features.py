"""What a program says of the features to parse, and the columns that it means.

TF symbols: `tf.FixedLenFeature`, `tf.VarLenFeature`, `tf.SparseFeature`, `tf.FixedLenSequenceFeature`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape
from recell.ops.array_shape import reshape
from recell.ops.sparse_merge import sparse_merge

PARSED = (dtypes.float32, dtypes.int64, dtypes.string)
"""What a feature can hold."""


class VarLenFeature(NamedTuple):
    """Any number of values, parsed to a SparseTensor. TF symbol: `tf.VarLenFeature`."""

    dtype: Any


class FixedLenFeature(NamedTuple):
    """Values of one shape, parsed to a dense tensor. TF symbol: `tf.FixedLenFeature`.

    `default_value`, of that shape, is taken where the feature is missing; without it that is an error.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """Any number of steps of one shape, parsed to a dense tensor, padded. TF symbol: `tf.FixedLenSequenceFeature`.

    `default_value`, a scalar, is what `tf.parse_example` pads with (0 or "").
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class SparseFeature(NamedTuple):
    """A SparseTensor from two features: where the values stand, and the values. TF symbol: `tf.SparseFeature`.

    `index_key` and `size` are lists for a tensor of more dimensions. `already_sorted` leaves the order as it is.
    """

    index_key: Any
    value_key: Any
    dtype: Any
    size: Any
    already_sorted: bool = False


@dataclass
class Columns:
    """What is parsed: sparse columns, then dense ones, each by key, dtype and, if dense, shape and default."""

    sparse: list[tuple[str, DType]] = field(default_factory=list)
    dense: list[tuple[str, DType, TensorShape, Any]] = field(default_factory=list)
    merges: dict[str, SparseFeature] = field(default_factory=dict)
    allow_missing: set[str] = field(default_factory=set)

    @property
    def sparse_keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.sparse)

    @property
    def sparse_types(self) -> tuple[DType, ...]:
        return tuple(dtype for _, dtype in self.sparse)

    @property
    def dense_keys(self) -> tuple[str, ...]:
        return tuple(key for key, _, _, _ in self.dense)

    @property
    def dense_types(self) -> tuple[DType, ...]:
        return tuple(dtype for _, dtype, _, _ in self.dense)

    @property
    def dense_shapes(self) -> tuple[TensorShape, ...]:
        return tuple(shape for _, _, shape, _ in self.dense)

    def defaults(self) -> list[Any]:
        """A tensor for every dense column: of no elements where there is no default."""
        return [_default(*column) for column in self.dense]

    def merged(self, parsed: dict[str, Any], features: Mapping[str, Any]) -> dict[str, Any]:
        """`parsed` with the sparse features put together, and without what only they asked for."""
        if not self.merges:
            return parsed
        wanted = dict(parsed)
        for key, feature in self.merges.items():
            indices = feature.index_key
            if isinstance(indices, (list, tuple)):
                ids: Any = [parsed[index] for index in indices]
            else:
                ids = parsed[indices]
            values = parsed[feature.value_key]
            wanted[key] = sparse_merge(ids, values, feature.size, already_sorted=feature.already_sorted)
        return {key: value for key, value in wanted.items() if key in features}


def is_ragged(shape: TensorShape) -> bool:
    """Whether a dense column has any number of steps."""
    dims = shape.tuple
    return dims is not None and len(dims) > 0 and dims[0] is None


def _default(key: str, dtype: DType, shape: TensorShape, value: Any) -> Any:
    ragged = is_ragged(shape)
    if value is None:
        if not ragged:
            return convert_to_tensor([], dtype)
        value = "" if dtype is dtypes.string else 0
    name = "key_" + "".join(c if c.isalnum() or c in "_.\\-/" else "_" for c in key)
    return reshape(convert_to_tensor(value, dtype, name=name), () if ragged else shape.as_list())


def read_columns(features: Any, kinds: tuple[Any, ...]) -> Columns:
    """The columns of a dictionary of features, in order of their keys.

    ValueError for what is none of `kinds`, and for a feature that lacks something.
    """
    if not isinstance(features, Mapping):
        raise ValueError(f"features must be a dictionary from keys to features such as tf.FixedLenFeature: {features}")
    columns = Columns()
    for key in sorted(features):
        feature: Any = features[key]
        if not isinstance(feature, kinds):
            known = (VarLenFeature, FixedLenFeature, FixedLenSequenceFeature, SparseFeature)
            if isinstance(feature, known):
                raise ValueError(f"Unsupported {type(feature).__name__} {feature}.")
            raise ValueError(f"Invalid feature {key}:{feature}.")
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}.")
        _READ[type(feature)](columns, key, feature)
    shared = set(columns.sparse_keys) & set(columns.dense_keys)
    if shared:
        raise ValueError(f"Dense and sparse keys must not intersect; intersection: {shared}")
    return columns


def _read_var_len(columns: Columns, key: str, feature: VarLenFeature) -> None:
    columns.sparse.append((key, as_dtype(feature.dtype)))


def _read_sparse(columns: Columns, key: str, feature: SparseFeature) -> None:
    for name in ("index_key", "value_key"):
        if not getattr(feature, name):
            raise ValueError(f"Missing {name} for SparseFeature {feature}.")
    indices = feature.index_key if isinstance(feature.index_key, (list, tuple)) else [feature.index_key]
    for index in sorted(indices):
        _want(columns, index, dtypes.int64)
    _want(columns, feature.value_key, as_dtype(feature.dtype))
    columns.merges[key] = feature


def _want(columns: Columns, key: str, dtype: DType) -> None:
    known = dict(columns.sparse).get(key)
    if known is None:
        columns.sparse.append((key, dtype))
    elif known is not dtype:
        raise ValueError(f"Conflicting type <dtype: '{known.name}'> vs {dtype.name} for feature {key}.")


def _read_fixed(columns: Columns, key: str, feature: FixedLenFeature) -> None:
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}.")
    shape = TensorShape(feature.shape)
    if is_ragged(shape):
        raise ValueError(f"First dimension of shape for feature {key} unknown. Consider using FixedLenSequenceFeature.")
    if not shape.is_fully_defined():
        raise ValueError(f"All dimensions of shape for feature {key} need to be known but received {shape.as_list()}.")
    columns.dense.append((key, as_dtype(feature.dtype), shape, feature.default_value))


def _read_sequence(columns: Columns, key: str, feature: FixedLenSequenceFeature) -> None:
    if feature.shape is None:
        raise TypeError(f"'shape' is missing for feature {key}: it is that of one step, [] for a number a step.")
    if feature.allow_missing:
        columns.allow_missing.add(key)
    shape = TensorShape([None]).concatenate(TensorShape(feature.shape))
    columns.dense.append((key, as_dtype(feature.dtype), shape, feature.default_value))


_READ: dict[type, Any] = {
    VarLenFeature: _read_var_len,
    SparseFeature: _read_sparse,
    FixedLenFeature: _read_fixed,
    FixedLenSequenceFeature: _read_sequence,
}
