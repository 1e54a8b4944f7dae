"""How collections become messages and come back, and how names change when they move from one scope to another.

TF symbols: `register_proto_function` and `strip_name_scope`, `prepend_name_scope` of `tensorflow.python.framework.ops`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class ProtoFunctions(NamedTuple):
    """The class of the messages, asked for when it is needed; what makes a message of an item, and the reverse."""

    message: Callable[[], Any]
    to_proto: Callable[..., Any]
    from_proto: Callable[..., Any]


_FUNCTIONS: dict[str, ProtoFunctions] = {}


def register_proto_function(
    collection_name: str,
    proto_type: Any = None,
    to_proto: Callable[..., Any] | None = None,
    from_proto: Callable[..., Any] | None = None,
) -> None:
    """Lets the items of a collection be in a meta graph. TF symbol: `register_proto_function`.

    Args:
      proto_type: a class of messages.
      to_proto: `(item, export_scope=None)` gives a message, or None for an item that does not belong to the scope.
      from_proto: `(message, import_scope=None)` gives the item.

    Raises TypeError for what cannot be called.
    """
    if to_proto is not None and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto is not None and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    if to_proto is not None and from_proto is not None:
        register_lazily(collection_name, lambda: proto_type, to_proto, from_proto)


def register_lazily(
    collection_name: str, message: Callable[[], Any], to_proto: Callable[..., Any], from_proto: Callable[..., Any]
) -> None:
    """`register_proto_function` with a function that gives the class of the messages."""
    _FUNCTIONS[collection_name] = ProtoFunctions(message, to_proto, from_proto)


def proto_functions(collection_name: Any) -> ProtoFunctions | None:
    """What a collection was registered with; None for one whose items are names, numbers or texts."""
    return _FUNCTIONS.get(collection_name)


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """`name` without the scope in front of it; as it is where that is not there."""
    if not export_scope:
        return name
    scope = re.escape(export_scope.removesuffix("/"))
    return re.sub(rf"([\^]|loc:@|^){scope}/+(.*)", r"\1\2", name, count=1)


def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """`name` within a scope; as it is without one."""
    if not import_scope:
        return name
    mark, rest = re.fullmatch(r"([\^]|loc:@|)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{mark}{import_scope.removesuffix('/')}/{rest}"


__all__ = ["prepend_name_scope", "proto_functions", "register_lazily", "register_proto_function", "strip_name_scope"]
