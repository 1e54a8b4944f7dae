"""Loops: operations that own the sub-graph they run again and again. TF symbol: `tf.while_loop`.

Each traces what the program gave it into bodies; gradients go through because a body runs plain torch functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import nest
from recell.graph.body import trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.registry import OpDef, register
from recell.graph.shapes import TensorShape, as_shape, says_no_more
from recell.graph.tensor import Tensor
from recell.ops.connections import connected_through_loop
from recell.ops.op import make_node
from recell.ops.state import identity
from recell.ops.structures import flatten_values, leaf_tensors, pack_values, scalar_bool

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


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
    with name_scope(name, "while", flatten_values(loop_vars)):
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
    initial = [convert_to_tensor(item) for item in flatten_values(loop_vars)]
    shapes = _invariants(loop_vars, initial, shape_invariants)
    specs = [(t.dtype.base_dtype, shape, "Identity") for t, shape in zip(initial, shapes, strict=True)]
    graph = get_default_graph()

    def run_cond(*args: Tensor) -> list[Tensor]:
        return [_predicate(cond(*pack_values(loop_vars, args)))]

    given_back: list[Any] = []

    def run_body(*args: Tensor) -> list[Tensor]:
        result = _as_loop_vars(body(*pack_values(loop_vars, args)))
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
    # A loop with a limit counts its iterations in TF, and the counter is the first thing to leave it.
    names = ["Exit", *(f"Exit_{k + 1}" for k in range(len(op.outputs)))][bool(limit) :]
    exits = [identity(t, name=name) for t, name in zip(op.outputs, names, strict=False)]
    packed = pack_values(given_back[0], exits)
    return packed[0] if len(exits) == 1 and not same_structure else packed


def _predicate(result: Any) -> Tensor:
    return scalar_bool(result, "The condition of a loop")


def _invariants(loop_vars: Any, initial: Sequence[Tensor], given: Any) -> list[TensorShape]:
    if given is None:
        return [t.shape for t in initial]
    nest.assert_same_structure(loop_vars, given, check_types=False)
    flat = nest.flatten(given)
    shapes: list[TensorShape] = []
    for item, shape in zip(nest.flatten(loop_vars), flat, strict=True):
        parts = leaf_tensors(item)
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
    nest.assert_same_structure(list(pack_values(loop_vars, args)), list(result))
    tensors = [
        convert_to_tensor(item, arg.dtype.base_dtype if not hasattr(item, "dtype") else None)
        for item, arg in zip(flatten_values(result), args, strict=True)
    ]
    for tensor, arg, first in zip(tensors, args, initial, strict=True):
        if tensor.dtype.base_dtype is not arg.dtype.base_dtype:
            raise TypeError(
                f"Loop variable {first.name} enters the loop with type {arg.dtype.name}, but has type "
                f"{tensor.dtype.base_dtype.name} after one iteration."
            )
        if not says_no_more(arg.shape, than=tensor.shape):
            raise ValueError(
                f"Input tensor '{first.name}' enters the loop with shape {arg.shape}, but has shape {tensor.shape} "
                "after one iteration. To allow the shape to vary across iterations, use the `shape_invariants` "
                "argument of tf.while_loop to specify a less-specific shape."
            )
    return tensors


__all__ = ["while_loop"]
