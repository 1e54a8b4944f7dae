"""A graph written as a `tf.GraphDef`: what TensorBoard draws, and what programs look through for names and types."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from recell.checkpoint import replacing
from recell.graph.dtypes import DType
from recell.graph.graph import Graph
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation
from recell.platform import file_errors, gfile
from recell.platform.tensor_values import make_tensor_proto, shape_proto
from recell.summary import protos

_PRODUCER = 134  # the version of graphs that TensorFlow 1.15 writes


def graph_to_graph_def(graph: Graph, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """All operations of a graph as a `GraphDef`: names, types, inputs, devices, and the attributes that are data.

    It describes the graph; it cannot be imported again. `from_version` leaves out the operations that came before
    the graph had that `version`; `add_shapes` adds `_output_shapes` to every node.
    """
    operations = graph.get_operations()[from_version or 0 :]
    nodes = [_node(operation, add_shapes) for operation in operations]
    return protos.GraphDef(node=nodes, versions=protos.VersionDef(producer=_PRODUCER))


def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Writes a graph into a file, for people and tools to look at. TF symbol: `tf.train.write_graph`.

    Args:
      graph_or_graph_def: a `tf.Graph` or a `tf.GraphDef`.
      logdir: the folder, which is made if it is not there.
      as_text: whether to write the text of the message, or its bytes.

    Returns:
      The path of the file.

    Raises:
      TypeError: for what is no graph.
      A tf.errors exception when the file cannot be written.
    """
    from google.protobuf import text_format

    given = graph_or_graph_def
    definition = graph_to_graph_def(given) if isinstance(given, Graph) else given
    if not isinstance(definition, protos.GraphDef):
        raise TypeError(f"write_graph takes a tf.Graph or a tf.GraphDef, but got {type(given).__name__}: {given!r}")
    path = os.path.join(os.fsdecode(logdir), name)
    gfile.MakeDirs(os.path.dirname(path) or ".")
    if as_text:
        content = text_format.MessageToString(definition).encode()
    else:
        content = definition.SerializeToString(deterministic=True)  # or a node's attributes would stand in any order
    with file_errors.translated_errors(path), replacing(path) as file:
        file.write(content)
    return path


def _node(operation: Operation, add_shapes: bool) -> Any:
    inputs = [t.op.name if t.value_index == 0 else t.name for t in operation.inputs]
    inputs += [f"^{other.name}" for other in operation.control_inputs]
    node = protos.NodeDef(name=operation.name, op=operation.type, input=inputs, device=operation.device or "")
    for key, value in operation.attrs.items():
        held = None if key.startswith("_") else _attr(value)
        if held is not None:
            node.attr[key].CopyFrom(held)
    if operation.layout is None:
        shared = [t for param, t in zip(operation.definition.params, operation.inputs, strict=False) if param.group]
        if shared and "T" not in node.attr:
            node.attr["T"].type = shared[0].dtype.base_dtype.as_datatype_enum
    if add_shapes and operation.outputs:
        shapes = [shape_proto(tensor.shape) for tensor in operation.outputs]
        node.attr["_output_shapes"].list.shape.extend(shapes)
    return node


def _attr(value: Any) -> Any:
    """An attribute as an `AttrValue`; None for what is no data: functions, sub-graphs."""
    field = _field(value)
    if field is not None:
        return protos.AttrValue(**{field[0]: field[1]})
    if isinstance(value, (np.ndarray, np.generic)):
        return protos.AttrValue(tensor=make_tensor_proto(value))
    if isinstance(value, Sequence) and value:
        fields = [_field(item) for item in value]
        kinds = {None if found is None else found[0] for found in fields}
        if len(kinds) == 1 and None not in kinds:
            held = [found[1] for found in fields if found is not None]
            return protos.AttrValue(list=protos.AttrValue.ListValue(**{str(kinds.pop()): held}))
    return None


def _field(value: Any) -> tuple[str, Any] | None:
    """The field of an `AttrValue` that holds a single piece of data, and its content; None for anything else."""
    if isinstance(value, bool):
        return "b", value
    if isinstance(value, int):
        return ("i", value) if -(2**63) <= value < 2**63 else None
    if isinstance(value, float):
        return "f", value
    if isinstance(value, (str, bytes)):
        return "s", value.encode("utf-8") if isinstance(value, str) else value
    if isinstance(value, DType):
        return "type", value.as_datatype_enum
    if isinstance(value, TensorShape):
        return "shape", shape_proto(value)
    return None
