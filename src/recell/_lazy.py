"""Modules imported when first used: building a graph does not wait for torch, nor a run for all of it."""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pathlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_DEFERRED = ("torch._meta_registrations", "torch.distributed._meta_registrations", "torch.export")
"""Parts of torch that it imports for its compiler and its exporter. Measured: a quarter of the time of `import torch`
(1.40 s with them, 1.03 s without; `python -m benchmarks programs` times whole starts)."""

_REACHED_THROUGH_TORCH = ("_custom_ops", "_decomp", "_export", "_prims", "_refs")
"""Sub-modules that the deferred parts would have imported, and that torch's own functions take from `torch`."""

_COMPILER = "torch._dynamo"
"""Whoever imports this needs the deferred parts, though it asks none of them for anything by name."""

_KNOWN_RELEASE = "2.13."
"""Which release the lists above were made for, and tested on: any other is imported whole."""


def import_whole(name: str) -> ModuleType:
    """Imports module `name` without collecting garbage in between: an import as large as torch's leaves next to none,
    and a tenth of its time would go into looking for it.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        if collecting:
            gc.enable()


class _LazyModule(ModuleType):
    """Stands for a module until one of its attributes is asked for, then holds all of them itself.

    Copying the real module's namespace into this object makes every later look-up an ordinary
    attribute access, so the hot path of a plan pays nothing for the delay.
    """

    def __getattr__(self, attribute: str) -> Any:
        module = import_whole(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


class _Unexecuted(ModuleType):
    """A module whose code runs when somebody asks it for something."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute != "__all__":
            raise AttributeError(attribute)  # what the import system asks of every module
        execute(self)
        return getattr(self, attribute)


def execute(module: ModuleType) -> None:
    """Runs the code of a deferred module, once; any other module is left as it is."""
    loader = module.__dict__.pop("_deferred_loader", None)
    if loader is not None:
        module.__class__ = ModuleType
        loader.exec_module(module)


class _DeferringLoader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _Unexecuted(spec.name)
        module.__dict__["_deferred_loader"] = self._loader
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet, but for what torch needs of the deferred parts: how generators are made, and sub-modules."""
        if module.__name__ == _DEFERRED[0]:
            opaque = importlib.import_module("torch._opaque_base")
            importlib.import_module("torch._C")._set_generator_metaclass(opaque.OpaqueBaseMeta)
            torch = sys.modules["torch"]
            for name in _REACHED_THROUGH_TORCH:
                torch.__dict__.setdefault(name, _LazyModule(f"torch.{name}"))


class _DeferringFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == _COMPILER:
            for part in _DEFERRED:
                if part in sys.modules:
                    execute(sys.modules[part])
        if name not in _DEFERRED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _DeferringLoader(spec.loader)
        return spec


def _may_defer() -> bool:
    """Whether torch is still to be imported, and is the release whose parts are known here."""
    if "torch" in sys.modules or any(isinstance(finder, _DeferringFinder) for finder in sys.meta_path):
        return False
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = pathlib.Path(spec.origin).with_name("version.py")
    return version.is_file() and f"'{_KNOWN_RELEASE}" in version.read_text(encoding="utf-8")


def lazy_module(name: str) -> ModuleType:
    """A stand-in for module `name`, imported at the first attribute access (ImportError comes then)."""
    if name == "torch" and _may_defer():
        sys.meta_path.insert(0, _DeferringFinder())
    return _LazyModule(name)
