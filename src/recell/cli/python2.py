"""Python 2 sources as Python 3 code.

Fissix (lib2to3 kept alive) rewrites the grammar; `python2_tree` then changes what has another meaning, such as `/` of
two ints, on the syntax tree. Line numbers stay those of the user's file, so that tracebacks show the user's lines.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from difflib import SequenceMatcher
from functools import cache
from types import CodeType
from typing import Any

from recell.cli import python2_tree

# Left out: what the tree or python2_runtime does better, what only changes style, and what Python 3 accepts anyway.
_FIXERS_LEFT_OUT = {"buffer", "future", "idioms", "reload", "set_literal", "sorted", "ws_comma"}

_GONE_NAMES = {"basestring", "cmp", "execfile", "file", "long", "raw_input", "reduce", "reload", "unichr", "unicode"}
_GONE_NAMES.add("xrange")
_GONE_MODULES = {"cPickle", "ConfigParser", "StringIO", "Tkinter", "urllib2", "urlparse"}
_BOTH_PYTHONS = re.compile(r"\b(version_info|PY2|PY3|six|future_builtins|python_version\w*)\b")


def translate(data: bytes, path: str, is_main: bool) -> CodeType | None:
    """Code of the Python 2 source `data`, or None if it is no Python 2 either.

    Args:
        data: the file as it is.
        path: where it is: it stands in tracebacks, and implicit relative imports are looked for beside it.
        is_main: the file is run, not imported, so it is in no package whatever lies beside it.
    """
    with warnings.catch_warnings():
        _ignore_old_syntax()
        tree = translate_tree(data, path, is_main)
        return None if tree is None else compile(tree, path, "exec", dont_inherit=True)


def translate_tree(data: bytes, path: str, is_main: bool) -> ast.Module | None:
    """The syntax tree that `translate` compiles."""
    source = expand_tabs(decode(data))
    with warnings.catch_warnings():
        _ignore_old_syntax()
        try:
            text = _to_python3(source, path, is_main)
            tree = ast.parse(text, path)
        except _ParseFailed:
            return None
        except (SyntaxError, ValueError):
            return None
        tree = python2_tree.adapt(tree)
        _restore_lines(tree, source.split("\n"), text.split("\n"))
        return tree


def _ignore_old_syntax() -> None:
    """Python 2 had its own ideas of escapes; nobody is going to mend them now."""
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)


class _ParseFailed(Exception):
    """Neither grammar of Python 2 fits."""


def decode(data: bytes) -> str:
    """The text of a source file: by its coding cookie, else UTF-8, else the Chinese encoding, else byte by byte."""
    try:
        encodings = [tokenize.detect_encoding(io.BytesIO(data).readline)[0]]
    except SyntaxError:
        encodings = []
    for encoding in [*encodings, "utf-8-sig", "gb18030", "latin-1"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n") + ("" if text.endswith("\n") else "\n")
    raise AssertionError("latin-1 decodes everything")


def expand_tabs(source: str) -> str:
    """Tabs in indentation as Python 2 saw them: up to the next multiple of eight columns."""
    lines = source.split("\n")
    if not any("\t" in line[: len(line) - len(line.lstrip())] for line in lines):
        return source
    inside = _lines_inside_strings(source)
    for number, line in enumerate(lines, 1):
        body = line.lstrip(" \t\f")
        if number not in inside:
            lines[number - 1] = line[: len(line) - len(body)].expandtabs(8) + body
    return "\n".join(lines)


def _lines_inside_strings(source: str) -> set[int]:
    from fissix.pgen2 import token
    from fissix.pgen2 import tokenize as tokens

    inside: set[int] = set()
    try:
        for kind, _, start, end, _ in tokens.generate_tokens(io.StringIO(source).readline):
            if kind == token.STRING:
                inside.update(range(start[0] + 1, end[0] + 1))
    except (tokens.TokenError, IndentationError):
        pass
    return inside


@cache
def _tool(print_function: bool, relative_imports: bool) -> Any:
    from fissix import refactor

    left_out = set(_FIXERS_LEFT_OUT)
    if print_function:
        left_out.add("print")
    if not relative_imports:
        left_out.add("import")
    names = refactor.get_fixers_from_package("fissix.fixes")
    chosen = [name for name in names if name.rpartition(".fix_")[2] not in left_out]
    return refactor.RefactoringTool(chosen, {"print_function": print_function})


def _to_python3(source: str, path: str, is_main: bool) -> str:
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    # `print(x, file=f)` without the future import is Python 3's, in a file that fails for another reason.
    for print_function in (False, True):
        try:
            return str(_tool(print_function, not is_main).refactor_string(source, path))
        except (ParseError, TokenError, IndentationError):
            continue
    raise _ParseFailed


def _restore_lines(tree: ast.AST, before: list[str], after: list[str]) -> None:
    """Gives the nodes of `tree`, parsed from lines `after`, the positions of lines `before`."""
    numbers: dict[int, int] = {}
    same: set[int] = set()
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for offset in range(new_end - new_start):
            numbers[new_start + offset + 1] = min(start + offset, max(start, end - 1), len(before) - 1) + 1
            if kind == "equal":
                same.add(new_start + offset + 1)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.expr, ast.stmt, ast.ExceptHandler, ast.arg, ast.keyword, ast.alias)):
            continue
        first, last = node.lineno, node.end_lineno or node.lineno
        node.lineno, node.end_lineno = numbers[first], max(numbers[first], numbers[last])
        if first not in same or last not in same:
            # Columns mean nothing where the text differs; a whole line gets no marks in tracebacks.
            node.col_offset = 0
            node.end_col_offset = len(before[node.end_lineno - 1].encode())


def uses_python2_names(data: bytes) -> bool:
    """Whether a source that compiles as Python 3 is Python 2's: it uses builtins or modules that are gone.

    A source that defines them itself, or asks which Python it runs on, is left alone.
    """
    text = decode(data)
    gone = _GONE_NAMES | _GONE_MODULES
    if not re.search(rf"\b({'|'.join(sorted(gone))})\b", text) or _BOTH_PYTHONS.search(text):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    modules = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    return bool((used - bound) & _GONE_NAMES or modules & _GONE_MODULES)
