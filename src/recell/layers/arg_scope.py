"""Default arguments for functions called within a block. TF symbols: tf.contrib.framework.arg_scope, add_arg_scope."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Scope = dict[Any, dict[str, Any]]
_stack: list[Scope] = [{}]


def arg_scope_func_key(function: Any) -> Any:
    """What a function is known by in a scope. TF symbol: `tf.contrib.framework.arg_scope_func_key`."""
    return getattr(function, "_key_op", str(function))


def has_arg_scope(function: Any) -> bool:
    """Whether `add_arg_scope` decorates the function. TF symbol: `tf.contrib.framework.has_arg_scope`."""
    return hasattr(function, "_key_op")


def current_arg_scope() -> Scope:
    """The defaults in force. TF symbol: `tf.contrib.framework.current_arg_scope`."""
    return _stack[-1]


def arg_scoped_arguments(function: Any) -> tuple[str, ...]:
    """The names of a decorated function's arguments with defaults. TF: `tf.contrib.framework.arg_scoped_arguments`."""
    if not has_arg_scope(function):
        raise ValueError(f"{function!r} is not decorated with @add_arg_scope")
    return function._arguments


@contextlib.contextmanager
def arg_scope(list_ops_or_scope: Sequence[Any] | Scope, **kwargs: Any) -> Iterator[Scope]:
    """Inside, functions of the list have `kwargs` as defaults; a scope yielded before may be entered again.

    Raises TypeError for what is neither a list nor a scope, ValueError for a function that `add_arg_scope` does not
    decorate and for `kwargs` with a scope. TF symbols: `tf.contrib.framework.arg_scope`, `tf.contrib.slim.arg_scope`.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling adictionary, kwargs must be empty.")
        scope = dict(list_ops_or_scope)
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = dict(current_arg_scope())
        for function in list_ops_or_scope:
            if not has_arg_scope(function):
                where = (getattr(function, "__module__", "?"), getattr(function, "__name__", repr(function)))
                raise ValueError("%s is not decorated with @add_arg_scope", where)
            key = arg_scope_func_key(function)
            scope[key] = {**scope.get(key, {}), **kwargs}
    _stack.append(scope)
    try:
        yield scope
    finally:
        _stack.pop()


def add_arg_scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function so that `arg_scope` can give it defaults. TF: `tf.contrib.framework.add_arg_scope`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        defaults = current_arg_scope().get(call._key_op)  # type: ignore[attr-defined]
        return function(*args, **({**defaults, **kwargs} if defaults else kwargs))

    code = function.__code__
    with_defaults = len(function.__defaults__ or ())
    call._key_op = f"{function.__module__}.{function.__qualname__}"  # type: ignore[attr-defined]
    names = code.co_varnames[: code.co_argcount]
    call._arguments = names[len(names) - with_defaults :]  # type: ignore[attr-defined]
    return call


__all__ = [
    "add_arg_scope",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "current_arg_scope",
    "has_arg_scope",
]
