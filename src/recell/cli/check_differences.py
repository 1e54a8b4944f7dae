"""Which uses of a symbol meet one of its differences from TensorFlow."""

from __future__ import annotations

import ast
from functools import cache

from recell.cli import check_source
from recell.cli.check_scopes import Self
from recell.cli.check_values import Repeated, Symbol, Values
from recell.graph import compat
from recell.v1 import _namespace
from recell.v1.differences import DIFFERENCES, Difference

Key = tuple[str, str, str]


@cache
def _by_object() -> dict[Key, tuple[Difference, ...]]:
    """Module, name in it, and method -> differences: a symbol is found under each of its spellings."""
    found = {}
    for symbol, differences in DIFFERENCES.items():
        path, name, member = split(symbol)
        module, private = _namespace.rows(path)[name]
        found[module, private, member] = differences
    return found


def split(symbol: str) -> tuple[str, str, str]:
    """Namespace, row and member of `tf.nn.rnn_cell.RNNCell.call`. KeyError for what is not in the table."""
    parts = symbol.split(".")[1:]
    for length in range(len(parts) - 1, -1, -1):
        path = _namespace.canonical(".".join(parts[:length]))
        if path in _namespace.namespaces() and parts[length] in _namespace.rows(path):
            return path, parts[length], ".".join(parts[length + 1 :])
    raise KeyError(symbol)


def met(symbol: Symbol, call: ast.Call | None, first: Values = frozenset()) -> list[str]:
    """The reasons why this use of `symbol` works differently.

    Args:
        symbol: the row that is used.
        call: the call of it, if it is called here.
        first: what the call's first argument can be.
    """
    differences = _by_object().get((symbol.module, symbol.private, ""), ())
    return [d.reason for d in differences if _applies(d, call, first)]


def met_by_method(symbol: Symbol, method: str, call: ast.Call | None) -> list[str]:
    """The same for `method` of an object of class `symbol`."""
    reasons = []
    for (module, private, member), differences in _by_object().items():
        if member == method and check_source.descends(symbol.module, symbol.private, (module, private)):
            reasons += [d.reason for d in differences if _applies(d, call, frozenset())]
    return reasons


def _applies(difference: Difference, call: ast.Call | None, first: Values) -> bool:
    if difference.only_auto and compat.get_version() != "auto":
        return False
    if difference.when == "":
        return True
    if call is None:
        return False
    if difference.when == "called":
        return True
    if difference.when == "positional":
        return len(call.args) > 1
    if difference.when == "repeated":
        return any(isinstance(value, Repeated) for value in first)
    if difference.when == "own":
        return any(isinstance(value, Self) for value in first)
    given = {keyword.arg: keyword.value for keyword in call.keywords}.get(difference.when)
    return given is not None and not (isinstance(given, ast.Constant) and not given.value)
