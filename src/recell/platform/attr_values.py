"""Attributes of operations as `AttrValue` messages, and back again, exactly.

What TensorFlow has a field for (numbers, strings, dtypes, shapes, arrays, lists of them) is in that field. Everything
else is a function value whose name is a tag of the closed list in `_READERS`, with its content as the function's
attributes: nothing that a file says is ever imported or executed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
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
from recell.platform import graph_protos as protos
from recell.platform.tensor_values import make_ndarray, make_tensor_proto, shape_proto


class UnportableError(Exception):
    """An attribute holds what no file can: a function or an object of the program's own."""


class MalformedError(Exception):
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


# -- writing --------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """The `AttrValue` in whose own field a piece of data fits, as TensorFlow writes it; None for anything else."""
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


def is_exact(value: Any) -> bool:
    """Whether `read(plain(value))` is the value again, of the same type."""
    kind = type(value)
    if kind is float:
        return value != value or _as_float32(value) == value
    if kind is int:
        return -(2**63) <= value < 2**63
    if kind is list:
        types = {type(item) for item in value}
        return len(types) == 1 and types != {np.ndarray} and all(not isinstance(i, list) and is_exact(i) for i in value)
    return kind in (bool, str, DType, TensorShape, np.ndarray)


def _as_float32(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("nan")


def tagged(tag: str, **content: Any) -> Any:
    """A message of that tag and content."""
    return protos.AttrValue(func=protos.NameAttrList(name=tag, attr=content))


def texts(values: Iterable[str]) -> Any:
    """A list of strings as an `AttrValue`."""
    return protos.AttrValue(list=protos.AttrValue.ListValue(s=[value.encode() for value in values]))


def write(value: Any, body_id: Callable[[Body], str]) -> Any:
    """An attribute as an `AttrValue` from which `read` makes it again.

    Args:
      body_id: gives the name of a body within the message.

    Raises UnportableError for what no file can hold.
    """
    if is_exact(value):
        return plain(value)
    if value is None:
        return tagged("none")
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return _write_items("tuple" if isinstance(value, tuple) else "list", value, body_id)
    if isinstance(value, dict):
        items = [write(part, body_id) for pair in value.items() for part in pair]
        return tagged("dict", **_numbered(items))
    if isinstance(value, slice):
        return _write_items("slice", (value.start, value.stop, value.step), body_id)
    if isinstance(value, Body):
        return _write_body(value, body_id)
    for kind, write_one in _WRITERS:
        if isinstance(value, kind):
            return write_one(value)
    return _write_registered(value, body_id)


def _write_items(tag: str, items: Sequence[Any], body_id: Callable[[Body], str]) -> Any:
    if is_exact(list(items)):
        return tagged(tag, items=plain(list(items)))
    return tagged(tag, **_numbered([write(item, body_id) for item in items]))


def _numbered(items: Sequence[Any]) -> dict[str, Any]:
    return {str(position): item for position, item in enumerate(items)}


def _write_body(body: Body, body_id: Callable[[Body], str]) -> Any:
    return tagged(
        "body",
        id=plain(body_id(body)),
        name=plain(body.name),
        unrolled=plain(body.unrolled),
        args=texts(tensor.name for tensor in body.args),
        outputs=texts(tensor.name for tensor in body.outputs),
        captures=texts(tensor.name for tensor in body.captures),
        controls=texts(op.name for op in body.outer_controls),
    )


def _write_registered(value: Any, body_id: Callable[[Body], str]) -> Any:
    op_type = next((name for name, known in REGISTRY.items() if known.kernel is not None and known.kernel is value), "")
    if op_type:
        return tagged("kernel", op=plain(op_type))
    for tag, named in portable.NAMED.items():
        if named is value:
            return tagged("named", name=plain(tag))
    for entry in portable.KINDS.values():
        if type(value) is entry.kind:
            content = {key: write(item, body_id) for key, item in entry.fields(value).items()}
            return tagged(f"object {entry.tag}", **content)
    raise UnportableError(
        f"a function of the program's own ({getattr(value, '__qualname__', value)!s})"
        if callable(value)
        else f"an object of class {type(value).__name__}"
    )


_WRITERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (ResourceKey, lambda value: tagged("resource", key=plain(str(value)))),
    (OperationCount, lambda value: tagged("count", value=plain(int(value)))),
    (int, lambda value: tagged("int", value=plain(str(value)))),
    (float, lambda value: tagged("float", value=protos.AttrValue(tensor=make_tensor_proto(np.float64(value))))),
    (bytes, lambda value: tagged("bytes", value=plain(value))),
    (np.generic, lambda value: tagged("scalar", value=plain(value))),
    (type(Ellipsis), lambda value: tagged("ellipsis")),
    (Operation, lambda value: tagged("operation", name=plain(value.name))),
    (Tensor, lambda value: tagged("tensor", name=plain(value.name))),
    (Deferred, lambda value: tagged("deferred", name=plain(value.tensor.name))),
)


# -- reading --------------------------------------------------------------------------------------------------------


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
        return list(read(content["items"], elements))
    return [read(_part(content, str(position)), elements) for position in range(len(content))]


def _part(content: Any, key: str) -> Any:
    if key not in content:
        raise MalformedError(f"its part {key!r} is missing")
    return content[key]


def _read_dict(content: Any, elements: Elements) -> dict[Any, Any]:
    items = _items(content, elements)
    return dict(zip(items[::2], items[1::2], strict=False))


def _read_kernel(content: Any, elements: Elements) -> Any:
    definition = REGISTRY.get(_text(content, "op"))
    if definition is None or definition.kernel is None:
        raise MalformedError(f"there is no function of operations {_text(content, 'op')!r}")
    return definition.kernel


def _read_named(content: Any, elements: Elements) -> Any:
    name = _text(content, "name")
    if name not in portable.NAMED:
        raise MalformedError(f"there is no object called {name!r}")
    return portable.NAMED[name]


def _text(content: Any, key: str) -> str:
    return as_text(_part(content, key).s)


def _read_scalar(content: Any, elements: Elements) -> Any:
    array = _as_array(_part(content, "value").tensor)
    if array.shape:
        raise MalformedError("a number in it is an array")
    return array[()]


def _read_int(content: Any, elements: Elements) -> int:
    text = _text(content, "value")
    if len(text) > 100 or not text.removeprefix("-").isdecimal():
        raise MalformedError(f"{text[:100]!r} is no number")
    return int(text)


_READERS: dict[str, Callable[[Any, Elements], Any]] = {
    "none": lambda content, elements: None,
    "tuple": lambda content, elements: tuple(_items(content, elements)),
    "list": _items,
    "dict": _read_dict,
    "slice": lambda content, elements: slice(*_items(content, elements)[:3]),
    "ellipsis": lambda content, elements: Ellipsis,
    "count": lambda content, elements: OperationCount(_part(content, "value").i),
    "int": _read_int,
    "float": lambda content, elements: float(_read_scalar(content, elements)),
    "bytes": lambda content, elements: bytes(_part(content, "value").s),
    "scalar": _read_scalar,
    "resource": lambda content, elements: elements.resource(_text(content, "key")),
    "operation": lambda content, elements: elements.operation(_text(content, "name")),
    "tensor": lambda content, elements: elements.tensor(_text(content, "name")),
    "deferred": lambda content, elements: Deferred(elements.tensor(_text(content, "name"))),
    "body": lambda content, elements: elements.body(_text(content, "id")),
    "kernel": _read_kernel,
    "named": _read_named,
}
"""Every tag that a file may use, besides `object KIND` for the kinds of `recell.graph.portable`."""


# -- names of other operations --------------------------------------------------------------------------------------

_NAMES = {"operation": ("name",), "tensor": ("name",), "deferred": ("name",)}
_LISTS = {"body": ("args", "outputs", "captures", "controls")}


def rename(message: Any, new_name: Callable[[str], str]) -> None:
    """Gives operations and tensors that an attribute refers to the names that `new_name` gives, in place."""
    if message.WhichOneof("value") != "func":
        return
    tag, content = message.func.name, message.func.attr
    for key in _NAMES.get(tag, ()):
        content[key].s = new_name(_text(content, key)).encode()
    for key in _LISTS.get(tag, ()):
        renamed = [new_name(name).encode() for name in read_texts(content[key])]
        content[key].CopyFrom(protos.AttrValue(list=protos.AttrValue.ListValue(s=renamed)))
    if tag not in _NAMES and tag not in _LISTS:
        for part in content.values():
            rename(part, new_name)


def bodies_in(message: Any) -> Iterable[Any]:
    """The content of every body that an attribute holds."""
    if message.WhichOneof("value") != "func":
        return
    if message.func.name == "body":
        yield message.func.attr
        return
    for part in message.func.attr.values():
        yield from bodies_in(part)


__all__ = [
    "Elements",
    "MalformedError",
    "UnportableError",
    "as_dtype",
    "as_shape",
    "as_text",
    "bodies_in",
    "is_exact",
    "plain",
    "read",
    "read_texts",
    "rename",
    "tagged",
    "texts",
    "write",
]
