"""What the commands about files share: text that any terminal can show, columns, and an end without a traceback."""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click

from recell.checkpoint import CheckpointError

TROUBLE = 2
"""The exit code of a command that could not do what it was asked for."""
_BROKEN_PIPE = 141
"""What a shell shows for a program that wrote to a pipe nobody reads any more."""


_WIDEST = 100
"""Columns of a terminal that one column of a table takes at most."""


class Trouble(Exception):
    """What keeps a command from doing its work, in a sentence for the user."""


def reported(job: Callable[[], int]) -> int:
    """Runs the command `job`. Returns its exit code; what went wrong is one line on stderr and code 2."""
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal that lacks a character of a name shows its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = job()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # `recell inspect x | head`: enough was seen. What is still buffered must not fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        message = f"{place}{error.strerror or error}"
    except MemoryError:
        message = "there is not enough memory for this"
    except (CheckpointError, Trouble) as error:
        message = str(error)
    warn(message)
    return TROUBLE


def warn(message: str) -> None:
    """Says something on stderr, in one line."""
    click.echo(f"recell: {shown(' '.join(message.split()))}", err=True)


def shown(name: str) -> str:
    """A name as text that does nothing to a terminal: what cannot be printed becomes its number."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)


def is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8: those of a file whose bytes are no text have stand-ins in them."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def size_text(size: int) -> str:
    """A number of bytes, in three digits or so."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if value < 999.5 or unit == "PB":
            break
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def shape_text(shape: Sequence[int]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def count_text(count: int, noun: str) -> str:
    """`1 tensor`, `2 tensors`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def elements(shape: Sequence[int]) -> int:
    return math.prod(shape)


def columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Rows of as many cells each as lines, cells below each other; the columns `right` end where the longest does."""
    # A cell of immense length moves its own row aside, and not all others.
    widths = [max((w for w in map(width, cells) if w <= _WIDEST), default=0) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for position, cell in enumerate(row):
            blank = " " * (widths[position] - width(cell))
            cells.append(blank + cell if position in right else cell + blank)
        yield "  ".join(cells).rstrip()


def width(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two, marks above others none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def json_text(record: Any) -> str:
    """An object as JSON, in UTF-8 and for people; what cannot be printed is escaped, so that names stay exact."""
    lines = json.dumps(record, indent=2, ensure_ascii=False).split("\n")
    return "\n".join(line if line.isprintable() else _escaped(line) for line in lines)


def _escaped(line: str) -> str:
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in line)


def plain_number(value: Any) -> Any:
    """A number for JSON, which has none that is not finite: those, and complex ones, become text."""
    if isinstance(value, complex):
        return str(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
