"""`tf.gradients`: a node that asks autograd about values of the same run.

What is decided while building: which xs are connected at all (the others give None), and which gradients are rows only
(`IndexedSlices`), because x is used by nothing but look-ups.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.indexed_slices import IndexedSlices
from recell.graph.registry import OpDef, register
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor
from recell.ops._attributes import as_list
from recell.ops.connections import connected_inputs, has_gradient
from recell.ops.custom_gradient import attach_overrides
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def _by_the_plan(*_: Any) -> Any:
    raise AssertionError("taken by the plan itself")


register(OpDef("Gradients", _by_the_plan))


@op("DensifySlices", shape=lambda i: i.value_as_shape("dense_shape"), types={"indices": INDEX, "dense_shape": INDEX})
def densify(values: torch.Tensor, indices: torch.Tensor, dense_shape: torch.Tensor) -> torch.Tensor:
    """Rows put where they belong, added up where one is named twice, zeros elsewhere."""
    zeros = values.new_zeros(dense_shape.tolist())
    return zeros.index_add(0, indices.long(), values)


class UnconnectedGradients(enum.Enum):
    """What `gradients` gives for xs that no y depends on. TF symbol: `tf.UnconnectedGradients`."""

    NONE = "none"
    ZERO = "zero"


class AggregationMethod:
    """How gradients of one tensor are added up: accepted, there is one way here. TF symbol: `tf.AggregationMethod`."""

    ADD_N = 0
    DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


@dataclass
class _Paths:
    """What lies before the ys: the tensors that reach them, and who takes each of those."""

    tensors: set[Tensor] = field(default_factory=set)
    consumers: dict[Tensor, list[Operation]] = field(default_factory=dict)
    operations: dict[Operation, None] = field(default_factory=dict)


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """Derivatives of the sum of `ys` with respect to each of `xs`. TF symbol: `tf.gradients`.

    Args:
      ys, xs: tensors, variables, or lists of them; xs may be any tensor that lies before the ys.
      grad_ys: for each y, a tensor of its shape that weighs it, or None for ones.
      stop_gradients: tensors to be taken as constants.
      unconnected_gradients: "none" or "zero", for xs that no y depends on.
      The other arguments concern placement and scheduling and change no value.

    Returns:
      One a x: a tensor of x's shape, an `IndexedSlices` when x is only ever looked up by row, or None when no y depends
      on it through operations that have a derivative.

    Raises:
      TypeError: complex ys without grad_ys; integer grad_ys for floating ys.
      ValueError: grad_ys of another number or shape than ys.
    """
    ys, xs = as_list(ys), as_list(xs)
    stops = [_target(t) for t in as_list(stop_gradients or [])]
    with name_scope(name, "gradients", [*ys, *xs]):
        y_tensors = [convert_to_tensor(y) for y in ys]
        weights = _weights(y_tensors, grad_ys)
        targets = [_target(x) for x in xs]
        paths = _paths(y_tensors, set(stops))
        plans = [_plan_for(target, paths, y_tensors) for target in targets]
        wanted = list(dict.fromkeys(t for plan in plans if plan for t in plan))
        if not wanted:
            found: dict[Tensor, Tensor] = {}
        else:
            found = _node(y_tensors, wanted, weights, [s for s in stops if s in paths.tensors])
        zero = getattr(unconnected_gradients, "value", unconnected_gradients) == "zero"
        return [_result(t, plan, found, zero) for t, plan in zip(targets, plans, strict=True)]


def _target(x: Any) -> Tensor:
    """The tensor to differentiate by: for a variable the variable itself, not one of its reads."""
    ref = getattr(x, "_ref", None)
    if isinstance(x, IndexedSlices):
        return x.values
    return ref() if ref is not None else convert_to_tensor(x)


def _weights(ys: Sequence[Tensor], grad_ys: Any) -> list[Tensor | None]:
    given = [None] * len(ys) if grad_ys is None else as_list(grad_ys)
    if len(given) != len(ys):
        raise ValueError(f"Passed {len(given)} grad_ys for {len(ys)} ys")
    weights: list[Tensor | None] = []
    for y, grad in zip(ys, given, strict=True):
        if grad is None:
            if y.dtype.is_complex:
                raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r}): {y}")
            weights.append(None)
            continue
        weight = convert_to_tensor(grad, None if isinstance(grad, Tensor) else y.dtype.base_dtype)
        if weight.dtype.base_dtype is not y.dtype.base_dtype:
            raise TypeError(
                f"Gradient type {weight.dtype.name} generated for tensor {y} with type {y.dtype.name} must be the same."
            )
        if not weight.shape.is_compatible_with(y.shape):
            raise ValueError(f"grad_ys {weight.name} has shape {weight.shape}, but {y.name} has shape {y.shape}.")
        weights.append(weight)
    return weights


def _differentiable(tensor: Tensor) -> bool:
    dtype = tensor.dtype.base_dtype
    return dtype.is_floating or dtype.is_complex or dtype in (dtypes.variant, dtypes.resource)


def _paths(ys: Sequence[Tensor], stops: set[Tensor]) -> _Paths:
    """Everything before the ys that a derivative can go through."""
    paths = _Paths()
    stack = [y for y in ys if _differentiable(y)]
    while stack:
        tensor = stack.pop()
        if tensor in paths.tensors:
            continue
        paths.tensors.add(tensor)
        operation = tensor.op
        if tensor in stops or not has_gradient(operation):
            continue
        attach_overrides(operation)
        first_visit = operation not in paths.operations
        paths.operations[operation] = None
        for source in connected_inputs(operation, tensor.value_index):
            if _differentiable(source):
                if first_visit or operation not in paths.consumers.get(source, ()):
                    paths.consumers.setdefault(source, []).append(operation)
                stack.append(source)
    return paths


def _plan_for(target: Tensor, paths: _Paths, ys: Sequence[Tensor]) -> list[Tensor] | None:
    """The tensors whose gradients make up the target's: itself, or the look-ups that are its only uses."""
    if target not in paths.tensors or not _differentiable(target):
        return None
    lookups = None if target in ys else _lookups(target, paths)
    return [target] if lookups is None else [lookup.outputs[0] for lookup in lookups]


def _lookups(target: Tensor, paths: _Paths) -> list[Operation] | None:
    """The row look-ups that take `target`, straight or through a read of it; None when something else takes it too."""
    found: list[Operation] = []
    for consumer in paths.consumers.get(target, ()):
        if consumer.type == "Identity":
            inner = _lookups(consumer.outputs[0], paths)
            if inner is None:
                return None
            found.extend(inner)
        elif _is_lookup(consumer, target):
            found.append(consumer)
        else:
            return None
    return found or None


def _is_lookup(operation: Operation, target: Tensor) -> bool:
    return (
        operation.type == "GatherV2"
        and operation.inputs[0] is target
        and operation.attrs.get("axis") == 0
        and operation.attrs.get("batch_dims", 0) == 0
        and target.op.body is operation.body
    )


def _node(
    ys: Sequence[Tensor], xs: Sequence[Tensor], weights: Sequence[Tensor | None], stops: Sequence[Tensor]
) -> dict[Tensor, Tensor]:
    attrs = {
        "y_count": len(ys),
        "x_count": len(xs),
        "grad_y_mask": tuple(w is not None for w in weights),
        "stop_count": len(stops),
    }
    inputs = [*ys, *xs, *(w for w in weights if w is not None), *stops]
    operation = get_default_graph().create_op(
        "Gradients", inputs, attrs, "grad", dtypes=[x.dtype.base_dtype for x in xs], shapes=[x.shape for x in xs]
    )
    return dict(zip(xs, operation.outputs, strict=True))


def _result(target: Tensor, plan: list[Tensor] | None, found: dict[Tensor, Tensor], zero: bool) -> Any:
    graph = get_default_graph()
    if plan is None:
        if not zero:
            return None
        zeros = convert_to_tensor(0, target.dtype.base_dtype)
        shape = graph.create_op("Shape", [target], {"out_type": dtypes.int32}, groups={"input": target}).outputs[0]
        return graph.create_op(
            "Fill",
            [shape, zeros],
            {},
            groups={"dims": shape, "value": zeros},
            dtypes=[zeros.dtype],
            shapes=[target.shape],
        ).outputs[0]
    if plan == [target]:
        return found[target]
    parts = [_rows(lookup.op, found[lookup], target) for lookup in plan]
    dense_shape = _shape_of(target)
    if len(parts) == 1:
        return IndexedSlices(*parts[0], dense_shape)
    values = _join([values for values, _ in parts])
    indices = _join([indices for _, indices in parts])
    return IndexedSlices(values, indices, dense_shape)


def _shape_of(target: Tensor) -> Tensor:
    graph = get_default_graph()
    return graph.create_op("Shape", [target], {"out_type": dtypes.int32}, groups={"input": target}).outputs[0]


def _rows(lookup: Operation, gradient: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """A look-up's gradient as `[n, ...]` rows and their `[n]` indices."""
    indices = lookup.inputs[1]
    tail = target.shape.as_list()[1:] if target.shape.ndims is not None else None
    count = indices.shape.num_elements()
    flat = _flatten(indices, [count])
    if tail is None or None in tail:
        return _rows_like(gradient, indices, target), flat
    return _flatten(gradient, [count, *tail]), flat


def _flatten(tensor: Tensor, dims: list[int | None]) -> Tensor:
    shape = convert_to_tensor([-1 if d is None else d for d in dims] if None in dims else dims)
    graph = get_default_graph()
    groups = {"tensor": tensor, "shape": shape}
    return graph.create_op(
        "Reshape", [tensor, shape], {}, groups=groups, dtypes=[tensor.dtype.base_dtype], shapes=[dims]
    ).outputs[0]


@op(
    "LookupRows",
    shape=lambda i: [None, *(i.shape("params").as_list()[1:])] if i.shape("params").ndims else None,
    types={"indices": INDEX},
    view=True,
)
def _rows_like(gradient: torch.Tensor, indices: torch.Tensor, params: torch.Tensor) -> torch.Tensor:
    return gradient.reshape((indices.numel(), *params.shape[1:]))


def _join(parts: Sequence[Tensor]) -> Tensor:
    graph = get_default_graph()
    first = parts[0].shape
    count: int | None = 0
    for part in parts:
        rows = part.shape.as_list()[0] if part.shape.ndims else None
        count = None if count is None or rows is None else count + rows
    shape = TensorShape(None) if first.ndims is None else TensorShape([count, *first.as_list()[1:]])
    return graph.create_op(
        "ConcatV2",
        list(parts),
        {"axis": 0},
        groups={"values": list(parts)},
        layout=(len(parts),),
        dtypes=[parts[0].dtype.base_dtype],
        shapes=[shape],
    ).outputs[0]


def hessians(ys: Any, xs: Any, name: str = "hessians", **arguments: Any) -> list[Any]:
    """Second derivatives of the sum of `ys`, for one-dimensional xs `[n]`: `[n, n]` each. TF symbol: `tf.hessians`."""
    results = []
    with name_scope(name, "hessians", as_list(xs)):
        for first, x in zip(gradients(ys, xs, **arguments), as_list(xs), strict=True):
            size = first.shape.num_elements()
            if size is None or first.shape.ndims != 1:
                raise ValueError(f"hessians needs vectors of known size, but {x} has shape {first.shape}.")
            rows = [gradients(first[k], x)[0] for k in range(size)]
            results.append(convert_to_tensor(rows))
    return results
