"""Changes of a meta graph that leave it a message: what a careless or a hostile program could write."""

from __future__ import annotations

import random
from typing import Any

from recell.graph.registry import REGISTRY
from recell.platform import graph_protos as protos

TAGS = [
    "tuple",
    "list",
    "dict",
    "slice",
    "none",
    "float",
    "scalar",
    "int",
    "count",
    "bytes",
    "ellipsis",
    "resource",
    "body",
    "tensor",
    "operation",
    "deferred",
    "kernel",
    "named",
    "object",
]
NAMES = ["x:y", "^", "", "a b", ":", "x:0:0", "^x:1", "x:99999999999"]


def change(message: Any, draw: random.Random) -> None:
    """Changes one thing about one operation."""
    node = draw.choice(message.graph_def.node)
    other = draw.choice(message.graph_def.node).name
    CHANGES[draw.randrange(len(CHANGES))](node, other, draw)


def _type(node: Any, other: str, draw: random.Random) -> None:
    node.op = draw.choice(sorted(REGISTRY))


def _name(node: Any, other: str, draw: random.Random) -> None:
    node.name = other + draw.choice(["", "q", " "])


def _device(node: Any, other: str, draw: random.Random) -> None:
    node.device = draw.choice(["zzz", "/device:", "//", "/job:a/task:b"])


def _more(node: Any, other: str, draw: random.Random) -> None:
    node.input.append(other + draw.choice(["", ":1", ":7"]))


def _fewer(node: Any, other: str, draw: random.Random) -> None:
    if node.input:
        del node.input[draw.randrange(len(node.input))]


def _other(node: Any, other: str, draw: random.Random) -> None:
    if node.input:
        node.input[draw.randrange(len(node.input))] = draw.choice(NAMES)


def _attribute(node: Any, other: str, draw: random.Random) -> None:
    key = draw.choice(sorted(node.attr))
    if draw.random() < 0.5:
        del node.attr[key]
    else:
        node.attr[key].CopyFrom(_value(draw))


def _exact(node: Any, other: str, draw: random.Random) -> None:
    if "_recell" in node.attr:
        inner = _within(node.attr["_recell"])[1:]
        if inner:
            draw.choice(inner).CopyFrom(_value(draw))


def _absent(node: Any, other: str, draw: random.Random) -> None:
    if "_recell" in node.attr:
        held = node.attr["_recell"].func.attr
        if held:
            del held[draw.choice(sorted(held))]


CHANGES = [_type, _name, _device, _more, _fewer, _other, _attribute, _exact, _exact, _exact, _absent]


def _within(value: Any) -> list[Any]:
    found = [value]
    if value.WhichOneof("value") == "func":
        for key in sorted(value.func.attr):
            found.extend(_within(value.func.attr[key]))
    return found


def _value(draw: random.Random) -> Any:
    value = protos.AttrValue()
    kind = draw.randrange(8)
    if kind == 0:
        value.i = draw.choice([-1, 0, 1, 2**62, -(2**62)])
    elif kind == 1:
        value.s = draw.choice([b"", b"\xff", b"x", b"0", b"x:0", b"x:99999999999999"])
    elif kind == 2:
        value.type = draw.choice([0, 1, 3, 7, 20, 99, 101])
    elif kind == 3:
        value.list.i.extend(draw.choice([-1, 0, 5, 2**40]) for _ in range(3))
    elif kind == 4:
        value.func.name = draw.choice(TAGS)
    elif kind == 5:
        value.tensor.dtype = draw.choice([0, 1, 7, 8, 14, 20])
        value.tensor.tensor_shape.dim.add(size=draw.choice([0, 1, -1, 2**40]))
        value.tensor.tensor_content = b"abcd"
    elif kind == 6:
        value.shape.dim.add(size=draw.choice([-5, 0, 2**62]))
    else:
        value.f = float("nan")
    return value
