"""Many serialized sequence examples to padded tensors. Symbol: `tf.io.parse_sequence_example`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import Column, as_array, parse_messages, places, sparse_parts, sparse_rows
from recell.ops.parsing_outputs import ALLOWED, Parts, add_parts, flat, name_at
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


class _Batch:
    """Parsed sequence examples, in TF1's words where they are not as expected."""

    def __init__(self, serialized: np.ndarray, names: np.ndarray) -> None:
        from recell.platform import protos

        self._names = names
        self._messages = parse_messages(
            protos.SequenceExample,
            serialized,
            lambda k, _: invalid(f"Invalid protocol message input, example id: {self.name(k)}"),
        )

    def name(self, row: int) -> str:
        return name_at(self._names, row)

    def context(self, key: str, dtype: DType) -> Column:
        def wrong(row: int, kind: str, feature: Any) -> Exception:
            return invalid(f"Error in context feature {key} in example {self.name(row)}: it holds another type.")

        return Column([message.context.feature.get(key) for message in self._messages], dtype, wrong)

    def dense_context(self, key: str, shape: TensorShape, default: np.ndarray) -> np.ndarray:
        column = self.context(key, as_dtype(default.dtype))
        size = shape.num_elements() or 0
        for row, count in enumerate(column.lengths.tolist()):
            if count != size and not (count < 0 and default.size):
                raise invalid(
                    f"Inconsistent number of elements for feature {key}: {max(count, 0)} vs {size} in example "
                    f"{self.name(row)}"
                )
        return column.fixed(size, default.reshape(-1)).reshape(len(column.lengths), *shape.as_list())

    def lists(self, key: str, dtype: DType, complain: Callable[[int], Exception] | None) -> tuple[np.ndarray, Column]:
        """How many steps each example has, and all steps one after another."""
        steps: list[Any] = []
        counts = np.zeros(len(self._messages), np.int64)
        for row, message in enumerate(self._messages):
            found = message.feature_lists.feature_list.get(key)
            if found is None:
                if complain is not None:
                    raise complain(row)
                continue
            counts[row] = len(found.feature)
            steps.extend(found.feature)

        def wrong(k: int, kind: str, feature: Any) -> Exception:
            row = int(np.searchsorted(np.cumsum(counts), k, side="right"))
            return invalid(f"Error in sequence feature {key} in example {self.name(row)}: a step holds another type.")

        return counts, Column(steps, dtype, wrong)

    def sparse_list(self, key: str, dtype: DType) -> tuple[Any, Any, Any]:
        counts, column = self.lists(key, dtype, None)
        lengths = column.lengths.clip(0)
        step, element = places(lengths)
        rows, at = places(counts)
        shape = (len(counts), int(counts.max(initial=0)), int(lengths.max(initial=0)))
        return sparse_parts((rows[step], at[step], element), column.values(), shape)

    def dense_list(
        self, key: str, dtype: DType, shape: TensorShape, allow_missing: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        def missing(row: int) -> Exception:
            return invalid(f"Missing feature {key} in example {self.name(row)}")

        counts, column = self.lists(key, dtype, None if allow_missing else missing)
        size, inner = step_size(shape)
        rows, at = places(counts)
        wrong = np.flatnonzero(column.lengths != size)
        if len(wrong):
            name = self.name(int(rows[wrong[0]]))
            raise invalid(f"Unexpected number of elements in feature {key}, example {name}")
        values = column.values()
        padded = np.zeros((len(counts), int(counts.max(initial=0)), *inner), values.dtype)
        if dtype is dtypes.string:
            padded[...] = b""
        padded[rows, at] = values.reshape(len(rows), *inner)
        return padded, counts


def _batch_shapes(i: Inference) -> list[TensorShape]:
    batch = rules.ranked(i, "serialized", 1).as_list()
    return shapes(i, batch) + [TensorShape(batch) for _ in i["list_dense_keys"]]


@op(
    "ParseSequenceExample",
    shape=_batch_shapes,
    types={"serialized": STRING, "context_dense_defaults": ALLOWED, "debug_name": STRING},
    dtype=lambda i: output_dtypes(i) + [dtypes.int64] * len(i["list_dense_keys"]),
    differentiable=False,
)
def _parse_batch(
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
    if serialized.ndim != 1:
        raise invalid(f"Expected serialized to be a vector, got shape: {bracketed(serialized)}")
    batch = _Batch(as_array(serialized), as_array(debug_name))
    context: Parts = ([], [], [])
    for key, dtype in zip(context_sparse_keys, context_sparse_types, strict=True):
        add_parts(context, sparse_rows(batch.context(key, dtype)))
    rows = zip(context_dense_keys, context_dense_shapes, context_dense_defaults, strict=True)
    dense = [to_torch(batch.dense_context(key, shape, as_array(default))) for key, shape, default in rows]
    lists: Parts = ([], [], [])
    for key, dtype in zip(list_sparse_keys, list_sparse_types, strict=True):
        add_parts(lists, batch.sparse_list(key, dtype))
    found = list(map(batch.dense_list, list_dense_keys, list_dense_types, list_dense_shapes, list_allow_missing))
    return flat(context, dense, lists, *([to_torch(array) for array in arrays] for arrays in _unzipped(found)))


def _unzipped(pairs: Iterable[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    listed = list(pairs)
    return [first for first, _ in listed], [second for _, second in listed]


def parse_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Parses a vector of serialized `tf.train.SequenceExample`s. TF symbol: `tf.io.parse_sequence_example`.

    Arguments are those of `parse_single_sequence_example`, with `serialized` and `example_names` of shape `[n]`.

    Returns:
      Three dictionaries: of the context, `[n, *shape]`; of the lists, `[n, most steps, *shape]` padded with 0 or "", or
      SparseTensors `[n, most steps, most values]`; of the number of steps of each list that is not sparse, `[n]`.

    Raises:
      What `parse_single_sequence_example` raises.
    """
    context, lists = read_sequence_columns(context_features, sequence_features)
    with name_scope(name, "ParseSequenceExample", [serialized]):
        outputs = _parse_batch(
            convert_to_tensor(serialized, dtypes.string, name="serialized"),
            context.defaults(),
            convert_to_tensor([] if example_names is None else example_names, dtypes.string, name="debug_name"),
            *attributes(context, lists),
            name=name,
        )
        parsed, steps, lengths = split_outputs(outputs, context, lists)
    return parsed, steps, dict(zip(lists.dense_keys, lengths, strict=True))


__all__ = ["parse_sequence_example"]
