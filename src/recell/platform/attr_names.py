"""What attributes written by `attr_values` refer to by name: operations, tensors, bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from recell.platform import graph_protos as protos
from recell.platform.attr_reading import part_text, read_texts

_NAMES = {"operation": ("name",), "tensor": ("name",), "deferred": ("name",)}
_LISTS = {"body": ("args", "outputs", "captures", "controls")}


def rename(message: Any, new_name: Callable[[str], str]) -> None:
    """Gives operations and tensors that an attribute refers to the names that `new_name` gives, in place."""
    if message.WhichOneof("value") != "func":
        return
    tag, content = message.func.name, message.func.attr
    for key in _NAMES.get(tag, ()):
        content[key].s = new_name(part_text(content, key)).encode()
    for key in _LISTS.get(tag, ()):
        renamed = [new_name(name).encode() for name in read_texts(content[key])]
        content[key].CopyFrom(protos.AttrValue(list=protos.AttrValue.ListValue(s=renamed)))
    if tag not in _NAMES and tag not in _LISTS:
        for part in content.values():
            rename(part, new_name)


def names_in(message: Any) -> list[str]:
    """The names of operations and tensors that an attribute refers to."""
    found: list[str] = []
    copy = protos.AttrValue.FromString(message.SerializeToString())

    def note(name: str) -> str:
        found.append(name)
        return name

    rename(copy, note)
    return found


def bodies_in(message: Any) -> Iterable[Any]:
    """The content of every body that an attribute holds."""
    if message.WhichOneof("value") != "func":
        return
    if message.func.name == "body":
        yield message.func.attr
        return
    for part in message.func.attr.values():
        yield from bodies_in(part)


__all__ = ["bodies_in", "names_in", "rename"]
