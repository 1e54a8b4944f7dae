"""A `tf.GraphDef` put into a graph. TF symbol: `tf.import_graph_def`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from recell.graph import errors
from recell.graph.body import Body
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.dtypes import runtime_name
from recell.graph.graph import Graph
from recell.graph.portable import ResourceKey
from recell.graph.restoring import Restoring, controls_of, device_of
from recell.graph.shapes import says_no_more
from recell.graph.tensor import Operation, Tensor
from recell.platform import graph_protos as protos
from recell.platform.attr_reading import MalformedError
from recell.platform.graph_def import EXACT, why_unportable
from recell.platform.graph_nodes import Bodies, ExactNode, fill_operation, read_node, tensor_name
from recell.platform.graph_shapes import infer_again
from recell.platform.op_types import unknown_types

_NODE_NAME = re.compile(r"(__inference_)?[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_SHOWN = 12
_imports = itertools.count()


def import_graph_def(
    graph_def: Any,
    input_map: Mapping[Any, Any] | None = None,
    return_elements: Sequence[Any] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Adds the operations of a `GraphDef` that Recell wrote to the default graph. TF symbol: `tf.import_graph_def`.

    Args:
      graph_def: what `graph.as_graph_def()` gives, or `tf.GraphDef.FromString` makes of its bytes.
      input_map: for names of tensors in it (`"x:0"`, `"^x"` for a control input) what their users take instead.
      return_elements: names of operations and tensors in `graph_def`.
      name: the scope that they are put into, "import" by default; "" for none.
      op_dict, producer_op_list: accepted; a node itself says what it is.

    Returns:
      The elements asked for, in their order; None if none were asked for.

    Raises:
      TypeError: for what is no GraphDef, no dictionary of names, no list of names.
      ValueError: for names that are not in it, for a graph that is not whole, and for one that cannot be imported:
        made by TensorFlow, or with a Python object in it. A Python function (`tf.py_func`) is missed when it is called.
      tf.errors.NotFoundError: for types of operations that are not known here.
    """
    if not isinstance(graph_def, protos.GraphDef):
        raise TypeError("graph_def must be a GraphDef proto.")
    mapping = _checked_map(input_map)
    if return_elements is not None and not all(isinstance(item, (str, bytes)) for item in return_elements):
        raise TypeError("return_elements must be a list of strings.")
    graph = get_default_graph()
    with name_scope(name, "import", [value for value in mapping.values() if isinstance(value, Tensor)]) as scope:
        if not all(isinstance(value, Tensor) for value in mapping.values()):
            if name == "":
                raise ValueError(
                    "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values. Try "
                    "calling tf.convert_to_tensor() on `input_map` values before calling tf.import_graph_def()."
                )
            with name_scope("_inputs"):
                mapping = {key: convert_to_tensor(value) for key, value in mapping.items()}
    imported = _Import(graph, graph_def, scope, mapping)
    wanted = [item.decode() if isinstance(item, bytes) else item for item in return_elements or ()]
    imported.check_names(wanted)
    controls = controls_of(graph) if graph.body is None else ()
    with graph.outside_bodies():
        imported.run(controls)
    return None if return_elements is None else [imported.element(item) for item in wanted]


def _checked_map(input_map: Mapping[Any, Any] | None) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, dict) or not all(isinstance(key, (str, bytes)) for key in input_map):
        raise TypeError("input_map must be a dictionary mapping strings to Tensor objects.")
    return {key.decode() if isinstance(key, bytes) else key: value for key, value in input_map.items()}


class _Import:
    """One import: the operations of a `GraphDef` by the names that they have in it."""

    def __init__(self, graph: Graph, graph_def: Any, scope: str, input_map: Mapping[str, Tensor]) -> None:
        self._graph = graph
        self._scope = scope
        _check_types(graph_def)
        self._nodes = _read(graph_def)
        self._operations: dict[str, Operation] = {}
        self._bodies: Bodies | None = None
        self._number = next(_imports)
        self._controls = {key[1:]: value.op for key, value in input_map.items() if key.startswith("^")}
        self._tensors = {tensor_name(k): value for k, value in input_map.items() if not k.startswith("^")}
        for tensor in input_map.values():
            if tensor.graph is not graph:
                raise ValueError(f"{tensor} in input_map is not an element of the graph that is imported into.")

    def check_names(self, wanted: Sequence[str]) -> None:
        """ValueError for names in `input_map` or to be returned that the message has not."""
        used = {place for node in self._nodes.values() for place in node.places()} if self._tensors else set()
        unused = [f"{name}:{k}" for name, k in self._tensors if (name, k) not in used and not self._has(name, k)]
        waited = {name for node in self._nodes.values() for name in node.controls} if self._controls else set()
        unused += [f"^{name}" for name in self._controls if name not in self._nodes and name not in waited]
        if unused:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(unused)}]")
        for item in wanted:
            name, position = tensor_name(item)
            kind = "tensor" if ":" in item else "node"
            if name not in self._nodes:
                raise ValueError(f"Requested return {kind} '{item}' not found in graph def")
            if ":" in item and not self._has(name, position):
                count = len(self._nodes[name].results)
                raise ValueError(f"Invalid return output {position} of node '{name}', which has {count} output(s)")

    def _has(self, name: str, position: int) -> bool:
        node = self._nodes.get(name)
        return node is not None and position < len(node.results)

    def run(self, controls: Sequence[Operation]) -> None:
        """Makes the operations, which wait for `controls`; nothing is added to the graph where one of them fails."""
        restoring = Restoring(self._graph)
        names = _free_names(self._graph, [self._scope + name for name in self._nodes])
        current = ""
        try:
            self._bodies = bodies = Bodies(self._graph, self._nodes.values())
            for name, node in self._nodes.items():
                current = name
                device = device_of(self._graph, node.definition.name, node.message.device)
                self._operations[name] = restoring.add(
                    names[self._scope + name], node.definition, node.results, device, bodies.get(node.body), node.layout
                )
            bodies.fill(self, self._operations)
            for name, node in self._nodes.items():
                current = name
                op = self._operations[name]
                fill_operation(op, node, self)
                if op.body is None:
                    op.control_inputs.extend(other for other in controls if other not in op.control_inputs)
        except MalformedError as error:
            raise ValueError(f"Node '{current}' cannot be imported, as {error}. The graph is damaged.") from None
        except RecursionError:
            raise ValueError(f"Node '{current}' cannot be imported, as it is nested too deeply.") from None
        except ValueError as error:
            raise ValueError(f"Node '{current}': {error}") from None
        for name, node in self._nodes.items():
            self._check_mapped(self._operations[name], node)
        infer_again(list(self._operations.values()), self._reshaped())
        restoring.join()

    def _reshaped(self) -> list[Tensor]:
        """What takes the place of tensors that say more of their shape than is true of it."""
        return [
            tensor
            for (name, position), tensor in self._tensors.items()
            if self._has(name, position) and not says_no_more(self._nodes[name].results[position][1], tensor.shape)
        ]

    def _check_mapped(self, op: Operation, node: ExactNode) -> None:
        """ValueError for an input of another dtype than the one that `input_map` replaces."""
        for position, ((name, index), tensor) in enumerate(zip(node.inputs, op.inputs, strict=True)):
            if (name, index) in self._tensors and self._has(name, index):
                expected = self._nodes[name].results[index][0].base_dtype
                if tensor.dtype.base_dtype is not expected:
                    raise ValueError(
                        f"Input {position} of node {op.name} was passed {runtime_name(tensor.dtype.base_dtype)} from "
                        f"{tensor.name} incompatible with expected {runtime_name(expected)}."
                    )

    def element(self, name: str) -> Any:
        """The tensor or the operation of that name."""
        if ":" not in name:
            return self._operations[name]
        op_name, position = tensor_name(name)
        mapped = self._tensors.get((op_name, position))
        return self._operations[op_name].outputs[position] if mapped is None else mapped

    # -- what attributes ask for: see `attr_reading.Elements` ---------------------------------------------------------

    def operation(self, name: str) -> Operation:
        """The operation of that name; of `^name` what a control input of that name means."""
        mapped = self._controls.get(name[1:]) if name.startswith("^") else None
        name = name.removeprefix("^")
        found = mapped or self._operations.get(name)
        if found is None and (name, 0) in self._tensors:
            found = self._tensors[name, 0].op
        if found is None:
            raise ValueError(f"Unknown input node '{name}'")
        return found

    def tensor(self, name: str) -> Tensor:
        op_name, position = tensor_name(name)
        mapped = self._tensors.get((op_name, position))
        if mapped is not None:
            return mapped
        op = self.operation(op_name)
        if position >= len(op.outputs):
            raise ValueError(
                f"Connecting to invalid output {position} of source node {op_name} which has {len(op.outputs)} outputs."
            )
        return op.outputs[position]

    def body(self, identity: str) -> Body:
        assert self._bodies is not None
        found = self._bodies.get(identity)
        assert found is not None
        return found

    def resource(self, key: str) -> ResourceKey:
        return ResourceKey(f"{key.partition(' of import ')[0]} of import {self._number}")


def _check_types(graph_def: Any) -> None:
    """Raises for a graph that is not ours, for types of operations that there are not, and for Python objects."""
    unknown = unknown_types(node.op for node in graph_def.node)
    foreign = {node.op for node in graph_def.node if EXACT not in node.attr}
    advice = (
        "This graph was made by TensorFlow, and only graphs that Recell made can be imported. Build the model in "
        "Python, with the same names, and read the checkpoint with tf.train.Saver().restore."
        if foreign
        else "A later release of Recell may know them."
    )
    if unknown:
        more = f", ... ({len(unknown)} in all)" if len(unknown) > _SHOWN else ""
        raise errors.NotFoundError(None, None, f"Op type not registered: {', '.join(unknown[:_SHOWN])}{more}. {advice}")
    if foreign:
        raise ValueError(f"Operations are not described as Recell needs it: {', '.join(sorted(foreign))}. {advice}")
    for node in graph_def.node:
        why = why_unportable(node)
        if why is not None:
            raise ValueError(
                f"Operation '{node.name}' ({node.op}) cannot be imported: {why}, which no file holds. Run the program "
                "that builds the graph, and restore the checkpoint with its Saver."
            )


def _read(graph_def: Any) -> dict[str, ExactNode]:
    nodes: dict[str, ExactNode] = {}
    for message in graph_def.node:
        if not _NODE_NAME.fullmatch(message.name):
            raise ValueError(f"Node '{message.name}': Node name contains invalid characters")
        if message.name in nodes:
            raise ValueError(f"Node '{message.name}' is not unique")
        try:
            nodes[message.name] = read_node(message)
        except MalformedError as error:
            raise ValueError(f"Node '{message.name}' cannot be imported, as {error}.") from None
    return nodes


def _free_names(graph: Graph, names: Sequence[str]) -> dict[str, str]:
    """For each name the one that it gets: itself, or one with `_1`, `_2`, ... where the graph has it already."""
    taken = set(graph._by_name)
    for name in graph._by_name:
        while "/" in name and (name := name.rpartition("/")[0]) not in taken:
            taken.add(name)
    free: dict[str, str] = {}
    given = set(names)
    for name in names:
        count, found = 0, name
        while found in taken or (count and found in given):
            count += 1
            found = f"{name}_{count}"
        free[name] = found
        given.add(found)
    return free


__all__ = ["import_graph_def"]
