"""Branches: operations that own the sub-graphs of which they run one. TF symbols: `tf.cond`, `tf.case`.

Each traces what the program gave it into a body; gradients go through because a body runs plain torch functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.body import Body, trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, get_default_graph, name_scope
from recell.graph.registry import OpDef, register
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor
from recell.ops._kernels import invalid
from recell.ops.connections import connected_through_branches
from recell.ops.op import make_node
from recell.ops.state import identity
from recell.ops.structures import flatten_values, pack_values, scalar_bool


def _if(pred: Any, true_body: Callable[..., Any], false_body: Callable[..., Any]) -> Any:
    results = true_body() if bool(pred) else false_body()
    return results[0] if len(results) == 1 else results


register(OpDef("If", _if, view=True, extra={"connected_inputs": connected_through_branches}))


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """`true_fn()` or `false_fn()`, whichever `pred`, a bool scalar, asks for. TF symbol: `tf.cond`.

    Both give the same structure of tensors of the same dtypes; only the branch taken runs. A list of one is given as
    its element unless `strict`. TypeError for a Python bool or what is not callable, ValueError for branches that
    differ.
    """
    true_fn, false_fn = true_fn or fn1, false_fn or fn2
    for label, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if function is None:
            raise TypeError(f"cond(): {label} argument required")
    if not callable(true_fn):
        raise TypeError("true_fn must be callable.")
    if not callable(false_fn):
        raise TypeError("false_fn must be callable.")
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool")
    with name_scope(name, "cond", [pred]):
        pred = scalar_bool(pred, "The predicate of a branch")
        true_body, true_result = _trace_branch(true_fn, "true_fn")
        false_body, false_result = _trace_branch(false_fn, "false_fn")
        _check_branches(true_result, false_result, true_body, false_body)
        pairs = list(zip(true_body.outputs, false_body.outputs, strict=True))
        op = make_node(
            "If",
            [pred],
            {"true_body": true_body, "false_body": false_body},
            "If",
            dtypes=[a.dtype.base_dtype for a, _ in pairs],
            shapes=[_common_shape([a.shape, b.shape]) for a, b in pairs],
        )
        merged = [identity(t, name="Merge") for t in op.outputs]
        packed = pack_values(true_result, merged)
        if not strict and isinstance(packed, (list, tuple)) and len(packed) == 1 and not hasattr(packed, "_fields"):
            return packed[0]
        return packed


def _trace_branch(function: Callable[[], Any], label: str) -> tuple[Body, Any]:
    kept: list[Any] = []

    def run() -> list[Tensor]:
        result = function()
        if result is None:
            raise ValueError(f"{label} must have a return value.")
        kept.append(result)
        return [_as_value(item) for item in flatten_values(result)]

    body = trace(get_default_graph(), label, [], run)
    return body, kept[0]


def _as_value(item: Any) -> Tensor:
    """A tensor for what a branch gives: for an operation, one that is there when it has run."""
    if isinstance(item, Operation):
        with control_dependencies([item]):
            return identity(convert_to_tensor(True))
    return convert_to_tensor(item)


def _check_branches(true_result: Any, false_result: Any, true_body: Body, false_body: Body) -> None:
    nest.assert_same_structure(true_result, false_result, check_types=False)
    if len(true_body.outputs) != len(false_body.outputs):
        raise ValueError(
            f"true_fn and false_fn must return the same number of outputs: {len(true_body.outputs)} and "
            f"{len(false_body.outputs)}."
        )
    if not true_body.outputs:
        raise ValueError("true_fn and false_fn must return at least one result.")
    for a, b in zip(true_body.outputs, false_body.outputs, strict=True):
        if a.dtype.base_dtype is not b.dtype.base_dtype:
            raise ValueError(
                f"Outputs of true_fn and false_fn must have the same type: {a.dtype.base_dtype.name}, "
                f"{b.dtype.base_dtype.name} ({a.name}, {b.name})"
            )


def _common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    """What is true of all the shapes."""
    first = shapes[0].tuple
    for shape in shapes[1:]:
        other = shape.tuple
        if first is None or other is None or len(first) != len(other):
            return TensorShape(None)
        first = tuple(a if a == b else None for a, b in zip(first, other, strict=True))
    return TensorShape(None) if first is None else TensorShape.of(first)


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """The function of the first pair whose predicate holds, else `default`. TF symbol: `tf.case`.

    `pred_fn_pairs` is a list of (bool scalar, function) pairs or a dict. InvalidArgumentError, when run: with
    `exclusive` and a default, if two predicates hold; without `default`, if none does. TypeError for pairs that are
    none, ValueError for an empty list.
    """
    if not isinstance(pred_fn_pairs, (list, tuple, dict)):
        raise TypeError("fns must be a list, tuple, or dict")
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        if not callable(pair[1]):
            raise TypeError(f"fn for pred {getattr(pair[0], 'name', pair[0])} must be callable.")
        if isinstance(pair[0], bool):
            raise TypeError(f"pred must be a Tensor, got: {pair[0]}")
    if not pairs:
        raise ValueError("pred_fn_pairs must hold at least one (predicate, function) pair.")
    with name_scope(name, "case", [pred for pred, _ in pairs]):
        preds = [convert_to_tensor(pred, dtypes.bool) for pred, _ in pairs]
        # As in TF1, two predicates that hold are an error only where there is a default.
        checks = [_check(preds, default)] if exclusive or default is None else []
        with control_dependencies(checks):
            chosen = default or pairs[-1][1]
            rest = list(zip(preds, (fn for _, fn in pairs), strict=True))
            if default is None:
                rest = rest[:-1]
            if not rest:
                return identity(convert_to_tensor(chosen())) if checks else chosen()
            for pred, function in reversed(rest):
                chosen = _nested(pred, function, chosen, strict)
            return chosen()


def _nested(pred: Tensor, function: Callable[[], Any], otherwise: Callable[[], Any], strict: bool) -> Callable[[], Any]:
    return lambda: cond(pred, function, otherwise, strict=strict)


def _check_count(*preds: Any, names: str, need_one: bool) -> None:
    count = sum(bool(pred) for pred in preds)
    if need_one and not count:
        told = "Input error: None of conditions evaluated as True:"
    elif not need_one and count > 1:
        told = f"Input error: exclusive=True: more than 1 conditions ({names}) evaluated as True:"
    else:
        return
    shown = " ".join("1" if bool(pred) else "0" for pred in preds)
    raise invalid(f"assertion failed: [{told}] [{shown}]")


register(OpDef("CheckPredicates", _check_count, differentiable=False))


def _check(preds: Sequence[Tensor], default: Any) -> Operation:
    attrs = {"names": ", ".join(pred.name for pred in preds), "need_one": default is None}
    return get_default_graph().create_op("CheckPredicates", list(preds), attrs, dtypes=[], shapes=[])


__all__ = ["case", "cond"]
