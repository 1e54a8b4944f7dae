"""One serialized sequence example to tensors. Symbol: `tf.parse_single_sequence_example`.

A sequence example has a context, features as those of an example, and lists of features, one feature a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype, runtime_name
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import (
    VALUES,
    Column,
    as_array,
    parse_messages,
    sparse_parts,
    sparse_rows,
    unparsed,
)
from recell.ops.parsing_outputs import ALLOWED, Parts, add_parts, flat, step_dims
from recell.ops.parsing_sequence_columns import (
    attributes,
    output_dtypes,
    read_sequence_columns,
    shapes,
    split_outputs,
    step_size,
)

if TYPE_CHECKING:
    from torch import Tensor


class _Single:
    """One parsed sequence example, in TF1's words where it is not as expected."""

    def __init__(self, serialized: np.ndarray, name: np.ndarray) -> None:
        from recell.platform import protos

        (message,) = parse_messages(protos.SequenceExample, [bytes(serialized[()])], unparsed)
        self._context = message.context.feature
        self._lists = message.feature_lists.feature_list
        self.name = bytes(name[()]).decode("utf-8", "replace") if name.ndim == 0 else ""

    def error(self, said: str) -> Exception:
        return invalid(f"Name: {self.name}, {said}")

    def context(self, key: str, dtype: DType) -> Column:
        def wrong(k: int, kind: str, feature: Any) -> Exception:
            types = f"Data types don't match. Expected type: {runtime_name(dtype)}  Feature is: {feature}"
            return self.error(f"Context feature: {key}.  {types}")

        return Column([self._context.get(key)], dtype, wrong)

    def dense_context(self, key: str, shape: TensorShape, default: np.ndarray, dtype: DType) -> np.ndarray:
        column = self.context(key, dtype)
        size, count = shape.num_elements() or 0, int(column.lengths[0])
        if count < 0 and not default.size and size:
            raise self.error(f"Context feature '{key}' is required but could not be found.")
        if count >= 0 and count != size:
            raise self.miscounted(key, 0, dtype, count, step_dims(shape))
        return column.fixed(size, default.reshape(-1)).reshape(shape.as_list())

    def miscounted(self, key: str, k: int, dtype: DType, count: int, shape: Sequence[int]) -> Exception:
        dims = "[" + ",".join(map(str, shape)) + "]"
        said = f"Number of {VALUES[dtype]} values != expected.  values size: {count} but output shape: {dims}"
        return self.error(f"Key: {key}, Index: {k}.  {said}")

    def steps(self, key: str) -> Any:
        found = self._lists.get(key)
        return None if found is None else found.feature

    def column(self, key: str, dtype: DType, label: str, steps: Any) -> Column:
        def wrong(k: int, kind: str, feature: Any) -> Exception:
            types = f"Data types don't match. Expected type: {runtime_name(dtype)}  Feature is: {feature}"
            return self.error(f"{label}: {key}, Index: {k}.  {types}")

        return Column(steps, dtype, wrong)

    def dense_list(self, key: str, dtype: DType, shape: TensorShape, allow_missing: bool) -> np.ndarray:
        steps = self.steps(key)
        if steps is None:
            if not allow_missing:
                raise self.error(
                    f"Feature list '{key}' is required but could not be found.  Did you mean to include it in "
                    "feature_list_dense_missing_assumed_empty or feature_list_dense_defaults? "
                    "(FixedLenSequenceFeature(..., allow_missing=True) does)"
                )
            steps = []
        column = self.column(key, dtype, "Feature list", steps)
        size, inner = step_size(shape)
        for k in np.flatnonzero(column.lengths != size):
            count = int(column.lengths[k])
            if count >= 0:
                raise self.miscounted(key, int(k), dtype, count, inner)
            types = f"Data types don't match. Expected type: {runtime_name(dtype)}  Feature is: "
            raise self.error(f"Feature list: {key}, Index: {k}.  {types}")
        return column.values().reshape(len(column.lengths), *inner)


def _single_shapes(i: Inference) -> list[TensorShape]:
    rules.ranked(i, "serialized", 0)
    return shapes(i, [])


@op(
    "ParseSingleSequenceExample",
    shape=_single_shapes,
    types={"serialized": STRING, "context_dense_defaults": ALLOWED, "debug_name": STRING},
    dtype=output_dtypes,
    differentiable=False,
)
def _parse_single(
    serialized: Tensor,
    context_dense_defaults: list[Tensor],
    debug_name: Tensor,
    context_sparse_keys: Any,
    context_sparse_types: Any,
    context_dense_keys: Any,
    context_dense_shapes: Any,
    list_sparse_keys: Any,
    list_sparse_types: Any,
    list_dense_keys: Any,
    list_dense_types: Any,
    list_dense_shapes: Any,
    list_allow_missing: Any,
) -> Any:
    if serialized.ndim != 0:
        raise invalid(f"Expected serialized to be a scalar, got shape: {bracketed(serialized)}")
    example = _Single(as_array(serialized), as_array(debug_name))
    context: Parts = ([], [], [])
    for key, dtype in zip(context_sparse_keys, context_sparse_types, strict=True):
        column = example.context(key, dtype)
        count = int(column.lengths[0].clip(0))
        add_parts(context, sparse_parts((np.arange(count, dtype=np.int64),), column.values(), (count,)))
    dense = []
    for key, shape, default in zip(context_dense_keys, context_dense_shapes, context_dense_defaults, strict=True):
        array = as_array(default)
        dense.append(to_torch(example.dense_context(key, shape, array, as_dtype(array.dtype))))
    lists: Parts = ([], [], [])
    for key, dtype in zip(list_sparse_keys, list_sparse_types, strict=True):
        column = example.column(key, dtype, "Feature List", example.steps(key) or [])
        add_parts(lists, sparse_rows(column))
    rows = zip(list_dense_keys, list_dense_types, list_dense_shapes, list_allow_missing, strict=True)
    return flat(context, dense, lists, [to_torch(example.dense_list(*row)) for row in rows])


def parse_single_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parses one serialized `tf.train.SequenceExample`. TF symbol: `tf.parse_single_sequence_example`.

    Args:
      serialized: a scalar string.
      context_features: a dictionary from keys to FixedLenFeature or VarLenFeature.
      sequence_features: a dictionary from keys to FixedLenSequenceFeature or VarLenFeature.
      example_name: a string that errors tell.

    Returns:
      Two dictionaries, of the context and of the lists. A list becomes a tensor `[steps, *shape]`, or a SparseTensor
      `[steps, most values]` for VarLenFeature.

    Raises:
      ValueError: without features, for those of other kinds or that do not say enough, for a default of a list, for
        `serialized` of another rank.
      When run: InvalidArgumentError for a string that is no sequence example, for values of another kind or number
      than the features say, for what is missing without a default or `allow_missing`.
    """
    context, lists = read_sequence_columns(context_features, sequence_features)
    with name_scope(name, "ParseSingleSequenceExample", [serialized]):
        outputs = _parse_single(
            convert_to_tensor(serialized, dtypes.string, name="serialized"),
            context.defaults(),
            convert_to_tensor("" if example_name is None else example_name, dtypes.string, name="debug_name"),
            *attributes(context, lists),
            name=name,
        )
        return split_outputs(outputs, context, lists)[:2]


__all__ = ["parse_single_sequence_example"]
