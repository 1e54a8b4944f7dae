"""Which arguments a function of the program's takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments that a caller may give; TypeError for what cannot be called."""
    if not callable(function):
        raise TypeError(f"unsupported callable: {function!r}")
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds)


def given_by_name(function: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the offered arguments that the function takes."""
    taken = argument_names(function)
    return {name: value for name, value in offered.items() if name in taken}
