"""Attributes of operations read from `AttrValue` messages: the reverse of `attr_values`.

A message may come from anywhere. A tag that is not in the closed list `_READERS`, and content that no writer writes, is
a MalformedError.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from recell.graph import portable
from recell.graph.body import Body
from recell.graph.deferred import Deferred
from recell.graph.dtypes import DType
from recell.graph.portable import ResourceKey
from recell.graph.registry import REGISTRY
from recell.graph.seeds import OperationCount
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor
from recell.platform.tensor_values import make_ndarray


class MalformedError(ValueError):
    """A message says what no writer of ours says."""


class Elements(Protocol):
    """What a reader asks for the parts of a graph that attributes refer to by name."""

    def operation(self, name: str) -> Operation:
        """The operation called `name`. ValueError when there is none."""

    def tensor(self, name: str) -> Tensor:
        """The tensor called `name`. ValueError when there is none."""

    def body(self, identity: str) -> Body:
        """The body known as `identity`."""

    def resource(self, key: str) -> ResourceKey:
        """The key that takes the place of `key` in the graph that is made."""


def read(message: Any, elements: Elements) -> Any:
    """The value of an `AttrValue` that `write` or `plain` made.

    Raises MalformedError for what neither writes, and what `elements` raises for names that it does not know.
    """
    field = message.WhichOneof("value")
    if field == "func":
        reader = _READERS.get(message.func.name)
        if reader is not None:
            return reader(message.func.attr, elements)
        entry = portable.KINDS.get(message.func.name.removeprefix("object "))
        if entry is None or not message.func.name.startswith("object "):
            raise MalformedError(f"it holds something unknown, called {message.func.name!r}")
        content = {key: read(item, elements) for key, item in message.func.attr.items()}
        try:
            return entry.make(**content)
        except (TypeError, ValueError, AttributeError) as error:
            raise MalformedError(f"it is no {entry.tag} ({error})") from None
    if field == "list":
        for name, convert in _SINGLE.items():
            held = getattr(message.list, name)
            if held:
                return [convert(item) for item in held]
        return []
    if field not in _SINGLE:
        raise MalformedError("it holds no value")
    return _SINGLE[field](getattr(message, field))


def read_texts(message: Any) -> list[str]:
    """A list of strings. MalformedError for bytes that are no text."""
    return [as_text(item) for item in message.list.s]


def as_text(value: bytes) -> str:
    """A text. MalformedError for bytes that are none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MalformedError("a text in it is no UTF-8") from None


def as_dtype(number: int) -> DType:
    """The dtype of that number. MalformedError when there is none."""
    try:
        return DType(number)
    except TypeError:
        raise MalformedError(f"{number} is no dtype") from None


def as_shape(message: Any) -> TensorShape:
    """The shape of a `TensorShapeProto`; a size of -1 is unknown."""
    if message.unknown_rank:
        return TensorShape(None)
    return TensorShape.of(tuple(None if dim.size < 0 else dim.size for dim in message.dim))


def _as_array(message: Any) -> np.ndarray:
    sizes = [dim.size for dim in message.tensor_shape.dim]
    # Every element takes a byte at least: one that is written once and repeated is none of ours, and may be huge.
    if min(sizes, default=0) < 0 or math.prod(sizes) > message.ByteSize():
        raise MalformedError(f"a tensor in it cannot have shape {sizes}, as it holds {message.ByteSize()} bytes")
    try:
        return make_ndarray(message)
    except (TypeError, ValueError, IndexError) as error:
        raise MalformedError(f"a tensor in it is none ({error})") from None


_SINGLE: dict[str, Callable[[Any], Any]] = {
    "b": bool,
    "i": int,
    "f": float,
    "s": as_text,
    "type": as_dtype,
    "shape": as_shape,
    "tensor": _as_array,
}


def _items(content: Any, elements: Elements) -> list[Any]:
    if "items" in content:
        held = read(content["items"], elements)
        if not isinstance(held, list):
            raise MalformedError("its items are no list")
        return held
    return [read(_part(content, str(position)), elements) for position in range(len(content))]


def _part(content: Any, key: str) -> Any:
    if key not in content:
        raise MalformedError(f"its part {key!r} is missing")
    return content[key]


def _read_dict(content: Any, elements: Elements) -> dict[Any, Any]:
    items = _items(content, elements)
    try:
        return dict(zip(items[::2], items[1::2], strict=True))
    except (TypeError, ValueError):
        raise MalformedError("its keys and values are none") from None


def _read_slice(content: Any, elements: Elements) -> slice:
    items = _items(content, elements)
    if len(items) != 3:
        raise MalformedError(f"a slice in it has {len(items)} parts")
    return slice(*items)


def _read_kernel(content: Any, elements: Elements) -> Any:
    definition = REGISTRY.get(part_text(content, "op"))
    if definition is None or definition.kernel is None:
        raise MalformedError(f"there is no function of operations {part_text(content, 'op')!r}")
    return definition.kernel


def _read_named(content: Any, elements: Elements) -> Any:
    name = part_text(content, "name")
    if name not in portable.NAMED:
        raise MalformedError(f"there is no object called {name!r}")
    return portable.NAMED[name]


def part_text(content: Any, key: str) -> str:
    return as_text(_part(content, key).s)


def _read_scalar(content: Any, elements: Elements) -> Any:
    array = _as_array(_part(content, "value").tensor)
    if array.shape:
        raise MalformedError("a number in it is an array")
    return array[()]


def _read_int(content: Any, elements: Elements) -> int:
    text = part_text(content, "value")
    if len(text) > 100 or not text.removeprefix("-").isdecimal():
        raise MalformedError(f"{text[:100]!r} is no number")
    return int(text)


_READERS: dict[str, Callable[[Any, Elements], Any]] = {
    "none": lambda content, elements: None,
    "tuple": lambda content, elements: tuple(_items(content, elements)),
    "list": _items,
    "dict": _read_dict,
    "slice": _read_slice,
    "ellipsis": lambda content, elements: Ellipsis,
    "count": lambda content, elements: OperationCount(_part(content, "value").i),
    "int": _read_int,
    "float": lambda content, elements: float(_read_scalar(content, elements)),
    "bytes": lambda content, elements: bytes(_part(content, "value").s),
    "scalar": _read_scalar,
    "function": lambda content, elements: portable.AbsentFunction(part_text(content, "name")),
    "resource": lambda content, elements: elements.resource(part_text(content, "key")),
    "operation": lambda content, elements: elements.operation(part_text(content, "name")),
    "tensor": lambda content, elements: elements.tensor(part_text(content, "name")),
    "deferred": lambda content, elements: Deferred(elements.tensor(part_text(content, "name"))),
    "body": lambda content, elements: elements.body(part_text(content, "id")),
    "kernel": _read_kernel,
    "named": _read_named,
}
"""Every tag that a file may use, besides `object KIND` for the kinds of `recell.graph.portable`."""


__all__ = ["Elements", "MalformedError", "as_dtype", "as_shape", "as_text", "part_text", "read", "read_texts"]
