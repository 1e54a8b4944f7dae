"""Modules that are imported when first used, so that building a graph does not wait for torch."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class _LazyModule(ModuleType):
    """Stands for a module until one of its attributes is asked for, then holds all of them itself.

    Copying the real module's namespace into this object makes every later look-up an ordinary
    attribute access, so the hot path of a plan pays nothing for the delay.
    """

    def __getattr__(self, attribute: str) -> Any:
        module = importlib.import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


def lazy_module(name: str) -> ModuleType:
    """A stand-in for module `name`, imported at the first attribute access (ImportError comes then)."""
    return _LazyModule(name)
