"""Programs as syntax trees: Python 3, Python 2 by way of the translation, notebooks."""

from __future__ import annotations

import ast
import json
import pathlib
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

from recell.cli import python2

_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "venv"}
_CELL_OF_CODE = re.compile(r"\s*%%(time|timeit|capture|prun)\b.*")


class Unreadable(Exception):
    """A file that is no program: the text says why, in one line."""


@dataclass(frozen=True)
class Source:
    """One file of a program.

    Args:
        path: as it was given.
        tree: what is in it.
        cells: of a notebook: (first line in `tree`, number of the cell), in order.
    """

    path: pathlib.Path
    tree: ast.Module
    cells: list[tuple[int, int]] = field(default_factory=list)

    def place(self, line: int) -> str:
        """`file:line`; of a notebook, `file[cell]:line`."""
        start, cell = max((c for c in self.cells if c[0] <= line), default=(1, 0))
        return f"{self.path}[{cell}]:{line - start + 1}" if self.cells else f"{self.path}:{line}"


def programs(path: pathlib.Path) -> list[pathlib.Path]:
    """The files that `path` means: itself, or all programs below a folder. Unreadable if there are none."""
    if not path.exists():
        raise Unreadable(f"{path}: there is no such file")
    if not path.is_dir():
        return [path]
    found = [p for kind in ("*.py", "*.ipynb") for p in path.rglob(kind) if p.is_file()]
    kept = [p for p in found if not any(_is_skipped(part) for part in p.relative_to(path).parts[:-1])]
    if not kept:
        raise Unreadable(f"{path}: there is no program in it (.py, .ipynb)")
    return sorted(kept)


def _is_skipped(folder: str) -> bool:
    return folder.startswith(".") or folder in _SKIPPED_FOLDERS


def read(path: pathlib.Path, is_main: bool = True) -> Source:
    """The program in `path`. Unreadable if it cannot be opened or is no Python.

    Args:
        path: a source file or a notebook.
        is_main: the file is run, not imported (Python 2 told the two apart in what `import` means).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    cells: list[tuple[int, int]] = []
    if path.suffix == ".ipynb":
        data, cells = _notebook(path, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Compiled, not only parsed, as the program will be: some errors come then.
            compile(data, str(path), "exec", dont_inherit=True)
            tree = ast.parse(data, str(path))
            failure: Exception | None = None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            tree, failure = None, error
        try:
            if tree is None or python2.uses_python2_names(data):
                tree = python2.translate_tree(data, str(path), is_main) or tree
        except RecursionError as error:
            failure = failure or error
    if tree is None:
        raise Unreadable(f"{_where(path, failure)}: neither Python 3 nor Python 2: {_reason(failure)}")
    return Source(path, tree, cells)


def _where(path: pathlib.Path, failure: Exception | None) -> str:
    line = getattr(failure, "lineno", None)
    return f"{path}:{line}" if line else str(path)


def _reason(failure: Exception | None) -> str:
    text = failure.msg if isinstance(failure, SyntaxError) else str(failure)
    return text.splitlines()[0] if text else "it cannot be parsed"


def _notebook(path: pathlib.Path, data: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """The code of a notebook's cells below each other, without commands to the notebook itself."""
    try:
        content: Any = json.loads(data)
        # Before format 4 the cells stood in worksheets, and their text under "input".
        sheets = [content, *content.get("worksheets", [])]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
        texts = [
            (number, "".join(cell.get("source", cell.get("input", ""))))
            for number, cell in enumerate(cells, 1)
            if cell.get("cell_type") == "code"
        ]
    except (ValueError, AttributeError, TypeError):
        raise Unreadable(f"{path}: it is not a notebook") from None
    lines: list[str] = []
    starts = []
    for number, text in texts:
        starts.append((len(lines) + 1, number))
        lines += _without_magic(text.splitlines())
    return "\n".join([*lines, ""]).encode(), starts


def _without_magic(lines: list[str]) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%") and not _CELL_OF_CODE.fullmatch(first):
        return ["" for _ in lines]
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        pass
    else:
        return lines
    # `pass` keeps a block whole that holds nothing but such a line.
    return [re.sub(r"^(\s*)(?:%[a-zA-Z%]|[!?]).*|^(\s*)\S+\?{1,2}\s*$", r"\1\2pass", line) for line in lines]
