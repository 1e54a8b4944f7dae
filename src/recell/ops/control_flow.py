"""Branches and loops: operations that own the sub-graphs they run.

Each traces what the program gave it into a body; gradients go through because a body runs plain torch functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes, errors, nest
from recell.graph.body import Body, trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, get_default_graph, name_scope
from recell.graph.registry import OpDef, register
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Operation, Tensor
from recell.ops.connections import connected_through_branches, connected_through_loop
from recell.ops.op import make_node
from recell.ops.state import identity

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


# -- branches -------------------------------------------------------------------------------------------------------


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
        pred = _scalar_bool(pred, "The predicate of a branch")
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
        packed = _pack(true_result, merged)
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
        return [_as_value(item) for item in _flatten(result)]

    body = trace(get_default_graph(), label, [], run)
    return body, kept[0]


def _as_value(item: Any) -> Tensor:
    """A tensor for what a branch gives: for an operation, one that is there when it has run."""
    if isinstance(item, Operation):
        with control_dependencies([item]):
            return identity(convert_to_tensor(True))
    return convert_to_tensor(item)


def _flatten(structure: Any) -> list[Any]:
    return [part for item in nest.flatten(structure) for part in _leaf_tensors(item)]


def _leaf_tensors(item: Any) -> list[Any]:
    components = getattr(item, "_loop_components", None)
    if components is not None:
        return components()[0]
    parts = getattr(item, "_fetch_components", None)
    return parts()[0] if parts is not None else [item]


def _pack(structure: Any, tensors: Sequence[Tensor]) -> Any:
    """`tensors` in the nesting of `structure`, tensor arrays and rows put together again."""
    rest = list(tensors)
    leaves = []
    for item in nest.flatten(structure):
        count = len(_leaf_tensors(item))
        leaves.append(_rebuilt(item, rest[:count]))
        rest = rest[count:]
    return nest.pack_sequence_as(structure, leaves)


def _rebuilt(item: Any, parts: list[Tensor]) -> Any:
    components = getattr(item, "_loop_components", None)
    if components is not None:
        return components()[1](parts)
    if hasattr(item, "_fetch_components"):
        return type(item)(*parts)
    return parts[0]


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
    raise errors.InvalidArgumentError(None, None, f"assertion failed: [{told}] [{shown}]")


register(OpDef("CheckPredicates", _check_count, differentiable=False))


def _check(preds: Sequence[Tensor], default: Any) -> Operation:
    attrs = {"names": ", ".join(pred.name for pred in preds), "need_one": default is None}
    return get_default_graph().create_op("CheckPredicates", list(preds), attrs, dtypes=[], shapes=[])


# -- loops ----------------------------------------------------------------------------------------------------------


def _while(
    *values: Any,
    cond_body: Callable[..., Any],
    loop_body: Callable[..., Any],
    has_limit: bool,
    back_prop: bool,
) -> Any:
    limit = None
    if has_limit:
        limit, values = int(values[-1]), values[:-1]
    with torch.set_grad_enabled(back_prop and torch.is_grad_enabled()):
        count = 0
        while (limit is None or count < limit) and bool(cond_body(*values)[0]):
            values = tuple(loop_body(*values))
            count += 1
    return values[0] if len(values) == 1 else values


register(OpDef("While", _while, view=True, extra={"connected_inputs": connected_through_loop}))


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeats `body(*loop_vars)` while `cond(*loop_vars)`. TF symbol: `tf.while_loop`.

    Args:
      loop_vars: a list or tuple of tensors, tensor arrays, or nestings of them; `body` gives the same structure back.
      shape_invariants: the same structure of shapes, where a shape changes from one iteration to the next.
      maximum_iterations: an int or integer scalar tensor.
      parallel_iterations, swap_memory: accepted; iterations run one after the other, in one memory.

    Returns:
      The loop variables after the last iteration, in the nesting of `loop_vars`; a single one by itself unless
      `return_same_structure`.

    Raises:
      TypeError: `cond` or `body` not callable, or a body that gives another structure.
      ValueError: no loop variables, another number of them, or a shape that is no invariant.
    """
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    if parallel_iterations < 1:
        raise TypeError("parallel_iterations must be a positive integer.")
    if not loop_vars:
        raise ValueError("No loop variables provided")
    with name_scope(name, "while", _flatten(loop_vars)):
        return _build_loop(
            cond, body, loop_vars, shape_invariants, back_prop, maximum_iterations, return_same_structure
        )


def _build_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any,
    back_prop: bool,
    maximum_iterations: Any,
    same_structure: bool,
) -> Any:
    initial = [convert_to_tensor(item) for item in _flatten(loop_vars)]
    shapes = _invariants(loop_vars, initial, shape_invariants)
    specs = [(t.dtype.base_dtype, shape, "Identity") for t, shape in zip(initial, shapes, strict=True)]
    graph = get_default_graph()

    def run_cond(*args: Tensor) -> list[Tensor]:
        return [_predicate(cond(*_pack(loop_vars, args)))]

    given_back: list[Any] = []

    def run_body(*args: Tensor) -> list[Tensor]:
        result = _as_loop_vars(body(*_pack(loop_vars, args)))
        given_back.append(result)
        return _loop_results(loop_vars, result, args, initial)

    cond_trace = trace(graph, "while condition", specs, run_cond)
    body_trace = trace(graph, "while body", specs, run_body)
    attrs: dict[str, Any] = {
        "cond_body": cond_trace,
        "loop_body": body_trace,
        "has_limit": maximum_iterations is not None,
        "back_prop": back_prop,
    }
    limit = [] if maximum_iterations is None else [convert_to_tensor(maximum_iterations, name="maximum_iterations")]
    if limit and limit[0].shape.ndims not in (0, None):
        raise ValueError(f"maximum_iterations must be a scalar, saw shape: {limit[0].shape}")
    op = make_node("While", [*initial, *limit], attrs, "While", dtypes=[s[0] for s in specs], shapes=shapes)
    exits = [identity(t, name="Exit") for t in op.outputs]
    packed = _pack(given_back[0], exits)
    return packed[0] if len(exits) == 1 and not same_structure else packed


def _predicate(result: Any) -> Tensor:
    return _scalar_bool(result, "The condition of a loop")


def _scalar_bool(value: Any, what: str) -> Tensor:
    """`value` as a bool scalar. TypeError for another dtype, ValueError for another shape."""
    pred = convert_to_tensor(value)
    if pred.dtype.base_dtype is not dtypes.bool:
        raise TypeError(f"{what} must be a bool scalar, but {pred.name} has type {pred.dtype.name}.")
    if pred.shape.ndims not in (0, None):
        raise ValueError(
            f"Shape must be rank 0 but is rank {pred.shape.ndims}: {what.lower()} must be a bool scalar, but "
            f"{pred.name} has shape {pred.shape}."
        )
    return pred


def _invariants(loop_vars: Any, initial: Sequence[Tensor], given: Any) -> list[TensorShape]:
    if given is None:
        return [t.shape for t in initial]
    nest.assert_same_structure(loop_vars, given, check_types=False)
    flat = nest.flatten(given)
    shapes: list[TensorShape] = []
    for item, shape in zip(nest.flatten(loop_vars), flat, strict=True):
        parts = _leaf_tensors(item)
        shapes.extend(
            [as_shape(shape)]
            if len(parts) == 1 and not hasattr(item, "_loop_components")
            else [TensorShape(None)] * len(parts)
        )
    for tensor, shape in zip(initial, shapes, strict=True):
        if not tensor.shape.is_compatible_with(shape):
            raise ValueError(
                f"The shape invariant specified for {tensor.name} is not compatible with the initial shape of the loop "
                f"variable. It enters the loop with shape {tensor.shape}, but the specified shape invariant is {shape}."
            )
    return shapes


def _as_loop_vars(result: Any) -> Any:
    """What a body gives, as a sequence of loop variables."""
    return result if nest.is_sequence(result) else [result]


def _loop_results(loop_vars: Any, result: Any, args: Sequence[Tensor], initial: Sequence[Tensor]) -> list[Tensor]:
    """What one iteration gives, checked against the loop variables."""
    nest.assert_same_structure(list(_pack(loop_vars, args)), list(result))
    tensors = [
        convert_to_tensor(item, arg.dtype.base_dtype if not hasattr(item, "dtype") else None)
        for item, arg in zip(_flatten(result), args, strict=True)
    ]
    for tensor, arg, first in zip(tensors, args, initial, strict=True):
        if tensor.dtype.base_dtype is not arg.dtype.base_dtype:
            raise TypeError(
                f"Loop variable {first.name} enters the loop with type {arg.dtype.name}, but has type "
                f"{tensor.dtype.base_dtype.name} after one iteration."
            )
        if not _fits(tensor.shape, arg.shape):
            raise ValueError(
                f"Input tensor '{first.name}' enters the loop with shape {arg.shape}, but has shape {tensor.shape} "
                "after one iteration. To allow the shape to vary across iterations, use the `shape_invariants` "
                "argument of tf.while_loop to specify a less-specific shape."
            )
    return tensors


def _fits(after: TensorShape, invariant: TensorShape) -> bool:
    """Whether every value of shape `after` is one of shape `invariant`."""
    fixed, now = invariant.tuple, after.tuple
    if fixed is None:
        return True
    if now is None or len(now) != len(fixed):
        return False
    return all(f is None or f == n for f, n in zip(fixed, now, strict=True))
