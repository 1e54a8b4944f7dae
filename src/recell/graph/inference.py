"""The output tensors of a new operation: dtypes and shapes by its type's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.registry import Inference, OpDef
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor


def make_outputs(
    op: Operation, definition: OpDef, dtypes: Sequence[Any] | None, shapes: Sequence[Any] | None, groups: dict[str, Any]
) -> None:
    if dtypes is None or shapes is None:
        query = Inference(op.type, op.name, op.inputs, op.attrs, groups)
        if shapes is None:
            shapes = _inferred_shapes(definition, query, None if dtypes is None else len(dtypes))
        if dtypes is None:
            dtypes = _inferred_dtypes(definition.infer_dtypes, query, op, len(shapes))
    op.outputs = [
        Tensor(op, position, dtype, as_shape(shape))
        for position, (dtype, shape) in enumerate(zip(dtypes, shapes, strict=True))
    ]


def _inferred_shapes(definition: OpDef, query: Inference, count: int | None) -> list[Any]:
    if definition.infer_shapes is None:
        return [TensorShape(None)] * (1 if count is None else count)
    result = definition.infer_shapes(query)
    if isinstance(result, list) and (not result or not isinstance(result[0], (int, type(None)))):
        return result
    return [result]


def _inferred_dtypes(rule: Any, query: Inference, op: Operation, count: int) -> list[Any]:
    if rule is None:
        return [op.inputs[0].dtype.base_dtype] * count
    if callable(rule) and not hasattr(rule, "as_numpy_dtype"):
        rule = rule(query)
    if isinstance(rule, str):
        rule = op.attrs[rule]
    return list(rule) if isinstance(rule, (list, tuple)) else [rule] * count
