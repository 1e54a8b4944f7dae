"""Gradients that the program brings itself: `RegisterGradient` with `gradient_override_map`, and `custom_gradient`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import nest
from recell.graph.body import Body, trace
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph
from recell.graph.registry import OpDef, register
from recell.graph.tensor import Operation, Tensor
from recell.ops._attributes import as_list
from recell.ops.op import adopt_captures

GradientFunction = Callable[..., Any]
_registered: dict[str, GradientFunction] = {}


class RegisterGradient:
    """Registers a function `(op, *output gradients) -> input gradients` under a name. TF symbol: `tf.RegisterGradient`.

    Operations made under `graph.gradient_override_map({"Type": name})` then use it. KeyError when the name is taken.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, function: GradientFunction) -> GradientFunction:
        if self._op_type in _registered:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _registered[self._op_type] = function
        return function


def no_gradient(op_type: str) -> None:
    """Says that operations of this type have no gradient. TF symbol: `tf.NoGradient`, `tf.NotDifferentiable`."""
    _registered.setdefault(op_type, lambda op, *grads: [None] * len(op.inputs))


def attach_override(op: Operation) -> None:
    """Traces the gradient function that `op` was made to use, once. LookupError when none is registered."""
    name = op.attrs.get("_gradient_op_type")
    if name is None or "_custom_gradient" in op.attrs:
        return
    function = _registered.get(name)
    if function is None:
        raise LookupError(
            f"No gradient defined for operation '{op.name}' (op type: {name}). Register one with "
            f"@tf.RegisterGradient('{name}')."
        )
    attach_gradient(op, lambda *grads: function(op, *grads))
    op.graph.note_change()


def attach_overrides(op: Operation) -> None:
    """`attach_override` for `op` and for all that its bodies' results are made of."""
    attach_override(op)
    for body in list(op.attrs.values()):
        if not isinstance(body, Body):
            continue
        stack = [tensor.op for tensor in body.outputs]
        seen: set[Operation] = set()
        while stack:
            inner = stack.pop()
            if inner.body is body and inner not in seen:
                seen.add(inner)
                attach_overrides(inner)
                stack.extend(tensor.op for tensor in inner.inputs)


def attach_gradient(op: Operation, function: Callable[..., Any]) -> None:
    """Makes `function`, of the output gradients, the gradient of `op`: one result or None for each input."""
    used: list[int] = []

    def traced(*grads: Tensor) -> list[Tensor]:
        results = as_list(function(*grads))
        if len(results) != len(op.inputs):
            raise ValueError(
                f"Num gradients {len(results)} generated for op {op.name} do not match num inputs {len(op.inputs)}"
            )
        used.extend(k for k, result in enumerate(results) if result is not None)
        return [convert_to_tensor(result) for result in results if result is not None]

    specs = [(t.dtype.base_dtype, t.shape, f"{op.name.rsplit('/', 1)[-1]}_grad") for t in op.outputs]
    with op.graph.outside_bodies():  # the gradient belongs where the operation is
        op.graph.body = op.body
        body = trace(op.graph, f"gradient of {op.name}", specs, traced)
    _attach(op, body, used)
    adopt_captures(op.body)


def _attach(op: Operation, body: Body, used: Sequence[int]) -> None:
    known = {*op.inputs, *op.outputs}
    extra = [t for t in body.captures if t not in known]
    op.attrs["_custom_gradient"] = body
    op.attrs["_gradient_of_inputs"] = tuple(used)
    op.attrs["_extra_inputs"] = tuple(extra)
    op.attrs["_extra_needs"] = (*(t.op for t in extra), *body.outer_controls)


def _results(*values: Any, count: int) -> Any:
    return values[0] if count == 1 else values[:count]


register(OpDef("CustomGradient", _results, view=True))


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function that returns `(results, gradient function)`. TF symbol: `tf.custom_gradient`.

    The gradient function takes one gradient a result and gives one an argument. TypeError when it asks for `variables`:
    make them arguments instead.
    """

    @functools.wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        tensors = [convert_to_tensor(arg) for arg in args]
        result, gradient = function(*tensors, **kwargs)
        if "variables" in inspect.signature(gradient).parameters:
            raise TypeError(
                "A gradient function with an argument `variables` is not supported: pass the variables to "
                "the decorated function as arguments."
            )
        outputs = [convert_to_tensor(t) for t in nest.flatten(result)]
        op = get_default_graph().create_op(
            "CustomGradient",
            [*outputs, *tensors],
            {"count": len(outputs)},
            dtypes=[t.dtype.base_dtype for t in outputs],
            shapes=[t.shape for t in outputs],
        )

        def inputs_gradient(*grads: Tensor) -> list[Any]:
            return [None] * len(outputs) + as_list(gradient(*grads))

        attach_gradient(op, inputs_gradient)
        return nest.pack_sequence_as(result, op.outputs)

    return decorated
