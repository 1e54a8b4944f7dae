"""What the parsing of examples and of sequence examples share: static shapes and dtypes, and outputs by key.

An operation's outputs are, of all its sparse tensors, the indices, the values and the shapes, and then its dense
tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops._attributes import as_list
from recell.ops.parsing_columns import result
from recell.ops.parsing_features import PARSED, is_ragged

ALLOWED = frozenset(PARSED)


def check_types(parameter: str, types: Sequence[DType]) -> None:
    """TypeError for a dtype that no feature holds."""
    for dtype in types:
        if dtype not in ALLOWED:
            raise TypeError(
                f"Value passed to parameter '{parameter}' has DataType {dtype.name} not in list of allowed values: "
                "float32, int64, string"
            )


def step_dims(shape: TensorShape) -> list[int]:
    """The shape of one step of a column that has any number of them, of the whole for one that has not."""
    dims = shape.as_list()
    return [d or 0 for d in (dims[1:] if is_ragged(shape) else dims)]


def sparse_shapes(count: int, rank: int) -> list[TensorShape]:
    """Shapes of `count` sparse tensors: of all indices, all values, all shapes."""
    parts = (TensorShape([None, rank]), TensorShape([None]), TensorShape([rank]))
    return [part for part in parts for _ in range(count)]


def sparse_dtypes(types: Sequence[DType]) -> list[DType]:
    """Their dtypes."""
    return [dtypes.int64] * len(types) + list(types) + [dtypes.int64] * len(types)


def to_dict(outputs: Any, sparse_keys: Sequence[str], dense_keys: Sequence[str]) -> dict[str, Any]:
    """An operation's outputs by key: indices, values and shapes of the sparse ones, then the dense ones."""
    tensors = as_list(outputs)
    count = len(sparse_keys)
    parsed: dict[str, Any] = {
        key: SparseTensor(tensors[k], tensors[count + k], tensors[2 * count + k]) for k, key in enumerate(sparse_keys)
    }
    parsed.update(zip(dense_keys, tensors[3 * count :], strict=True))
    return parsed


# -- at run time ----------------------------------------------------------------------------------------------------

Parts = tuple[list[Any], list[Any], list[Any]]
"""Of sparse tensors: all indices, all values, all shapes."""


def add_parts(outputs: Parts, parts: tuple[Any, Any, Any]) -> None:
    """Adds one sparse tensor to the others."""
    for listed, part in zip(outputs, parts, strict=True):
        listed.append(part)


def flat(*groups: Any) -> Any:
    """All outputs in order, of groups that are lists or threes of lists."""
    found: list[Any] = []
    for group in groups:
        if isinstance(group, tuple):
            found.extend(itertools.chain(*group))
        else:
            found.extend(group)
    return result(found)


def name_at(names: np.ndarray, row: int) -> str:
    """What errors call the example of a row; names are optional."""
    return names[row].decode("utf-8", "replace") if len(names) else "<unknown>"
