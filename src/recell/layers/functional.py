"""Functions made of layer classes: `tf.layers.conv2d(inputs, ...)` from `Conv2D(...)`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def function_of(layer_class: Any, symbol: str, reuses: bool = True) -> Callable[..., Any]:
    """A function `(inputs, <the constructor's arguments>, reuse=None)` that applies a new layer.

    With a name, the layer's variables are found again by `reuse`, as in `tf.layers.dense`.
    """
    parameters = [p for p in inspect.signature(layer_class).parameters.values() if p.kind is not p.VAR_KEYWORD]
    first = inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    last = [inspect.Parameter("reuse", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)] if reuses else []
    signature = inspect.Signature([first, *parameters, *last])

    def apply(*args: Any, **kwargs: Any) -> Any:
        given = dict(signature.bind(*args, **kwargs).arguments)
        inputs, reuse = given.pop("inputs"), given.pop("reuse", None)
        scope = {"_scope": given.get("name"), "_reuse": reuse} if reuses else {}
        return layer_class(**given, **scope).apply(inputs)

    apply.__name__ = apply.__qualname__ = symbol
    apply.__signature__ = signature  # type: ignore[attr-defined]
    apply.__doc__ = f"A new `{layer_class.__name__}` layer applied to `inputs`. TF symbol: `tf.layers.{symbol}`."
    return apply
