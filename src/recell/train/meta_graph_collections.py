"""A graph's collections in a meta graph: names, numbers, texts; messages for variables, Savers, queue runners."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.proto_functions import prepend_name_scope, proto_functions, strip_name_scope
from recell.graph.variables import Variable
from recell.platform import logging
from recell.train.meta_graph_scopes import is_included


def add_collection(message: Any, key: Any, graph: Graph, export_scope: str | None, left_out: Container[str]) -> None:
    """Adds one collection to a `MetaGraphDef`; warns, and adds nothing, for items of kinds that it cannot hold."""
    if not isinstance(key, (str, bytes)):
        logging.warning("Only collections with string type keys will be serialized. This key has %s", type(key))
        return
    items = [item for item in graph.get_collection(key) if is_included(item, export_scope, left_out)]
    if not items:
        return
    try:
        kind, values = _written(key, items, export_scope)
        getattr(message.collection_def[key], kind).value.extend(values)
    except Exception as error:  # whatever the program keeps there: the graph is written without it
        message.collection_def.pop(key, None)
        logging.warning(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the items don't match field "
            "type in CollectionDef. Note this is a warning and probably safe to ignore.\n%s",
            key,
            error,
        )


def _written(key: Any, items: list[Any], export_scope: str | None) -> tuple[str, list[Any]]:
    """The field of a `CollectionDef` for the items, and its content."""
    functions = proto_functions(key)
    if functions is not None:
        made = [functions.to_proto(item, export_scope=export_scope) for item in items]
        return "bytes_list", [each.SerializeToString() for each in made if each is not None]
    first = items[0]
    if isinstance(first, (str, bytes)):
        return "bytes_list", [item.encode() if isinstance(item, str) else item for item in items]
    if isinstance(first, int):
        return "int64_list", items
    if isinstance(first, float):
        return "float_list", items
    return "node_list", [strip_name_scope(item.name, export_scope) for item in items]


def unbound_inputs_missing(message: Any, key: str | None, input_map: Mapping[str, Any] | None) -> list[str]:
    """The inputs named in a collection that `input_map` lacks; all of them if it names others besides."""
    if not key or key not in message.collection_def:
        return []
    named = [value.decode() for value in message.collection_def[key].bytes_list.value]
    if not named or (input_map and sorted(named) == sorted(input_map)):
        return []
    return [name for name in named if not input_map or name not in input_map] or named


def restore_collections(
    message: Any, graph: Graph, scope: str, left_out: str | None, wanted: Callable[[str], bool]
) -> None:
    """Adds what the collections of a `MetaGraphDef` hold to those of the graph, into which it was imported as `scope`.

    A variable that is in several collections is one object in all of them. Raises KeyError for names that are not in
    the graph, ValueError for damaged messages.
    """
    variables: dict[bytes, Any] = {}
    found: list[tuple[str, Any]] = []
    first = GraphKeys.TRAINABLE_VARIABLES
    for key in sorted(message.collection_def, key=lambda key: (key != first, key)):
        if key == left_out or not wanted(key):
            continue
        held = message.collection_def[key]
        kind = held.WhichOneof("kind")
        if kind is None:
            logging.error("Cannot identify data type for collection %s. Skipping.", key)
            continue
        for value in getattr(held, kind).value:
            if kind == "bytes_list" and proto_functions(key) is not None:
                item = variables[value] if value in variables else _from_message(key, value, scope)
                if isinstance(item, Variable):
                    variables[value] = item
            elif kind == "node_list":
                name = prepend_name_scope(value, scope)
                if key == GraphKeys.SAVEABLE_OBJECTS and name not in graph._by_name:
                    continue  # an object of Python's, which only the Saver's own operations know any more
                item = graph.as_graph_element(name)
            else:
                item = prepend_name_scope(value.decode(), scope) if scope and kind == "bytes_list" else value
            found.append((key, item))
    for key, item in found:
        graph.add_to_collection(key, item)


def _from_message(key: str, data: bytes, scope: str) -> Any:
    from google.protobuf.message import DecodeError

    functions = proto_functions(key)
    assert functions is not None
    try:
        message = functions.message().FromString(data)
    except DecodeError as error:
        raise ValueError(
            f"Collection '{key}' holds something that is no {functions.message().__name__}: {error}"
        ) from None
    return functions.from_proto(message, import_scope=scope)


__all__ = ["add_collection", "restore_collections", "unbound_inputs_missing"]
