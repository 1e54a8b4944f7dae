"""Nodes of a `GraphDef` that Recell wrote, read and checked, and made into operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recell.graph.body import Body
from recell.graph.dtypes import DType
from recell.graph.graph import Graph
from recell.graph.registry import REGISTRY, OpDef
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation
from recell.platform import attr_reading
from recell.platform.attr_names import bodies_in, names_in
from recell.platform.attr_reading import Elements, MalformedError
from recell.platform.graph_def import EXACT, FORMAT, default_of


@dataclass(frozen=True)
class ExactNode:
    """What a node says of an operation.

    `content` is the node's exact part; `keys` are the names of the attributes, in the operation's order; `inputs` are
    names of operations with the position of the result that is taken.
    """

    name: str
    definition: OpDef
    message: Any
    content: Mapping[str, Any]
    keys: Sequence[str]
    results: Sequence[tuple[DType, TensorShape]]
    layout: tuple[int | None, ...] | None
    body: str | None
    inputs: Sequence[tuple[str, int]]
    controls: Sequence[str]

    def places(self) -> set[tuple[str, int]]:
        """The results of operations that it takes as inputs or that its attributes refer to."""
        named = {name for key, value in self.content.items() if key.startswith("=") for name in names_in(value)}
        return {*self.inputs, *(tensor_name(name) for name in named)}


def read_node(message: Any) -> ExactNode:
    """A node of a known type. MalformedError where it contradicts itself or says what no writer says."""
    exact = message.attr[EXACT].func
    if exact.name != FORMAT:
        raise MalformedError(f"it is written in another format ({exact.name!r}, not {FORMAT!r}): by a later release?")
    content = dict(exact.attr)
    types = content["types"].list.type if "types" in content else ()
    shapes = content["shapes"].list.shape if "shapes" in content else ()
    if len(types) != len(shapes):
        raise MalformedError(f"it has {len(types)} results, but {len(shapes)} shapes of them")
    layout = None
    if "layout" in content:
        layout = tuple(None if count == -2 else int(count) for count in content["layout"].list.i)
    plain = [name for name in message.input if not name.startswith("^")]
    return ExactNode(
        message.name,
        REGISTRY[message.op],
        message,
        content,
        attr_reading.read_texts(content["keys"]) if "keys" in content else [],
        [(attr_reading.as_dtype(t), attr_reading.as_shape(s)) for t, s in zip(types, shapes, strict=True)],
        layout,
        attr_reading.as_text(content["body"].s) if "body" in content else None,
        [tensor_name(name) for name in plain],
        [name[1:] for name in message.input if name.startswith("^")],
    )


def tensor_name(name: str) -> tuple[str, int]:
    """The operation and the position that `x:1` means; of `x` the first result. ValueError for what is no name."""
    op_name, colon, position = name.partition(":")
    if colon and not (position.isdecimal() and len(position) < 10):
        raise ValueError(f"Cannot convert {name!r} to a tensor name.")
    return op_name, int(position or 0)


class Bodies:
    """The bodies that nodes belong to and that attributes of other nodes describe."""

    def __init__(self, graph: Graph, nodes: Iterable[ExactNode]) -> None:
        self._graph = graph
        self._made: dict[str, Body] = {}
        self._described: dict[str, tuple[ExactNode, Any]] = {}
        for node in nodes:
            for key, message in node.content.items():
                if key.startswith("="):
                    for content in bodies_in(message):
                        identity = attr_reading.as_text(content["id"].s) if "id" in content else ""
                        self._described.setdefault(identity, (node, content))

    def get(self, identity: str | None, inside: tuple[str, ...] = ()) -> Body | None:
        """The body of that name, still empty; None for the top of the graph.

        A body that nothing describes is one that was traced and then not used: its operations never run.
        """
        if identity is None:
            return None
        if identity in inside:
            raise MalformedError("it belongs to a loop or a branch that lies within itself")
        if identity not in self._made:
            owner, content = self._described.get(identity) or (None, _NOTHING)
            outer = None if owner is None else self.get(owner.body, (*inside, identity))
            name = attr_reading.as_text(content["name"].s) if "name" in content else "a body"
            body = Body(self._graph, name, content["unrolled"].b if "unrolled" in content else False)
            body.outer = outer
            self._made[identity] = body
        return self._made[identity]

    def fill(self, elements: Elements, operation_of: Mapping[str, Operation]) -> None:
        """Gives the bodies their arguments, results, captures and owners."""
        for identity, (node, content) in self._described.items():
            body = self.get(identity)
            assert body is not None
            body.owner = operation_of[node.name]
            lists = {key: attr_reading.read_texts(content[key]) for key in _LISTS if key in content}
            if len(lists) != len(_LISTS):
                raise MalformedError(f"its body '{body.name}' is not whole")
            body.args = [elements.tensor(name) for name in lists["args"]]
            body.outputs = [elements.tensor(name) for name in lists["outputs"]]
            body.captures = dict.fromkeys(elements.tensor(name) for name in lists["captures"])
            body.outer_controls = dict.fromkeys(elements.operation(name) for name in lists["controls"])


_LISTS = ("args", "outputs", "captures", "controls")
_NOTHING: Mapping[str, Any] = {}


def fill_operation(op: Operation, node: ExactNode, elements: Elements) -> None:
    """Gives an operation the inputs, control inputs and attributes of its node."""
    op.inputs = tuple(elements.tensor(f"{name}:{position}") for name, position in node.inputs)
    op.control_inputs = list(dict.fromkeys(elements.operation(f"^{name}") for name in node.controls))
    op.attrs = {key: _attribute(key, node, elements) for key in node.keys}
    _check_inputs(op)


def _attribute(key: str, node: ExactNode, elements: Elements) -> Any:
    exact = node.content.get("=" + key)
    try:
        if exact is not None:
            return attr_reading.read(exact, elements)
        if key in node.message.attr:
            return attr_reading.read(node.message.attr[key], elements)
    except MalformedError as error:
        raise MalformedError(f"its attribute '{key}' cannot be read: {error}") from None
    default = default_of(node.definition, key)
    if default is None:
        raise MalformedError(f"its attribute '{key}' is missing")
    return default[0]


def _check_inputs(op: Operation) -> None:
    """MalformedError for another number of inputs than the operation's own layout, type and bodies tell of."""
    bodies = [value for key, value in op.attrs.items() if isinstance(value, Body) and not key.startswith("_")]
    explicit = op.attrs.get("_explicit", len(op.inputs)) if bodies else len(op.inputs)
    if not isinstance(explicit, int):
        raise MalformedError(f"the number of its own inputs is {explicit!r}")
    captured = sum(len(body.captures) for body in bodies)
    if bodies and explicit + captured != len(op.inputs):
        raise MalformedError(f"it has {len(op.inputs)} inputs, but {explicit} of its own and {captured} of its bodies")
    params = op.definition.params
    if op.layout is not None:
        wanted = sum(1 if count == -1 else count or 0 for count in op.layout)
    elif any(param.is_list or param.optional for param in params) or not params:
        return
    else:
        wanted = len(params)
    if wanted != explicit:
        raise MalformedError(f"it has {explicit} inputs, but {wanted} were written")


__all__ = ["Bodies", "ExactNode", "fill_operation", "read_node", "tensor_name"]
