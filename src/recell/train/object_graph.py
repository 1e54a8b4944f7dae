"""Objects, what they hold, and the names that a checkpoint has for it: paths from the object that is saved.

TF module: `tensorflow.python.training.tracking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from recell.graph.core import get_default_graph
from recell.graph.variables import Variable
from recell.ops.layer import Layer
from recell.train.object_messages import VALUE, new_graph
from recell.train.optimizer import Optimizer


class Holder:
    """An object whose attributes are saved: the base of `Checkpoint`."""

    def _held(self) -> Iterator[tuple[str, Any]]:
        """Names and values of what can be saved, in the order in which it was set."""
        return ((name, value) for name, value in vars(self).items() if not name.startswith("_") and can_be_saved(value))


def can_be_saved(value: Any) -> bool:
    """Whether it is an object with variables, or a list or dict of such."""
    if isinstance(value, (list, tuple)):
        return all(can_be_saved(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and can_be_saved(item) for key, item in value.items())
    return is_object(value)


def is_object(value: Any) -> bool:
    """Whether it is a variable, a layer or cell, an optimizer, or a checkpoint."""
    return isinstance(value, (Variable, Layer, Optimizer, Holder))


def children(value: Any) -> list[tuple[str, Any]]:
    """What an object holds, by the names that a checkpoint has for it."""
    if isinstance(value, Holder):
        return list(value._held())
    if isinstance(value, (list, tuple)):
        return [(str(position), item) for position, item in enumerate(value)]
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, Optimizer):
        graph = get_default_graph()
        return [(str(name), var) for (name, of), var in value._non_slot_dict.items() if of is graph]
    return _of_layer(value) if isinstance(value, Layer) else []


def _of_layer(layer: Layer) -> list[tuple[str, Any]]:
    """A layer's own variables by their names within its scope, and the layers that are attributes of it.

    The cell of a wrapper is `cell`, the cells of a stack are `cell-0`, `cell-1` and so on, as in TensorFlow.
    """
    inner: list[tuple[str, Any]] = []
    for name, value in vars(layer).items():
        if isinstance(value, Layer):
            inner.append(("cell" if name == "_cell" else name, value))
        elif isinstance(value, (list, tuple)) and value and all(isinstance(item, Layer) for item in value):
            stem = "cell" if name == "_cells" else name
            inner += [(f"{stem}-{position}", item) for position, item in enumerate(value)]
    theirs = {id(variable) for _, other in inner for variable in other.weights}
    scope = layer._scope.name + "/" if layer._scope is not None else ""
    own = [(v.op.name.removeprefix(scope), v) for v in layer.weights if id(v) not in theirs]
    return own + inner


class Node(NamedTuple):
    """An object of the graph. `path` is the shortest way to it; a slot's begins with that of its variable."""

    value: Any
    path: str

    @property
    def key(self) -> str:
        """Under which a variable is saved."""
        return f"{self.path}/.ATTRIBUTES/{VALUE}"


def nodes(root: Any) -> list[Node]:
    """Everything that can be reached from an object, each once, the nearest first; then optimizers' slots."""
    found = [Node(root, "")]
    seen = {id(root)}
    for node in found:  # which grows meanwhile
        for name, child in children(node.value):
            if id(child) not in seen:
                seen.add(id(child))
                path = _escaped(name)
                found.append(Node(child, f"{node.path}/{path}" if node.path else path))
    return found + [Node(slot, path) for _, _, _, slot, path in slots(found)]


def slots(found: Iterable[Node]) -> Iterator[tuple[Node, Node, str, Any, str]]:
    """For each slot of each optimizer: the optimizer, the variable, the slot's name, the slot and its path."""
    found = list(found)
    variables = [node for node in found if isinstance(node.value, Variable)]
    for optimizer in (node for node in found if isinstance(node.value, Optimizer)):
        for name in optimizer.value.get_slot_names():
            for variable in variables:
                slot = optimizer.value.get_slot(variable.value, name)
                if slot is not None:
                    path = f"{variable.path}/.OPTIMIZER_SLOT/{optimizer.path}/{_escaped(name)}"
                    yield optimizer, variable, name, slot, path


def _escaped(name: str) -> str:
    return name.replace(".", "..").replace("/", ".S")


def described(root: Any) -> Any:
    """The graph of objects as the message that a checkpoint keeps."""
    found = nodes(root)
    number = {id(node.value): position for position, node in enumerate(found)}
    message = new_graph()
    for node in found:
        made = message.nodes.add()
        for name, child in children(node.value):
            made.children.add(node_id=number[id(child)], local_name=name)
        if isinstance(node.value, Variable):
            made.attributes.add(name=VALUE, full_name=node.value.op.name, checkpoint_key=node.key)
    for optimizer, variable, name, slot, _ in slots(found):
        message.nodes[number[id(optimizer.value)]].slot_variables.add(
            original_variable_node_id=number[id(variable.value)],
            slot_name=name,
            slot_variable_node_id=number[id(slot)],
        )
    return message


def matched(root: Any, message: Any) -> dict[int, Any]:
    """Which object a node of a checkpoint's graph is, by the names on the way to it."""
    found: dict[int, Any] = {0: root}
    waiting = [0]
    while waiting:
        position = waiting.pop(0)
        own = dict(children(found[position]))
        for child in message.nodes[position].children:
            if child.local_name in own and child.node_id not in found:
                found[child.node_id] = own[child.local_name]
                waiting.append(child.node_id)
    for position, value in list(found.items()):
        if isinstance(value, Optimizer):
            for slot in message.nodes[position].slot_variables:
                variable = found.get(slot.original_variable_node_id)
                made = None if variable is None else value.get_slot(variable, slot.slot_name)
                if made is not None:
                    found[slot.slot_variable_node_id] = made
    return found


__all__ = [
    "Holder",
    "Node",
    "can_be_saved",
    "children",
    "described",
    "is_object",
    "matched",
    "nodes",
    "slots",
]
