"""Parts of graphs, and graphs whose variables have become constants. TF module: `tf.graph_util`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

from recell.graph.convert import constant
from recell.graph.graph import Graph
from recell.platform import graph_protos as protos
from recell.platform import logging
from recell.platform.attr_names import bodies_in, names_in
from recell.platform.graph_def import EXACT, nodes_to_graph_def


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """The nodes that some nodes need, with them, as a `GraphDef`. TF symbol: `tf.graph_util.extract_sub_graph`.

    Loops and branches bring their bodies. TypeError for what is no GraphDef or no list, AssertionError for a name that
    is not in it.
    """
    if not isinstance(graph_def, protos.GraphDef):
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    nodes = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    members: dict[bytes, list[str]] = {}
    for node in graph_def.node:
        if EXACT in node.attr and "body" in node.attr[EXACT].func.attr:
            members.setdefault(node.attr[EXACT].func.attr["body"].s, []).append(node.name)
    found: set[str] = set()
    stack = list(dest_nodes)
    while stack:
        name = stack.pop()
        if name not in found and name in nodes:
            found.add(name)
            stack.extend(_needed(nodes[name], members))
    made = protos.GraphDef(versions=graph_def.versions, library=graph_def.library)
    made.node.extend(node for node in graph_def.node if node.name in found)
    return made


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Container[str] | None = None,
    variable_names_blacklist: Container[str] | None = None,
) -> Any:
    """What some nodes need, with the values of the variables in it. TF: `tf.graph_util.convert_variables_to_constants`.

    Args:
      sess: the session whose values are taken.
      input_graph_def: its graph, as `sess.graph.as_graph_def()` gives it.
      output_node_names: names of operations.
      variable_names_whitelist, variable_names_blacklist: which variables become constants, and which do not; all do by
        default.

    Returns:
      A `GraphDef`, for `tf.import_graph_def`.

    Raises:
      AssertionError: for a name that is not in the graph.
      tf.errors.FailedPreconditionError: for a variable without a value.
    """
    part = extract_sub_graph(input_graph_def, output_node_names)
    names = [
        node.name
        for node in part.node
        if node.op == "VariableV2"
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and (variable_names_blacklist is None or node.name not in variable_names_blacklist)
    ]
    values = sess.run([f"{name}:0" for name in names])
    frozen = dict(zip(names, (_constant(value) for value in values), strict=True))
    made = protos.GraphDef(versions=part.versions, library=part.library)
    for node in part.node:
        copy = made.node.add()
        copy.CopyFrom(frozen.get(node.name, node))
        copy.name, copy.device = node.name, node.device
    logging.info("Froze %d variables.", len(names))
    return made


def _constant(value: Any) -> Any:
    with Graph().as_default():
        return nodes_to_graph_def([constant(value).op], False).node[0]


def _needed(node: Any, members: dict[bytes, list[str]]) -> Iterable[str]:
    """The names of what a node needs: its inputs, what its attributes refer to, and what is in its bodies."""
    yield from (name.removeprefix("^").partition(":")[0] for name in node.input)
    for key, value in node.attr[EXACT].func.attr.items() if EXACT in node.attr else ():
        if key.startswith("="):
            yield from (name.partition(":")[0] for name in names_in(value))
            for body in bodies_in(value):
                yield from members.get(body["id"].s, ())


__all__ = ["convert_variables_to_constants", "extract_sub_graph"]
