"""Tracebacks that show the user's lines: frames inside Recell are left out unless asked for."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType

import recell
from recell.cli.sources import is_installed

OURS = os.path.join(os.path.dirname(os.path.abspath(recell.__file__)), "")
MACHINERY = ("<frozen importlib", "<frozen runpy")


def report(error: BaseException, full: bool = False) -> int:
    """Prints `error` as Python would print an uncaught one, and returns the exit code that Python would give."""
    error.__traceback__ = _without_launcher(error.__traceback__)
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        print(text(error, full), end="", file=sys.stderr)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def text(error: BaseException, full: bool = False) -> str:
    """The traceback of `error`; unless `full`, without frames of Recell and of the libraries that it calls."""
    shown = traceback.TracebackException.from_exception(error)
    hidden = 0 if full else _hide(shown)
    note = "(frames inside Recell are left out: recell run --traceback shows them)\n" if hidden else ""
    return "".join(shown.format()) + note


def _without_launcher(trace: TracebackType | None) -> TracebackType | None:
    """Drops the frames that lead to the program's first line."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith((OURS, *MACHINERY)):
        trace = trace.tb_next
    return trace


def _hide(shown: traceback.TracebackException) -> int:
    """Removes internal frames from `shown` and what it was raised from; returns how many."""
    kept = []
    inside = False
    for frame in shown.stack:
        if frame.filename.startswith(OURS):
            inside = True
        elif not (inside and is_installed(frame.filename)):
            inside = False
            kept.append(frame)
    hidden = len(shown.stack) - len(kept)
    shown.stack = traceback.StackSummary.from_list(kept)
    for link in ("__cause__", "__context__"):
        earlier = getattr(shown, link)
        if earlier is None:
            continue
        inner = _hide(earlier)
        hidden += inner
        # An error that only our own frames saw explains nothing about the program.
        if inner and not earlier.stack:
            setattr(shown, link, None)
    return hidden
