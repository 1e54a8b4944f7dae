"""Constructors that keep their arguments, as TF1's cells do: `num_units` becomes `self._num_units`.

So a cell's constructor is its signature, and its configuration needs no code of its own:

    class Leaky(UnitState, LayerRNNCell):
        @keeps_arguments
        def __init__(self, num_units: int, leak: float = 0.5, reuse: Any = None) -> None:
            super().__init__(_reuse=reuse)

    Leaky(3).get_config()  # {"name": ..., "trainable": ..., "dtype": ..., "num_units": 3, "leak": 0.5, "reuse": None}
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from recell.ops.keras_initializers import get as get_initializer
from recell.ops.layer import Layer

Constructor = TypeVar("Constructor", bound=Callable[..., None])

_OF_THE_LAYER = frozenset({"name", "dtype", "trainable", "reuse"})
"""Arguments that the base class keeps in its own way."""


def keeps_arguments(constructor: Constructor) -> Constructor:
    """Decorates `__init__`: each argument is kept in `self`, under its name with a leading underscore, before it runs.

    Classes whose arguments are public, as Keras' are, say `_argument_prefix = ""`.

    `name`, `dtype`, `trainable`, `reuse` and `**kwargs` are left to `Layer.__init__`, which the constructor calls.
    """
    signature = inspect.signature(constructor)
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    kept = [name for name, kind in kinds.items() if kind is not inspect.Parameter.VAR_KEYWORD][1:]

    @functools.wraps(constructor)
    def keep(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            bound = signature.bind(self, *args, **kwargs)
        except TypeError:
            constructor(self, *args, **kwargs)  # which says in Python's own words what is wrong
            raise
        bound.apply_defaults()
        for name in kept:
            if name not in _OF_THE_LAYER:
                setattr(self, self._argument_prefix + name, bound.arguments[name])
        # A subclass's constructor comes first, and the arguments it shows are those to make another one with.
        self.__dict__.setdefault("_argument_names", tuple(kept))
        constructor(self, *args, **kwargs)

    return keep  # type: ignore[return-value]


class Arguments(Layer):
    """A layer whose configuration is what its constructor kept."""

    _argument_names: tuple[str, ...]
    _argument_prefix = "_"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, for `from_config`: initializers, functions and cells by name."""
        config = super().get_config()
        for name in getattr(self, "_argument_names", ()):
            if name not in config:
                config[name] = plain(getattr(self, self._argument_prefix + name))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """A new one of the arguments in `config`. `custom_objects` names the classes that are the program's own.

        Raises ValueError for a class that nobody knows.
        """
        taken = inspect.signature(cls.__init__).parameters
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values()):
            config = {key: value for key, value in config.items() if key in taken or key not in _OF_THE_LAYER}
        return cls(**{key: _restored(value, custom_objects or {}) for key, value in config.items()})


def plain(value: Any) -> Any:
    """A constructor's argument as plain data, as far as it is an initializer, a cell, or a function."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(plain(item) for item in value)
    if isinstance(value, type):
        return value
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    return getattr(value, "__name__", value) if callable(value) else value


def _restored(value: Any, custom_objects: dict[str, Any]) -> Any:
    """What `plain` described."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_restored(item, custom_objects) for item in value)
    if not (isinstance(value, dict) and set(value) == {"class_name", "config"}):
        return value
    found = custom_objects.get(value["class_name"]) or _known_class(value["class_name"])
    if found is None:
        return _initializer(value)
    restore = found.from_config
    return restore(value["config"], custom_objects) if _takes_custom_objects(restore) else restore(value["config"])


def _initializer(description: dict[str, Any]) -> Any:
    name = description["class_name"]
    try:
        return get_initializer(description)
    except ValueError:
        raise ValueError(
            f"The configuration names {name!r}, which is no known cell or initializer: pass it as custom_objects="
            f"{{{name!r}: the class}}, or put the object itself in the config."
        ) from None


def _known_class(name: str) -> Any:
    """The cell or wrapper of that name, None if there is none. It imports them all, as only rare programs need it."""
    rnn = importlib.import_module("recell.rnn")
    for module in pkgutil.walk_packages(rnn.__path__, "recell.rnn."):
        found = vars(importlib.import_module(module.name)).get(name)
        if isinstance(found, type) and issubclass(found, Arguments):
            return found
    return None


def _takes_custom_objects(function: Any) -> bool:
    return "custom_objects" in inspect.signature(function).parameters


__all__ = ["Arguments", "keeps_arguments", "plain"]
