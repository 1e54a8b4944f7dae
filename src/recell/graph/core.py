"""The graph that new operations go into, and the scopes of it that `tf.*` opens."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from recell.graph.graph import Graph
from recell.graph.tensor import Operation, Tensor

__all__ = [
    "Graph",
    "Operation",
    "Tensor",
    "add_to_collection",
    "add_to_collections",
    "as_default",
    "colocate_with",
    "container",
    "control_dependencies",
    "device",
    "get_collection",
    "get_collection_ref",
    "get_default_graph",
    "has_default_graph",
    "init_scope",
    "name_scope",
    "op_scope",
    "reset_default_graph",
    "set_random_seed",
]


class _Graphs(threading.local):
    def __init__(self) -> None:
        self.stack: list[Graph] = []


_graphs = _Graphs()
_global: list[Graph] = []
_global_lock = threading.Lock()


def get_default_graph() -> Graph:
    """The graph entered last in this thread, else the process-wide one. TF symbol: `tf.get_default_graph`."""
    if _graphs.stack:
        return _graphs.stack[-1]
    if not _global:
        with _global_lock:
            if not _global:
                _global.append(Graph())
    return _global[0]


def has_default_graph() -> bool:
    return bool(_graphs.stack or _global)


def reset_default_graph() -> None:
    """Forgets the process-wide graph. AssertionError inside `with graph.as_default()`, as TF1."""
    if _graphs.stack:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, "
            "exit the nesting and create a new graph."
        )
    _global.clear()


@contextlib.contextmanager
def as_default(graph: Graph) -> Iterator[Graph]:
    depth = len(_graphs.stack)
    _graphs.stack.append(graph)
    try:
        yield graph
    finally:
        del _graphs.stack[depth]


def graph_of(values: Sequence[Any]) -> Graph:
    """The graph that the given tensors are of, or the default one. ValueError when they are of two graphs."""
    graph: Graph | None = None
    for value in values:
        if isinstance(value, (Tensor, Operation)) or hasattr(value, "_as_graph_element"):
            found = value.graph
            if graph is None:
                graph = found
            elif found is not graph:
                raise ValueError(f"{value!r} must be from the same graph as the other inputs.")
    return graph or get_default_graph()


class name_scope:
    """A name scope as a `with` block: `tf.name_scope(name, default_name=None, values=None)`.

    Yields the scope's prefix, with its closing slash. ValueError when both names are None though `values` is given.
    """

    def __init__(self, name: str | None, default_name: str | None = None, values: Sequence[Any] | None = None) -> None:
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(f"`default_name` type ({type(default_name)}) is not a string type.")
        self._name = default_name if name is None else name
        if self._name is None and values is not None:
            raise ValueError(f"At least one of name ({name}) and default_name ({default_name}) must be provided.")
        self._values = values
        self._exit: contextlib.ExitStack | None = None

    @property
    def name(self) -> str | None:
        return self._name

    def __enter__(self) -> str:
        with contextlib.ExitStack() as stack:
            graph = graph_of(self._values or ())
            if graph is not get_default_graph():
                stack.enter_context(as_default(graph))
            scope = stack.enter_context(graph.name_scope(self._name))
            self._exit = stack.pop_all()
        return scope

    def __exit__(self, *details: Any) -> None:
        if self._exit is not None:
            self._exit.__exit__(*details)


def op_scope(values: Sequence[Any], name: str | None, default_name: str | None = None) -> name_scope:
    """The older spelling of `name_scope`, with `values` first. TF symbol: `tf.op_scope`."""
    return name_scope(name, default_name, values)


def control_dependencies(control_inputs: Sequence[Any] | None) -> contextlib.AbstractContextManager[None]:
    """Operations made inside run after `control_inputs`. TF symbol: `tf.control_dependencies`."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> contextlib.AbstractContextManager[None]:
    """Records the device asked for. TF symbol: `tf.device`."""
    return get_default_graph().device(device_name_or_function)


def colocate_with(op: Any, ignore_existing: bool = False) -> contextlib.AbstractContextManager[None]:
    return get_default_graph().colocate_with(op, ignore_existing)


def container(container_name: str) -> contextlib.AbstractContextManager[str]:
    return get_default_graph().container(container_name)


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Inside, operations are made outside every loop, branch and control dependency. TF symbol: `tf.init_scope`."""
    graph = get_default_graph()
    scope = graph.get_name_scope()
    with graph.outside_bodies(), graph.name_scope(scope + "/" if scope else ""):
        yield


def add_to_collection(name: Any, value: Any) -> None:
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    return get_default_graph().get_collection_ref(key)


def set_random_seed(seed: int | None) -> None:
    """The graph's seed, for operations without one of their own to derive theirs from. TF: `tf.set_random_seed`."""
    get_default_graph().seed = seed
