"""Writes docs/cells.md, every cell and wrapper with its equations and paper, from the docstrings that state them.

python docs/make_cells.py
"""

from __future__ import annotations

import importlib
import inspect
import pathlib
import pkgutil
import re

import recell.rnn

PAGE = pathlib.Path(__file__).resolve().parent / "cells.md"
HEAD = """# Cells and wrappers

Every recurrent cell, with its equations, its variables by their names in a checkpoint, and the paper it is from.
`[x, h]` is the two side by side, `*` goes element by element, `'` marks the new value. Arguments, shapes, and an
example each: `help(tf.nn.rnn_cell.GRUCell)`.

This page is made from the docstrings by `python docs/make_cells.py`.
"""


def page() -> str:
    """The whole page as Markdown."""
    found = sorted(_classes(), key=lambda cls: cls.__name__.lower())
    index = ["| | what it is | TensorFlow's name |", "| --- | --- | --- |"]
    index += [f"| [`{cls.__name__}`](#{cls.__name__.lower()}) | {_summary(cls)} | {_symbol(cls)} |" for cls in found]
    return "\n".join([HEAD, *index, "", *(_section(cls) for cls in found)])


def _classes() -> list[type]:
    """The public classes of `recell.rnn` that say which TF symbol they are."""
    found: dict[type, None] = {}
    for module in pkgutil.walk_packages(recell.rnn.__path__, "recell.rnn."):
        public = importlib.import_module(module.name)
        for name in getattr(public, "__all__", ()):
            value = getattr(public, name)
            own = isinstance(value, type) and value.__module__ == module.name
            if own and hasattr(value, "call") and _symbol(value):
                found[value] = None
    return list(found)


def _section(cls: type) -> str:
    text = inspect.getdoc(cls) or ""
    body = re.split(r"^(?:Args|Call|Example|Returns|Raises)\b.*:?$", text, maxsplit=1, flags=re.MULTILINE)[0]
    return f"## {cls.__name__}\n\n{_markdown(body).strip()}\n{_paper(cls, body)}"


def _markdown(body: str) -> str:
    """Docstrings write equations as indented blocks, which Markdown understands after an empty line."""
    return re.sub(r"([^\n])\n( {4})", r"\1\n\2", body)


def _paper(cls: type, body: str) -> str:
    """Where the docstring, or else its module's, says whose cell it is, unless what is shown says so."""
    named = re.search(r"^Papers?: ((?:.+\n?)+)", inspect.getdoc(cls) or "", flags=re.MULTILINE)
    if named:
        return f"\nSource: {_one_line(named.group(1))}\n"
    source = _one_line(inspect.getmodule(cls).__doc__ or "")  # type: ignore[union-attr]
    links = re.findall(r"https?://\S+[\w/]", source)
    if not (links or re.search(r"\((?:19|20)\d\d\)", source)) or any(link in body for link in links):
        return ""
    return f"\nSource: {source}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _summary(cls: type) -> str:
    paragraph = _one_line((inspect.getdoc(cls) or "").split("\n\n")[0])
    return re.split(r"\.(?:\s+(?=[A-Z])|$)", paragraph)[0]


def _symbol(cls: type) -> str:
    match = re.search(rf"TF symbols?: (`[\w.]+\.{cls.__name__}`)", cls.__doc__ or "")
    return match.group(1) if match else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
