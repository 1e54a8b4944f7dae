"""Attributes of operations as `AttrValue` messages, from which `attr_reading` makes them again, exactly.

What TensorFlow has a field for (numbers, strings, dtypes, shapes, arrays, lists of them) is in that field. Everything
else is a function value whose name is a tag that `attr_reading` knows, with its content as the function's attributes:
nothing that a file says is ever imported or executed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
from recell.platform.tensor_values import make_tensor_proto, shape_proto


class UnportableError(Exception):
    """An attribute holds what no file can: an object of the program's own that is no function."""


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
    if isinstance(value, portable.AbsentFunction):
        return tagged("function", name=plain(value.name))
    if callable(value):
        return tagged("function", name=plain(getattr(value, "__qualname__", type(value).__qualname__)))
    raise UnportableError(f"an object of class {type(value).__name__}")


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


__all__ = ["UnportableError", "is_exact", "plain", "tagged", "texts", "write"]
