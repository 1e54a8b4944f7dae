"""From an operation to the function that a plan calls for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from recell.graph import errors
from recell.graph.body import Body
from recell.graph.deferred import Deferred
from recell.graph.tensor import Operation, Tensor
from recell.plan.order import mutated_variables, variable_of
from recell.plan.overrides import overridden
from recell.plan.plan import BodyPlan
from recell.plan.resources import Resources, VariableCell, writable

Call = Callable[..., Any]
ValueOf = Callable[[Tensor], Callable[[], Any]]


def bind(
    op: Operation, resources: Resources, body_plan: Callable[[Body], BodyPlan], value_of: ValueOf | None = None
) -> Call:
    """A function of the operation's input values (captures of its bodies last) that gives its output value(s).

    `value_of` makes of a deferred tensor the function that computes it.
    """
    call = _bind_kernel(op, resources, body_plan, value_of)
    body = op.attrs.get("_custom_gradient")
    return call if body is None else overridden(op, call, body_plan(body))


def _bind_kernel(
    op: Operation, resources: Resources, body_plan: Callable[[Body], BodyPlan], value_of: ValueOf | None
) -> Call:
    definition = op.definition
    if definition.kernel is None:
        raise errors.UnimplementedError(op.node_def, op, f"Operation type {op.type} has no kernel.")
    kernel: Call = definition.kernel
    if definition.stateful:
        kernel = functools.partial(kernel, resources.context(op))
    return bind_as(kernel, op, body_plan, value_of)


def bind_as(
    kernel: Call,
    op: Operation,
    body_plan: Callable[[Body], BodyPlan],
    value_of: ValueOf | None = None,
    leading: int = 0,
) -> Call:
    """`kernel`, in place of the operation's own, with its attributes, as a function of its input values.

    So many `leading` values of other kinds come before them.
    """
    attrs = {key: value for key, value in op.attrs.items() if not key.startswith("_")}
    if value_of is not None:
        attrs = {k: value_of(v.tensor) if isinstance(v, Deferred) else v for k, v in attrs.items()}
    layout = None if op.layout is None else (-1,) * leading + tuple(op.layout)
    bodies = {key: value for key, value in attrs.items() if isinstance(value, Body)}
    if bodies:
        plain = {key: value for key, value in attrs.items() if key not in bodies}
        plans = {key: body_plan(body) for key, body in bodies.items()}
        return functools.partial(_with_bodies, kernel, plain, plans, leading + op.attrs["_explicit"], layout)
    if attrs:
        kernel = functools.partial(kernel, **attrs)
    return kernel if layout is None else functools.partial(_grouped, kernel, layout)


def _group(values: tuple[Any, ...], layout: tuple[int | None, ...]) -> list[Any]:
    grouped: list[Any] = []
    position = 0
    for count in layout:
        if count is None:
            grouped.append(None)
        elif count == -1:
            grouped.append(values[position])
            position += 1
        else:
            grouped.append(list(values[position : position + count]))
            position += count
    return grouped


def _grouped(kernel: Call, layout: tuple[int | None, ...], *values: Any) -> Any:
    return kernel(*_group(values, layout))


def _with_bodies(
    kernel: Call,
    attrs: dict[str, Any],
    plans: dict[str, BodyPlan],
    explicit: int,
    layout: tuple[int | None, ...] | None,
    *values: Any,
) -> Any:
    arguments = values[:explicit] if layout is None else _group(values[:explicit], layout)
    position = explicit
    bound = {}
    for key, plan in plans.items():
        bound[key] = plan.bound(values[position : position + plan.capture_count])
        position += plan.capture_count
    return kernel(*arguments, **attrs, **bound)


def bind_assign(op: Operation, resources: Resources) -> Call:
    """`Assign`: the variable's value becomes a copy of the one given."""
    variable = variable_of(op.inputs[0])
    assert variable is not None
    cell = resources.cell(variable)
    validate = op.attrs.get("validate_shape", True)
    declared = op.inputs[0].shape

    def assign(value: Any) -> Any:
        if validate and not declared.is_compatible_with(tuple(value.shape)):
            raise errors.InvalidArgumentError(
                op.node_def,
                op,
                "Assign requires shapes of both tensors to match. "
                f"lhs shape= {declared} rhs shape= {list(value.shape)} (variable {variable.name})",
            )
        fresh = value.copy() if not hasattr(value, "detach") else value.detach().clone()
        with resources.lock:
            cell.value = fresh
        return fresh

    return assign


def bind_change(op: Operation, resources: Resources, clone: tuple[bool, ...]) -> Call:
    """An operation that changes variables in place; `clone` says whose old value somebody still holds.

    The kernel gets the variables' tensors in their places. Changes of one session happen one at a time, and in place
    only while no other run could be looking.
    """
    variables = mutated_variables(op)
    cells: list[VariableCell] = [resources.cell(variable) for variable in variables]
    held = list(zip(cells, clone, strict=True))
    kernel = _variables_first(bind(op, resources, _no_bodies), op.definition.mutates)
    single = len(op.outputs) == 1

    def change(*values: Any) -> Any:
        with resources.lock:
            busy = resources.seen_by_others(variables)
            tensors = [writable(cell, busy or copy) for cell, copy in held]
            kernel(*tensors, *values)
            for cell, tensor in zip(cells, tensors, strict=True):
                cell.value = tensor
        return tensors[0] if single else tuple(tensors[: len(op.outputs)])

    return change


def _variables_first(kernel: Call, positions: tuple[int, ...]) -> Call:
    """`kernel` as a function of what stands at `positions` among its arguments, then of the others."""
    count = len(positions)
    if positions == tuple(range(count)):
        return kernel
    places = sorted(range(count), key=positions.__getitem__)

    def call(*values: Any) -> Any:
        arguments = list(values[count:])
        for place in places:
            arguments.insert(positions[place], values[place])
        return kernel(*arguments)

    return call


def _no_bodies(body: Body) -> BodyPlan:
    raise AssertionError(f"an operation that changes variables owns no body, but has '{body.name}'")
