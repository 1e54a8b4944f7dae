"""Module `pickle` (and cPickle) of Python 2, for translated programs: files opened as text, strings that are bytes."""

from __future__ import annotations

import pickle
from typing import Any

__all__ = list(pickle.__all__)


def load(file: Any, **options: Any) -> Any:
    """Reads one object. Byte strings of Python 2 become text if they are UTF-8, else one character a byte."""
    file = getattr(file, "buffer", file)
    if options or not file.seekable():
        return pickle.load(file, **options)
    start = file.tell()
    try:
        return pickle.load(file, encoding="utf-8")
    except UnicodeDecodeError:
        file.seek(start)
        return pickle.load(file, encoding="latin-1")


def loads(data: Any, **options: Any) -> Any:
    """`load` of bytes, or of text that stands for them."""
    data = data.encode("latin-1") if isinstance(data, str) else data
    if options:
        return pickle.loads(data, **options)
    try:
        return pickle.loads(data, encoding="utf-8")
    except UnicodeDecodeError:
        return pickle.loads(data, encoding="latin-1")


def dump(obj: Any, file: Any, protocol: int = 2, **options: Any) -> None:
    """Writes one object, in a form that Python 2 reads too unless asked for another."""
    pickle.dump(obj, getattr(file, "buffer", file), protocol, **options)


def dumps(obj: Any, protocol: int = 2, **options: Any) -> bytes:
    """`dump` to bytes."""
    return pickle.dumps(obj, protocol, **options)


def __getattr__(name: str) -> Any:
    return getattr(pickle, name)
