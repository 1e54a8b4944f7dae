"""What the parsing of one sequence example and that of many share: columns, attributes, order of the outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph.dtypes import DType
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops._attributes import as_list
from recell.ops.parsing_features import (
    Columns,
    FixedLenFeature,
    FixedLenSequenceFeature,
    VarLenFeature,
    read_columns,
)
from recell.ops.parsing_outputs import check_types, sparse_dtypes, sparse_shapes, step_dims, to_dict


def read_sequence_columns(context_features: Any, sequence_features: Any) -> tuple[Columns, Columns]:
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = read_columns(context_features or {}, (VarLenFeature, FixedLenFeature))
    lists = read_columns(sequence_features or {}, (VarLenFeature, FixedLenSequenceFeature))
    for key, _, _, default in lists.dense:
        if default is not None:
            raise ValueError(f"Value feature_list_dense_defaults[{key}] must be None")
    for parameter, columns in (("context", context), ("feature_list", lists)):
        check_types(f"{parameter}_sparse_types", columns.sparse_types)
        check_types(f"{parameter}_dense_types", columns.dense_types)
    return context, lists


def attributes(context: Columns, lists: Columns) -> tuple[Any, ...]:
    return (
        *(context.sparse_keys, context.sparse_types, context.dense_keys, context.dense_shapes),
        *(lists.sparse_keys, lists.sparse_types, lists.dense_keys, lists.dense_types, lists.dense_shapes),
        tuple(key in lists.allow_missing for key in lists.dense_keys),
    )


def shapes(i: Inference, batch: list[int | None]) -> list[TensorShape]:
    """Of context's sparse and dense tensors, then of the lists' ones."""
    found = sparse_shapes(len(i["context_sparse_keys"]), len(batch) + 1)
    found += [TensorShape(batch).concatenate(shape) for shape in i["context_dense_shapes"]]
    found += sparse_shapes(len(i["list_sparse_keys"]), len(batch) + 2)
    for shape in i["list_dense_shapes"]:
        step = TensorShape(shape.as_list()[1:])
        if not step.is_fully_defined():
            raise i.mismatch(f"Shape {brackets(step)} is not fully defined")
        found.append(TensorShape(batch).concatenate(shape))
    return found


def output_dtypes(i: Inference) -> list[DType]:
    found = sparse_dtypes(i["context_sparse_types"])
    found += [tensor.dtype.base_dtype for tensor in i.tensor("context_dense_defaults")]
    return found + sparse_dtypes(i["list_sparse_types"]) + list(i["list_dense_types"])


def step_size(shape: TensorShape) -> tuple[int, list[int]]:
    inner = step_dims(shape)
    return int(np.prod(inner, dtype=np.int64)), inner


def split_outputs(outputs: Any, context: Columns, lists: Columns) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """The context's and the lists' tensors by key, and what comes after them."""
    tensors = as_list(outputs)
    first = 3 * len(context.sparse) + len(context.dense)
    second = first + 3 * len(lists.sparse) + len(lists.dense)
    return (
        to_dict(tensors[:first], context.sparse_keys, context.dense_keys),
        to_dict(tensors[first:second], lists.sparse_keys, lists.dense_keys),
        tensors[second:],
    )
