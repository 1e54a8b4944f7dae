"""The table of differences names symbols that there are, and says what docs/compatibility.md says at more length."""

from __future__ import annotations

import pathlib
import re

import pytest

from recell.cli import check_differences, check_source
from recell.v1 import _namespace
from recell.v1.differences import DIFFERENCES, Difference

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "compatibility.md").read_text(encoding="utf-8")
FORMS = ("", "called", "positional", "repeated", "own")


@pytest.mark.parametrize("symbol", sorted(DIFFERENCES))
def test_the_symbol_exists_and_the_page_speaks_of_it(symbol: str) -> None:
    path, name, member = check_differences.split(symbol)
    row = _namespace.rows(path)[name]
    assert not member or check_source.has(*row, member, of_instance=False)
    area = symbol.split(".")[2] if symbol.startswith("tf.contrib.") else name
    words = {member or name, area} if area == "cudnn_rnn" else {member or name}
    assert any(re.search(rf"\b{word}\b", PAGE) for word in words), f"docs/compatibility.md says nothing of {symbol}"


@pytest.mark.parametrize("symbol", sorted(DIFFERENCES))
def test_a_difference_is_one_sentence_about_a_use(symbol: str) -> None:
    path, name, member = check_differences.split(symbol)
    accepted = check_source.arguments(*_namespace.rows(path)[name], (member,) if member else ())
    for difference in DIFFERENCES[symbol]:
        assert isinstance(difference, Difference)
        assert 10 < len(difference.reason) < 140
        assert not difference.reason.endswith(".")
        if difference.when not in FORMS:
            assert accepted is not None
            assert difference.when in (accepted.keywords or ())


def test_no_symbol_is_listed_under_two_names() -> None:
    keys = [check_differences.split(symbol) for symbol in DIFFERENCES]
    rows = [(*_namespace.rows(path)[name], member) for path, name, member in keys]
    assert len(set(rows)) == len(rows)


def test_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(KeyError):
        check_differences.split("tf.contrib.nowhere")
