"""Loading the program's own source files, those in Python 2 by way of a translation."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import site
import sys
import sysconfig
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any


def _installed_folders() -> tuple[str, ...]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {site.getusersitepackages(), os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
    return tuple(os.path.join(os.path.realpath(folder), "") for folder in folders if folder)


INSTALLED = _installed_folders()
"""Folders of the standard library, of installed packages and of Recell: nobody's program lives there."""


def is_installed(path: str) -> bool:
    """Whether `path` belongs to Python or a package rather than to the program."""
    return path.startswith("<frozen") or _holds_installed(os.path.dirname(path))


@functools.cache
def _holds_installed(folder: str) -> bool:
    return os.path.join(os.path.realpath(folder), "").startswith(INSTALLED)


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a source file; one that is not Python 3 is translated. Writes no bytecode.

    A `.pyc` made of a translation would be taken by a plain `python` later.
    """

    def __init__(self, fullname: str, path: str, is_main: bool = False) -> None:
        super().__init__(fullname, path)
        self._is_main = is_main

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, **options: Any) -> CodeType:  # type: ignore[override]
        try:
            code = super().source_to_code(data, path, **options)
            failure = None
        except (SyntaxError, ValueError) as error:
            code, failure = None, error
        from recell.cli import python2

        if code is not None and not python2.uses_python2_names(data):
            return code
        translated = python2.translate(data, path, is_main=self._is_main)
        if translated is not None:
            return translated
        if code is not None:
            return code
        assert failure is not None
        raise failure


class Finder:
    """Gives source files outside `INSTALLED` our loader; everything else is found as by Python's own path finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return spec
        if spec.origin is None or is_installed(spec.origin):
            return spec
        spec.loader = Loader(fullname, spec.origin)
        spec.cached = None
        return spec


def install() -> None:
    """Puts the finder right before Python's own path finder, so that built-in modules stay what they are."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        position = next((i for i, f in enumerate(sys.meta_path) if f is importlib.machinery.PathFinder), 0)
        sys.meta_path.insert(position, Finder())
