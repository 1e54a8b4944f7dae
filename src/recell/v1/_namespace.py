"""Modules that look their names up in the table when asked, and say what is nearest when a name is not there."""

from __future__ import annotations

import difflib
import importlib
import importlib.machinery
import sys
from collections.abc import Sequence
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any

from recell.v1.table import INCLUDES, SAME, TABLE

ROOT = "recell.v1"
PREFIXES = [ROOT]
"""Dotted names that mean the root of the table; the command line adds `tensorflow`."""


def public_name(path: str, name: str = "") -> str:
    """`tf.nn.relu` for ("nn", "relu"); `tf` for the root."""
    return ".".join(part for part in ("tf", path, name) if part)


@cache
def canonical(path: str) -> str:
    """The namespace that `path` stands for: its longest part that is an alias is followed, `compat.v1.nn` is `nn`."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        alias = ".".join(parts[:length])
        if alias in SAME:
            return canonical(".".join(part for part in (SAME[alias], *parts[length:]) if part))
    return path


@cache
def namespaces() -> frozenset[str]:
    """Every namespace there is, parents included, aliases left out."""
    found = {""}
    for path in {*TABLE, *INCLUDES, *SAME.values(), *(alias.rpartition(".")[0] for alias in SAME)}:
        parts = canonical(path).split(".")
        found.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return frozenset(found)


@cache
def children(path: str) -> MappingProxyType[str, str]:
    """Sub-namespaces of `path`: name in it -> namespace."""
    found = {}
    for candidate in {*namespaces(), *SAME}:
        parent, _, name = candidate.rpartition(".")
        # A parent may be an alias's parent that has no rows of its own, so both spellings are compared.
        if candidate and canonical(parent) == path:
            found[name] = canonical(candidate)
    return MappingProxyType(found)


@cache
def rows(path: str) -> MappingProxyType[str, tuple[str, str]]:
    """Names of namespace `path`: public name -> (module, name in it). Its own rows go before included ones."""
    found: dict[str, tuple[str, str]] = {}
    for included in reversed(INCLUDES.get(path, ())):
        found.update(rows(canonical(included)))
    for module, names in TABLE.get(path, {}).items():
        for entry in names.split():
            public, _, private = entry.partition("=")
            found[public] = (module, private or public)
    return MappingProxyType(found)


def advice(path: str, name: str) -> str:
    """What to say of a name that is not there, with the nearest ones that are."""
    elsewhere = [public_name(other, name) for other in sorted(namespaces()) if name in rows(other)][:3]
    here = [*rows(path), *children(path)]
    near = [public_name(path, match) for match in difflib.get_close_matches(name, here, 3, 0.7)]
    if not near and not elsewhere:
        everywhere = {match: other for other in sorted(namespaces(), reverse=True) for match in rows(other)}
        matches = difflib.get_close_matches(name, everywhere, 3, 0.7)
        near = [public_name(everywhere[match], match) for match in matches]
    nearest = list(dict.fromkeys(elsewhere + near))
    hint = f" (nearest that works: {', '.join(nearest)})" if nearest else ""
    return f"Recell does not have {public_name(path, name)}{hint}"


class Namespace(ModuleType):
    """One namespace of `tensorflow`, filled as its names are used."""

    @property
    def __all__(self) -> list[str]:
        path = path_of(self.__name__)
        return sorted(name for name in {*rows(path), *children(path)} if not name.startswith("_"))

    def __dir__(self) -> list[str]:
        path = path_of(self.__name__)
        return sorted({*self.__dict__, *rows(path), *children(path)})

    def __getattr__(self, name: str) -> Any:
        path = path_of(self.__name__)
        value: Any
        if name in rows(path):
            module, private = rows(path)[name]
            importlib.import_module("recell.ops")  # which gives every tensor and variable its operators
            value = getattr(importlib.import_module(module), private)
        elif name in children(path):
            value = namespace(children(path)[name])
        elif name.startswith("__"):
            raise AttributeError(f"module {_shown(path)!r} has no attribute {name!r}")
        else:
            raise AttributeError(f"module {_shown(path)!r} has no attribute {name!r}: {advice(path, name)}")
        self.__dict__[name] = value
        return value


def _shown(path: str) -> str:
    return f"tensorflow.{path}" if path else "tensorflow"


def path_of(module: str) -> str:
    """The namespace that module name `recell.v1.nn` or `tensorflow.nn` stands for: `nn`."""
    for prefix in PREFIXES:
        if module == prefix or module.startswith(prefix + "."):
            return canonical(module[len(prefix) + 1 :])
    raise ValueError(f"{module} is not under {' or '.join(PREFIXES)}")


_MODULES: dict[str, ModuleType] = {}


def namespace(path: str) -> ModuleType:
    """The one module object of namespace `path` (a canonical one)."""
    if path not in _MODULES:
        name = f"{ROOT}.{path}"
        module = Namespace(name, f"`{public_name(path)}` of TensorFlow 1: see recell.v1.table.")
        module.__spec__ = importlib.machinery.ModuleSpec(name, _FINDER, is_package=True)
        module.__path__ = []
        sys.modules[name] = _MODULES.setdefault(path, module)
    return _MODULES[path]


class NamespaceFinder:
    """Finds the table's namespaces for `import` statements, under each of `prefixes`.

    It is its own loader. A namespace that is not in the table raises ModuleNotFoundError naming the nearest.
    """

    def __init__(self, *prefixes: str) -> None:
        self.prefixes = list(prefixes)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(fullname == prefix or fullname.startswith(prefix + ".") for prefix in self.prefixes):
            return None
        found = path_of(fullname)
        if found in namespaces():
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)  # type: ignore[arg-type]
        parent, _, name = found.rpartition(".")
        if name.startswith("__"):
            return None
        # The error bears a name that differs from `recell.v1.nn.foo`, the one that `from tensorflow.nn import foo`
        # tries in the end: Python then shows this text and not its own "cannot import name".
        raise ModuleNotFoundError(f"No module named {_shown(found)!r}: {advice(parent, name)}", name=_shown(found))

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The documented way to import something else than the fresh module: replace its entry.
        sys.modules[module.__name__] = namespace(path_of(module.__name__))


_FINDER: Any = NamespaceFinder(ROOT)
_FIRST: Any = NamespaceFinder()


def install(root: ModuleType) -> None:
    """Makes `root` (recell.v1) the root namespace and lets `import recell.v1.nn` find the others."""
    root.__class__ = Namespace
    _MODULES[""] = root
    # After Python's own finders: recell.v1 has files of its own.
    sys.meta_path.append(_FINDER)


def answer_to(prefix: str) -> None:
    """From now on `import PREFIX` and everything below it mean the table, before any installed package of that name."""
    if prefix not in PREFIXES:
        PREFIXES.append(prefix)
        _FIRST.prefixes.append(prefix)
    if _FIRST not in sys.meta_path:
        sys.meta_path.insert(0, _FIRST)
