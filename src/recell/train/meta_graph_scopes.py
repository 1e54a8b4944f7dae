"""Parts of a graph that is written: what lies in one scope, or all but the operations of other Savers."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from recell.graph.proto_functions import strip_name_scope
from recell.platform import graph_protos as protos
from recell.platform.attr_names import bodies_in, rename
from recell.platform.graph_def import EXACT

UNBOUND = "$unbound_inputs_"
"""What the names of inputs from outside of the scope begin with."""

_SAVING = frozenset({"Save", "SaveV2", "SaveSlices", "SaveShards", "Restore", "RestoreSlice", "RestoreV2"})


def is_included(item: Any, export_scope: str | None, left_out: Container[str]) -> bool:
    """Whether an item of a collection, or a name, is within the scope and not left out; what has no name is."""
    name = item if isinstance(item, str) else getattr(item, "name", None)
    if not isinstance(name, str):
        return True
    if name in left_out:
        return False
    return not export_scope or name.startswith((UNBOUND, export_scope))


def select_nodes(
    graph_def: Any, export_scope: str | None, left_out: Container[str], clear_devices: bool
) -> tuple[Any, list[str]]:
    """The nodes of a `GraphDef` that are included, with the scope taken off their names, and the inputs from outside.

    The bodies of what is included are included with it, whatever the names in them.
    """
    made = protos.GraphDef(versions=graph_def.versions, library=graph_def.library)
    included = _with_bodies(graph_def, {n.name for n in graph_def.node if is_included(n.name, export_scope, left_out)})
    unbound: dict[str, None] = {}

    def new_name(name: str) -> str:
        mark = "^" if name.startswith("^") else ""
        plain = name.removeprefix("^")
        if not export_scope or plain.startswith(export_scope) or plain.partition(":")[0] in included:
            return mark + strip_name_scope(plain, export_scope)
        outside = mark + UNBOUND + plain.removesuffix(":0")
        unbound[outside] = None
        return outside

    for node in graph_def.node:
        if node.name not in included:
            continue
        copy = made.node.add()
        copy.CopyFrom(node)
        copy.name = strip_name_scope(node.name, export_scope)
        for position, name in enumerate(node.input):
            copy.input[position] = new_name(name)
        for value in _exact_attributes(copy):
            rename(value, new_name)
        if clear_devices:
            copy.device = ""
    return made, list(unbound)


def _exact_attributes(node: Any) -> list[Any]:
    if EXACT not in node.attr:
        return []
    return [value for key, value in node.attr[EXACT].func.attr.items() if key.startswith("=")]


def _with_bodies(graph_def: Any, included: set[str]) -> set[str]:
    """The names, and those of the nodes in the bodies of what they name."""
    members: dict[bytes, list[Any]] = {}
    for node in graph_def.node:
        if EXACT in node.attr and "body" in node.attr[EXACT].func.attr:
            members.setdefault(node.attr[EXACT].func.attr["body"].s, []).append(node)
    stack = [node for node in graph_def.node if node.name in included] if members else []
    found = set(included)
    while stack:
        for value in _exact_attributes(stack.pop()):
            for body in bodies_in(value):
                for node in members.pop(body["id"].s, ()):
                    found.add(node.name)
                    stack.append(node)
    return found


def extraneous_saver_nodes(graph_def: Any, saver_def: Any) -> frozenset[str]:
    """The operations in the name scopes of Savers other than the given one (than none, if that is None)."""
    kept = set()
    if saver_def is not None:
        kept = {_scope(saver_def.save_tensor_name), _scope(saver_def.restore_op_name)}
    scopes = {_scope(node.name) for node in graph_def.node if node.op in _SAVING} - kept - {""}
    found = [node.name for node in graph_def.node if any(node.name.startswith(f"{scope}/") for scope in scopes)]
    return frozenset(found)


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


__all__ = ["UNBOUND", "extraneous_saver_nodes", "is_included", "select_nodes"]
