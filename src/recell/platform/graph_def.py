"""A graph written as a `tf.GraphDef`, which can be looked at, and imported again by `recell.platform.graph_import`.

Every operation is one node, as TensorFlow has it: name, type, inputs, device, and the attributes that are data. What
else makes up an operation here is in one more attribute, `_recell`: the dtypes and shapes of its results, its
attributes exactly, and the body (of a loop, a branch, a recurrence) that it belongs to.
"""

from __future__ import annotations

import inspect
from typing import Any

from recell.graph.body import Body
from recell.graph.graph import Graph
from recell.graph.registry import REGISTRY, OpDef
from recell.graph.tensor import Operation
from recell.platform import attr_values
from recell.platform import graph_protos as protos
from recell.platform.tensor_values import shape_proto

PRODUCER = 134
"""The version of graphs that TensorFlow 1.15 writes."""

EXACT = "_recell"
"""The attribute of a node that holds what only Recell reads."""

FORMAT = "recell 1"
"""The name of its content; another number for one that this release cannot read."""


def graph_to_graph_def(graph: Graph, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """All operations of a graph as a `GraphDef`.

    `from_version` leaves out the operations that came before the graph had that `version`; `add_shapes` adds
    `_output_shapes` to every node. What no file can hold (a Python object) is left out, and the node says so;
    of a Python function there is the name.
    """
    return nodes_to_graph_def(graph.get_operations()[from_version or 0 :], add_shapes)


def nodes_to_graph_def(operations: list[Operation], add_shapes: bool) -> Any:
    """Those operations as a `GraphDef`, in their order."""
    bodies = _Bodies()
    nodes = [_node(operation, add_shapes, bodies) for operation in operations]
    return protos.GraphDef(node=nodes, versions=protos.VersionDef(producer=PRODUCER))


class _Bodies:
    """Bodies by the order in which they are met: names for them within one message."""

    def __init__(self) -> None:
        self._found: dict[Body, str] = {}

    def name(self, body: Body) -> str:
        return self._found.setdefault(body, str(len(self._found)))


def _node(operation: Operation, add_shapes: bool, bodies: _Bodies) -> Any:
    inputs = [t.op.name if t.value_index == 0 else t.name for t in operation.inputs]
    inputs += [f"^{other.name}" for other in operation.control_inputs]
    node = protos.NodeDef(name=operation.name, op=operation.type, input=inputs, device=operation.device or "")
    for key, value in operation.attrs.items():
        held = None if key.startswith("_") else attr_values.plain(value)
        if held is not None:
            node.attr[key].CopyFrom(held)
    if operation.layout is None:
        shared = [t for param, t in zip(operation.definition.params, operation.inputs, strict=False) if param.group]
        if shared and "T" not in node.attr:
            node.attr["T"].type = shared[0].dtype.base_dtype.as_datatype_enum
    if add_shapes and operation.outputs:
        shapes = [shape_proto(tensor.shape) for tensor in operation.outputs]
        node.attr["_output_shapes"].list.shape.extend(shapes)
    node.attr[EXACT].func.name = FORMAT
    _write_exactly(operation, node.attr[EXACT].func.attr, bodies)
    return node


def _write_exactly(operation: Operation, content: Any, bodies: _Bodies) -> None:
    """Fills in what makes up an operation besides the fields of its node."""
    content["keys"].CopyFrom(attr_values.texts(operation.attrs))
    content["types"].list.type.extend([t.dtype.as_datatype_enum for t in operation.outputs])
    content["shapes"].list.shape.extend([shape_proto(t.shape) for t in operation.outputs])
    if operation.layout is not None:
        content["layout"].list.i.extend([-2 if count is None else count for count in operation.layout])
    if operation.body is not None:
        content["body"].s = bodies.name(operation.body).encode()
    for key, value in operation.attrs.items():
        if not key.startswith("_") and attr_values.is_exact(value):
            continue  # the node's own attribute says it
        try:
            content["=" + key].CopyFrom(attr_values.write(value, bodies.name))
        except attr_values.UnportableError as error:
            content["unportable"].s = f"its attribute '{key}' is {error}".encode()


def strip_defaults(definition: OpDef, node: Any) -> None:
    """Takes the attributes out of a node that are as the operation has them by default: reading puts them in again."""
    for key in list(node.attr):
        default = default_of(definition, key)
        if default is not None and node.attr[key] == attr_values.plain(default[0]):
            del node.attr[key]


def strip_graph_defaults(graph_def: Any) -> None:
    """`strip_defaults` of every node whose type is known here."""
    for node in graph_def.node:
        if node.op in REGISTRY:
            strip_defaults(REGISTRY[node.op], node)


def stripped_op_list(graph_def: Any) -> Any:
    """The types of operations in a graph as an `OpList`, sorted: their inputs, and whether they keep a state."""
    types = sorted({node.op for node in graph_def.node})
    return protos.OpList(op=[_op_def(REGISTRY[name]) for name in types if name in REGISTRY])


def _op_def(definition: OpDef) -> Any:
    made = protos.OpDef(name=definition.name, is_stateful=definition.stateful)
    for param in definition.params:
        made.input_arg.add(name=param.name, type_attr="T" if param.group else "")
    return made


def default_of(definition: OpDef, key: str) -> tuple[Any] | None:
    """What an attribute of a type of operations is by default, in a tuple; None where it has no default."""
    if definition.kernel is None:
        return None
    parameter = inspect.signature(definition.kernel).parameters.get(key)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        return None
    return (parameter.default,)


def why_unportable(node: Any) -> str | None:
    """Why a node cannot be imported, as words that follow its name; None where it can be."""
    content = node.attr[EXACT].func.attr if EXACT in node.attr else {}
    return content["unportable"].s.decode() if "unportable" in content else None


__all__ = [
    "EXACT",
    "FORMAT",
    "PRODUCER",
    "default_of",
    "graph_to_graph_def",
    "nodes_to_graph_def",
    "strip_defaults",
    "strip_graph_defaults",
    "stripped_op_list",
    "why_unportable",
]
