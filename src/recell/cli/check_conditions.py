"""Conditions that are settled by the release: `tf.__version__ >= "1.0"`, `hasattr(tf, "contrib")`, `not ...`."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from recell.cli.check_values import Version

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_OF_TEXT = {"split", "startswith", "endswith", "strip", "replace", "partition", "rpartition", "rsplit", "find"}
_MADE: dict[str, Callable[..., Any]] = {"int": int, "float": float, "str": str, "len": len, "bool": bool}
_PARSED = {"LooseVersion", "StrictVersion", "Version", "parse_version", "parse"}


class Unsettled(Exception):
    """The condition depends on more than the release."""


def settled(node: ast.expr, value_of: Callable[[ast.expr], Any]) -> Any:
    """The value of an expression that depends on the release and on constants only. Unsettled for any other.

    Args:
        node: the expression.
        value_of: what an expression can be (one `Version`, a bool for `hasattr`), or None.
    """
    seen: list[bool] = []
    value = _value(node, lambda part: _noting(value_of(part), seen))
    if not seen:
        raise Unsettled  # a constant: `if False:` is a switch that the next reader turns
    return value


def _noting(value: Any, seen: list[bool]) -> Any:
    if value is not None:
        seen.append(True)
    return value


def _value(node: ast.expr, value_of: Callable[[ast.expr], Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    found = value_of(node)
    if isinstance(found, (Version, bool)):
        return found.value if isinstance(found, Version) else found
    try:
        return _computed(node, lambda part: _value(part, value_of))
    except Unsettled:
        raise
    except Exception:  # whatever the program's own line would raise
        raise Unsettled from None


def _computed(node: ast.expr, value: Callable[[ast.expr], Any]) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not value(node.operand)
    if isinstance(node, ast.BoolOp):
        return _junction(node, value)
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
        parts = [value(part) for part in (node.left, *node.comparators)]
        return all(_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, parts, parts[1:], strict=False))
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            return value(node.value)[slice(*(None if part is None else value(part) for part in bounds))]
        return value(node.value)[value(node.slice)]
    if isinstance(node, (ast.Tuple, ast.List)):
        made = [value(part) for part in node.elts]
        return tuple(made) if isinstance(node, ast.Tuple) else made
    if isinstance(node, ast.Call) and not node.keywords:
        return _called(node, [value(part) for part in node.args], value)
    raise Unsettled


def _junction(node: ast.BoolOp, value: Callable[[ast.expr], Any]) -> bool:
    """One part that decides is enough, whatever the others are."""
    decisive = isinstance(node.op, ast.Or)
    unsettled = False
    for part in node.values:
        try:
            if bool(value(part)) is decisive:
                return decisive
        except Unsettled:
            unsettled = True
    if unsettled:
        raise Unsettled
    return not decisive


def _called(node: ast.Call, arguments: list[Any], value: Callable[[ast.expr], Any]) -> Any:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in _PARSED and len(arguments) == 1 and isinstance(arguments[0], str):
        return tuple(int(part) for part in re.findall(r"\d+", arguments[0]))
    if isinstance(function, ast.Name) and name in _MADE:
        return _MADE[name](*arguments)
    if isinstance(function, ast.Attribute) and name in _OF_TEXT:
        text = value(function.value)
        if isinstance(text, str):
            return getattr(text, name)(*arguments)
    raise Unsettled
