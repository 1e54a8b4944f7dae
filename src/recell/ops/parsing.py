"""Serialized examples to tensors. Symbols: `tf.parse_example`, `tf.parse_single_example`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, runtime_name
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid, string_array
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import (
    KIND,
    VALUES,
    Column,
    as_array,
    parse_messages,
    sparse_parts,
    sparse_rows,
    unparsed,
)
from recell.ops.parsing_features import (
    Columns,
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
    is_ragged,
    read_columns,
)
from recell.ops.parsing_outputs import (
    ALLOWED,
    Parts,
    add_parts,
    check_types,
    flat,
    name_at,
    sparse_dtypes,
    sparse_shapes,
    step_dims,
    to_dict,
)

if TYPE_CHECKING:
    from torch import Tensor

_KINDS = (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)

# -- many examples --------------------------------------------------------------------------------------------------


def _dense_shapes(i: Inference, batch: Sequence[int | None]) -> list[TensorShape]:
    shapes = []
    for k, shape in enumerate(i["dense_shapes"]):
        if not TensorShape(shape.as_list()[1:]).is_fully_defined():
            raise i.mismatch(f"dense_shapes[{k}] has unknown rank or unknown inner dimensions: {brackets(shape)}")
        shapes.append(TensorShape(list(batch)).concatenate(shape))
    return shapes


def _example_shapes(i: Inference) -> list[TensorShape]:
    batch = rules.ranked(i, "serialized", 1).as_list()
    return sparse_shapes(len(i["sparse_keys"]), 2) + _dense_shapes(i, batch)


def _example_dtypes(i: Inference) -> list[DType]:
    return sparse_dtypes(i["sparse_types"]) + [tensor.dtype.base_dtype for tensor in i.tensor("dense_defaults")]


class _Rows:
    """Parsed examples, whose features are asked for by key, and how errors tell which one they are about."""

    def __init__(self, serialized: np.ndarray, names: np.ndarray) -> None:
        from recell.platform import protos

        self._maps = [each.features.feature for each in parse_messages(protos.Example, serialized, unparsed)]
        self._names = names

    def __len__(self) -> int:
        return len(self._maps)

    def name(self, row: int) -> str:
        return name_at(self._names, row)

    def column(self, key: str, dtype: DType, dense: bool) -> Column:
        def wrong(row: int, kind: str, feature: Any) -> Exception:
            said = "Data type: {1} but expected type: {0}" if dense else "Expected type: {0}, Actual type: {1}"
            said = said.format(runtime_name(dtype), KIND[kind])
            return invalid(f"Name: {self.name(row)}, Key: {key}, Index: {row}.  Data types don't match. {said}")

        return Column([features.get(key) for features in self._maps], dtype, wrong)

    def missing(self, row: int, key: str, dtype: DType) -> Exception:
        said = f"Feature: {key} (data type: {runtime_name(dtype)}) is required but could not be found."
        return invalid(f"Name: {self.name(row)}, {said}")

    def miscounted(self, row: int, key: str, dtype: DType, count: int, shape: TensorShape) -> Exception:
        word = VALUES[dtype]
        if is_ragged(shape):
            said = f"Number of {word} values is not a multiple of stride length. Saw {count} values but output shape is"
        else:
            said = f"Number of {word} values != expected.  Values size: {count} but output shape"
        return invalid(f"Name: {self.name(row)}, Key: {key}, Index: {row}.  {said}: {brackets(shape)}")


def _dense(rows: Any, key: str, dtype: DType, shape: TensorShape, default: np.ndarray) -> np.ndarray:
    """One dense column, `[rows, ...]`."""
    column = rows.column(key, dtype, True)
    lengths = column.lengths
    inner = step_dims(shape)
    size = int(np.prod(inner, dtype=np.int64))
    if is_ragged(shape):
        wrong = np.flatnonzero(lengths.clip(0) % size) if size else np.flatnonzero(lengths > 0)
    else:
        wrong = np.flatnonzero((lengths != size) & (lengths >= 0))
        if not default.size and size:
            gone = np.flatnonzero(lengths < 0)
            if len(gone):
                raise rows.missing(int(gone[0]), key, dtype)
    if len(wrong):
        raise rows.miscounted(int(wrong[0]), key, dtype, int(lengths[wrong[0]]), shape)
    if not is_ragged(shape):
        return column.fixed(size, default.reshape(-1)).reshape(len(lengths), *inner)
    found = column.padded(size, default)
    return found.reshape(len(lengths), found.shape[1], *inner)


@op(
    "ParseExample",
    shape=_example_shapes,
    types={"serialized": STRING, "names": STRING, "dense_defaults": ALLOWED},
    dtype=_example_dtypes,
    differentiable=False,
)
def _parse_example(
    serialized: Tensor,
    names: Tensor,
    dense_defaults: list[Tensor],
    sparse_keys: Any,
    sparse_types: Any,
    dense_keys: Any,
    dense_types: Any,
    dense_shapes: Any,
) -> Any:
    if serialized.ndim != 1:
        raise invalid(f"Expected serialized to be a vector, got shape: {bracketed(serialized)}")
    if len(names) and len(names) != len(serialized):
        raise invalid("Expected len(names) == len(serialized), but got: " + f"{len(names)} vs. {len(serialized)}")
    rows = _Rows(as_array(serialized), as_array(names))
    sparse: Parts = ([], [], [])
    for key, dtype in zip(sparse_keys, sparse_types, strict=True):
        add_parts(sparse, sparse_rows(rows.column(key, dtype, False)))
    dense = [
        to_torch(_dense(rows, key, dtype, shape, as_array(default)))
        for key, dtype, shape, default in zip(dense_keys, dense_types, dense_shapes, dense_defaults, strict=True)
    ]
    return flat(sparse, dense)


def parse_example(serialized: Any, features: Any, name: str | None = None, example_names: Any = None) -> dict[str, Any]:
    """Parses a vector of serialized `tf.train.Example`s. TF symbol: `tf.parse_example`.

    Args:
      serialized: strings `[n]`.
      features: a dictionary from keys to FixedLenFeature, VarLenFeature, FixedLenSequenceFeature (`allow_missing` must
        be True) or SparseFeature.
      example_names: strings `[n]` that errors tell.

    Returns:
      A dictionary of the same keys: of tensors `[n, *shape]` for fixed lengths, `[n, most steps, *shape]` for
      sequences, SparseTensors `[n, most values]` (`[n, *size]` for a SparseFeature) for the others.

    Raises:
      ValueError: for features that do not say enough, or `serialized` of another rank.
      When run: InvalidArgumentError for strings that are no examples, values of another kind or number than the
      features say, and missing ones without a default.
    """
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    columns = _read(features)
    names = [] if example_names is None else example_names
    with name_scope(name, "ParseExample", [serialized, example_names]):
        outputs = _parse_example(
            convert_to_tensor(serialized, dtypes.string, name="serialized"),
            convert_to_tensor(names, dtypes.string, name="names"),
            columns.defaults(),
            columns.sparse_keys,
            columns.sparse_types,
            columns.dense_keys,
            columns.dense_types,
            columns.dense_shapes,
            name=name,
        )
        parsed = to_dict(outputs, columns.sparse_keys, columns.dense_keys)
    return columns.merged(parsed, features)


def _read(features: Mapping[str, Any]) -> Columns:
    columns = read_columns(features, _KINDS)
    for feature in features.values():
        if isinstance(feature, FixedLenSequenceFeature) and not feature.allow_missing:
            raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
    check_types("sparse_types", columns.sparse_types)
    return columns


# -- one example ----------------------------------------------------------------------------------------------------


class _Row(_Rows):
    """One example, whose errors name no example."""

    def column(self, key: str, dtype: DType, dense: bool) -> Column:
        def wrong(row: int, kind: str, feature: Any) -> Exception:
            said = f"Data type: {KIND[kind]} but expected type: {runtime_name(dtype)}"
            return invalid(f"Key: {key}.  Data types don't match. {said}")

        return Column([features.get(key) for features in self._maps], dtype, wrong)

    def missing(self, row: int, key: str, dtype: DType) -> Exception:
        return invalid(f"Feature: {key} (data type: {runtime_name(dtype)}) is required but could not be found.")

    def miscounted(self, row: int, key: str, dtype: DType, count: int, shape: TensorShape) -> Exception:
        return invalid(
            f"Key: {key}.  Can't parse serialized Example. It has {count} values, which do not fill {shape}."
        )


def _single_shapes(i: Inference) -> list[TensorShape]:
    rules.ranked(i, "serialized", 0)
    return sparse_shapes(len(i["sparse_keys"]), 1) + _dense_shapes(i, [])


@op(
    "ParseSingleExample",
    shape=_single_shapes,
    types={"serialized": STRING, "dense_defaults": ALLOWED},
    dtype=_example_dtypes,
    differentiable=False,
)
def _parse_single_example(
    serialized: Tensor,
    dense_defaults: list[Tensor],
    sparse_keys: Any,
    sparse_types: Any,
    dense_keys: Any,
    dense_types: Any,
    dense_shapes: Any,
) -> Any:
    if serialized.ndim != 0:
        raise invalid(f"Expected serialized to be a scalar, got shape: {bracketed(serialized)}")
    row = _Row(as_array(serialized).reshape(1), string_array([]))
    sparse: Parts = ([], [], [])
    for key, dtype in zip(sparse_keys, sparse_types, strict=True):
        column = row.column(key, dtype, False)
        count = int(column.lengths[0].clip(0))
        add_parts(sparse, sparse_parts((np.arange(count, dtype=np.int64),), column.values(), (count,)))
    dense = [
        to_torch(_dense(row, key, dtype, shape, as_array(default))[0, ...])
        for key, dtype, shape, default in zip(dense_keys, dense_types, dense_shapes, dense_defaults, strict=True)
    ]
    return flat(sparse, dense)


def parse_single_example(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """Parses one serialized `tf.train.Example`, a scalar string. TF symbol: `tf.parse_single_example`.

    Returns what `parse_example` does, without the first dimension; a sequence is not padded. `example_names` is
    accepted: there is one example for an error to be about. Raises what `parse_example` raises.
    """
    if not features:
        raise ValueError("Missing features.")
    columns = _read(features)
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        outputs = _parse_single_example(
            convert_to_tensor(serialized, dtypes.string, name="serialized"),
            columns.defaults(),
            columns.sparse_keys,
            columns.sparse_types,
            columns.dense_keys,
            columns.dense_types,
            columns.dense_shapes,
            name=name,
        )
        parsed = to_dict(outputs, columns.sparse_keys, columns.dense_keys)
    return columns.merged(parsed, features)


__all__ = ["parse_example", "parse_single_example"]
