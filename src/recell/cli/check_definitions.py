"""Where Recell's own functions and classes are defined, found in its source."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import recell

_ROOT = pathlib.Path(recell.__file__).resolve().parent
_PLAIN_BASES = {"object", "ABC", "Generic", "Protocol"}


@dataclass(frozen=True)
class Definition:
    """Where something is defined: the statement, in module `module`."""

    module: str
    node: ast.stmt


@cache
def _path(module: str) -> pathlib.Path | None:
    parts = module.split(".")
    if parts[0] != "recell":
        return None
    folder = _ROOT.joinpath(*parts[1:])
    return next((p for p in (folder / "__init__.py", folder.with_suffix(".py")) if p.is_file()), None)


@cache
def _statements(module: str) -> dict[str, list[ast.stmt]] | None:
    """The statements at the top of a module, by the name that they define. None: no source.

    "*" for star imports, "" for assignments to attributes.
    """
    path = _path(module)
    if path is None:
        return None
    found: dict[str, list[ast.stmt]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for name in defined(node):
            found.setdefault(name, []).append(node)
    return found


def defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement defines; "" for an attribute of something."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.AnnAssign):
        yield from _targets(node.target)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from [""] if isinstance(target, ast.Attribute) else _targets(target)


def _targets(target: ast.expr) -> Iterator[str]:
    """`x` of `x = ...`, not of `x.y = ...`."""
    for part in ast.walk(target):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


@cache
def given_later(module: str) -> dict[str, set[str]]:
    """Of a module, what `x.y = ...` at its top gives: x -> names y."""
    found: dict[str, set[str]] = {}
    for node in (_statements(module) or {}).get("", []):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                found.setdefault(target.value.id, set()).add(target.attr)
    return found


@cache
def find(module: str, name: str) -> Definition | None:
    """The definition of `name` of `module`, wherever it was imported from."""
    statements = _statements(module)
    if statements is None:
        return None
    nodes = statements.get(name, [])
    if not nodes:
        # `from absl.flags import *` may bring anything.
        stars = [node for node in statements.get("*", []) if isinstance(node, ast.ImportFrom)]
        places = (find(node.module or "", name) for node in stars)
        return next((place for place in places if place is not None), None)
    if len(nodes) > 1:
        return None
    [node] = nodes
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
        return find(node.module, original)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
        return find(module, node.value.id)
    return Definition(module, node)


def name_of(node: ast.expr) -> str:
    """The last name of `a.b`, `a.b(...)` or `a.b[...]`; "" for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def ancestry(place: Definition) -> tuple[list[tuple[str, ast.ClassDef]], bool]:
    """A class and those above it, nearest first, and whether these are all there are."""
    assert isinstance(place.node, ast.ClassDef)
    found, complete = [(place.module, place.node)], True
    for base in place.node.bases:
        above = find(place.module, base.id) if isinstance(base, ast.Name) else None
        if above is not None and isinstance(above.node, ast.ClassDef):
            more, whole = ancestry(above)
            found, complete = found + more, complete and whole
        else:
            complete = complete and name_of(base) in _PLAIN_BASES
    return found, complete
