"""Decorators and questions that copies of TensorFlow's own modules bring with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from recell.graph.shapes import TensorShape
from recell.platform.logging import warning

Function = TypeVar("Function", bound=Callable[..., Any])


def tf_export(*names: str, **options: Any) -> Callable[[Function], Function]:
    """Leaves what it decorates as it is: no names of TensorFlow's come to mean it.

    TF symbol: `tensorflow.python.util.tf_export.tf_export`.
    """
    return lambda function: function


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Callable[[Function], Function]:
    """A function that says at its first call, or without `warn_once` at each, what to use in its place.

    TF symbol: `tensorflow.python.util.deprecation.deprecated`.
    """

    def decorate(function: Function) -> Function:
        warned = False

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal warned
            if not (warned and warn_once):
                when = "in a future version" if date is None else f"after {date}"
                warning("%s is deprecated and will be removed %s. %s", function.__qualname__, when, instructions)
            warned = True
            return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate


def shape_type_conversion(function: Function) -> Function:
    """A method that gets the shapes it is called with as tuples.

    TF symbol: `tensorflow.python.keras.utils.tf_utils.shape_type_conversion`.
    """

    @functools.wraps(function)
    def call(self: Any, *shapes: Any) -> Any:
        return function(self, *(tuple(s.as_list()) if isinstance(s, TensorShape) else s for s in shapes))

    return call  # type: ignore[return-value]


def executing_eagerly() -> bool:
    """False: operations are put into graphs. TF symbol: `tf.executing_eagerly`."""
    return False


__all__ = ["deprecated", "executing_eagerly", "shape_type_conversion", "tf_export"]
