"""Python objects, other than plain data, that attributes of operations may hold and that files may name.

The list is closed: a file names an entry of it by its tag, and what has no entry cannot come out of a file. Rooms above
add their own kinds beside the classes and functions that are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class ResourceKey(str):
    """An attribute that names something of a session (a table, an iterator) that nobody has given a name to.

    The operations on it share the key. A graph that is imported gets keys of its own.
    """


class AbsentFunction:
    """What stands for a Python function of the program's own in a graph that comes out of a file, which holds its name.

    The rest of the graph runs without it: whoever samples from a model has no need of what its training logged.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raises ValueError, as TensorFlow does."""
        raise ValueError(
            f"callback {self.name} is not found: a file holds no Python function. Run the program that builds the "
            "graph, and restore the checkpoint with its Saver."
        )


@dataclass(frozen=True)
class Portable:
    """Objects of one class: `fields` gives the plain data that one is made of, `make` makes it again."""

    tag: str
    kind: type
    fields: Callable[[Any], Mapping[str, Any]]
    make: Callable[..., Any]


KINDS: dict[str, Portable] = {}
"""Classes of objects by tag."""

NAMED: dict[str, Any] = {}
"""Single objects by tag: there is one of each in a process."""


def register_kind(tag: str, kind: type, fields: Callable[[Any], Mapping[str, Any]], make: Callable[..., Any]) -> None:
    """Lets files hold objects of class `kind`. ValueError when the tag is taken."""
    if tag in KINDS:
        raise ValueError(f"Two kinds of objects are called {tag!r} in files.")
    KINDS[tag] = Portable(tag, kind, fields, make)


def register_named(tag: str, value: Any) -> None:
    """Lets files name the object `value`. ValueError when the tag is taken."""
    if tag in NAMED:
        raise ValueError(f"Two objects are called {tag!r} in files.")
    NAMED[tag] = value
