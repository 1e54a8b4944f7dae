"""What the gradients of a plan ask autograd to record.

A *demand* says: somebody will differentiate `ys` with respect to `xs`. Only operations on a path from an x to a y are
recorded; everything else runs as if there were no autograd.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recell.graph.tensor import Operation, Tensor
from recell.plan.bodies import bodies_of, operations_in


@dataclass(frozen=True)
class Demand:
    """Gradients of `ys` with respect to `xs`, taken by `op` (or by something in a body that `op` owns)."""

    op: Operation
    ys: tuple[Tensor, ...]
    xs: tuple[Tensor, ...]


def demands_of(op: Operation) -> list[Demand]:
    """The demands that `op` makes of its plan: its own, and what bodies it owns ask of tensors outside them."""
    if op.type == "Gradients":
        y_count, x_count = op.attrs["y_count"], op.attrs["x_count"]
        stops = op.inputs[len(op.inputs) - op.attrs["stop_count"] :]
        xs = op.inputs[y_count : y_count + x_count]
        return [Demand(op, op.inputs[:y_count], (*xs, *stops))]
    found = []
    for body in bodies_of(op):
        for inner in operations_in(body):
            for demand in demands_of(inner):
                xs = tuple(t for t in demand.xs if t.op.body is not body)
                ys = tuple(t for t in demand.ys if t.op.body is not body)
                if xs and len(ys) < len(demand.ys):
                    # A y made inside depends on an x outside through whatever the body takes from outside.
                    ys += tuple(t for t in body.captures if t not in xs)
                if xs or ys:
                    found.append(Demand(op, ys, xs))
    return found


def recorded_operations(order: Sequence[Operation], demands: Iterable[Demand]) -> set[Operation]:
    """The operations of `order` that lie on a path from a demand's xs to its ys."""
    recorded: set[Operation] = set()
    for demand in demands:
        recorded |= _between(order, set(demand.xs), demand.ys)
    return recorded


def fed_on_the_way(demands: Iterable[Demand], fed: set[Tensor]) -> set[Tensor]:
    """Those of `fed` that a derivative goes through on its way from a y to an x.

    Their values are the caller's, but their derivatives are those of the operations that they stand for.
    """
    found: set[Tensor] = set()
    for demand in demands if fed else ():
        seen = set(demand.ys)
        stack = [t.op for t in seen]
        ops: set[Operation] = set()
        while stack:
            op = stack.pop()
            if op not in ops and (op.definition.differentiable or "_gradient_op_type" in op.attrs):
                ops.add(op)
                seen.update(op.inputs)
                stack.extend(t.op for t in op.inputs)
        reached = set(demand.xs)
        for op in sorted(ops, key=lambda op: op.index):
            if not reached.isdisjoint(op.inputs):
                reached.update(op.outputs)
                found.update(t for t in op.outputs if t in fed and t in seen)
    return found


def _between(order: Sequence[Operation], xs: set[Tensor], ys: tuple[Tensor, ...]) -> set[Operation]:
    after: set[Operation] = set()
    for op in order:
        if any(t in xs or t.op in after for t in op.inputs):
            after.add(op)
    before: set[Operation] = set()
    stack = [t.op for t in ys]
    while stack:
        op = stack.pop()
        if op in after and op not in before:
            before.add(op)
            stack.extend(t.op for t in op.inputs)
    return before
