"""Reads a program statement by statement, in the order in which it would run."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from recell.cli import check_conditions
from recell.cli.check_expressions import Guard
from recell.cli.check_imports import Imports
from recell.cli.check_scopes import OwnClass, Scope, bound_by, merged
from recell.cli.check_values import (
    UNKNOWN,
    Instance,
    Values,
    Version,
)

_PREPARED = {"ImportError": "ImportError", "ModuleNotFoundError": "ImportError"}
_PREPARED |= {name: name for name in ("AttributeError", "TypeError")}
_ANYTHING = {"Exception", "BaseException", ""}


class Reader(Imports):
    """Reads programs and the modules beside them.

    Args:
        uses: where the uses of symbols go.
        roots: folders in which modules of the program are looked for, besides the folder of the script.
    """

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Reads one statement after the other."""
        for statement in statements:
            special = getattr(self, f"_read_{type(statement).__name__}", None)
            if special is not None:
                special(statement)
                continue
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    self.evaluate(child)

    # --- definitions and assignments ---

    def _read_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: OwnClass | None = None) -> None:
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
        self.function(node, lambda: self.body(node.body), None if static else owner)
        self.scope.bind(node.name, UNKNOWN)

    _read_AsyncFunctionDef = _read_FunctionDef

    def _read_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *(keyword.value for keyword in node.keywords)):
            self.evaluate(part)
        bases = frozenset[object]().union(*(self.evaluate(base) for base in node.bases))
        scope = Scope(self.scope, is_class=True)
        made = OwnClass(scope, bases)
        outer, self.scope = self.scope, scope
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._read_FunctionDef(statement, made)
            else:
                self.body([statement])
        scope.finished = True
        self.scope = outer
        self.scope.bind(node.name, frozenset({made}))

    def _read_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign_parts(target, node.value)

    def _assign_parts(self, target: ast.expr, value: ast.expr) -> None:
        sequences = (ast.Tuple, ast.List)
        if isinstance(target, sequences) and isinstance(value, sequences) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._assign_parts(one, other)
            return
        values = self.evaluate(value)
        version = self._version_of(value)
        self.assign(target, values if version is None else version)

    def _version_of(self, node: ast.expr) -> Values | None:
        """`major = int(tf.__version__.split(".")[0])`: something that the release settles."""
        try:
            value = check_conditions.settled(node, self._settled_part)
            hash(value)
        except (check_conditions.Unsettled, TypeError):
            return None
        return frozenset({Version(value)})

    def _read_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.evaluate(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def _read_AugAssign(self, node: ast.AugAssign) -> None:
        self.evaluate(node.value)
        if isinstance(node.target, ast.Attribute):
            self.evaluate(node.target.value)
        self.assign(node.target, UNKNOWN)

    def _read_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.assign(target, UNKNOWN)

    def _read_Global(self, node: ast.Global) -> None:
        for name in node.names:
            if self.scope.parent is not None:
                self.scope.elsewhere[name] = self.scope.module

    def _read_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            scope = self.scope.parent
            while scope is not None and name not in scope.ever:
                scope = scope.parent
            if scope is not None:
                self.scope.elsewhere[name] = scope

    # --- ways through the program ---

    def _read_If(self, node: ast.If) -> None:
        self.evaluate(node.test)
        truth = self.truth(node.test)
        if truth is None:
            self._branches([node.body, node.orelse])
        else:
            self.body(node.body if truth else node.orelse)

    def _branches(self, branches: Sequence[Sequence[ast.stmt]]) -> None:
        before = dict(self.scope.names)
        ends = []
        for branch in branches:
            self.scope.names = dict(before)
            self.body(branch)
            ends.append(self.scope.names)
        self.scope.names = merged(*ends)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        # Twice: what the end of the body binds, its beginning sees the next time.
        for _ in range(2):
            before = dict(self.scope.names)
            if not isinstance(node, ast.While):
                self.assign(node.target, UNKNOWN)
            self.body(node.body)
            self.scope.names = merged(before, self.scope.names)
        self.body(node.orelse)

    def _read_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.evaluate(node.iter)
        self._loop(node)

    _read_AsyncFor = _read_For

    def _read_While(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self._loop(node)

    def _read_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            values = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                # A session enters as itself; a variable scope, for one, does not.
                sessions = {v for v in values if isinstance(v, Instance) and v.of.name.endswith("Session")}
                self.assign(item.optional_vars, values if len(sessions) == len(values) else UNKNOWN)
        self.body(node.body)

    _read_AsyncWith = _read_With

    def _read_Match(self, node: ast.Match) -> None:
        self.evaluate(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in bound_by(part):
                    self.scope.bind(name, UNKNOWN)
                if isinstance(part, ast.MatchValue):
                    self.evaluate(part.value)
            if case.guard is not None:
                self.evaluate(case.guard)
        self._branches([*(case.body for case in node.cases), []])

    def _read_Try(self, node: ast.Try) -> None:
        guard = Guard(_kinds(node))
        before = dict(self.scope.names)
        self.guards.append(guard)
        self.body(node.body)
        self.guards.pop()
        ends = [self.scope.names]
        # Whatever part of the body was done when the handler starts:
        middle = merged(before, self.scope.names)
        for handler in node.handlers:
            if guard.asked and not guard.met and _names(handler) and _names(handler) <= set(_PREPARED):
                continue
            self.scope.names = dict(before if guard.met else middle)
            if handler.name:
                self.scope.bind(handler.name, UNKNOWN)
            self.body(handler.body)
            ends.append(self.scope.names)
        self.scope.names = merged(*(ends[1:] if guard.met and len(ends) > 1 else ends))
        self.body(node.orelse)
        self.body(node.finalbody)

    _read_TryStar = _read_Try


def _names(handler: ast.ExceptHandler) -> set[str]:
    """The classes that a handler is for; an empty name for all of them."""
    if handler.type is None:
        return {""}
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "?") for part in parts}


def _kinds(node: ast.Try) -> frozenset[str]:
    """What the handlers of a `try` are prepared for.

    `except Exception` around a few imports and assignments is; around a training loop it is only there to end it.
    """
    names = set[str]().union(*(_names(handler) for handler in node.handlers))
    kinds = {_PREPARED[name] for name in names & set(_PREPARED)}
    short = all(isinstance(part, (ast.Import, ast.ImportFrom, ast.Assign)) for part in node.body)
    if names & _ANYTHING and short:
        kinds |= set(_PREPARED.values())
    return frozenset(kinds)
