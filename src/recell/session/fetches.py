"""What a caller fetches: any nesting of tensors, operations, variables and names, and the results put back into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recell.graph.graph import Graph
from recell.graph.tensor import Operation, Tensor

Rebuild = Callable[[list[Any]], Any]


class Fetches:
    """The tensors and operations behind a nested fetch, and the way back. Made anew for each signature."""

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self._graph = graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._positions: dict[Tensor, int] = {}
        self.rebuild = self._flatten(fetches)

    def _flatten(self, fetch: Any) -> Rebuild:
        if isinstance(fetch, Tensor):
            return self._leaf(fetch)
        if isinstance(fetch, tuple) and hasattr(fetch, "_fields"):
            kind, parts = type(fetch), [self._flatten(part) for part in fetch]
            return lambda values: kind(*(part(values) for part in parts))
        if isinstance(fetch, (list, tuple)):
            outer = list if isinstance(fetch, list) else tuple
            members = [self._flatten(part) for part in fetch]
            return lambda values: outer(member(values) for member in members)
        if isinstance(fetch, Mapping):
            mapping = type(fetch)
            entries = {key: self._flatten(part) for key, part in fetch.items()}
            return lambda values: _mapping(mapping, {key: entry(values) for key, entry in entries.items()})
        components = getattr(fetch, "_fetch_components", None)
        if components is not None:
            parts_of, assemble = components()
            inner = [self._flatten(part) for part in parts_of]
            return lambda values: assemble([part(values) for part in inner])
        return self._leaf(fetch)

    def _leaf(self, fetch: Any) -> Rebuild:
        if fetch is None:
            raise TypeError(f"Fetch argument None has invalid type {type(None)}")
        try:
            element = self._graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(
                f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or Tensor. "
                f"({error.args[0]})"
            ) from None
        except (ValueError, KeyError) as error:
            raise ValueError(f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error.args[0]})") from None
        if not self._graph.is_fetchable(element):
            raise ValueError(
                f"Operation {element.name!r} has been marked as not fetchable: it is inside a loop or a "
                "branch. Return it from there, and fetch what the loop or branch gives."
            )
        if isinstance(element, Operation):
            self.targets.append(element)
            return lambda values: None
        position = self._positions.get(element)
        if position is None:
            position = self._positions[element] = len(self.tensors)
            self.tensors.append(element)
        return lambda values: values[position]


def _mapping(kind: type, items: dict[Any, Any]) -> Any:
    if kind is dict:
        return items
    made: Any = kind()  # without arguments, as TF1 does: a defaultdict takes something else first
    for key, value in items.items():
        made[key] = value
    return made


def signature(fetches: Any) -> Any:
    """A hashable key that is equal for fetches of the same structure and elements."""
    if isinstance(fetches, Tensor):
        return fetches
    if isinstance(fetches, (list, tuple)):
        return (type(fetches), *(signature(part) for part in fetches))
    if isinstance(fetches, Mapping):
        return (type(fetches), *((key, signature(part)) for key, part in fetches.items()))
    return _Same(fetches) if fetches.__hash__ is None else fetches


class _Same:
    """An unhashable fetch, known by its identity."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.held is self.held
