"""Initial values computed from other variables, made safe to evaluate in any order.

`tf.Variable(a * 2.0)` must not depend on whether `a` is initialized before or after: as TF1 does, the part of the graph
between `a` and the initial value is copied, with `a` replaced by its value or, while it has none, its initial value.
"""

from __future__ import annotations

from typing import Any

from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation, Tensor

_KEPT = frozenset({"IsVariableInitialized", "InitializedValue"})


def guarded(scope: str, value: Tensor) -> Tensor:
    """`value`, or a copy of it that does not read variables that may have no value yet.

    Copies are named after the new variable's name scope (`b/`): `mul` becomes `mul_b`.
    """
    graph = value.graph
    reading = _reading(value.op)
    if not reading:
        return value
    copies: dict[Operation, Operation] = {}
    for op in graph.get_operations():
        if op in reading and op.type != "VariableV2" and op.type not in _KEPT:
            inputs = [_replaced(tensor, copies, graph) for tensor in op.inputs]
            if inputs != list(op.inputs):
                copies[op] = _copied(op, inputs, scope)
    return _replaced(value, copies, graph)


def _reading(root: Operation) -> set[Operation]:
    """The operations that `root` needs and that read some variable, `root` among them; empty if it reads none."""
    order: list[Operation] = []
    seen = {root}
    stack = [root]
    while stack:
        op = stack.pop()
        order.append(op)
        for tensor in () if op.type in _KEPT else op.inputs:
            if tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    reading: set[Operation] = set()
    for op in sorted(order, key=lambda found: found.index):
        if op.type == "VariableV2" or any(t.op in reading for t in op.inputs):
            reading.add(op)
    return reading


def _replaced(tensor: Tensor, copies: dict[Operation, Operation], graph: Graph) -> Tensor:
    copy = copies.get(tensor.op)
    if copy is not None:
        return copy.outputs[tensor.value_index]
    if tensor.op.type == "VariableV2":
        variable = _variable_of(tensor.op, graph)
        if variable is not None:
            return variable.initialized_value()
    return tensor


def _variable_of(op: Operation, graph: Graph) -> Any:
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in graph.get_collection(key):
            if getattr(variable, "op", None) is op:
                return variable
    return None


def _copied(op: Operation, inputs: list[Tensor], scope: str) -> Operation:
    return op.graph.create_op(
        op.type,
        inputs,
        dict(op.attrs),
        f"{op.name}_{scope}".replace(":", "_"),
        dtypes=[tensor.dtype.base_dtype for tensor in op.outputs],
        shapes=[tensor.shape for tensor in op.outputs],
        layout=op.layout,
    )
