"""Calls: what they give, and whether what is called takes the arguments."""

from __future__ import annotations

import ast

from recell.cli import check_differences, check_source, check_uses
from recell.cli.check_expressions import Expressions
from recell.cli.check_scopes import OwnClass, Self
from recell.cli.check_values import (
    OTHER,
    UNKNOWN,
    Absent,
    Builtin,
    Instance,
    Method,
    Symbol,
    Value,
    Values,
    is_tensorflow,
    known,
    only,
    space,
    space_of,
)


class Calls(Expressions):
    """Expressions with calls in them."""

    def _value_Call(self, node: ast.Call) -> Values:
        functions = self.value(node.func)
        arguments = [self.evaluate(part.value if isinstance(part, ast.Starred) else part) for part in node.args]
        given = [self.evaluate(keyword.value) for keyword in node.keywords]
        first = next(iter([*arguments, *given]), UNKNOWN)
        function = only(functions)
        if isinstance(function, Builtin):
            return self._builtin(function.name, node)
        self.note(functions, node.func, node, first)
        if isinstance(function, Symbol):
            accepted = check_source.arguments(function.module, function.private, function.members)
            self._check_arguments(node, function.shown, accepted)
        if isinstance(function, Method):
            self._check_method(node, function)
        return frozenset(self._made_by(value) for value in functions)

    def _made_by(self, function: Value) -> Value:
        if isinstance(function, Symbol) and not function.members:
            return Instance(function) if check_source.is_class(function.module, function.private) else OTHER
        return Self(function) if isinstance(function, OwnClass) else OTHER

    def _check_method(self, node: ast.Call, method: Method) -> None:
        of, shown = method.of, f"{method.of.shown}.{method.name}"
        if check_source.has(of.module, of.private, method.name, of_instance=True) is False:
            self.missing(node.func, shown, f"Recell's {of.shown} has no method {method.name}")
            return
        reasons = check_differences.met_by_method(of, method.name, node)
        if reasons:
            self.add(node.func, shown, check_uses.DIFFERS, "; ".join(reasons))
        accepted = check_source.arguments(of.module, of.private, (method.name,), of_instance=True)
        self._check_arguments(node, shown, accepted)

    def _check_arguments(self, node: ast.Call, shown: str, accepted: check_source.Arguments | None) -> None:
        if accepted is None:
            return
        for keyword in node.keywords:
            if keyword.arg is not None and accepted.keywords is not None and keyword.arg not in accepted.keywords:
                reason = f"Recell's {shown} takes no argument {keyword.arg}"
                self.missing(node, f"{shown}({keyword.arg}=)", reason, check_uses.ARGUMENT)
        starred = any(isinstance(part, ast.Starred) for part in node.args)
        if accepted.positional is not None and not starred and len(node.args) > len(accepted.positional):
            reason = f"Recell's {shown} takes {len(accepted.positional)} arguments by position, not {len(node.args)}"
            self.missing(node, f"{shown}(...)", reason, check_uses.ARGUMENT)

    def _builtin(self, name: str, node: ast.Call) -> Values:
        texts = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
        if name == "getattr" and len(node.args) > 1 and isinstance(texts[1], str):
            parts = [self._attribute(value, texts[1], node.args[0]) for value in known(self.value(node.args[0]))]
            found: Values = frozenset().union(*parts)
            if len(node.args) > 2:
                there = frozenset(value for value in found if not isinstance(value, Absent))
                return there or self.value(node.args[2])
            return found
        if name == "__import__" and texts and isinstance(texts[0], str) and is_tensorflow(texts[0]):
            return frozenset({space(space_of(texts[0]))})
        return UNKNOWN
