"""Names of the program's own: scopes, classes, modules, and what they are bound to."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from recell.cli.check_files import Source
from recell.cli.check_values import UNKNOWN, Values

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False)
class Scope:
    """A module's, class's or function's names.

    Args:
        parent: the scope around it.
        is_class: functions inside do not see its names.
        local: names that are local wherever they are bound in the function.
    """

    parent: Scope | None = None
    is_class: bool = False
    local: frozenset[str] = frozenset()
    names: dict[str, Values] = field(default_factory=dict)
    """As of the statement that is being read."""
    ever: dict[str, Values] = field(default_factory=dict)
    """All that a name is bound to anywhere: what a function sees that is called later."""
    finished: bool = False
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """`global` and `nonlocal` names."""

    def bind(self, name: str, values: Values) -> None:
        scope = self.elsewhere.get(name, self)
        scope.names[name] = values
        scope.ever[name] = scope.ever.get(name, frozenset()) | values

    def lookup(self, name: str) -> Values | None:
        """What `name` can be here; None if nothing in the program binds it."""
        if name in self.elsewhere:
            return self.elsewhere[name].ever.get(name, UNKNOWN)
        if name in self.names:
            return self.names[name]
        if name in self.local:
            return UNKNOWN
        scope = self.parent
        while scope is not None:
            if not scope.is_class:
                seen = scope.ever if scope.finished else scope.names
                if name in seen:
                    return seen[name]
                if name in scope.local:
                    return UNKNOWN
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        return self if self.parent is None else self.parent.module


@dataclass(eq=False)
class OwnModule:
    """A file of the program, once read."""

    source: Source
    package: pathlib.Path
    """The folder that `from . import x` looks into."""
    scope: Scope = field(default_factory=Scope)
    modules: dict[str, OwnModule] = field(default_factory=dict)
    """Those imported from inside it, of a package."""
    stars: list[str] = field(default_factory=list)
    """Namespaces of TensorFlow's whose names it imports all."""
    has_other_stars: bool = False

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that is bound anywhere in it."""
        nodes = list(ast.walk(self.source.tree))
        named = {name for node in nodes for name in bound_by(node)}
        return frozenset(named | {node.arg for node in nodes if isinstance(node, ast.arg)})


@dataclass(eq=False)
class OwnClass:
    """A class of the program."""

    scope: Scope
    bases: Values
    attributes: dict[str, Values] = field(default_factory=dict)
    """What methods give `self`."""

    def lookup(self, name: str, of_instance: bool) -> Values:
        found = self.scope.ever.get(name, frozenset())
        if of_instance:
            found |= self.attributes.get(name, frozenset())
        if found:
            return found
        above = [base.lookup(name, of_instance) for base in self.bases if isinstance(base, OwnClass)]
        return frozenset().union(*above) or UNKNOWN


@dataclass(frozen=True)
class Self:
    """An object of a class of the program."""

    of: OwnClass


def local_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that belong to a function: its parameters and all that its body binds."""
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    found: set[str] = set(parameters(function.args))
    outside: set[str] = set()
    for node in inside(body):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outside.update(node.names)
        else:
            found.update(bound_by(node))
    return frozenset(found - outside)


def parameters(args: ast.arguments) -> list[str]:
    """The names of all parameters, in order."""
    starred = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, *starred)]


def defaults(args: ast.arguments) -> list[tuple[str, ast.expr]]:
    """Parameters that have a default, each with it."""
    positional = [*args.posonlyargs, *args.args]
    first = len(positional) - len(args.defaults)
    found = [(arg.arg, default) for arg, default in zip(positional[first:], args.defaults, strict=True)]
    by_name = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    return found + [(arg.arg, default) for arg, default in by_name if default is not None]


def inside(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """The nodes of a body, without those of functions, classes and comprehensions in it (which bind for themselves)."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, _COMPREHENSIONS):
            waiting += [part for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
            continue
        waiting += ast.iter_child_nodes(node)


def bound_by(node: ast.AST) -> list[str]:
    """The names that a node itself binds in its scope."""
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, (ast.Store, ast.Del)) else []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def merged(*branches: dict[str, Values]) -> dict[str, Values]:
    """What names can be after one of several ways through the program."""
    found: dict[str, Values] = {}
    for branch in branches:
        for name, values in branch.items():
            found[name] = found.get(name, frozenset()) | values
    return found
