"""Helpers for layers' arguments: sizes given as one number, and objects described as plain data."""

from __future__ import annotations

from typing import Any


def described(setting: Any) -> Any:
    """An initializer, regularizer or constraint as plain data: its class's name and configuration, or its own name."""
    if setting is None or isinstance(setting, (str, dict)):
        return setting
    if hasattr(setting, "get_config"):
        return {"class_name": type(setting).__name__, "config": setting.get_config()}
    return getattr(setting, "__name__", repr(setting))


def as_tuple(value: Any, count: int, name: str) -> tuple[int, ...]:
    """`count` integers from one or from a sequence of that many. ValueError for anything else."""
    if isinstance(value, int):
        return (value,) * count
    try:
        found = tuple(int(number) for number in value)
    except TypeError:
        found = ()
    if len(found) != count:
        raise ValueError(f"The `{name}` argument must be a tuple of {count} integers. Received: {value}")
    return found
