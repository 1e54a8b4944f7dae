"""The sub-graphs that operations own, and what is in them."""

from __future__ import annotations

from recell.graph.body import Body
from recell.graph.tensor import Operation


def bodies_of(op: Operation) -> list[Body]:
    return [value for value in op.attrs.values() if isinstance(value, Body)]


def operations_in(body: Body) -> set[Operation]:
    """The operations that the body's outputs need, of the body itself."""
    found: set[Operation] = set()
    stack = [tensor.op for tensor in body.outputs if tensor.op.body is body]
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found.add(op)
        stack.extend(t.op for t in op.inputs if t.op.body is body)
        stack.extend(other for other in op.control_inputs if other.body is body)
    return found
