"""Names of files that match a pattern, as `tf.gfile.Glob` and `tf.matching_files` understand it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from recell.platform.file_errors import translated_errors

_WILD = re.compile(r"[*?\[\\]")


def matching_names(pattern: str) -> list[str]:
    """The files and folders whose names match, hidden ones too, in order.

    `*`, `?` and `[...]` stand for characters other than `/`, a backslash takes what follows as it is. NotFoundError
    when the folder before the first of these is missing, and the pattern has any.
    """
    wild = _WILD.search(pattern)
    folder = os.path.dirname(pattern[: wild.start()] if wild else pattern)
    rest = pattern[len(folder) :].lstrip("/") if folder != "/" else pattern[1:]
    folder = folder or "."
    if not rest:
        return []
    if wild:
        with translated_errors(folder):
            os.listdir(folder)
    found = [folder]
    for part in rest.split("/"):
        matches = re.compile(_expression(part), re.DOTALL).fullmatch
        found = [os.path.join(parent, name) for parent in found for name in _children(parent) if matches(name)]
    return sorted(found)


def _children(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from os.listdir(folder)


def _expression(part: str) -> str:
    """A pattern for the names in one folder as a regular expression."""
    found = []
    rest = part
    while rest:
        one = re.match(r"\\(.)|\[([!^]?)(\]?[^\]]*)\]|(.)", rest, re.DOTALL)
        if one is None:  # a lone backslash at the end
            return r"(?!)"
        escaped, negated, members, plain = one.groups()
        if members is not None:
            inside = members.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
            found.append(f"[{'^' if negated else ''}{inside}]")
        elif escaped is not None:
            found.append(re.escape(escaped))
        elif plain == "[":
            return r"(?!)"
        else:
            found.append({"*": ".*", "?": "."}.get(plain, re.escape(plain)))
        rest = rest[one.end() :]
    return "".join(found)
