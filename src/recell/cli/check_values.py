"""What a name of a program can stand for, as far as reading tells: namespaces, symbols, the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recell.v1 import _namespace

ROOTS = ("tensorflow", "tensorflow_core", "recell.v1")
"""Modules that mean the root of the table."""


@dataclass(frozen=True)
class Space:
    """A namespace: `tf.contrib.rnn` for path "contrib.rnn", spelled as the program spells it."""

    path: str


@dataclass(frozen=True)
class Symbol:
    """A row of the table, or (`members`) an attribute of what the row stands for."""

    path: str
    name: str
    module: str
    private: str
    members: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        return ".".join((_namespace.public_name(self.path, self.name), *self.members))


@dataclass(frozen=True)
class Instance:
    """An object made by calling the class `of`."""

    of: Symbol


@dataclass(frozen=True)
class Method:
    """`name` of an object of class `of`."""

    of: Symbol
    name: str


@dataclass(frozen=True)
class Absent:
    """Something of `tensorflow` that is not there; path as for a namespace, `reason` where there is more to say."""

    path: str
    reason: str = ""

    @property
    def may_be_namespace(self) -> bool:
        return not self.reason and self.path.rpartition(".")[2].islower()


@dataclass(frozen=True)
class Version:
    """A plain value that was made of TensorFlow's version: text, numbers, an answer to a comparison."""

    value: Any


@dataclass(frozen=True)
class Repeated:
    """A list that holds one object several times: `[cell] * n`."""


@dataclass(frozen=True)
class Builtin:
    """A builtin function that nothing hides, or a function of another library that is understood here."""

    name: str


@dataclass(frozen=True)
class Nothing:
    """None: what a name holds until a TensorFlow is imported into it."""


@dataclass(frozen=True)
class Other:
    """Anything else."""


OTHER = Other()
Value = Any
Values = frozenset[Value]
UNKNOWN: Values = frozenset({OTHER})
NOTHING: Values = frozenset({Nothing()})


def known(values: Values) -> Values:
    """The alternatives, without the None that stands for "not imported yet"."""
    return frozenset(value for value in values if not isinstance(value, Nothing)) or values


def only(values: Values) -> Value | None:
    """The one thing that it can be, or None."""
    candidates = known(values)
    return next(iter(candidates)) if len(candidates) == 1 else None


def is_tensorflow(module: str) -> bool:
    """Whether module `module` is answered by the table."""
    return any(module == root or module.startswith(root + ".") for root in ROOTS)


def space_of(module: str) -> str:
    """The path below the root of a module for which `is_tensorflow` holds."""
    root = next(root for root in ROOTS if module == root or module.startswith(root + "."))
    return module[len(root) + 1 :]


def join(*parts: str) -> str:
    """A dotted path of the parts that are not empty."""
    return ".".join(part for part in parts if part)


def space(path: str) -> Space | Absent:
    """The namespace `path`, or that it is not there."""
    exists = _namespace.canonical(path) in _namespace.namespaces()
    return Space(path) if exists else Absent(path)


def attribute(path: str, name: str) -> Space | Symbol | Version | Other | Absent:
    """What `name` of the namespace `path` is."""
    rows = _namespace.rows(_namespace.canonical(path))
    if name in rows:
        return version(path, name) or Symbol(path, name, *rows[name])
    if name in _namespace.children(_namespace.canonical(path)):
        return Space(join(path, name))
    # What every module has, and what importing a sub-module by its own name leads to.
    if name.startswith("__") and name.endswith("__"):
        return OTHER
    return space(join(path, name))


def version(path: str, name: str) -> Version | None:
    """The text of `tf.__version__` and its other spellings."""
    if name in ("__version__", "VERSION") and _namespace.rows(_namespace.canonical(path))[name][0] == _RELEASE:
        from recell.v1 import _release

        return Version(_release.VERSION)
    return None


_RELEASE = "recell.v1._release"


def public_names(path: str) -> list[str]:
    """What `from NAMESPACE import *` brings."""
    found = _namespace.canonical(path)
    return [n for n in (*_namespace.rows(found), *_namespace.children(found)) if not n.startswith("_")]


def advice(path: str) -> str:
    """The nearest thing that works, for the missing `path`; the whole sentence that the namespace itself would say."""
    parts = path.split(".")
    last = parts[-1]
    # `tf.contrib.foo.DropoutWrapper`: the class is what was wanted, wherever the namespace went.
    elsewhere = any(last in _namespace.rows(other) for other in _namespace.namespaces())
    if not elsewhere:
        while len(parts) > 1 and _namespace.canonical(".".join(parts[:-1])) not in _namespace.namespaces():
            parts.pop()
    return _namespace.advice(".".join(parts[:-1]), parts[-1])
