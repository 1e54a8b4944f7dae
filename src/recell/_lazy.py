"""Modules imported when first used: building a graph does not wait for torch, nor a run for all of it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pathlib
import sys
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_DEFERRED = (
    "torch.distributions",
    "torch.profiler",
    "torch.nn.intrinsic",
    "torch.nn.qat",
    "torch.nn.quantizable",
    "torch.nn.quantized",
    "torch.quantization",
    "torch.masked",
    "torch.export",
    "torch.func",
    "torch._higher_order_ops",
    "torch._higher_order_ops.invoke_subgraph",
    "torch.distributed._meta_registrations",
    "torch._meta_registrations",
)
"""Parts of torch, in its own order, that it imports for its compiler, its exporter and others of no use to a plan.
Measured: two fifths of the processor time of `import torch` (1.35 s with them, 0.77 s without)"""

_FORWARDED = {"torch._higher_order_ops": ("cond", "while_loop"), "torch.func": ("vmap",)}
"""Functions of deferred parts that torch takes into its own namespace."""

_ANNOTATIONS = {"torch._higher_order_ops.invoke_subgraph": ("NestedCompileRegionOptions",)}
"""Names of deferred parts that torch takes to annotate functions with."""

_REACHED_THROUGH_TORCH = ("_custom_ops", "_decomp", "_export", "_prims", "_refs", "_subclasses")
"""Sub-modules that the deferred parts would have imported, and that torch's own functions take from `torch`."""

_NEEDING_ALL = (
    "torch._dynamo",
    "torch._functorch",
    "torch._inductor",
    "torch.fx",
    "torch.utils.checkpoint",
    *(f"torch.{name}" for name in _REACHED_THROUGH_TORCH),
)
"""Packages whose modules need the deferred parts, though they ask none of them for anything by name."""

_LAST = "_native"
"""The sub-module that torch imports last: by then it has what it needs of the packages above."""

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
        if attribute in _FORWARDED.get(self.__name__, ()):
            return functools.partial(_forwarded, self, attribute)
        if attribute in _ANNOTATIONS.get(self.__name__, ()):
            return Any
        execute_deferred(self)
        return getattr(self, attribute)


def _forwarded(module: ModuleType, name: str, *args: Any, **options: Any) -> Any:
    execute_deferred(module)
    return getattr(module, name)(*args, **options)


_executing = False


def execute_deferred(asked: ModuleType | None = None) -> None:
    """Runs the code of all deferred modules, once, in the order in which torch would have run it.

    They import each other in circles: begun somewhere else, they would not come to an end. One that is `asked` for on
    the way runs at once, as it would have.
    """
    global _executing
    if _executing:
        if asked is not None:
            _execute(asked)
        return
    _executing = True
    try:
        for name in _DEFERRED:
            if name in sys.modules:
                _execute(sys.modules[name])
    finally:
        _executing = False


def _execute(module: ModuleType) -> None:
    loader = module.__dict__.pop("_deferred_loader", None)
    if loader is not None:
        module.__class__ = ModuleType
        loader.exec_module(module)
        for name in _FORWARDED.get(module.__name__, ()):
            setattr(sys.modules["torch"], name, getattr(module, name))


class _DeferringLoader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _Unexecuted(spec.name)
        module.__dict__["_deferred_loader"] = self._loader
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet, but for what torch needs of the deferred parts: how generators are made, and sub-modules."""
        if module.__name__ == "torch._meta_registrations":
            opaque = importlib.import_module("torch._opaque_base")
            importlib.import_module("torch._C")._set_generator_metaclass(opaque.OpaqueBaseMeta)
            torch = sys.modules["torch"]
            for name in _REACHED_THROUGH_TORCH:
                torch.__dict__.setdefault(name, _LazyModule(f"torch.{name}"))


class _LoadedLoader(importlib.abc.Loader):
    """For a module that has been imported while it was being looked for."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__
        module.__spec__ = None  # which the import system would follow, and run the module's code again

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _DeferringFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _DEFERRED:
            for package in _DEFERRED:
                if name.startswith(f"{package}.") and package in sys.modules:
                    execute_deferred(sys.modules[package])
            if hasattr(sys.modules.get("torch"), _LAST) and any(f"{name}.".startswith(f"{p}.") for p in _NEEDING_ALL):
                execute_deferred()
            loaded = sys.modules.get(name)
            return None if loaded is None else importlib.machinery.ModuleSpec(name, _LoadedLoader(loaded))
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


def load_libraries_ahead() -> None:
    """Begins to load torch's libraries beside whatever this thread goes on with: a fifth of `import torch`.

    For a process that is going to run something, before it has started threads of its own.
    """
    spec = None if "torch" in sys.modules else importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    library = pathlib.Path(spec.origin).with_name("lib") / "libtorch_cpu.so"
    if library.is_file():
        loading = threading.Thread(target=_load, args=(str(library),), name="recell-load")
        loading.start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=loading.join)  # a child must not inherit the loader's lock


def _load(library: str) -> None:
    with contextlib.suppress(OSError):  # which `import torch` will meet, and tell
        ctypes.CDLL(library)
