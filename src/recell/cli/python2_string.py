"""Module `string` of Python 2, for translated programs: the methods of str as functions, and the old constants."""

from __future__ import annotations

import string
from string import *  # noqa: F403
from typing import Any

letters = string.ascii_letters
lowercase = string.ascii_lowercase
uppercase = string.ascii_uppercase
atoi = int
atol = int
atof = float
maketrans = str.maketrans

_METHODS = {
    *("capitalize", "center", "count", "expandtabs", "find", "index", "ljust", "lower", "lstrip", "replace", "rfind"),
    *("rindex", "rjust", "rstrip", "split", "strip", "swapcase", "translate", "upper", "zfill"),
}


def join(words: Any, sep: str = " ") -> str:
    """`sep.join(words)`."""
    return sep.join(words)


def __getattr__(name: str) -> Any:
    if name in _METHODS:
        return getattr(str, name)
    return getattr(string, name)
