"""What is read from our own source of callables is what Python says of them once they are imported."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from recell.cli import check_source
from recell.ops.op import OpBuilder
from recell.v1 import _namespace

ROWS = sorted({row for path in _namespace.namespaces() for row in _namespace.rows(path).values()})
KNOWN = {row: found for row in ROWS if (found := check_source.arguments(*row)) is not None}


def _object(module: str, name: str) -> Any:
    importlib.import_module("recell.ops")
    return getattr(importlib.import_module(module), name)


def _live(target: Any) -> check_source.Arguments:
    if isinstance(target, OpBuilder):
        return check_source.Arguments((*target._order, "name"), frozenset({*target._order, *target._aliases, "name"}))
    parameters = list(inspect.signature(target).parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    positional = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    keywords = frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    return check_source.Arguments(
        None if inspect.Parameter.VAR_POSITIONAL in kinds else positional,
        None if inspect.Parameter.VAR_KEYWORD in kinds else keywords,
    )


def test_most_callables_are_known() -> None:
    callables = [row for row in ROWS if callable(_object(*row)) and row[0].startswith("recell.")]
    assert len(KNOWN) > 0.75 * len(callables) > 500


def test_arguments_are_those_of_the_live_object() -> None:
    wrong = {row: (found, _live(_object(*row))) for row, found in KNOWN.items() if found != _live(_object(*row))}
    assert wrong == {}


def test_methods() -> None:
    run = check_source.arguments("recell.session.session", "Session", ("run",), of_instance=True)
    assert run is not None
    assert run.positional == ("fetches", "feed_dict", "options", "run_metadata")
    assert check_source.arguments("recell.session.session", "Session", ("nowhere",)) is None


def test_members_are_those_of_the_live_class() -> None:
    """What a class has is never said to be missing, and what no class has is never found."""
    classes = {row: _object(*row) for row in ROWS if inspect.isclass(_object(*row)) and row[0].startswith("recell.")}
    assert len(classes) > 150
    denied = {
        (row, name)
        for row, live in classes.items()
        for name in dir(live)
        if name != "_abc_impl"  # of Python's own making
        and check_source.has(*row, name, of_instance=False) is False
    }
    assert denied == set()
    answers = [check_source.has(*row, "no_such_member", of_instance=True) for row in classes]
    assert True not in answers
    assert answers.count(False) > 100


@pytest.mark.parametrize("name", ["BasicLSTMCell", "GRUCell", "MultiRNNCell", "DropoutWrapper"])
def test_what_objects_have_is_never_denied(name: str) -> None:
    module, private = _namespace.rows("nn.rnn_cell")[name]
    cell: Any = _object(*_namespace.rows("nn.rnn_cell")["GRUCell"])(3)
    if name != "GRUCell":
        cell = _object(module, private)([cell] if name == "MultiRNNCell" else 3 if "LSTM" in name else cell)
    denied = [attr for attr in dir(cell) if check_source.has(module, private, attr, of_instance=True) is False]
    assert [attr for attr in denied if not attr.startswith("_")] == []


def test_descent() -> None:
    cell = ("recell.rnn.cell", "RNNCell")
    assert check_source.descends(*_namespace.rows("contrib.rnn")["GridLSTMCell"], cell)
    assert not check_source.descends(*_namespace.rows("")["Session"], cell)
    assert not check_source.descends(*_namespace.rows("")["add"], cell)
