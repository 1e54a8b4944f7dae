"""Builtins and operators as Python 2 had them, for translated programs only."""

from __future__ import annotations

import builtins
import importlib
import io
import math
import numbers
import sys
from functools import cmp_to_key
from types import ModuleType
from typing import Any

__all__ = ["cmp", "cmp_to_key", "decode", "divide", "file", "open", "print", "reload", "round"]


def divide(left: Any, right: Any) -> Any:
    """`left / right` without `from __future__ import division`: of two integers, the floor.

    Integers are Python's, NumPy's (arrays too) and integer tensors. NumPy gives 0 and a warning for `x / 0`, as then.
    """
    if _is_integer(left) and _is_integer(right):
        return left // right
    if not hasattr(type(left), "__truediv__") and hasattr(left, "__div__"):
        return left.__div__(right)
    return left / right


def _is_integer(value: Any) -> bool:
    if isinstance(value, numbers.Integral):
        return True
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", "") in ("i", "u", "b") or bool(getattr(dtype, "is_integer", False))


def decode(value: Any, *args: Any, **options: Any) -> Any:
    """`value.decode(...)`. Text is text already: Python 2's `str` became Python 3's."""
    return value if isinstance(value, str) else value.decode(*args, **options)


class _TextFile(io.TextIOWrapper):
    """A text file that takes bytes too, as `f.write(line.encode("utf-8"))` does."""

    def write(self, text: Any) -> int:
        return super().write(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


def open(name: Any, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
    """Python 2's `open`: text is str, whatever bytes the file holds, and universal newlines are spelt `U`.

    Bytes that are no UTF-8 come back out unchanged when they are written.
    """
    mode = mode.replace("U", "") or "r"
    if "b" in mode or options:
        return builtins.open(name, mode, buffering, **options)
    mode = mode if mode[0] in "rwa" else "r" + mode
    binary = builtins.open(name, mode.replace("t", "") + "b")  # noqa: SIM115 - the caller's to close
    return _TextFile(binary, encoding="utf-8", errors="surrogateescape", line_buffering=buffering == 1)


file = open


def print(*values: Any, **options: Any) -> None:
    """`print` of encoded text shows the text."""
    shown = (value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values)
    builtins.print(*shown, **options)


def reload(module: ModuleType) -> ModuleType:
    """`reload(sys)` only ever served `sys.setdefaultencoding`; other modules are loaded again."""
    return module if module is sys else importlib.reload(module)


def cmp(left: Any, right: Any) -> int:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`."""
    return int(left > right) - int(left < right)


def round(number: Any, ndigits: int = 0) -> Any:
    """Halves go away from zero, and the result is a float."""
    if not isinstance(number, (int, float)):
        return builtins.round(number, ndigits)
    scale = 10.0**ndigits
    result = math.copysign(math.floor(abs(number) * scale + 0.5), number) / scale
    return result if math.isfinite(result) else float(number)
